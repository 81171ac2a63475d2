"""The IAM roles of clusters and RDS instances, with which the database calls other services."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from . import errors
from .cluster_endpoints import ClusterEndpoints
from .role import attach, features_of
from .transition import done

_MOST_ROLES = 5


class Roles(ClusterEndpoints):
    """Add and RemoveRole, of clusters and instances."""

    def transient(self) -> Iterable[Any]:
        owners = [*self.clusters.values(), *self.databases.values()]
        return [*super().transient(), *(role for owner in owners for role in owner.associated_roles)]

    def add_role_to_db_cluster(self, db_cluster_identifier: str, role_arn: str, feature_name: str | None) -> None:
        cluster = self.cluster(db_cluster_identifier)
        if cluster.status != "available":
            raise errors.cluster_not_available(cluster.resource_id)
        self._add_role(cluster, "DBClusterRole", role_arn, feature_name)

    def remove_role_from_db_cluster(self, db_cluster_identifier: str, role_arn: str, feature_name: str | None) -> None:
        cluster = self.cluster(db_cluster_identifier)
        if cluster.status != "available":
            raise errors.cluster_not_available(cluster.resource_id)
        self._remove_role(cluster, "DBClusterRole", role_arn, feature_name)

    def add_role_to_db_instance(self, db_instance_identifier: str, role_arn: str, feature_name: str) -> None:
        instance = self._available_instance(db_instance_identifier)
        self._add_role(instance, "DBInstanceRole", role_arn, feature_name)

    def remove_role_from_db_instance(self, db_instance_identifier: str, role_arn: str, feature_name: str) -> None:
        instance = self._available_instance(db_instance_identifier)
        self._remove_role(instance, "DBInstanceRole", role_arn, feature_name)

    def _available_instance(self, identifier: str) -> Any:
        instance = self.plain_instance(identifier)
        if instance.status != "available":
            raise errors.instance_state(f"Database instance is not in available state: {identifier}")
        return instance

    def _add_role(self, owner: Any, code: str, arn: str, feature: str | None) -> None:
        if not feature:
            raise errors.invalid_value(
                f"The feature-name parameter must be provided with the current operation for the {owner.engine} engine."
            )
        if feature not in features_of(owner.engine):
            raise errors.invalid_value(f"The feature {feature} is not supported for the {owner.engine} engine.")
        for role in owner.associated_roles:
            if (role.role_arn, role.feature_name) == (arn, feature):
                raise errors.RDSClientError(
                    f"{code}AlreadyExists", f"Role ARN {arn} is already associated with {owner.resource_id}."
                )
            if role.feature_name == feature:
                errors.not_in_lab(f"A second role for the feature {feature}")
        if len(owner.associated_roles) >= _MOST_ROLES:
            raise errors.RDSClientError(
                f"{code}QuotaExceeded", f"{owner.resource_id} has the maximum number of associated roles."
            )
        attach(self, owner, arn, feature)

    def _remove_role(self, owner: Any, code: str, arn: str, feature: str | None) -> None:
        found = [
            role for role in owner.associated_roles
            if role.role_arn == arn and feature in (None, role.feature_name)
        ]  # fmt: skip
        if not found:
            raise errors.RDSClientError(
                f"{code}NotFound", f"Role ARN {arn} cannot be found for {owner.resource_id}."
            )

        def settle(_: BaseException | None, __: datetime) -> None:
            if found[0] in owner.associated_roles:
                owner.associated_roles.remove(found[0])

        self.begin(found[0], "PENDING", "role", done(), settle)
