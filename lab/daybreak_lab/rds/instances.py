"""Creating, modifying and deleting the instances of clusters."""

from datetime import datetime
from typing import Any

from ..delays import Outcome
from . import errors, insights, settings
from .cluster import ENGINE, DBCluster
from .instance import DEFAULT_CA, DBInstanceClustered
from .modify import Modify
from .transition import Transition, done

_SERVER_START_SECONDS = 0.2
"""A server is started this long before its instance's delay is over, so that the delay is the whole time."""

_CERTIFICATES = {DEFAULT_CA, "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"}
_TIERS = range(16)
_PLAIN = {
    "promotion_tier": "promotion_tier",
    "ca_certificate_identifier": "ca_certificate_identifier",
    "publicly_accessible": "publicly_accessible",
    "auto_minor_version_upgrade": "auto_minor_version_upgrade",
    "copy_tags_to_snapshot": "copy_tags_to_snapshot",
    "db_parameter_group_name": "db_parameter_group_name",
}
_CLUSTERS_OWN = (
    "vpc_security_group_ids", "master_username", "master_user_password", "manage_master_user_password", "port",
    "backup_retention_period", "storage_encrypted", "kms_key_id", "allocated_storage",
    "enable_iam_database_authentication", "enable_cloudwatch_logs_exports", "deletion_protection",
    "preferred_backup_window", "database_insights_mode",
)  # fmt: skip


