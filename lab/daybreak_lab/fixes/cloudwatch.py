"""CloudWatch: alarms are listed by type and in pages, as DescribeAlarms documents it."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch import responses
from moto.cloudwatch.exceptions import InvalidParameterCombination, ValidationError
from moto.core.responses import ActionResult

_PAGE_SIZES = range(1, 101)
_DEFAULT_PAGE = 50
_METRIC, _COMPOSITE = "MetricAlarm", "CompositeAlarm"


def install() -> None:
    """Puts the corrected operation in moto's place. Call before the first request."""
    responses.CloudWatchResponse.describe_alarms = _describe_alarms


def _describe_alarms(self: responses.CloudWatchResponse) -> ActionResult:
    asked = self._get_params()
    names, prefix = asked.get("AlarmNames") or [], asked.get("AlarmNamePrefix")
    if names and prefix:
        raise InvalidParameterCombination("AlarmNames and AlarmNamePrefix can't be used together.")
    size = asked.get("MaxRecords") or _DEFAULT_PAGE
    token = asked.get("NextToken") or "0"
    if size not in _PAGE_SIZES or not token.isdigit():
        raise ValidationError("MaxRecords must be 1 to 100, and NextToken one that an earlier answer gave.")
    # Without a type only metric alarms are listed.
    types = asked.get("AlarmTypes") or [_METRIC]

    def matches(alarm: Any) -> bool:
        return (
            (_METRIC if alarm.rule is None else _COMPOSITE) in types
            and (not names or alarm.name in names)
            and (not prefix or alarm.name.startswith(prefix))
            and asked.get("StateValue") in (None, alarm.state_value)
            and any(one.startswith(asked.get("ActionPrefix") or "") for one in alarm.alarm_actions or [""])
        )

    found = sorted(filter(matches, self.cloudwatch_backend.describe_alarms()), key=lambda alarm: alarm.name)
    end = int(token) + size
    page = found[int(token) : end]
    return ActionResult({
        "MetricAlarms": [one for one in page if one.rule is None],
        "CompositeAlarms": [one for one in page if one.rule is not None],
        "NextToken": str(end) if end < len(found) else None,
    })  # fmt: skip
