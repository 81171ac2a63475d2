"""Automated backups of RDS instances: of live ones, of deleted ones, and replicated into another Region."""

from datetime import datetime
from typing import Any

from moto.rds import models
from moto.rds.utils import split_arn

from . import errors, settings
from .db_instance import DBInstance
from .filters import select
from .plain_instances import PlainInstances

_FILTERS = {
    "status": ("status",),
    "db-instance-id": ("db_instance_identifier", "db_instance_arn"),
    "dbi-resource-id": ("dbi_resource_id",),
}
_NOT_FOUND = "DBInstanceAutomatedBackupNotFound"
_BAD_STATE = "InvalidDBInstanceAutomatedBackupState"


class InstanceBackup:
    """A record of DescribeDBInstanceAutomatedBackups: what it does not have itself is the instance's."""

    def __init__(self, instance: DBInstance, arn: str) -> None:
        self.instance = instance
        self.db_instance_automated_backups_arn = arn

    def __getattr__(self, name: str) -> Any:
        return getattr(self.instance, name)

    @property
    def region(self) -> str:
        """The Region of the instance, also where the backup is a replicated one."""
        return self.instance.region

    @property
    def encrypted(self) -> bool:
        return self.instance.storage_encrypted

    @property
    def restore_window(self) -> dict[str, datetime | None]:
        earliest, latest = self.instance.earliest_restorable_time, self.instance.latest_restorable_time
        return {"EarliestTime": earliest, "LatestTime": latest} if latest is not None else {}

    @property
    def status(self) -> str:
        if self.instance.status in ("retained", "deleting"):
            return "retained"
        return "active" if self.instance.latest_restorable_time is not None else "creating"


class ReplicatedBackup(InstanceBackup):
    """A backup that another Region holds of an instance."""

    def __init__(self, instance: DBInstance, arn: str, kms_key_id: str | None, days: int) -> None:
        super().__init__(instance, arn)
        self.kms_key_id = kms_key_id
        self.backup_retention_period = days
        self._stopped_with: dict[str, datetime | None] | None = None

    def stop(self) -> None:
        """Lets the window stand still."""
        self._stopped_with = dict(self.restore_window)

    @property
    def restore_window(self) -> dict[str, datetime | None]:
        return self._stopped_with if self._stopped_with is not None else InstanceBackup.restore_window.fget(self)

    @property
    def status(self) -> str:
        if self._stopped_with is not None or self.instance.status == "retained":
            return "retained"
        return "replicating" if self.instance.latest_restorable_time is not None else "pending"


