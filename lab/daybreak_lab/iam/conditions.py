"""Condition blocks of IAM policies.

Semantics are those of the IAM user guide, "IAM JSON policy elements: Condition operators" and
"Creating a condition with multiple keys or values": operators and keys are ANDed, the values of
one key ORed (for negated operators NORed), an absent key fails a positive operator and passes a
negated one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime

from daybreak_lab.iam.patterns import arn_matches, wildcard_matches

Context = dict[str, list[str]]
"""Request context: lower-case condition key to its values."""


class UnknownOperator(Exception):
    """A condition operator that this evaluator does not know."""


def _instant(text: str) -> datetime:
    if text.isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _in_network(actual: str, wanted: str) -> bool:
    return ipaddress.ip_address(actual) in ipaddress.ip_network(wanted, strict=False)


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "stringequals": lambda actual, wanted: actual == wanted,
    "stringequalsignorecase": lambda actual, wanted: actual.lower() == wanted.lower(),
    "stringlike": lambda actual, wanted: wildcard_matches(wanted, actual),
    "numericequals": lambda actual, wanted: float(actual) == float(wanted),
    "numericlessthan": lambda actual, wanted: float(actual) < float(wanted),
    "numericlessthanequals": lambda actual, wanted: float(actual) <= float(wanted),
    "numericgreaterthan": lambda actual, wanted: float(actual) > float(wanted),
    "numericgreaterthanequals": lambda actual, wanted: float(actual) >= float(wanted),
    "dateequals": lambda actual, wanted: _instant(actual) == _instant(wanted),
    "datelessthan": lambda actual, wanted: _instant(actual) < _instant(wanted),
    "datelessthanequals": lambda actual, wanted: _instant(actual) <= _instant(wanted),
    "dategreaterthan": lambda actual, wanted: _instant(actual) > _instant(wanted),
    "dategreaterthanequals": lambda actual, wanted: _instant(actual) >= _instant(wanted),
    "bool": lambda actual, wanted: actual.lower() == wanted.lower(),
    "ipaddress": _in_network,
    "arnequals": lambda actual, wanted: arn_matches(wanted, actual),
    "arnlike": lambda actual, wanted: arn_matches(wanted, actual),
}
_NEGATIONS = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
    "notipaddress": "ipaddress",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
}


def conditions_hold(block: dict, context: Context, resolve: Callable[[str], str | None]) -> bool:
    """Whether every condition of a statement holds. `resolve` puts policy variables' values in.

    Raises UnknownOperator.
    """
    return all(
        _holds(operator, context.get(key.lower()), _as_texts(wanted), resolve)
        for operator, keys in block.items()
        for key, wanted in keys.items()
    )


def _as_texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]


def _holds(
    operator: str,
    actual: list[str] | None,
    wanted: list[str],
    resolve: Callable[[str], str | None],
) -> bool:
    name = operator.lower()
    quantifier, _, name = name.rpartition(":")
    if name == "null":
        return (actual is None) == (wanted == ["true"])
    optional = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    negated = name in _NEGATIONS
    test = _TESTS.get(_NEGATIONS.get(name, name))
    if test is None or quantifier not in {"", "foranyvalue", "forallvalues"}:
        raise UnknownOperator(operator)
    if not actual:
        return optional or negated or quantifier == "forallvalues"
    resolved = [text for text in map(resolve, wanted) if text is not None]

    def passes(value: str) -> bool:
        return any(_safely(test, value, text) for text in resolved) != negated

    if quantifier == "forallvalues" or (negated and not quantifier):
        return all(map(passes, actual))
    return any(map(passes, actual))


def _safely(test: Callable[[str, str], bool], actual: str, wanted: str) -> bool:
    try:
        return test(actual, wanted)
    except ValueError:  # a text that is no number, date or address equals none
        return False
