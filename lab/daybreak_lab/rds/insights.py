"""Enhanced Monitoring, Performance Insights and Database Insights: what may be combined, and what comes of it."""

from typing import Any

from . import errors

_INTERVALS = (0, 1, 5, 10, 15, 30, 60)
_SHORTEST_RETENTION = 7
_RETENTIONS = {_SHORTEST_RETENTION, 731, *(31 * months for months in range(1, 24))}
_ADVANCED_RETENTION = 465
_MODES = ("standard", "advanced")

PARAMETERS = {
    "monitoring_interval", "monitoring_role_arn", "enable_performance_insights", "performance_insights_kms_key_id",
    "performance_insights_retention_period", "database_insights_mode",
}  # fmt: skip
"""The request's parameters that checked takes."""

ATTRIBUTES = {
    "monitoring_interval": 0,
    "monitoring_role_arn": None,
    "performance_insights_enabled": False,
    "performance_insights_kms_key_id": None,
    "performance_insights_retention_period": None,
    "database_insights_mode": "standard",
}
"""What a cluster or instance has of it, and its values where nothing is switched on."""


def checked(params: dict[str, Any], record: Any, settings: Any, member: bool = False) -> dict[str, Any]:
    """The attributes that a request leads to, given the record it changes, or None for a new one.

    Of a cluster's member the mode of Database Insights is not asked: it is the cluster's.
    """
    now = {name: getattr(record, name, default) for name, default in ATTRIBUTES.items()}
    asked = {name: params[name] for name in PARAMETERS if params.get(name) is not None}
    after = now | _monitoring(asked, now) | _performance(asked, now, settings)
    after["database_insights_mode"] = mode = asked.get("database_insights_mode", now["database_insights_mode"])
    if mode not in _MODES:
        raise errors.invalid_value(f"Invalid Database Insights mode: {mode}")
    if not member and mode == "advanced" and after["performance_insights_retention_period"] != _ADVANCED_RETENTION:
        raise errors.invalid_combination(
            "To use the advanced mode of Database Insights, enable Performance Insights and set "
            f"PerformanceInsightsRetentionPeriod to {_ADVANCED_RETENTION}."
        )
    return after


def set_on(record: Any, attributes: dict[str, Any]) -> None:
    """Records what checked has returned."""
    for name, value in attributes.items():
        setattr(record, name, value)


def _monitoring(asked: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    interval = asked.get("monitoring_interval", now["monitoring_interval"])
    role = asked.get("monitoring_role_arn", now["monitoring_role_arn"])
    if interval not in _INTERVALS:
        raise errors.invalid_value(f"Invalid monitoring interval: {interval}. Must be one of 0, 1, 5, 10, 15, 30, 60.")
    if interval and not role:
        raise errors.invalid_combination(
            "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0."
        )
    if not interval and "monitoring_role_arn" in asked:
        raise errors.invalid_combination(
            "You must specify a MonitoringInterval value other than 0 when you specify a MonitoringRoleARN value."
        )
    return {"monitoring_interval": interval, "monitoring_role_arn": role if interval else None}


def _performance(asked: dict[str, Any], now: dict[str, Any], settings: Any) -> dict[str, Any]:
    enabled = asked.get("enable_performance_insights", now["performance_insights_enabled"])
    key, days = asked.get("performance_insights_kms_key_id"), asked.get("performance_insights_retention_period")
    if not enabled:
        if key is not None or days is not None:
            raise errors.invalid_combination("Performance Insights must be enabled to set its key or retention.")
        return {
            "performance_insights_enabled": False,
            "performance_insights_kms_key_id": None,
            "performance_insights_retention_period": None,
        }
    if days is not None and days not in _RETENTIONS:
        raise errors.invalid_value(f"Invalid Performance Insights retention period: {days}")
    arn = settings.kms_key(key, True) if key is not None or not now["performance_insights_kms_key_id"] else None
    if arn is not None and now["performance_insights_kms_key_id"] not in (None, arn):
        raise errors.invalid_combination("You can't change your Performance Insights KMS key.")
    return {
        "performance_insights_enabled": True,
        "performance_insights_kms_key_id": arn or now["performance_insights_kms_key_id"],
        "performance_insights_retention_period": (
            days or now["performance_insights_retention_period"] or _SHORTEST_RETENTION
        ),
    }
