"""A proxy's target group as the target descriptions show it: a cluster with its instances, or an instance."""

from typing import Any

from moto.rds import models

from .transition import Transition


class ProxyTarget:
    """What was registered: a cluster or an instance. It is the thing itself, whatever it comes to be called."""

    def __init__(self, record: Any) -> None:
        self.record = record
        self.status = "REGISTERING"
        self.transition: Transition | None = None

    @property
    def is_cluster(self) -> bool:
        """Whether it is a cluster, whose instances are targets too."""
        return self.record.resource_type == "cluster"

    @property
    def shown(self) -> list[dict[str, Any]]:
        """The entries of DescribeDBProxyTargets."""
        record = self.record
        if not self.is_cluster:
            return [self._instance(record)]
        tracked = {"RdsResourceId": record.resource_id, "Port": record.port, "Type": "TRACKED_CLUSTER"}
        tracked["TargetHealth"] = {"State": self.status}
        members = [self._instance(one) | {"TrackedClusterId": record.resource_id} for one in record.members]
        return [tracked, *members]

    def _instance(self, one: Any) -> dict[str, Any]:
        writes = getattr(one, "is_cluster_writer", True) if self.is_cluster else one.source is None
        endpoint = one.endpoint or {}
        health = {"State": self.status}
        if self.status == "AVAILABLE" and not one.is_ready:
            health = {"State": "UNAVAILABLE", "Reason": "UNREACHABLE"}
        return {
            "RdsResourceId": one.resource_id,
            "Endpoint": endpoint.get("Address"),
            "Port": endpoint.get("Port"),
            "Type": "RDS_INSTANCE",
            "Role": "READ_WRITE" if writes else "READ_ONLY",
            "TargetHealth": health,
        }


class DBProxy(models.DBProxy):
    """moto's record of a proxy, with one target."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.status = "creating"
        self.transition: Transition | None = None
        self.target: ProxyTarget | None = None
