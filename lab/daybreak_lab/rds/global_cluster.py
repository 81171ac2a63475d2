"""A global cluster as DescribeGlobalClusters shows it."""

from datetime import datetime
from typing import Any

from moto.rds import models

from ..lag import Place, Point, measure_global
from .cluster import DBCluster
from .transition import Transition


class GlobalCluster(models.RDSBaseModel):
    """One writer and its secondaries in other Regions, which stream from it."""

    resource_type = "global-cluster"
    event_source_type = "global-cluster"

    def __init__(self, backend: Any, identifier: str, settings: dict[str, Any]) -> None:
        super().__init__(backend)
        self.identifier = identifier
        self.global_cluster_resource_id = f"cluster-{models.random.get_random_hex(16)}"
        self.engine = settings["engine"]
        self.engine_version = settings["engine_version"]
        self.database_name = settings.get("database_name")
        self.storage_encrypted = bool(settings.get("storage_encrypted"))
        self.deletion_protection = bool(settings.get("deletion_protection"))
        self.engine_lifecycle_support = settings.get("engine_lifecycle_support") or "open-source-rds-extended-support"
        self.tags = settings.get("tags") or []
        self.status = "creating"
        self.transition: Transition | None = None
        self.writer: DBCluster | None = None
        self.secondaries: list[DBCluster] = []
        self.failover_state: dict[str, Any] | None = None

    @property
    def global_cluster_identifier(self) -> str:
        return self.identifier

    @property
    def resource_id(self) -> str:
        return self.identifier

    @property
    def arn(self) -> str:
        # A global cluster is of no Region.
        return f"arn:{self.partition}:rds::{self.account_id}:global-cluster:{self.identifier}"

    @property
    def global_cluster_arn(self) -> str:
        return self.arn

    @property
    def endpoint(self) -> str | None:
        """The writer's address: without DNS there is no name that would follow a switchover."""
        return None if self.writer is None else self.writer.endpoint

    @property
    def members(self) -> list[DBCluster]:
        """All clusters, the writer first."""
        return [*([self.writer] if self.writer else []), *self.secondaries]

    @property
    def global_cluster_members(self) -> list[dict[str, Any]]:
        return [
            {
                "DBClusterArn": member.arn,
                "IsWriter": member is self.writer,
                "Readers": [one.arn for one in self.secondaries] if member is self.writer else [],
                "GlobalWriteForwardingStatus": None if member is self.writer else "disabled",
                "SynchronizationStatus": "connected" if member.synchronised else "pending-resync",
            }
            for member in self.members
        ]

    def join(self, cluster: DBCluster) -> None:
        """Makes a cluster the writer, if there is none yet, or else a secondary."""
        cluster.global_cluster = self
        if self.writer is None:
            self.writer = cluster
        else:
            self.secondaries.append(cluster)

    def leave(self, cluster: DBCluster) -> None:
        """Removes a member."""
        cluster.global_cluster = None
        if cluster is self.writer:
            self.writer = None
        else:
            self.secondaries.remove(cluster)

    def swap(self, cluster: DBCluster) -> None:
        """Makes a secondary the writer and the writer a secondary."""
        self.secondaries[self.secondaries.index(cluster)] = self.writer
        self.writer = cluster

    def measure(self, now: datetime) -> list[Point]:
        """The lag of each secondary, also told by SQL on every member."""
        return measure_global(
            [
                Place(one.account_id, one.region, one.resource_id, one.volume)
                for one in self.members
                if one.data_id in self.backend.plane.volumes
            ],
            now,
        )
