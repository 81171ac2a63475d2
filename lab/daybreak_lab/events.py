"""RDS events of clusters and instances, in RDS's words, kept for 14 days."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from moto.core.utils import utcnow

KEPT = timedelta(days=14)
_DEFAULT_WINDOW = timedelta(minutes=60)


class Source(Protocol):
    """What an event is about."""

    arn: str
    resource_id: str
    event_source_type: str


@dataclass(frozen=True)
class LabEvent:
    """One record of DescribeEvents, named as moto's serializer looks it up. Like AWS's it carries no event id."""

    source_identifier: str
    source_type: str
    message: str
    event_categories: list[str]
    source_arn: str
    date: datetime = field(default_factory=utcnow)


def about(source: Source, category: str, message: str, when: datetime | None = None) -> LabEvent:
    """An event about source that happened at when (naive UTC), by default now."""
    return LabEvent(source.resource_id, source.event_source_type, message, [category], source.arn, when or utcnow())


def select(events: Iterable[Any], params: dict[str, Any]) -> list[Any]:
    """The events that DescribeEvents's parameters ask for, oldest first; by default those of the last hour."""
    now = utcnow()
    end = params.get("end_time") or now
    minutes = params.get("duration")
    window = timedelta(minutes=minutes) if minutes is not None else _DEFAULT_WINDOW
    start = max(params.get("start_time") or (end - window), now - KEPT)
    source, kind = params.get("source_identifier"), params.get("source_type")
    categories = set(params.get("event_categories") or [])
    chosen = [
        event
        for event in events
        if start <= event.date <= end
        and (source is None or event.source_identifier == source)
        and (kind is None or event.source_type == kind)
        and (not categories or categories & set(event.event_categories))
    ]
    return sorted(chosen, key=lambda event: event.date)
