"""Event subscriptions: kept and listed; no event is sent."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from moto.rds import models
from moto.rds.exceptions import SubscriptionAlreadyExistError
from moto.sns.models import sns_backends

from . import errors
from .data_api import DataApi
from .transition import Transition, done

_STORES = {
    "db-cluster": "clusters",
    "db-instance": "databases",
    "db-cluster-snapshot": "cluster_snapshots",
    "db-snapshot": "database_snapshots",
    "db-parameter-group": "db_parameter_groups",
    "db-proxy": "db_proxies",
}
"""Where the sources of each type are."""


class EventSubscription(models.EventSubscription):
    """A subscription as DescribeEventSubscriptions shows it."""

    def __init__(self, backend: Any, **settings: Any) -> None:
        super().__init__(backend, **({"enabled": True} | settings))
        self.status = "creating"
        self.transition: Transition | None = None

    @property
    def customer_aws_id(self) -> str:
        return self.account_id

    @property
    def event_subscription_arn(self) -> str:
        return self.arn

    @property
    def subscription_creation_time(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M:%S}"


class EventSubscriptions(DataApi):
    """CreateEventSubscription and DescribeEventSubscriptions."""

    def transient(self) -> Iterable[Any]:
        return [*super().transient(), *self.event_subscriptions.values()]

    def create_event_subscription(self, params: dict[str, Any]) -> EventSubscription:
        name, kind = params["subscription_name"], params.get("source_type")
        if name in self.event_subscriptions:
            raise SubscriptionAlreadyExistError(name)
        topic = params["sns_topic_arn"]
        if topic not in sns_backends[self.account_id][self.region_name].topics:
            raise errors.RDSClientError("SNSTopicArnNotFound", f"SNS topic {topic} does not exist.")
        if params.get("source_ids") and kind is None:
            raise errors.invalid_combination("SourceType must be specified when SourceIds are.")
        if kind is not None and kind not in _STORES:
            errors.not_in_lab(f"An event subscription for {kind}")
        for source in params.get("source_ids") or []:
            if source not in getattr(self, _STORES[kind]):
                raise errors.RDSClientError("SourceNotFound", f"Could not find source: {source}")
        made = EventSubscription(self, **params)
        self.event_subscriptions[name] = made

        def settle(_: BaseException | None, __: datetime) -> None:
            made.status = "active"

        self.begin(made, "creating", "modify", done(), settle)
        return made
