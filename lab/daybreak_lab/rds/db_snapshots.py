"""Snapshots of RDS instances."""

from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from . import errors, settings
from .db_instance import DBInstance
from .instances import Instances
from .snapshot import Kind, Snapshot
from .transition import done

DB_SNAPSHOT = Kind(
    noun="DBSnapshot",
    words="snapshot",
    snake="db_snapshot",
    store="database_snapshots",
    source="DBInstanceIdentifier",
    source_filter="db-instance-id",
    not_found="DBSnapshotNotFound",
    exists="DBSnapshotAlreadyExists",
    bad_state="InvalidDBSnapshotState",
    longest_identifier=255,
    quota="manual_snapshots",
    copy_may_encrypt=True,
    filters={
        "db-instance-id": ("db_instance_identifier", "source_arn"),
        "db-snapshot-id": ("identifier", "arn"),
        "dbi-resource-id": ("dbi_resource_id",),
        "snapshot-type": ("snapshot_type",),
        "engine": ("engine",),
    },
)

_FROZEN = (
    "engine", "engine_version", "db_instance_class", "master_username", "db_name", "storage_encrypted", "kms_key_id",
    "storage_type", "allocated_storage", "iops", "port", "license_model", "availability_zone", "option_group_name",
    "instance_create_time", "db_instance_identifier", "dbi_resource_id", "iam_database_authentication_enabled",
    "backup_retention_period", "preferred_backup_window", "vpc_id",
)  # fmt: skip
"""What a snapshot tells of its instance: as it was then."""


class DBSnapshot(Snapshot):
    """A snapshot as DescribeDBSnapshots shows it."""

    resource_type = "snapshot"

    def __init__(self, *arguments: Any, source: "DBSnapshot | None" = None, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.source_db_snapshot_identifier = source.arn if source is not None else None
        self.source_region = source.region if source is not None and source.region != self.region else None
        self._first = source

    @property
    def snapshot_database_time(self) -> datetime:
        """The last commit in it; survives copies."""
        return self.created if self._first is None else self._first.snapshot_database_time

    @property
    def original_snapshot_create_time(self) -> datetime:
        """Survives copies, unlike the time of creation."""
        return self.created if self._first is None else self._first.original_snapshot_create_time

    @property
    def db_snapshot_identifier(self) -> str:
        return self.identifier

    @property
    def db_snapshot_arn(self) -> str:
        return self.arn

    @property
    def encrypted(self) -> bool:
        return self.storage_encrypted


class DBSnapshots(Instances):
    """CreateDBSnapshot and CopyDBSnapshot."""

    def create_db_snapshot(
        self, db_instance_identifier: str, db_snapshot_identifier: str, tags: Any = None, **_: Any
    ) -> DBSnapshot:
        instance = self.plain_instance(db_instance_identifier)
        identifier = self.check_new_snapshot(DB_SNAPSHOT, db_snapshot_identifier, "DBSnapshotIdentifier")
        given = settings.plain(tags) or []
        settings.check_common({"tags": given})
        if instance.status != "available":
            raise errors.instance_state(f"Database instance is not in available state: {db_instance_identifier}")
        if instance.volume.standby.upstream is not None:
            errors.not_in_lab("CreateDBSnapshot of a replica")
        moment = instance.volume.mark()
        snapshot = self.new_db_snapshot(instance, identifier, moment, given)
        snapshot.image = self.plane.new_image(instance.volume, moment)
        self.keep_snapshot(DB_SNAPSHOT, snapshot, "creating", "snapshot", done())

        def settle(_: BaseException | None, __: datetime) -> None:
            instance.status = "available"

        self.begin(instance, "backing-up", "snapshot", done(), settle)
        return snapshot

    def plain_instance(self, identifier: str) -> DBInstance:
        """The instance of that name or ARN, which must not be a cluster's member."""
        instance = self.instance(identifier)
        if not isinstance(instance, DBInstance):
            raise errors.instance_state(f"The operation isn't available for the DB cluster member {identifier}.")
        return instance

    def new_db_snapshot(
        self, instance: DBInstance, identifier: str, moment: datetime, tags: list[dict[str, str]] | None = None
    ) -> DBSnapshot:
        """The record of a snapshot, yet without data. Without tags given it may inherit the instance's."""
        frozen = {name: getattr(instance, name) for name in _FROZEN} | {"source_arn": instance.arn}
        tags = [dict(tag) for tag in tags or (instance.tags if instance.copy_tags_to_snapshot else [])]
        return DBSnapshot(self, identifier, frozen, taken=moment, tags=tags)

    def copy_db_snapshot(self, **kwargs: Any) -> DBSnapshot:
        params = {key: settings.plain(value) for key, value in kwargs.items()}

        def make(identifier: str, frozen: dict[str, Any], **named: Any) -> DBSnapshot:
            return DBSnapshot(self, identifier, frozen, taken=utcnow(), **named)

        return self.copy_snapshot(DB_SNAPSHOT, params, make)

    def reset(self) -> None:
        for snapshot in list(self.database_snapshots.values()):
            self.forget_snapshot(DB_SNAPSHOT, snapshot)
        super().reset()
