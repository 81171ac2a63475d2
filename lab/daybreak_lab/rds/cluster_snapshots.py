"""Snapshots of clusters."""

import uuid
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from ..image import Image
from . import errors, settings
from .cluster import DBCluster
from .snapshot import Kind, Snapshot
from .snapshots import Snapshots
from .transition import done

CLUSTER_SNAPSHOT = Kind(
    noun="DBClusterSnapshot",
    words="cluster snapshot",
    snake="db_cluster_snapshot",
    store="cluster_snapshots",
    source="DBClusterIdentifier",
    source_filter="db-cluster-id",
    not_found="DBClusterSnapshotNotFoundFault",
    exists="DBClusterSnapshotAlreadyExistsFault",
    bad_state="InvalidDBClusterSnapshotStateFault",
    longest_identifier=63,
    quota="manual_cluster_snapshots",
    copy_may_encrypt=False,
    filters={
        "db-cluster-id": ("db_cluster_identifier", "source_arn"),
        "db-cluster-snapshot-id": ("identifier", "arn"),
        "snapshot-type": ("snapshot_type",),
        "engine": ("engine",),
    },
)

_FROZEN = (
    "engine", "engine_version", "engine_mode", "master_username", "database_name", "character_set_name",
    "storage_encrypted", "kms_key_id", "storage_type", "backup_retention_period", "preferred_backup_window",
    "network_type", "availability_zones", "allocated_storage", "port", "license_model", "cluster_create_time",
    "db_cluster_identifier", "db_cluster_resource_id", "iam_database_authentication_enabled",
    "serverless_v2_scaling_configuration",
)  # fmt: skip
"""What a snapshot tells of its cluster, or a restore may take from it: as it was then."""


class DBClusterSnapshot(Snapshot):
    """A snapshot as DescribeDBClusterSnapshots shows it."""

    resource_type = "cluster-snapshot"

    def __init__(self, *arguments: Any, source: Snapshot | None = None, **named: Any) -> None:
        super().__init__(*arguments, **named)
        told = source is not None and (
            (source.account_id, source.region) != (self.account_id, self.region)
            or self.backend.plane.unconfirmed.is_("local_copy_source", "told")
        )
        self.source_db_cluster_snapshot_arn = source.arn if told else None

    @property
    def db_cluster_snapshot_identifier(self) -> str:
        return self.identifier

    @property
    def db_cluster_snapshot_arn(self) -> str:
        return self.arn


class ClusterSnapshots(Snapshots):
    """Create, Describe, Copy, Delete and ModifyAttribute of DBClusterSnapshot."""

    def create_db_cluster_snapshot(
        self, db_cluster_identifier: str, db_cluster_snapshot_identifier: str, tags: Any = None, **_: Any
    ) -> DBClusterSnapshot:
        cluster = self.cluster(db_cluster_identifier)
        identifier = self.check_new_snapshot(
            CLUSTER_SNAPSHOT, db_cluster_snapshot_identifier, "DBClusterSnapshotIdentifier"
        )
        given = settings.plain(tags) or []
        settings.check_common({"tags": given})
        if cluster.status != "available":
            raise errors.cluster_not_available(cluster.db_cluster_identifier)
        if cluster.volume.standby.upstream is not None:
            errors.not_in_lab("CreateDBClusterSnapshot of a replica")
        moment = cluster.volume.mark()
        snapshot = self.new_cluster_snapshot(cluster, identifier, moment, "manual", given)
        snapshot.image = self.plane.new_image(cluster.volume, moment)
        self.keep_snapshot(CLUSTER_SNAPSHOT, snapshot, "creating", "snapshot", done())
        return snapshot

    def new_cluster_snapshot(
        self,
        cluster: DBCluster,
        identifier: str,
        moment: datetime,
        snapshot_type: str,
        tags: list[dict[str, str]] | None = None,
    ) -> DBClusterSnapshot:
        """The record of a snapshot, yet without data. Without tags given it may inherit the cluster's."""
        frozen = {name: getattr(cluster, name) for name in _FROZEN}
        frozen |= {"vpc_id": self.settings.subnet_group(cluster.db_subnet_group_name).vpc_id, "source_arn": cluster.arn}
        inherited = cluster.tags if cluster.copy_tags_to_snapshot else []
        tags = [dict(tag) for tag in tags or inherited]
        return DBClusterSnapshot(self, identifier, frozen, taken=moment, snapshot_type=snapshot_type, tags=tags)

    def keep_automated_snapshot(self, cluster: DBCluster) -> str | None:
        """Takes the snapshot that RDS takes daily by itself; None if there is one of this minute.

        To be called outside of requests: the next one finds it listed under the identifier returned.
        """
        moment = cluster.volume.mark()
        identifier = f"rds:{cluster.db_cluster_identifier}-{moment:%Y-%m-%d-%H-%M}"
        if identifier in self.cluster_snapshots:
            return None
        image = self.plane.new_image(cluster.volume, moment)
        self.arrivals.append(lambda: self.list_snapshot(cluster, identifier, image, "automated"))
        return identifier

    def keep_backup_snapshot(self, cluster: DBCluster) -> str:
        """Takes a snapshot as AWS Backup does, which RDS lists among the manual ones. To be called like the former."""
        identifier = f"awsbackup:job-{uuid.uuid4()}"
        image = self.plane.new_image(cluster.volume, cluster.volume.mark())
        self.arrivals.append(lambda: self.list_snapshot(cluster, identifier, image, "manual"))
        return identifier

    def list_snapshot(self, cluster: DBCluster, identifier: str, image: Image, snapshot_type: str) -> None:
        """Lists an image as a snapshot that nobody asked RDS for."""
        snapshot = self.new_cluster_snapshot(cluster, identifier, image.moment, snapshot_type)
        snapshot.image = image
        self.keep_snapshot(CLUSTER_SNAPSHOT, snapshot, "creating", "snapshot", done())

    def forget_automated_snapshots(self, cluster: DBCluster) -> None:
        """Drops a cluster's automated snapshots, which end with its backups."""
        for snapshot in list(self.cluster_snapshots.values()):
            if snapshot.automated and snapshot.db_cluster_resource_id == cluster.db_cluster_resource_id:
                self.forget_snapshot(CLUSTER_SNAPSHOT, snapshot)

    def copy_db_cluster_snapshot(self, **kwargs: Any) -> DBClusterSnapshot:
        params = {key: settings.plain(value) for key, value in kwargs.items()}

        def make(identifier: str, frozen: dict[str, Any], source: Snapshot, **named: Any) -> DBClusterSnapshot:
            survives = self.plane.unconfirmed.is_("copied_cluster_snapshot_time", "survives")
            taken = source.created if survives else utcnow()
            return DBClusterSnapshot(self, identifier, frozen, taken=taken, source=source, **named)

        return self.copy_snapshot(CLUSTER_SNAPSHOT, params, make)

    def reset(self) -> None:
        for snapshot in list(self.cluster_snapshots.values()):
            self.forget_snapshot(CLUSTER_SNAPSHOT, snapshot)
        super().reset()
