"""A proxy, and its target group as the target descriptions show it: a cluster with its instances, or an instance."""

from typing import Any

from moto.rds import models

from ..forwarder import PORT, Forwarder
from .transition import Transition


class ProxyTarget:
    """What was registered: a cluster or an instance. It is the thing itself, whatever it comes to be called."""

    def __init__(self, record: Any) -> None:
        self.record = record
        self.health: tuple[str, str | None, str | None] = ("REGISTERING", None, None)
        """State, reason and description."""

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
        tracked["TargetHealth"] = self._health
        members = [self._instance(one) | {"TrackedClusterId": record.resource_id} for one in record.members]
        return [tracked, *members]

    @property
    def _health(self) -> dict[str, Any]:
        state, reason, description = self.health
        told = {"State": state, "Reason": reason, "Description": description}
        return {key: value for key, value in told.items() if value is not None}

    def _instance(self, one: Any) -> dict[str, Any]:
        writes = getattr(one, "is_cluster_writer", True) if self.is_cluster else one.source is None
        endpoint = one.endpoint or {}
        health = self._health
        if health["State"] == "AVAILABLE" and not one.is_ready:
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
    """moto's record of a proxy, with one target, and a forwarder behind its endpoint."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.status = "creating"
        self.transition: Transition | None = None
        self.target: ProxyTarget | None = None
        plane = self.backend.plane
        host_name, self.endpoint = self.endpoint, plane.addresses.take()
        identity = plane.authority.issue(self.endpoint, [host_name])
        group = self.proxy_target_groups["default"]
        self.forwarder = Forwarder(plane.exchange, self.endpoint, identity, lambda: float(group.borrow_timeout))

    @property
    def port(self) -> int:
        """Where clients connect."""
        return PORT

    def release(self) -> None:
        """Lets go of the target, and of the connections to it."""
        self.target = None
        self.forwarder.release()
