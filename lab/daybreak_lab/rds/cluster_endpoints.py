"""Custom endpoints of clusters: unique by name in account and Region, gone with their cluster."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from . import errors, settings
from .cluster import DBCluster
from .cluster_endpoint import DBClusterEndpoint, OwnEndpoint
from .filters import select
from .global_failover import GlobalFailover
from .transition import done

_TYPES = ("READER", "ANY")
_FILTERS = {
    "db-cluster-endpoint-type": ("endpoint_type",),
    "db-cluster-endpoint-custom-type": ("custom_endpoint_type",),
    "db-cluster-endpoint-id": ("db_cluster_endpoint_identifier",),
    "db-cluster-endpoint-status": ("status",),
}
Endpoint = OwnEndpoint | DBClusterEndpoint


class ClusterEndpoints(GlobalFailover):
    """Create, Describe, Modify and DeleteDBClusterEndpoint."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.cluster_endpoints: dict[str, DBClusterEndpoint] = {}

    def transient(self) -> Iterable[Any]:
        return [*super().transient(), *self.cluster_endpoints.values()]

    def create_db_cluster_endpoint(self, params: dict[str, Any]) -> DBClusterEndpoint:
        identifier = errors.check_identifier(params["db_cluster_endpoint_identifier"], "DBClusterEndpointIdentifier")
        cluster = self.cluster(params["db_cluster_identifier"])
        settings.check_common({"tags": params.get("tags")})
        custom_type = self._custom_type(params["endpoint_type"])
        if identifier in self.cluster_endpoints:
            raise errors.RDSClientError(
                "DBClusterEndpointAlreadyExistsFault", f"DB cluster endpoint {identifier} already exists."
            )
        if cluster.status != "available":
            raise errors.cluster_not_available(cluster.resource_id)
        tags = [dict(tag) for tag in params.get("tags") or []]
        made = DBClusterEndpoint(self, identifier, cluster, custom_type, tags)
        self._set_members(made, params)
        self.cluster_endpoints[identifier] = made
        cluster.custom.append(made)
        self._begin_endpoint(made, "creating")
        return made

    @staticmethod
    def _custom_type(given: str) -> str:
        if given == "WRITER":
            errors.not_in_lab("A custom endpoint of type WRITER")
        if given not in _TYPES:
            raise errors.invalid_value(f"Invalid endpoint type: {given}")
        return given

    def _set_members(self, endpoint: DBClusterEndpoint, params: dict[str, Any]) -> None:
        static, excluded = params.get("static_members"), params.get("excluded_members")
        if static and excluded:
            errors.not_in_lab("StaticMembers together with ExcludedMembers")
        chosen = {name: self._members_named(endpoint.cluster, names or []) for name, names in (
            ("static", static), ("excluded", excluded)
        )}  # fmt: skip
        if static is not None or excluded is not None:
            endpoint.static, endpoint.excluded = chosen["static"], chosen["excluded"]

    def _members_named(self, cluster: DBCluster, names: list[str]) -> list[Any]:
        members = [self.instance(name) for name in names]
        for one in members:
            if one not in cluster._members:
                raise errors.instance_not_found(one.resource_id)
        return members

    def _begin_endpoint(self, endpoint: DBClusterEndpoint, status: str) -> None:
        def settle(_: BaseException | None, __: datetime) -> None:
            endpoint.status = "available"

        self.begin(endpoint, status, "endpoint", done(), settle)

    def describe_db_cluster_endpoints(
        self, cluster: str | None, identifier: str | None, filters: dict[str, list[str]]
    ) -> list[Endpoint]:
        """The endpoints of one cluster or of all, the cluster's own first."""
        clusters = [self.cluster(cluster)] if cluster else list(self.clusters.values())
        listed: list[Endpoint] = []
        for one in clusters:
            listed += [OwnEndpoint(one, kind) for kind in ("WRITER", "READER")]
            listed += [custom for custom in self.cluster_endpoints.values() if custom.cluster is one]
        if identifier is not None:
            listed = [one for one in listed if one.db_cluster_endpoint_identifier == identifier.lower()]
            if not listed and self.plane.unconfirmed.is_("unknown_cluster_endpoint", "refused"):
                raise self._no_endpoint(identifier)
        return select(listed, filters, _FILTERS)

    def modify_db_cluster_endpoint(self, params: dict[str, Any]) -> DBClusterEndpoint:
        endpoint = self._changeable(params["db_cluster_endpoint_identifier"])
        custom_type = self._custom_type(params.get("endpoint_type") or endpoint.custom_endpoint_type)
        self._set_members(endpoint, params)
        endpoint.custom_endpoint_type = custom_type
        self._begin_endpoint(endpoint, "modifying")
        return endpoint

    def delete_db_cluster_endpoint(self, identifier: str) -> DBClusterEndpoint:
        endpoint = self._changeable(identifier)

        def settle(_: BaseException | None, __: datetime) -> None:
            self._forget_endpoint(endpoint)

        self.begin(endpoint, "deleting", "endpoint", done(), settle)
        return endpoint

    def cluster_endpoint(self, identifier: str) -> DBClusterEndpoint:
        """The custom endpoint of that name. Raises DBClusterEndpointNotFoundFault."""
        endpoint = self.cluster_endpoints.get(identifier.lower())
        if endpoint is None:
            raise self._no_endpoint(identifier)
        return endpoint

    def _changeable(self, identifier: str) -> DBClusterEndpoint:
        """The custom endpoint of that name, which must be at rest."""
        endpoint = self.cluster_endpoint(identifier)
        if endpoint.transition is not None:
            raise errors.RDSClientError(
                "InvalidDBClusterEndpointStateFault",
                f"DB cluster endpoint {endpoint.identifier} is currently {endpoint.status}.",
            )
        return endpoint

    def _forget_endpoint(self, endpoint: DBClusterEndpoint) -> None:
        self.cluster_endpoints.pop(endpoint.identifier, None)
        if endpoint in endpoint.cluster.custom:
            endpoint.cluster.custom.remove(endpoint)

    def finish_deletion(self, cluster: DBCluster, keep_backups: bool, when: datetime) -> None:
        super().finish_deletion(cluster, keep_backups, when)
        for endpoint in list(cluster.custom):
            self._forget_endpoint(endpoint)

    @staticmethod
    def _no_endpoint(identifier: str) -> errors.RDSClientError:
        return errors.RDSClientError(
            "DBClusterEndpointNotFoundFault", f"DB cluster endpoint {identifier} not found."
        )
