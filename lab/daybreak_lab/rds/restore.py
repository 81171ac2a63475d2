"""Restores of clusters: real recoveries, with AWS's refusals and AWS's idea of what is carried over."""

import secrets
from datetime import datetime
from typing import Any

from ..image import Origin
from . import errors, settings
from .cluster import DBCluster
from .cluster_snapshots import CLUSTER_SNAPSHOT
from .retained import Retained
from .role import attach
from .snapshot import Snapshot

_CARRIED_OVER = (
    "engine", "engine_version", "engine_mode", "master_username", "database_name", "character_set_name",
    "storage_encrypted", "storage_type", "backup_retention_period", "preferred_backup_window", "network_type",
    "availability_zones",
)  # fmt: skip
"""What a restored cluster takes from its source. All else is AWS's default unless the call names it."""

_LIMITLESS_ONLY = (
    "monitoring_interval", "monitoring_role_arn", "enable_performance_insights", "performance_insights_kms_key_id",
    "performance_insights_retention_period",
)  # fmt: skip

_OVERRIDES = (
    "port", "enable_iam_database_authentication", "enable_cloudwatch_logs_exports", "deletion_protection",
    "copy_tags_to_snapshot", "storage_type", "network_type", "serverless_v2_scaling_configuration",
    "backup_retention_period", "preferred_backup_window", "engine_lifecycle_support", "availability_zones",
)  # fmt: skip

_KNOWN = {
    "db_cluster_identifier", "source_db_cluster_identifier", "source_db_cluster_resource_id", "restore_type",
    "restore_to_time", "use_latest_restorable_time", "snapshot_identifier", "engine", "engine_version", "engine_mode",
    "db_subnet_group_name", "vpc_security_group_ids", "db_cluster_parameter_group_name", "kms_key_id", "tags",
    "associated_roles", *_OVERRIDES, *_LIMITLESS_ONLY,
}  # fmt: skip


_REQUIRED = {
    "db_cluster_identifier": "DBClusterIdentifier",
    "snapshot_identifier": "SnapshotIdentifier",
    "engine": "Engine",
}


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def check_time(time: datetime | None, earliest: datetime, latest: datetime, retention_days: int) -> datetime:
    """The moment to recover to: time, checked against the window, or without one its end."""
    if time is None:
        return latest
    # AWS wants a time before the latest, not at it.
    if time >= latest:
        raise errors.invalid_value(
            f"The specified instance cannot be restored to a time later than {latest.isoformat()}Z."
        )
    if time < earliest:
        raise errors.invalid_value(
            f"The specified instance cannot be restored to a time earlier than {earliest.isoformat()}Z because its "
            f"backup retention period is set to {retention_days} days."
        )
    return time


