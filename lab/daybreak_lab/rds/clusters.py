"""Creating and deleting clusters."""

from datetime import datetime
from typing import Any

from . import errors, settings
from .cluster import ENGINE, DBCluster
from .cluster_snapshots import CLUSTER_SNAPSHOT, ClusterSnapshots, DBClusterSnapshot
from .role import attach


class Clusters(ClusterSnapshots):
    """CreateDBCluster and DeleteDBCluster."""

    def create_db_cluster(self, kwargs: Any) -> DBCluster:
        params = {key: settings.plain(value) for key, value in kwargs.items()}
        identifier = self.check_new_cluster(params["db_cluster_identifier"])
        self._check_engine(params)
        managed = bool(params.get("manage_master_user_password"))
        settings.check_master(params.get("master_username"), params.get("master_user_password"), managed)
        params |= self.network(params)
        self.settings.check_new(params)
        params["engine_version"] = params.get("engine_version") or self.plane.versions.default(self.region_name)
        params["kms_key_id"] = self.settings.kms_key(params.get("kms_key_id"), bool(params.get("storage_encrypted")))
        cluster = DBCluster(self, **params)
        self.clusters[identifier] = cluster
        password = cluster.master_user_secret.password if managed else params["master_user_password"]
        volume = self.plane.new_volume(cluster.db_cluster_resource_id, self.region_name)
        work = self.plane.submit(
            lambda: volume.initialise(
                self.plane.template.result(), cluster.master_username, password, cluster.database_name
            )
        )
        self.begin(cluster, "creating", "create", work, self.settle_new_cluster(cluster, "create"))
        for role in params.get("associated_roles") or []:
            attach(self, cluster, role["RoleArn"], role.get("FeatureName"), work)
        return cluster

    def check_new_cluster(self, identifier: str) -> str:
        """The identifier in lower case. Raises when it breaks the rules or is taken."""
        lower = errors.check_identifier(identifier, "DBClusterIdentifier")
        if self.is_taken(lower):
            raise errors.cluster_exists()
        if not self.plane.quotas.allows("clusters", len(self.clusters)):
            raise errors.cluster_quota()
        return lower

    def is_taken(self, identifier: str) -> bool:
        """Whether a cluster has this identifier, or is being renamed to it."""
        return any(
            identifier in (cluster.db_cluster_identifier, cluster.future_identifier)
            for cluster in self.clusters.values()
        )

    def network(self, params: dict[str, Any]) -> dict[str, Any]:
        """The settings that AWS fills with defaults of account and engine, checked or filled."""
        settings.check_common(params)
        settings.check_windows(None, params)
        subnet_group = self.settings.subnet_group(params.get("db_subnet_group_name"))
        return {
            "db_subnet_group_name": subnet_group.name,
            "vpc_security_group_ids": self.settings.security_groups(params.get("vpc_security_group_ids"), subnet_group),
            "db_cluster_parameter_group_name": self.settings.cluster_parameter_group(
                params.get("db_cluster_parameter_group_name")
            ),
        }

    def settle_new_cluster(self, cluster: DBCluster, operation: str) -> Any:
        """What the end of a creation or restore does: available, or a terminal status with its event."""

        outcome = self.plane.delays.outcome(operation)

        def settle(error: BaseException | None, when: datetime) -> None:
            if error is None and outcome is None:
                cluster.status = "available"
                self.record(cluster, "creation", "DB cluster created", when)
                return
            failed = "restore-failed" if operation == "restore" else "incompatible-restore"
            cluster.status = outcome.status if outcome else failed
            why = outcome.message if outcome else str(error)
            self.record(
                cluster, "failure", f"You can't create the DB cluster because of incompatible resources. {why}", when
            )

        return settle

    def delete_db_cluster(
        self,
        cluster_identifier: str,
        snapshot_name: str | None = None,
        skip_final_snapshot: bool = False,
        delete_automated_backups: bool = True,
    ) -> DBCluster:
        cluster = self.cluster(cluster_identifier)
        if cluster.deletion_protection:
            raise errors.invalid_combination(
                "Cannot delete protected Cluster, please disable deletion protection and try again."
            )
        if any(member.status != "deleting" for member in cluster._members):
            raise errors.cluster_state(
                "Cluster cannot be deleted, it still contains DB instances in non-deleting state."
            )
        if cluster.status == "deleting":
            raise errors.cluster_state(f"DB cluster {cluster.db_cluster_identifier} is already being deleted.")
        if cluster.transition is not None:
            raise errors.cluster_state(
                f"Cluster {cluster.db_cluster_identifier} is currently {cluster.status} - try again later."
            )
        final = self.check_final_snapshot(CLUSTER_SNAPSHOT, "a cluster", skip_final_snapshot, snapshot_name)
        snapshot = self._final_snapshot(cluster, final) if final else None
        if cluster.manage_master_user_password:
            cluster.master_user_secret.delete_secret()
        keep_backups = not delete_automated_backups
        work = self.plane.submit(lambda: self.remove_data(cluster, snapshot, keep_backups))
        if snapshot is not None:
            # The cluster is gone only when its snapshot is there.
            self.keep_snapshot(CLUSTER_SNAPSHOT, snapshot, "creating", "delete", work)

        def settle(_: BaseException | None, when: datetime) -> None:
            self.finish_deletion(cluster, keep_backups, when)

        self.begin(cluster, "deleting", "delete", work, settle)
        return cluster

    def _final_snapshot(self, cluster: DBCluster, identifier: str) -> DBClusterSnapshot:
        latest = cluster.latest_restorable_time
        if latest is None:
            raise errors.cluster_state(
                f"Cannot take a final snapshot of {cluster.db_cluster_identifier}: it has no restorable time."
            )
        return self.new_cluster_snapshot(cluster, identifier, latest, "manual")

    def finish_deletion(self, cluster: DBCluster, keep_backups: bool, when: datetime) -> None:
        """Forgets a cluster whose data is gone, and its volume unless the backups are kept."""
        self.clusters.pop(cluster.db_cluster_identifier, None)
        if not keep_backups:
            self.plane.volumes.pop(cluster.db_cluster_resource_id, None)
            self.forget_automated_snapshots(cluster)
        self.record(cluster, "deletion", "DB cluster deleted", when)

    def _check_engine(self, params: dict[str, Any]) -> None:
        engine, version = params["engine"], params.get("engine_version")
        if engine != ENGINE:
            raise errors.invalid_value(f"Invalid DB engine: {engine}. The lab provides {ENGINE} only.")
        if version is not None and version not in self.plane.versions.known(self.region_name):
            raise errors.invalid_combination(f"Cannot find version {version} for {ENGINE}")
        if (params.get("engine_mode") or "provisioned") != "provisioned":
            raise errors.invalid_combination(f"The engine mode {params['engine_mode']} you requested is not supported.")

    def reset(self) -> None:
        """Removes every cluster's data, then forgets everything."""
        for cluster in list(self.clusters.values()):
            if (volume := self.plane.volumes.pop(cluster.db_cluster_resource_id, None)) is not None:
                self.plane.submit(volume.destroy)
        super().reset()
