"""Read replicas of RDS instances, with streaming replication: instances, and Aurora clusters of their own."""

import secrets
from datetime import datetime
from typing import Any

from moto.rds import models
from moto.rds.utils import split_arn

from . import errors, insights, settings
from .cluster import DBCluster
from .db_instance import DBInstance
from .instance_restore import InstanceRestore
from .metrics import ReplicaLag

_CARRIED_OVER = (
    "engine", "engine_version", "db_instance_class", "master_username", "db_name", "allocated_storage", "storage_type",
    "storage_encrypted", "license_model", "iops", "port",
)  # fmt: skip
_OVERRIDES = (
    "db_instance_class", "port", "allocated_storage", "max_allocated_storage", "storage_type", "iops", "multi_az",
    "availability_zone", "auto_minor_version_upgrade", "copy_tags_to_snapshot", "deletion_protection",
    "enable_iam_database_authentication", "enable_cloudwatch_logs_exports", "db_parameter_group_name",
    "option_group_name", "ca_certificate_identifier", *insights.PARAMETERS,
)  # fmt: skip


class Replicas(InstanceRestore):
    """CreateDBInstanceReadReplica, PromoteReadReplica, and the same for an Aurora replica cluster."""

    def create_db_instance_read_replica(self, db_kwargs: Any) -> DBInstance:
        params = {key: settings.plain(value) for key, value in db_kwargs.items() if value is not None}
        identifier = self.check_new_instance(params["db_instance_identifier"])
        if params.get("source_db_cluster_identifier"):
            errors.not_in_lab("CreateDBInstanceReadReplica of a cluster")
        named = params["source_db_instance_identifier"]
        source = self.replicated_instance(named)
        if source.region != self.region_name and not named.startswith("arn:"):
            raise errors.instance_not_found(named)
        self.check_instance_quota()
        carried = {name: getattr(source, name) for name in _CARRIED_OVER}
        overrides = {name: params[name] for name in _OVERRIDES if params.get(name) is not None}
        instance = DBInstance(
            self,
            **(carried | overrides | self.instance_network(params)),
            kms_key_id=self.replica_key(source, params.get("kms_key_id")),
            db_instance_identifier=identifier,
            source_db_instance_identifier=source.arn if source.region != self.region_name else source.resource_id,
            master_user_password=secrets.token_urlsafe(16),
            # A replica has no backups of its own before its promotion.
            backup_retention_period=0,
            tags=params.get("tags") or [],
        )
        instance.source = source
        self.databases[identifier] = instance
        source.add_replica(instance)
        self.plane.meter.watch(ReplicaLag(instance))
        volume = self.plane.new_volume(instance.data_id, self.region_name)

        def work() -> None:
            volume.standby.follow(source.volume)
            volume.open(instance.listener)

        self.begin(instance, "creating", "create", self.plane.submit(work), self.settle_new_instance(instance))
        return instance

    def replicated_instance(self, identifier: str) -> DBInstance:
        """The instance to be replicated. Raises unless it can be."""
        backend: Any = self
        if identifier.startswith("arn:"):
            region, account, _, identifier = split_arn(identifier)
            self.check_reachable(region)
            backend = models.rds_backends[account][region]
        source = backend.plain_instance(identifier)
        if source.status != "available":
            raise errors.instance_state(f"Database instance is not in available state: {identifier}")
        if not source.backup_retention_period:
            raise errors.instance_state(
                "Automated backups are not enabled for this database instance. To enable automated backups, use "
                "ModifyDBInstance to set the backup retention period to a non-zero value."
            )
        if source.manage_master_user_password:
            raise errors.invalid_combination(
                "You can't create a read replica of an instance that manages its master password in Secrets Manager."
            )
        return source

    def replica_key(self, source: Any, key: str | None) -> str | None:
        """The key of a replica: the source's, but in another Region one of its own."""
        if not source.storage_encrypted:
            return None
        if source.region == self.region_name:
            return self.settings.check_key(source.kms_key_id)
        if key is None:
            raise errors.invalid_combination("KmsKeyId must be specified for an encrypted replica in another Region.")
        return self.settings.kms_key(key, True)

    def promote_read_replica(self, db_kwargs: Any) -> DBInstance:
        params = {key: settings.plain(value) for key, value in db_kwargs.items() if value is not None}
        settings.check_common(params, shortest_retention=0)
        instance = self.plain_instance(params["db_instance_identifier"])
        if instance.source is None:
            raise errors.instance_state(f"DB instance {instance.resource_id} is not a read replica.")
        if instance.status != "available":
            raise errors.instance_state(f"Database instance is not in available state: {instance.resource_id}")
        days = params.get("backup_retention_period")
        if window := params.get("preferred_backup_window"):
            instance.preferred_backup_window = window
        self._promote(instance, 1 if days is None else days)
        return instance

    def _promote(self, instance: DBInstance, days: int) -> None:
        volume = instance.volume

        def work() -> None:
            volume.standby.promote()
            volume.restart()

        def settle(error: BaseException | None, when: datetime) -> None:
            instance.status = "available" if error is None else "failed"
            if error is None:
                self._forget_replica(instance)
                instance.backup_retention_period = days
                self.record(instance, "read replica", "Promoted Read Replica instance to a standalone instance", when)

        self.begin(instance, "modifying", "promote", self.plane.submit(work), settle)

    @staticmethod
    def _forget_replica(instance: DBInstance) -> None:
        source, instance.source = instance.source, None
        instance.source_db_instance_identifier = None
        for name in (instance.resource_id, instance.arn):
            if source is not None and name in source.replicas:
                source.replicas.remove(name)

    def delete_db_instance(self, db_instance_identifier: str, **kwargs: Any) -> Any:
        instance = self.instance(db_instance_identifier)
        if not isinstance(instance, DBInstance):
            replica = instance.cluster.replication_source_identifier
            if replica and len([one for one in instance.cluster._members if one.status != "deleting"]) == 1:
                raise errors.cluster_state(
                    "Cannot delete the last instance of the read replica DB cluster. Promote the DB cluster to a "
                    "standalone DB cluster in order to delete it."
                )
            return super().delete_db_instance(db_instance_identifier, **kwargs)
        if instance.source is not None and kwargs.get("final_db_snapshot_identifier"):
            raise errors.invalid_combination("A final snapshot of a read replica can't be taken.")
        deleted = super().delete_db_instance(db_instance_identifier, **kwargs)
        self._forget_replica(instance)
        # RDS for PostgreSQL promotes the replicas that a deleted source leaves in its Region.
        for one in list(self.databases.values()):
            if isinstance(one, DBInstance) and one.source is instance and one.transition is None:
                self._promote(one, 1)
        return deleted

    def create_db_cluster(self, kwargs: Any) -> DBCluster:
        if not kwargs.get("replication_source_identifier"):
            return super().create_db_cluster(kwargs)
        params = {key: settings.plain(value) for key, value in kwargs.items()}
        identifier = self.check_new_cluster(params["db_cluster_identifier"])
        self._check_engine(params)
        self.refuse_credentials(params)
        source = self.replicated_instance(params["replication_source_identifier"])
        if source.region != self.region_name:
            raise errors.invalid_combination("An Aurora PostgreSQL replica must be in the Region of its DB instance.")
        if source.read_replica_db_cluster_identifiers:
            raise errors.instance_state(f"DB instance {source.resource_id} has an Aurora read replica already.")
        params |= self.network(params)
        params |= {
            "replication_source_identifier": source.arn,
            "engine_version": source.engine_version,
            "master_username": source.master_username,
            "master_user_password": secrets.token_urlsafe(16),
            "database_name": source.db_name,
            "storage_encrypted": source.storage_encrypted,
            "kms_key_id": self.replica_key(source, None),
        }
        cluster = DBCluster(self, **params)
        self.clusters[identifier] = cluster
        source.read_replica_db_cluster_identifiers.append(identifier)
        self.plane.meter.watch(ReplicaLag(cluster))
        volume = self.plane.new_volume(cluster.data_id, self.region_name)
        work = self.plane.submit(lambda: volume.standby.follow(source.volume))
        self.begin(cluster, "creating", "create", work, self.settle_new_cluster(cluster, "create"))
        return cluster

    @staticmethod
    def refuse_credentials(params: dict[str, Any]) -> None:
        """Raises for what a cluster that replicates another has from there."""
        for name in ("master_username", "master_user_password", "manage_master_user_password", "database_name"):
            if params.get(name):
                raise errors.invalid_combination(f"Cannot specify {name} for a cluster that replicates another one.")

    def promote_read_replica_db_cluster(self, db_cluster_identifier: str) -> DBCluster:
        cluster = self.cluster(db_cluster_identifier)
        if not cluster.replication_source_identifier:
            raise errors.cluster_state(f"DB cluster {cluster.resource_id} is not a read replica.")
        if cluster.status != "available":
            raise errors.cluster_not_available(cluster.resource_id)
        source = cluster.replication_source_identifier

        def settle(error: BaseException | None, when: datetime) -> None:
            cluster.status = "available" if error is None else "incompatible-restore"
            if error is None:
                cluster.replication_source_identifier = None
                self._forget_replica_cluster(cluster, source)
                self.record(cluster, "notification", "Promoted read replica DB cluster to a standalone one", when)

        self.begin(cluster, "promoting", "promote", self.plane.submit(cluster.volume.standby.promote), settle)
        return cluster

    def _forget_replica_cluster(self, cluster: DBCluster, source_arn: str) -> None:
        source = self.databases.get(source_arn.rsplit(":", 1)[-1])
        if isinstance(source, DBInstance) and cluster.resource_id in source.read_replica_db_cluster_identifiers:
            source.read_replica_db_cluster_identifiers.remove(cluster.resource_id)

    def finish_deletion(self, cluster: DBCluster, keep_backups: bool, when: datetime) -> None:
        super().finish_deletion(cluster, keep_backups, when)
        if cluster.replication_source_identifier:
            self._forget_replica_cluster(cluster, cluster.replication_source_identifier)