class Restore(Retained):
    """Restores to a time, clones, and restores from a snapshot."""

    def restore_db_cluster_to_point_in_time(self, **kwargs: Any) -> DBCluster:
        params = self._understood("RestoreDBClusterToPointInTime", kwargs)
        identifier = self.check_new_cluster(params["db_cluster_identifier"])
        self._check_combination(params)
        source = self._source(params)
        given = self.network(params)
        target = self._target(source, params)
        if self.plane.unconfirmed.is_("point_in_time_port", "inherited"):
            params.setdefault("port", source.port)
        tags = params["tags"] if params.get("tags") else source.tags
        own = {"clone_group_id": source.clone_group_id, "tags": [dict(tag) for tag in tags]}
        return self._recovered(identifier, source, given | own, params, source.volume, target)

    def restore_db_cluster_from_snapshot(self, kwargs: Any) -> DBCluster:
        params = self._understood("RestoreDBClusterFromSnapshot", kwargs)
        for name, parameter in _REQUIRED.items():
            if not params.get(name):
                raise errors.RDSClientError("MissingParameter", f"The request must contain the parameter {parameter}.")
        identifier = self.check_new_cluster(params["db_cluster_identifier"])
        self._check_limitless(params)
        snapshot = self._source_snapshot(params)
        given = self.network(params)
        # Without EngineVersion it is the Region's default that counts, not the snapshot's.
        version = params.get("engine_version") or self.plane.versions.default(self.region_name)
        if _numbers(version) < _numbers(snapshot.engine_version):
            raise errors.invalid_combination(
                f"The snapshot's engine version {snapshot.engine_version} can't be restored to the lower {version}."
            )
        params.setdefault("port", snapshot.port)
        if self.plane.unconfirmed.is_("snapshot_restore_iam_authentication", "inherited"):
            params.setdefault("enable_iam_database_authentication", snapshot.iam_database_authentication_enabled)
        own = {"engine_version": version, "tags": [dict(tag) for tag in params.get("tags") or []]}
        image = snapshot.image
        return self._recovered(identifier, snapshot, given | own, params, image, image.moment)

    @staticmethod
    def _understood(operation: str, kwargs: Any) -> dict[str, Any]:
        """The request's parameters, none of which would be overlooked."""
        params = {key: settings.plain(value) for key, value in kwargs.items() if value is not None}
        for name in params.keys() - _KNOWN:
            errors.not_in_lab(f"{operation} with {name}")
        return params

    def _source_snapshot(self, params: dict[str, Any]) -> Snapshot:
        snapshot = self.snapshot(CLUSTER_SNAPSHOT, params["snapshot_identifier"])
        if snapshot.region != self.region_name:
            raise errors.RDSClientError(
                CLUSTER_SNAPSHOT.not_found, f"DBClusterSnapshot {params['snapshot_identifier']} not found."
            )
        if snapshot.status != "available":
            raise errors.RDSClientError(
                CLUSTER_SNAPSHOT.bad_state, f"DBClusterSnapshot {snapshot.identifier} is not in available state."
            )
        self._check_engine(params)
        return snapshot

    def _recovered(
        self,
        identifier: str,
        source: DBCluster | Snapshot,
        given: dict[str, Any],
        params: dict[str, Any],
        origin: Origin,
        target: datetime,
    ) -> DBCluster:
        """A new cluster with the data of origin at target, and of source's settings those that are carried over."""
        if (key := params.get("kms_key_id")) is not None:
            given |= {"kms_key_id": self.settings.kms_key(key, True), "storage_encrypted": True}
        else:
            given["kms_key_id"] = source.kms_key_id
        if source.storage_encrypted:
            source.backend.settings.check_key(source.kms_key_id)
        carried = {name: getattr(source, name) for name in _CARRIED_OVER}
        if self.plane.unconfirmed.is_("restored_serverless_scaling", "inherited"):
            scaling = source.serverless_v2_scaling_configuration
            carried["serverless_v2_scaling_configuration"] = dict(scaling) if scaling else None
        overrides = {name: params[name] for name in _OVERRIDES if params.get(name) is not None}
        # The data brings its own password: that of the restore point. moto's record insists on one; nothing reads it.
        unused_password = secrets.token_urlsafe(16)
        cluster = DBCluster(
            self,
            **(carried | overrides | given),
            db_cluster_identifier=identifier,
            master_user_password=unused_password,
        )
        volume = self.plane.new_volume(cluster.db_cluster_resource_id, self.region_name)
        volume.link_from(origin, target)
        self.clusters[identifier] = cluster
        work = self.plane.submit(lambda: volume.recover(target))
        self.begin(cluster, "creating", "restore", work, self.settle_new_cluster(cluster, "restore"))
        for role in params.get("associated_roles") or []:
            attach(self, cluster, role["RoleArn"], role.get("FeatureName"), work)
        return cluster

    def _check_combination(self, params: dict[str, Any]) -> None:
        time, latest = params.get("restore_to_time"), bool(params.get("use_latest_restorable_time"))
        restore_type = params.get("restore_type") or "full-copy"
        if restore_type not in ("full-copy", "copy-on-write"):
            raise errors.invalid_value(f"Invalid restore type: {restore_type}")
        if time is not None and restore_type == "copy-on-write":
            raise errors.invalid_combination("RestoreToTime cannot be specified when RestoreType is copy-on-write")
        if time is not None and latest:
            raise errors.invalid_combination("Cannot specify both RestoreToTime and UseLatestRestorableTime")
        if time is None and not latest:
            raise errors.invalid_combination("Either RestoreToTime or UseLatestRestorableTime must be specified")
        self._check_limitless(params)

    @staticmethod
    def _check_limitless(params: dict[str, Any]) -> None:
        if any(params.get(name) for name in _LIMITLESS_ONLY):
            raise errors.invalid_combination(
                "You can enable Performance Insights or set the Enhanced Monitoring interval only when restoring "
                "from a source Aurora Limitless DB cluster"
            )

    def _source(self, params: dict[str, Any]) -> DBCluster:
        name, resource_id = params.get("source_db_cluster_identifier"), params.get("source_db_cluster_resource_id")
        if bool(name) == bool(resource_id):
            raise errors.invalid_combination(
                "Specify exactly one of SourceDBClusterIdentifier and SourceDbClusterResourceId"
            )
        if name:
            source = self.cluster(name)
        else:
            matches = [one for one in self.clusters.values() if one.db_cluster_resource_id == resource_id]
            source = matches[0] if matches else self.retained_cluster(resource_id)
        if source.status in ("creating", "deleting") or source.latest_restorable_time is None:
            raise errors.cluster_not_available(source.db_cluster_identifier)
        if params.get("restore_type") == "copy-on-write" and not source._members:
            raise errors.cluster_state(f"DB cluster {source.db_cluster_identifier} has no DB instance to clone from.")
        return source

    def _target(self, source: DBCluster, params: dict[str, Any]) -> datetime:
        """The moment to recover to, checked against the source's window."""
        if params.get("restore_type") == "copy-on-write" and source.volume.serving:
            return source.volume.mark()
        earliest, latest = source.earliest_restorable_time, source.latest_restorable_time
        return check_time(params.get("restore_to_time"), earliest, latest, source.backup_retention_period)