class Instances(Modify):
    """CreateDBInstance, ModifyDBInstance and DeleteDBInstance for members of a cluster."""

    def create_db_instance(self, db_kwargs: Any) -> DBInstanceClustered:
        params = {key: settings.plain(value) for key, value in db_kwargs.items()}
        identifier = self.check_new_instance(params["db_instance_identifier"])
        cluster = self.cluster(params["db_cluster_identifier"])
        self._check_instance(cluster, params)
        patient = self.plane.unconfirmed.is_("instance_in_creating_cluster", "accepted")
        if cluster.status != "available" and not (patient and cluster.status == "creating"):
            raise errors.cluster_not_available(cluster.db_cluster_identifier)
        self.check_instance_quota()
        params["db_cluster_identifier"] = cluster.db_cluster_identifier
        params["db_subnet_group_name"] = cluster.db_subnet_group_name
        params.setdefault("publicly_accessible", False)
        params.setdefault("availability_zone", cluster.availability_zones[len(cluster._members) % 3])
        instance = DBInstanceClustered(backend=self, **params)
        self.databases[identifier] = instance
        outcome = self.plane.delays.outcome("instance")
        delay = self.plane.delays.seconds("instance")
        creation = cluster.transition if cluster.status == "creating" else None
        work = done() if outcome else self.plane.submit(lambda: self._open(cluster, creation, delay))
        self.begin(instance, "creating", "instance", work, self._settle_created(instance, outcome))
        return instance

    def _open(self, cluster: DBCluster, creation: Transition | None, delay: float) -> None:
        if creation is not None:
            creation.wait(self.plane.pause)
        self.plane.pause(delay - _SERVER_START_SECONDS)
        cluster.volume.open(cluster.listener)
        if cluster.awaiting_instance is not None:
            cluster.volume.administer(cluster.awaiting_instance)

    def _check_instance(self, cluster: DBCluster, params: dict[str, Any]) -> None:
        if params["engine"] != ENGINE:
            raise errors.invalid_combination(
                f"The engine name requested for your DB instance ({params['engine']}) doesn't match "
                f"the engine name of your DB cluster ({cluster.engine})."
            )
        if params.get("engine_version") not in (None, cluster.engine_version):
            raise errors.invalid_combination(
                f"The engine version that you requested for your DB instance ({params['engine_version']}) does not "
                f"match the engine version of your DB cluster ({cluster.engine_version})."
            )
        for name in _CLUSTERS_OWN:
            if params.get(name) is not None:
                raise errors.invalid_combination(
                    f"The requested DB Instance will be a member of a DB Cluster. Set {name} for the DB Cluster."
                )
        instance_class = params["db_instance_class"]
        if not instance_class.startswith("db."):
            raise errors.invalid_value(f"Invalid DB Instance class: {instance_class}")
        if instance_class == "db.serverless" and not cluster.serverless_v2_scaling_configuration:
            raise errors.invalid_combination(
                "Set the Serverless v2 scaling configuration on the parent DB cluster before creating a Serverless v2 "
                "DB instance."
            )
        zone = params.get("availability_zone")
        if zone is not None and zone not in cluster.availability_zones:
            raise errors.invalid_value(f"Invalid availability zone: {zone}")
        self._check_plain(params)
        for tag in params.get("tags") or []:
            settings.check_common({"tags": [tag]})

    @staticmethod
    def _check_plain(params: dict[str, Any]) -> None:
        if params.get("promotion_tier") is not None and params["promotion_tier"] not in _TIERS:
            raise errors.invalid_value(f"Invalid promotion tier: {params['promotion_tier']}. Must be between 0 and 15.")
        certificate = params.get("ca_certificate_identifier")
        if certificate is not None and certificate not in _CERTIFICATES:
            raise errors.RDSClientError("CertificateNotFound", f"Certificate {certificate} not found.")

    def _settle_created(self, instance: DBInstanceClustered, outcome: Outcome | None) -> Any:
        def settle(error: BaseException | None, when: datetime) -> None:
            if error is None and outcome is None:
                instance.status = "available"
                self._note_password(instance.cluster)
                self.record(instance, "creation", "DB instance created", when)
                return
            instance.status = outcome.status if outcome else "failed"
            why = outcome.message if outcome else str(error)
            self.record(instance, "failure", f"Database instance put into {instance.status}. {why}", when)

        return settle

    @staticmethod
    def _note_password(cluster: DBCluster) -> None:
        """What waited for an instance has been done."""
        cluster.awaiting_instance = None
        if cluster.manage_master_user_password:
            cluster.master_user_secret.effective = True

    def modify_db_instance(self, db_instance_identifier: str, db_kwargs: Any) -> DBInstanceClustered:
        instance = self.instance(db_instance_identifier)
        params = {key: settings.plain(value) for key, value in db_kwargs.items() if value is not None}
        known = _PLAIN.keys() | insights.PARAMETERS | {
            "db_instance_identifier", "apply_immediately", "db_instance_class", "preferred_maintenance_window",
            "new_db_instance_identifier",
        }  # fmt: skip
        for name in params:
            if name in _CLUSTERS_OWN:
                raise errors.invalid_combination(
                    f"The specified DB Instance is a member of a DB Cluster. Modify {name} for the DB Cluster."
                )
        for name in params.keys() - known:
            errors.not_in_lab(f"ModifyDBInstance with {name}")
        if instance.status != "available":
            raise errors.instance_state(f"Database instance is not in available state: {db_instance_identifier}")
        self._check_plain(params)
        group = params.get("db_parameter_group_name")
        if group and not instance.is_default_parameter_group(group) and group not in self.db_parameter_groups:
            raise errors.RDSClientError("DBParameterGroupNotFound", f"DBParameterGroup not found: {group}")
        settings.check_windows(instance, params)
        if (new_name := params.get("new_db_instance_identifier")) is not None:
            new_name = self.check_new_instance(new_name)
        observed = insights.checked(params, instance, self.settings, member=True)
        for name, attribute in _PLAIN.items():
            if name in params:
                setattr(instance, attribute, params[name])
        insights.set_on(instance, observed)
        if "preferred_maintenance_window" in params:
            instance.preferred_maintenance_window = params["preferred_maintenance_window"]
        if "db_instance_class" in params:
            if params.get("apply_immediately"):
                instance.db_instance_class = params["db_instance_class"]
                instance.pending.pop("DBInstanceClass", None)
            else:
                instance.pending["DBInstanceClass"] = params["db_instance_class"]
        if new_name is not None and not params.get("apply_immediately"):
            instance.pending["DBInstanceIdentifier"] = new_name
            new_name = None
        self._begin_modified(instance, new_name)
        return instance

    def _begin_modified(self, instance: DBInstanceClustered, new_name: str | None) -> None:
        instance.future_identifier = new_name

        def settle(_: BaseException | None, when: datetime) -> None:
            instance.status = "available"
            if new_name is not None:
                instance.pending.pop("DBInstanceIdentifier", None)
                self.rename_instance(instance, new_name, when)

        if new_name is None:
            self.begin(instance, "modifying", "modify", done(), settle)
            return
        # A renamed instance reboots; the server is the writer's.
        writes = instance.is_cluster_writer
        work = self.plane.submit(instance.cluster.volume.restart) if writes else done()
        self.begin(instance, "renaming", "rename", work, settle)

    def check_new_instance(self, identifier: str) -> str:
        """The identifier in lower case. Raises when it breaks the rules or is taken."""
        lower = errors.check_identifier(identifier, "DBInstanceIdentifier")
        if any(lower in (name, one.future_identifier) for name, one in self.databases.items()):
            raise errors.instance_exists()
        return lower

    def rename_instance(self, instance: Any, new_name: str, when: datetime) -> None:
        """Lists an instance under its new name."""
        old_name = instance.db_instance_identifier
        del self.databases[old_name]
        instance.db_instance_identifier, instance.future_identifier = new_name, None
        self.databases[new_name] = instance
        self.record(instance, "notification", f"Renamed DB instance from {old_name} to {new_name}", when)

    def delete_db_instance(
        self, db_instance_identifier: str, final_db_snapshot_identifier: str | None = None, **_: Any
    ) -> DBInstanceClustered:
        instance = self.instance(db_instance_identifier)
        if final_db_snapshot_identifier:
            raise errors.invalid_combination(
                "FinalDBSnapshotIdentifier can't be specified for a DB instance that is a member of a DB cluster."
            )
        if instance.status == "deleting":
            raise errors.instance_state(f"Instance {instance.db_instance_identifier} is already being deleted.")
        if instance.transition is not None:
            raise errors.instance_state(
                f"Instance {instance.db_instance_identifier} is currently {instance.status} - try again later."
            )
        cluster = instance.cluster
        others = [one for one in cluster._members if one is not instance and one.status != "deleting"]
        work = done() if others else self.plane.submit(cluster.volume.close)
        if others and instance.is_cluster_writer:
            instance.is_cluster_writer = False
            min(others, key=lambda one: one.promotion_tier).is_cluster_writer = True
        self.begin(instance, "deleting", "delete", work, self._settle_deleted_instance(instance))
        return instance

    def _settle_deleted_instance(self, instance: DBInstanceClustered) -> Any:
        def settle(_: BaseException | None, when: datetime) -> None:
            self.databases.pop(instance.db_instance_identifier, None)
            self.record(instance, "deletion", "DB instance deleted", when)

        return settle
