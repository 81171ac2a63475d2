"""Filters of the Describe calls, for the records of the lab's own."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from . import errors

Record = TypeVar("Record")


def select(
    records: Iterable[Record], filters: dict[str, list[str]], known: Mapping[str, tuple[str, ...]]
) -> list[Record]:
    """The records that match every filter. known maps a filter's name to the attributes that may hold its values.

    Values are compared in lower case, as RDS stores names. Raises for a filter that is not known, or without values.
    """
    for name, values in filters.items():
        if name not in known:
            raise errors.invalid_value(f"Unrecognized filter name: {name}")
        if not values:
            raise errors.invalid_combination(f"The list of values of the filter {name} must not be empty.")

    def matches(record: Any) -> bool:
        return all(
            {str(getattr(record, attribute, None)).lower() for attribute in known[name]} & {v.lower() for v in values}
            for name, values in filters.items()
        )

    return [record for record in records if matches(record)]