class InstanceBackups(PlainInstances):
    """Describe, Delete, and the start and stop of replication."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.retained_instances: dict[str, DBInstance] = {}
        self.replicated_backups: dict[str, ReplicatedBackup] = {}

    def describe_db_instance_automated_backups(self, **params: Any) -> list[InstanceBackup]:
        """The backups in this Region that match everything given."""
        live = [one for one in self.databases.values() if isinstance(one, DBInstance) and one.backup_retention_period]
        own = [InstanceBackup(one, self._backup_arn(one)) for one in [*live, *self.retained_instances.values()]]
        backups: list[InstanceBackup] = [*own, *self.replicated_backups.values()]
        for parameter, attributes in (
            ("dbi_resource_id", ("dbi_resource_id",)),
            ("db_instance_automated_backups_arn", ("db_instance_automated_backups_arn",)),
            ("db_instance_identifier", ("db_instance_identifier",)),
        ):
            if (wanted := params.get(parameter)) is not None:
                backups = select(backups, {parameter: [wanted]}, {parameter: attributes})
                if not backups:
                    raise self._no_backup(wanted)
        filters = {one["Name"]: one["Values"] for one in settings.plain(params.get("filters")) or []}
        return select(backups, filters, _FILTERS)

    def backup(self, identifier: str) -> InstanceBackup:
        """The backup of that resource id or ARN. Raises DBInstanceAutomatedBackupNotFound."""
        for one in self.describe_db_instance_automated_backups():
            if identifier in (one.dbi_resource_id, one.db_instance_automated_backups_arn):
                return one
        raise self._no_backup(identifier)

    def delete_db_instance_automated_backup(self, identifier: str) -> InstanceBackup:
        """Removes a retained backup and, unless another Region still holds it, its files."""
        backup = self.backup(identifier)
        if backup.status != "retained":
            raise errors.RDSClientError(_BAD_STATE, f"The automated backup {identifier} is {backup.status}.")
        if isinstance(backup, ReplicatedBackup):
            del self.replicated_backups[backup.db_instance_automated_backups_arn]
        else:
            del self.retained_instances[backup.dbi_resource_id]
        self._drop_unheld(backup.instance)
        return backup

    def start_db_instance_automated_backups_replication(self, params: dict[str, Any]) -> ReplicatedBackup:
        """Replicates the backups of an instance of another Region into this one."""
        settings.check_common(params)
        region, account, _, name = split_arn(params["source_db_instance_arn"])
        if region == self.region_name:
            raise errors.invalid_combination("Backups can't be replicated into the Region of their instance.")
        self.check_reachable(region)
        source = models.rds_backends[account][region].databases.get(name)
        if not isinstance(source, DBInstance):
            raise errors.instance_not_found(params["source_db_instance_arn"])
        if source.status != "available" or not source.backup_retention_period:
            raise errors.instance_state(f"Instance {name} is not available, or has no automated backups.")
        key = params.get("kms_key_id")
        if source.storage_encrypted and not key:
            raise errors.invalid_combination("KmsKeyId must be specified for the backups of an encrypted instance.")
        arn = self._backup_arn(source)
        if arn in self.replicated_backups:
            raise errors.RDSClientError(_BAD_STATE, f"The backups of {name} are replicated already.")
        days = params.get("backup_retention_period") or 7
        kms_key_id = self.settings.kms_key(key, True) if source.storage_encrypted else None
        self.replicated_backups[arn] = ReplicatedBackup(source, arn, kms_key_id, days)
        return self.replicated_backups[arn]

    def stop_db_instance_automated_backups_replication(self, source_db_instance_arn: str) -> ReplicatedBackup:
        """Ends the replication; what is replicated stays, retained."""
        for backup in self.replicated_backups.values():
            if backup.instance.arn == source_db_instance_arn and backup.status != "retained":
                backup.stop()
                return backup
        raise errors.instance_not_found(source_db_instance_arn)

    def keeps_backups(self, instance: DBInstance) -> bool:
        return super().keeps_backups(instance) or self._held_elsewhere(instance)

    def finish_instance_deletion(self, instance: DBInstance, keep: bool, when: datetime) -> None:
        super().finish_instance_deletion(instance, keep, when)
        if keep:
            instance.status = "retained"
            if instance.keeps_own_backups:
                self.retained_instances[instance.dbi_resource_id] = instance

    def _held_elsewhere(self, instance: DBInstance) -> bool:
        backends = list(models.rds_backends[self.account_id].values())
        return any(one.instance is instance for backend in backends for one in backend.replicated_backups.values())

    def _drop_unheld(self, instance: DBInstance) -> None:
        held = instance.dbi_resource_id in instance.backend.retained_instances or self._held_elsewhere(instance)
        if instance.status == "retained" and not held:
            self.plane.submit(self.plane.volumes.pop(instance.data_id).destroy)

    def _backup_arn(self, instance: DBInstance) -> str:
        name = f"ab-{instance.dbi_resource_id.removeprefix('db-').lower()}"
        return f"arn:{self.partition}:rds:{self.region_name}:{self.account_id}:auto-backup:{name}"

    @staticmethod
    def _no_backup(identifier: str) -> errors.RDSClientError:
        return errors.RDSClientError(_NOT_FOUND, f"DBInstanceAutomatedBackup {identifier} not found.")

    def reset(self) -> None:
        for instance in self.retained_instances.values():
            self.plane.submit(self.plane.volumes.pop(instance.data_id).destroy)
        super().reset()
