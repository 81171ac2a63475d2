"""Creating, modifying and deleting RDS for PostgreSQL instances: those that are no cluster's members."""

from datetime import datetime
from typing import Any

from ..volume import set_password
from . import credentials, errors, insights, settings
from .db_instance import ENGINE, DBInstance
from .db_snapshots import DB_SNAPSHOT, DBSnapshots
from .transition import done

_STORAGE_GIB = range(20, 65537)
_PLAIN = {
    "ca_certificate_identifier": "ca_certificate_identifier",
    "publicly_accessible": "publicly_accessible",
    "auto_minor_version_upgrade": "auto_minor_version_upgrade",
    "copy_tags_to_snapshot": "copy_tags_to_snapshot",
    "deletion_protection": "deletion_protection",
    "db_parameter_group_name": "db_parameter_group_name",
    "preferred_backup_window": "preferred_backup_window",
    "preferred_maintenance_window": "preferred_maintenance_window",
    "max_allocated_storage": "max_allocated_storage",
    "enable_iam_database_authentication": "enable_iam_database_authentication",
    "engine_lifecycle_support": "engine_lifecycle_support",
}
"""Request parameter to attribute, for what takes effect at once and in the control plane alone."""

_DEFERRABLE = {
    "db_instance_class": ("DBInstanceClass", "db_instance_class"),
    "allocated_storage": ("AllocatedStorage", "allocated_storage"),
    "storage_type": ("StorageType", "storage_type"),
    "multi_az": ("MultiAZ", "multi_az"),
    "backup_retention_period": ("BackupRetentionPeriod", "backup_retention_period"),
    "new_db_instance_identifier": ("DBInstanceIdentifier", None),
}
"""What waits for the maintenance window unless ApplyImmediately is given: its name while pending, its attribute."""

_SPECIAL = {
    "db_instance_identifier", "apply_immediately", "vpc_security_group_ids", "cloudwatch_logs_export_configuration",
    "db_port_number", *credentials.PARAMETERS, *insights.PARAMETERS,
}  # fmt: skip


