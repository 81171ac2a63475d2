"""Restores of RDS instances, to a time and from a snapshot."""

import secrets
from datetime import datetime
from typing import Any

from ..image import Origin
from . import errors, settings
from .db_instance import DBInstance
from .db_snapshots import DB_SNAPSHOT
from .instance_backups import InstanceBackups, ReplicatedBackup
from .restore import check_time

_CARRIED_OVER = (
    "engine", "engine_version", "db_instance_class", "master_username", "db_name", "allocated_storage", "storage_type",
    "storage_encrypted", "kms_key_id", "license_model", "iops", "port", "backup_retention_period",
    "preferred_backup_window",
)  # fmt: skip
"""What a restored instance takes from its source. All else is AWS's default unless the call names it."""

_OVERRIDES = (
    "db_instance_class", "port", "allocated_storage", "max_allocated_storage", "storage_type", "iops", "multi_az",
    "availability_zone", "auto_minor_version_upgrade", "copy_tags_to_snapshot", "deletion_protection",
    "enable_iam_database_authentication", "enable_cloudwatch_logs_exports", "db_parameter_group_name",
    "option_group_name", "backup_retention_period", "preferred_backup_window", "ca_certificate_identifier",
    "engine_lifecycle_support",
)  # fmt: skip

_SOURCES = ("source_db_instance_identifier", "source_dbi_resource_id", "source_db_instance_automated_backups_arn")


class InstanceRestore(InstanceBackups):
    """RestoreDBInstanceToPointInTime and RestoreDBInstanceFromDBSnapshot."""

    def restore_db_instance_to_point_in_time(self, kwargs: Any) -> DBInstance:
        params = {key: settings.plain(value) for key, value in kwargs.items() if value is not None}
        identifier = self.check_new_instance(params["target_db_instance_identifier"])
        time, latest = params.get("restore_time"), bool(params.get("use_latest_restorable_time"))
        if time is not None and latest:
            raise errors.invalid_combination("Cannot specify both RestoreTime and UseLatestRestorableTime")
        if time is None and not latest:
            raise errors.invalid_combination("Either RestoreTime or UseLatestRestorableTime must be specified")
        source, window, key = self._backup_source(params)
        target = check_time(time, *window, source.backup_retention_period)
        tags = params.get("tags") or source.tags
        return self._recovered_instance(identifier, source, key, params, tags, source.volume, target)

    def _backup_source(self, params: dict[str, Any]) -> tuple[DBInstance, tuple[datetime, datetime], str | None]:
        """The instance whose backups are asked for, their window, and the key they are under."""
        given = [name for name in _SOURCES if params.get(name)]
        if len(given) != 1:
            raise errors.invalid_combination(
                "Specify exactly one of SourceDBInstanceIdentifier, SourceDbiResourceId and "
                "SourceDBInstanceAutomatedBackupsArn"
            )
        named = params[given[0]]
        if given[0] == "source_db_instance_identifier":
            source = self.plain_instance(named)
            if not source.backup_retention_period:
                raise errors.RDSClientError(
                    "PointInTimeRestoreNotEnabled", f"Point in time restore is not enabled for instance {named}."
                )
            backup_window, key = {"from": source.earliest_restorable_time, "to": source.latest_restorable_time}, None
        else:
            backup = self.backup(named)
            # The resource id names a backup of this Region's own instances.
            if given[0] == "source_dbi_resource_id" and isinstance(backup, ReplicatedBackup):
                raise self._no_backup(named)
            source, backup_window, key = backup.instance, backup.restore_window, backup.kms_key_id
        window = tuple(backup_window.values())
        if len(window) != 2 or None in window:
            raise errors.instance_state(f"Instance {source.db_instance_identifier} has no restorable time yet.")
        return source, window, key or source.kms_key_id

    def restore_db_instance_from_db_snapshot(self, kwargs: Any) -> DBInstance:
        params = {key: settings.plain(value) for key, value in kwargs.items() if value is not None}
        identifier = self.check_new_instance(params["db_instance_identifier"])
        name, cluster_snapshot = params.get("db_snapshot_identifier"), params.get("db_cluster_snapshot_identifier")
        if bool(name) == bool(cluster_snapshot):
            raise errors.invalid_combination(
                "Specify exactly one of DBSnapshotIdentifier and DBClusterSnapshotIdentifier"
            )
        if cluster_snapshot:
            raise errors.invalid_combination("A snapshot of an Aurora cluster can't be restored to a DB instance.")
        snapshot = self.snapshot(DB_SNAPSHOT, name)
        if snapshot.region != self.region_name:
            raise errors.RDSClientError(DB_SNAPSHOT.not_found, f"DBSnapshot {name} not found.")
        if snapshot.status != "available":
            raise errors.RDSClientError(DB_SNAPSHOT.bad_state, f"DBSnapshot {name} is not in available state.")
        image = snapshot.image
        key = snapshot.kms_key_id
        return self._recovered_instance(identifier, snapshot, key, params, params.get("tags"), image, image.moment)

    def _recovered_instance(
        self,
        identifier: str,
        source: Any,
        key: str | None,
        params: dict[str, Any],
        tags: list[dict[str, str]] | None,
        origin: Origin,
        target: datetime,
    ) -> DBInstance:
        """A new instance with the data of origin at target, and of source's settings those that are carried over."""
        if params.get("manage_master_user_password"):
            errors.not_in_lab("A restore with ManageMasterUserPassword")
        given = self.instance_network(params)
        self.check_instance_quota()
        if params.get("engine", source.engine) != source.engine:
            raise errors.invalid_combination(f"The engine of the backup is {source.engine}, not {params['engine']}.")
        storage = params.get("allocated_storage", source.allocated_storage)
        if storage != source.allocated_storage and storage < source.allocated_storage * 1.1:
            raise errors.invalid_value("AllocatedStorage must be the source's, or at least 10 percent more.")
        source.backend.settings.check_key(source.kms_key_id)
        if key is not None:
            given["kms_key_id"] = self.settings.kms_key(key, True)
        carried = {name: getattr(source, name) for name in _CARRIED_OVER}
        overrides = {name: params[name] for name in _OVERRIDES if params.get(name) is not None}
        instance = DBInstance(
            self,
            **(carried | overrides | given),
            db_instance_identifier=identifier,
            # The data brings its own password: that of the restore point. Nothing reads this one.
            master_user_password=secrets.token_urlsafe(16),
            tags=[dict(tag) for tag in tags or []],
        )
        volume = self.plane.new_volume(instance.data_id, self.region_name)
        volume.link_from(origin, target)
        self.databases[identifier] = instance

        def work() -> None:
            volume.recover(target)
            volume.open(instance.listener)

        self.begin(instance, "creating", "restore", self.plane.submit(work), self.settle_new_instance(instance))
        return instance
