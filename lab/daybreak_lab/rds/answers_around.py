"""The answers of the operations on what stands around a database: proxies and event subscriptions."""

from typing import Any

from moto.core.responses import ActionResult, PaginatedResult

from . import errors, settings
from .wire import filters


def _unfiltered(response: Any) -> None:
    """Checks the page size. AWS documents no filter for these."""
    if filters(response):
        errors.not_in_lab("Filters of this listing")


def _describe_proxies(response: Any) -> ActionResult:
    _unfiltered(response)
    return PaginatedResult({"DBProxies": response.backend.describe_db_proxies(response.params.get("DBProxyName"))})


def _asked(response: Any) -> tuple[str, str | None]:
    _unfiltered(response)
    return response.params["DBProxyName"], response.params.get("TargetGroupName")


def _describe_targets(response: Any) -> ActionResult:
    return PaginatedResult({"Targets": response.backend.describe_db_proxy_targets(*_asked(response))})


def _describe_target_groups(response: Any) -> ActionResult:
    return PaginatedResult({"TargetGroups": response.backend.describe_db_proxy_target_groups(*_asked(response))})


def _create_subscription(response: Any) -> ActionResult:
    params = {key: settings.plain(value) for key, value in response.params.items() if value is not None}
    return ActionResult({"EventSubscription": response.backend.create_event_subscription(params)})


def _describe_subscriptions(response: Any) -> ActionResult:
    _unfiltered(response)
    found = response.backend.describe_event_subscriptions(response.params.get("SubscriptionName"))
    return PaginatedResult({"EventSubscriptionsList": list(found)})


OPERATIONS = {
    "describe_db_proxies": _describe_proxies,
    "describe_db_proxy_targets": _describe_targets,
    "describe_db_proxy_target_groups": _describe_target_groups,
    "create_event_subscription": _create_subscription,
    "describe_event_subscriptions": _describe_subscriptions,
}
"""Operation, as moto spells it, to the function that answers it."""
