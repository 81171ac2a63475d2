"""What every part of the backend uses: looking resources up, events, and settling transitions."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from moto.rds import models

from .. import events
from ..plane import Plane
from ..regions import RegionUnreachable
from . import errors
from .cluster import DBCluster
from .instance import DBInstanceClustered
from .settings import Settings
from .transition import Transition


class Base(models.RDSBackend):
    """moto's backend, with the data plane at hand."""

    plane: Plane

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.arrivals: deque[Callable[[], None]] = deque()
        """What happened outside of requests and is to be recorded at the start of the next one."""
        self._addresses: dict[tuple[str, str], str] = {}

    @property
    def settings(self) -> Settings:
        """The account's and Region's groups and keys."""
        return Settings(self)

    def settle(self) -> None:
        """Brings every status up to date. Called at the start of each request, under the request's lock."""
        while self.arrivals:
            self.arrivals.popleft()()
        for resource in list(self.transient()):
            transition = getattr(resource, "transition", None)
            if transition is not None and transition.settle_if_over() and resource.transition is transition:
                resource.transition = None

    def transient(self) -> Iterable[Any]:
        """Every record that may be in a transition."""
        return [
            *self.clusters.values(), *self.databases.values(),
            *self.cluster_snapshots.values(), *self.database_snapshots.values(), *self.global_clusters.values(),
        ]  # fmt: skip

    def cluster(self, identifier: str) -> DBCluster:
        """The cluster of that name or ARN. Raises DBClusterNotFoundFault."""
        name = identifier.rsplit(":", 1)[-1] if identifier.startswith("arn:") else identifier
        cluster = self.clusters.get(name)
        if cluster is None or (identifier.startswith("arn:") and cluster.arn.lower() != identifier.lower()):
            raise errors.cluster_not_found(identifier)
        return cluster

    def instance(self, identifier: str) -> DBInstanceClustered:
        """The instance of that name or ARN. Raises DBInstanceNotFound."""
        name = identifier.rsplit(":", 1)[-1] if identifier.startswith("arn:") else identifier
        instance = self.databases.get(name)
        if instance is None:
            raise errors.instance_not_found(identifier)
        return instance

    def check_reachable(self, region: str) -> None:
        """Raises RegionUnreachable when what a call here needs is in another Region, and that is away."""
        if region != self.region_name and self.plane.regions.away(region):
            raise RegionUnreachable(f"{region} is {self.plane.regions.state(region)}")

    def address_of(self, kind: str, name: str) -> str:
        """The address of a cluster or instance of that name, always the same: an endpoint goes with the name."""
        if (kind, name) not in self._addresses:
            self._addresses[kind, name] = self.plane.addresses.take()
        return self._addresses[kind, name]

    def check_instance_quota(self) -> None:
        """Raises InstanceQuotaExceeded unless there may be one more instance, of a cluster or not."""
        if not self.plane.quotas.allows("instances", len(self.databases)):
            raise errors.instance_quota()

    def record(self, source: Any, category: str, message: str, when: Any = None) -> None:
        """Adds an event, to be read with DescribeEvents."""
        self.events.append(events.about(source, category, message, when))

    def begin(self, resource: Any, status: str, operation: str, work: Any, settle: Callable[..., None]) -> None:
        """Puts resource into a transitional status until work and the operation's delay are over."""
        resource.status = status
        resource.transition = Transition(work, self.plane.delays.seconds(operation), settle)
