"""The answers of the operations on the endpoints of clusters."""

from typing import Any

from moto.core.responses import ActionResult, PaginatedResult

from . import settings
from .wire import filters


def _params(response: Any) -> dict[str, Any]:
    return {key: settings.plain(value) for key, value in response.params.items() if value is not None}


def _create(response: Any) -> ActionResult:
    return ActionResult(response.backend.create_db_cluster_endpoint(_params(response)))


def _describe(response: Any) -> ActionResult:
    cluster, identifier = response.params.get("DBClusterIdentifier"), response.params.get("DBClusterEndpointIdentifier")
    listed = response.backend.describe_db_cluster_endpoints(cluster, identifier, filters(response))
    return PaginatedResult({"DBClusterEndpoints": listed})


def _modify(response: Any) -> ActionResult:
    return ActionResult(response.backend.modify_db_cluster_endpoint(_params(response)))


def _delete(response: Any) -> ActionResult:
    return ActionResult(response.backend.delete_db_cluster_endpoint(response.params["DBClusterEndpointIdentifier"]))


OPERATIONS = {
    "create_db_cluster_endpoint": _create,
    "describe_db_cluster_endpoints": _describe,
    "modify_db_cluster_endpoint": _modify,
    "delete_db_cluster_endpoint": _delete,
}
"""Operation, as moto spells it, to the function that answers it."""
