"""Automated backups that outlive their cluster."""

from datetime import datetime
from typing import Any

from moto.rds import models

from .cluster import DBCluster
from .clusters import Clusters
from .filters import select

_FILTERS = {
    "status": ("status",),
    "db-cluster-id": ("db_cluster_identifier", "db_cluster_arn"),
    "db-cluster-resource-id": ("db_cluster_resource_id",),
}

RETAINED = "retained"


class RetainedBackup:
    """A record of DescribeDBClusterAutomatedBackups: the cluster as it was, and the window as it stays."""

    def __init__(self, cluster: DBCluster) -> None:
        self._cluster = cluster
        self.db_cluster_automated_backups_arn = (
            f"arn:{cluster.partition}:rds:{cluster.region}:{cluster.account_id}:cluster-auto-backup:"
            f"ab-{cluster.db_cluster_resource_id.removeprefix('cluster-').lower()}"
        )
        self.vpc_id = cluster.backend.settings.subnet_group(cluster.db_subnet_group_name).vpc_id
        self.restore_window = {
            "EarliestTime": cluster.earliest_restorable_time,
            "LatestTime": cluster.latest_restorable_time,
        }

    @property
    def status(self) -> str:
        """That of a live cluster's backup is not documented; an instance's is called so."""
        return RETAINED if self._cluster.status == RETAINED else "active"

    def __getattr__(self, name: str) -> Any:
        # Everything else a backup tells is its cluster's.
        return getattr(self._cluster, name)


class Retained(Clusters):
    """DescribeDBClusterAutomatedBackups and DeleteDBClusterAutomatedBackup."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.retained: dict[str, DBCluster] = {}

    def finish_deletion(self, cluster: DBCluster, keep_backups: bool, when: datetime) -> None:
        super().finish_deletion(cluster, keep_backups, when)
        if keep_backups:
            cluster.status = RETAINED
            self.retained[cluster.db_cluster_resource_id] = cluster

    def describe_db_cluster_automated_backups(
        self, identifier: str | None, resource_id: str | None, filters: dict[str, list[str]]
    ) -> list[RetainedBackup]:
        """The backups that match everything given: retained ones, and if it is so answered, those of live clusters."""
        wanted = dict(filters)
        if identifier is not None:
            # Named by its identifier, the backup must be of an existing cluster.
            self.cluster(identifier)
            wanted["db-cluster-id"] = [identifier]
        listed = list(self.retained.values())
        if self.plane.unconfirmed.is_("live_cluster_backups", "listed"):
            listed += [one for one in self.clusters.values() if one.latest_restorable_time is not None]
        if resource_id is not None:
            if resource_id not in [one.db_cluster_resource_id for one in listed]:
                self.retained_cluster(resource_id)
            wanted["db-cluster-resource-id"] = [resource_id]
        return select([RetainedBackup(one) for one in listed], wanted, _FILTERS)

    def delete_db_cluster_automated_backup(self, resource_id: str) -> RetainedBackup:
        """Removes a retained backup and its files."""
        backup = RetainedBackup(self.retained_cluster(resource_id))
        self.forget_automated_snapshots(self.retained.pop(resource_id))
        self.plane.submit(self.plane.volumes.pop(resource_id).destroy)
        return backup

    def retained_cluster(self, resource_id: str) -> DBCluster:
        """The deleted cluster whose backups are kept. Raises DBClusterAutomatedBackupNotFoundFault."""
        cluster = self.retained.get(resource_id)
        if cluster is None:
            raise models.RDSClientError(
                "DBClusterAutomatedBackupNotFoundFault", f"DBClusterAutomatedBackup {resource_id} not found."
            )
        return cluster

    def reset(self) -> None:
        for resource_id in list(self.retained):
            self.delete_db_cluster_automated_backup(resource_id)
        super().reset()
