"""ModifyDBCluster: settings, rename, passwords; at once or pending until the maintenance window."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..volume import set_password
from . import credentials, errors, insights, settings
from .cluster import DBCluster
from .restore import Restore
from .transition import done

_PLAIN = {
    "preferred_backup_window": "preferred_backup_window",
    "preferred_maintenance_window": "preferred_maintenance_window",
    "deletion_protection": "deletion_protection",
    "copy_tags_to_snapshot": "copy_tags_to_snapshot",
    "auto_minor_version_upgrade": "auto_minor_version_upgrade",
    "storage_type": "storage_type",
    "network_type": "network_type",
    "engine_lifecycle_support": "engine_lifecycle_support",
}
"""Request parameter to attribute, for what takes effect in the control plane alone."""

_DEFERRABLE = {
    "new_db_cluster_identifier": "DBClusterIdentifier",
    "enable_iam_database_authentication": "IAMDatabaseAuthenticationEnabled",
    "backup_retention_period": "BackupRetentionPeriod",
}
"""What waits for the maintenance window unless ApplyImmediately is given, as PendingModifiedValues names it."""

_SPECIAL = {
    "db_cluster_identifier", "apply_immediately", "new_db_cluster_identifier", "backup_retention_period",
    "enable_iam_database_authentication", "vpc_security_group_ids", "db_cluster_parameter_group_name",
    "cloudwatch_logs_export_configuration", "port", "serverless_v2_scaling_configuration",
    *credentials.PARAMETERS, *insights.PARAMETERS,
}  # fmt: skip


class Modify(Restore):
    """Changes to a cluster that is available, with or without instances."""

    def modify_db_cluster(self, kwargs: Any) -> DBCluster:
        params = {key: settings.plain(value) for key, value in kwargs.items()}
        for name in params.keys() - _PLAIN.keys() - _SPECIAL:
            errors.not_in_lab(f"ModifyDBCluster with {name}")
        cluster = self.cluster(params["db_cluster_identifier"])
        self._check_modification(cluster, params)
        observed = insights.checked(params, cluster, self.settings)
        scaling = settings.scaling(
            cluster.serverless_v2_scaling_configuration, params.get("serverless_v2_scaling_configuration")
        )
        at_once = bool(params.get("apply_immediately"))
        status = "modifying"
        steps: list[Callable[[], object]] = []

        self._apply_network(cluster, params)
        for name, attribute in _PLAIN.items():
            if params.get(name) is not None:
                setattr(cluster, attribute, params[name])
        cluster.serverless_v2_scaling_configuration = scaling
        if observed["monitoring_interval"] != cluster.monitoring_interval:
            status = "configuring-enhanced-monitoring"
        self._observe(cluster, observed)
        self._apply_log_exports(cluster, params.get("cloudwatch_logs_export_configuration") or {})
        if (port := params.get("port")) not in (None, cluster.port):
            cluster.port = port
            steps.append(lambda: cluster.volume.listen_anew(cluster.listener))
        password = credentials.new_password(cluster, params)
        if password is not None:
            status = "resetting-master-credentials"
            steps += self._password_steps(cluster, set_password(cluster.master_username, password))
        for name, pending_name in _DEFERRABLE.items():
            value = params.get(name)
            if value is None:
                continue
            if not at_once:
                cluster.pending[pending_name] = value
            else:
                cluster.pending.pop(pending_name, None)
        new_name = None
        if at_once:
            if (days := params.get("backup_retention_period")) is not None:
                cluster.backup_retention_period = days
            if (iam := params.get("enable_iam_database_authentication")) is not None:
                status = "configuring-iam-database-auth"
                cluster.iam_auth = iam
            if (new_name := params.get("new_db_cluster_identifier")) is not None:
                status, new_name = "renaming", new_name.lower()
                cluster.future_identifier = new_name
                steps.append(lambda: cluster.move(new_name, certified=False))
        operation = "rename" if new_name else "modify"
        work = self.plane.submit(lambda: [step() for step in steps]) if steps else done()
        self.begin(cluster, status, operation, work, self._settle_modified(cluster, new_name, password is not None))
        return cluster

    def _check_modification(self, cluster: DBCluster, params: dict[str, Any]) -> None:
        if cluster.status != "available":
            raise errors.cluster_not_available(cluster.db_cluster_identifier)
        settings.check_common(params)
        if (new_name := params.get("new_db_cluster_identifier")) is not None:
            lower = errors.check_identifier(new_name, "NewDBClusterIdentifier")
            if lower != cluster.db_cluster_identifier and self.is_taken(lower):
                raise errors.cluster_exists()
        credentials.check_change(cluster, params, self.settings)
        settings.check_windows(cluster, params)
        exports = params.get("cloudwatch_logs_export_configuration") or {}
        for kind in [*(exports.get("EnableLogTypes") or []), *(exports.get("DisableLogTypes") or [])]:
            settings.check_log_type(kind)

    def _observe(self, cluster: DBCluster, observed: dict[str, Any]) -> None:
        """Records monitoring and insights; the members have settings of their own unless it is answered otherwise."""
        insights.set_on(cluster, observed)
        if self.plane.unconfirmed.is_("cluster_insights", "inherited"):
            for member in cluster._members:
                insights.set_on(member, observed)

    def _password_steps(self, cluster: DBCluster, script: str) -> list[Callable[[], object]]:
        """How the password gets into the database: at once or, without an instance, as it is answered."""
        if not cluster.served and not self.plane.unconfirmed.is_("password_without_instance", "effective"):
            if self.plane.unconfirmed.is_("password_without_instance", "waits"):
                cluster.awaiting_instance = script
                if cluster.manage_master_user_password:
                    cluster.master_user_secret.effective = False
            return []
        cluster.awaiting_instance = None
        return [lambda: cluster.volume.administer(script)]

    def _apply_network(self, cluster: DBCluster, params: dict[str, Any]) -> None:
        subnet_group = self.settings.subnet_group(cluster.db_subnet_group_name)
        groups, parameter_group = params.get("vpc_security_group_ids"), params.get("db_cluster_parameter_group_name")
        checked = self.settings.security_groups(groups, subnet_group) if groups else None
        if parameter_group is not None:
            cluster.parameter_group = self.settings.cluster_parameter_group(parameter_group)
        if checked is not None:
            cluster.vpc_security_group_ids = checked

    @staticmethod
    def _apply_log_exports(cluster: DBCluster, change: dict[str, Any]) -> None:
        kept = set(cluster.enabled_cloudwatch_logs_exports) - set(change.get("DisableLogTypes") or [])
        cluster.enabled_cloudwatch_logs_exports = sorted(kept | set(change.get("EnableLogTypes") or []))

    def _settle_modified(self, cluster: DBCluster, new_name: str | None, credentials: bool) -> Any:
        def settle(error: BaseException | None, when: datetime) -> None:
            cluster.status = "available"
            if credentials and error is None:
                self.record(cluster, "configuration change", "Reset master credentials", when)
            elif error is not None:
                self.record(cluster, "failure", f"Unable to reset master credentials. {error}", when)
            if new_name is not None:
                self._rename(cluster, new_name, when)

        return settle

    def _rename(self, cluster: DBCluster, new_name: str, when: datetime) -> None:
        old_name, members = cluster.db_cluster_identifier, cluster._members
        del self.clusters[old_name]
        cluster.db_cluster_identifier = new_name
        cluster.future_identifier = None
        for member in members:
            member.db_cluster_identifier = new_name
        self.clusters[new_name] = cluster
        self.record(cluster, "notification", f"Renamed DB cluster from {old_name} to {new_name}", when)