class PlainInstances(DBSnapshots):
    """CreateDBInstance, ModifyDBInstance and DeleteDBInstance; for members of a cluster they hand on."""

    def create_db_instance(self, db_kwargs: Any) -> Any:
        if db_kwargs.get("db_cluster_identifier"):
            return super().create_db_instance(db_kwargs)
        params = {key: settings.plain(value) for key, value in db_kwargs.items()}
        identifier = self.check_new_instance(params["db_instance_identifier"])
        if params["engine"] != ENGINE:
            errors.not_in_lab(f"CreateDBInstance of {params['engine']} without DBClusterIdentifier")
        version = params.get("engine_version") or self.plane.versions.default(self.region_name)
        if version not in self.plane.versions.known(self.region_name):
            raise errors.invalid_combination(f"Cannot find version {version} for {ENGINE}")
        managed = bool(params.get("manage_master_user_password"))
        if not params.get("master_username"):
            raise errors.invalid_value("The parameter MasterUsername must be provided and must not be blank.")
        if not managed and not params.get("master_user_password"):
            raise errors.invalid_value("The parameter MasterUserPassword must be provided and must not be blank.")
        settings.check_master(params["master_username"], params.get("master_user_password"), managed)
        storage = params.get("allocated_storage")
        if storage not in _STORAGE_GIB:
            raise errors.invalid_value(f"Invalid storage size for engine name postgres: {storage}")
        params |= self.instance_network(params)
        self.check_instance_quota()
        self.settings.check_new(params)
        params["engine_version"] = version
        params["kms_key_id"] = self.settings.kms_key(params.get("kms_key_id"), bool(params.get("storage_encrypted")))
        instance = DBInstance(self, **params)
        self.databases[identifier] = instance
        password = instance.master_user_secret.password if managed else params["master_user_password"]
        volume = self.plane.new_volume(instance.data_id, self.region_name)

        def work() -> None:
            template = self.plane.template.result()
            volume.initialise(template, instance.master_username, password, instance.db_name)
            volume.open(instance.listener)

        self.begin(instance, "creating", "create", self.plane.submit(work), self.settle_new_instance(instance))
        return instance

    def instance_network(self, params: dict[str, Any]) -> dict[str, Any]:
        """The settings that AWS fills with defaults of account and engine, checked or filled."""
        settings.check_common(params, shortest_retention=0)
        settings.check_windows(None, params)
        self._check_plain(params)
        if not str(params.get("db_instance_class") or "db.").startswith("db."):
            raise errors.invalid_value(f"Invalid DB Instance class: {params['db_instance_class']}")
        subnet_group = self.settings.subnet_group(params.get("db_subnet_group_name"))
        return {
            "db_subnet_group_name": subnet_group.name,
            "vpc_security_group_ids": self.settings.security_groups(params.get("vpc_security_group_ids"), subnet_group),
            "publicly_accessible": bool(params.get("publicly_accessible")),
        }

    def settle_new_instance(self, instance: DBInstance) -> Any:
        """What the end of a creation or restore does: available, or a terminal status with its event."""
        outcome = self.plane.delays.outcome("instance")

        def settle(error: BaseException | None, when: datetime) -> None:
            if error is None and outcome is None:
                instance.status = "available"
                self.record(instance, "creation", "DB instance created", when)
                return
            instance.status = outcome.status if outcome else "incompatible-restore"
            why = outcome.message if outcome else str(error)
            self.record(instance, "failure", f"Database instance put into {instance.status}. {why}", when)

        return settle

    def modify_db_instance(self, db_instance_identifier: str, db_kwargs: Any) -> Any:
        instance = self.instance(db_instance_identifier)
        if not isinstance(instance, DBInstance):
            return super().modify_db_instance(db_instance_identifier, db_kwargs)
        params = {key: settings.plain(value) for key, value in db_kwargs.items() if value is not None}
        for name in params.keys() - _PLAIN.keys() - _DEFERRABLE.keys() - _SPECIAL:
            errors.not_in_lab(f"ModifyDBInstance with {name}")
        if instance.status != "available":
            raise errors.instance_state(f"Database instance is not in available state: {db_instance_identifier}")
        self._check_change(instance, params)
        insights.set_on(instance, insights.checked(params, instance, self.settings))
        for name, attribute in _PLAIN.items():
            if name in params:
                setattr(instance, attribute, params[name])
        if "vpc_security_group_ids" in params:
            instance.vpc_security_group_ids = params["vpc_security_group_ids"]
        exports = params.get("cloudwatch_logs_export_configuration") or {}
        kept = set(instance.enabled_cloudwatch_logs_exports) - set(exports.get("DisableLogTypes") or [])
        instance.enabled_cloudwatch_logs_exports = sorted(kept | set(exports.get("EnableLogTypes") or []))
        self._change(instance, params)
        return instance

    def _change(self, instance: DBInstance, params: dict[str, Any]) -> None:
        """What may be deferred, and what needs the server: status and work of the modification."""
        steps, status, new_name = [], "modifying", None
        password = credentials.new_password(instance, params)
        if password is not None:
            status = "resetting-master-credentials"
            steps.append(lambda: instance.volume.administer(set_password(instance.master_username, password)))
        if (port := params.get("db_port_number")) not in (None, instance.port):
            instance.port = port
            steps.append(lambda: instance.volume.listen_anew(instance.listener))
        backups_were_off = not instance.backup_retention_period
        for name, (pending, attribute) in _DEFERRABLE.items():
            if name not in params:
                continue
            if not params.get("apply_immediately"):
                instance.pending[pending] = params[name]
                continue
            instance.pending.pop(pending, None)
            if attribute is not None:
                setattr(instance, attribute, params[name])
            else:
                status, new_name = "renaming", params[name].lower()
                instance.future_identifier = new_name
                steps.append(lambda: instance.move(instance.future_identifier, certified=True))
        if backups_were_off and instance.backup_retention_period:
            steps.append(instance.volume.renew_window)

        def work() -> None:
            for step in steps:
                step()

        def settle(error: BaseException | None, when: datetime) -> None:
            instance.status = "available"
            if error is not None:
                self.record(instance, "failure", f"Unable to modify the DB instance. {error}", when)
            if new_name is not None:
                self.rename_instance(instance, new_name, when)

        operation = "rename" if new_name else "modify"
        self.begin(instance, status, operation, self.plane.submit(work) if steps else done(), settle)

    def _check_change(self, instance: DBInstance, params: dict[str, Any]) -> None:
        settings.check_common(params, shortest_retention=0)
        self._check_plain(params)
        subnet_group = self.settings.subnet_group(instance.subnet_group_name)
        if "vpc_security_group_ids" in params:
            self.settings.security_groups(params["vpc_security_group_ids"], subnet_group)
        group = params.get("db_parameter_group_name")
        if group and not instance.is_default_parameter_group(group) and group not in self.db_parameter_groups:
            raise errors.RDSClientError("DBParameterGroupNotFound", f"DBParameterGroup not found: {group}")
        if (new_name := params.get("new_db_instance_identifier")) is not None:
            self.check_new_instance(new_name)
        credentials.check_change(instance, params, self.settings)
        settings.check_windows(instance, params)
        if params.get("backup_retention_period") == 0 and instance.replicas:
            raise errors.invalid_combination("Backups can't be disabled for an instance that has read replicas.")

    def delete_db_instance(
        self,
        db_instance_identifier: str,
        final_db_snapshot_identifier: str | None = None,
        skip_final_snapshot: bool = False,
        delete_automated_backups: bool = True,
        **_: Any,
    ) -> Any:
        instance = self.instance(db_instance_identifier)
        if not isinstance(instance, DBInstance):
            return super().delete_db_instance(db_instance_identifier, final_db_snapshot_identifier)
        if instance.deletion_protection:
            raise errors.invalid_combination(
                "Cannot delete protected DB Instance, please disable deletion protection and try again."
            )
        if instance.status == "deleting":
            raise errors.instance_state(f"Instance {instance.db_instance_identifier} is already being deleted.")
        if instance.transition is not None:
            raise errors.instance_state(
                f"Instance {instance.db_instance_identifier} is currently {instance.status} - try again later."
            )
        final = self.check_final_snapshot(
            DB_SNAPSHOT, "an instance", bool(skip_final_snapshot), final_db_snapshot_identifier
        )
        if final and not instance.is_ready:
            raise errors.instance_state(f"Cannot take a final snapshot of an instance that is {instance.status}.")
        moment = instance.volume.mark() if final else None
        snapshot = self.new_db_snapshot(instance, final, moment) if final else None
        if instance.manage_master_user_password:
            instance.master_user_secret.delete_secret()
        instance.keeps_own_backups = delete_automated_backups is False and bool(instance.backup_retention_period)
        keep = self.keeps_backups(instance)
        work = self.plane.submit(lambda: self.remove_data(instance, snapshot, keep))
        if snapshot is not None:
            # The instance is gone only when its snapshot is there.
            self.keep_snapshot(DB_SNAPSHOT, snapshot, "creating", "delete", work)

        def settle(_: BaseException | None, when: datetime) -> None:
            self.finish_instance_deletion(instance, keep, when)

        self.begin(instance, "deleting", "delete", work, settle)
        return instance

    def keeps_backups(self, instance: DBInstance) -> bool:
        """Whether the instance's backups outlive it."""
        return instance.keeps_own_backups

    def finish_instance_deletion(self, instance: DBInstance, keep: bool, when: datetime) -> None:
        """Forgets an instance whose data is gone, and its volume unless the backups are kept."""
        self.databases.pop(instance.db_instance_identifier, None)
        if not keep:
            self.plane.volumes.pop(instance.data_id, None)
        self.record(instance, "deletion", "DB instance deleted", when)

    def reset(self) -> None:
        for instance in list(self.databases.values()):
            if isinstance(instance, DBInstance) and (volume := self.plane.volumes.pop(instance.data_id, None)):
                self.plane.submit(volume.destroy)
        super().reset()
