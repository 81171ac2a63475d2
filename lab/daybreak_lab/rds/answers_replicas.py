"""The answers of the operations on replicas, failovers and global clusters."""

from typing import Any

from moto.core.responses import ActionResult, PaginatedResult

from .wire import filters


def _create_read_replica(response: Any) -> ActionResult:
    return ActionResult({"DBInstance": response.backend.create_db_instance_read_replica(response.params)})


def _promote_read_replica(response: Any) -> ActionResult:
    return ActionResult({"DBInstance": response.backend.promote_read_replica(response.params)})


def _promote_read_replica_db_cluster(response: Any) -> ActionResult:
    identifier = response.params["DBClusterIdentifier"]
    return ActionResult({"DBCluster": response.backend.promote_read_replica_db_cluster(identifier)})


def _failover_db_cluster(response: Any) -> ActionResult:
    return ActionResult({"DBCluster": response.backend.failover_db_cluster(**response.params)})


def _describe_global_clusters(response: Any) -> ActionResult:
    identifier = response.params.get("GlobalClusterIdentifier")
    return PaginatedResult({"GlobalClusters": response.backend.describe_global_clusters(identifier, filters(response))})


def _create_global_cluster(response: Any) -> ActionResult:
    return ActionResult({"GlobalCluster": response.backend.create_global_cluster(response.params)})


def _modify_global_cluster(response: Any) -> ActionResult:
    params = {key: value for key, value in response.params.items() if value is not None}
    return ActionResult({"GlobalCluster": response.backend.modify_global_cluster(params)})


def _delete_global_cluster(response: Any) -> ActionResult:
    identifier = response.params["GlobalClusterIdentifier"]
    return ActionResult({"GlobalCluster": response.backend.delete_global_cluster(identifier)})


def _remove_from_global_cluster(response: Any) -> ActionResult:
    params = response.params
    found = response.backend.remove_from_global_cluster(
        params["GlobalClusterIdentifier"], params["DbClusterIdentifier"]
    )
    return ActionResult({"GlobalCluster": found})


def _switchover_global_cluster(response: Any) -> ActionResult:
    params = response.params
    found = response.backend.switchover_global_cluster(
        params["GlobalClusterIdentifier"], params["TargetDbClusterIdentifier"]
    )
    return ActionResult({"GlobalCluster": found})


def _failover_global_cluster(response: Any) -> ActionResult:
    params = response.params
    found = response.backend.failover_global_cluster(
        params["GlobalClusterIdentifier"],
        params["TargetDbClusterIdentifier"],
        allow_data_loss=bool(params.get("AllowDataLoss")),
        switchover=bool(params.get("Switchover")),
    )
    return ActionResult({"GlobalCluster": found})


OPERATIONS = {
    "create_db_instance_read_replica": _create_read_replica,
    "promote_read_replica": _promote_read_replica,
    "promote_read_replica_db_cluster": _promote_read_replica_db_cluster,
    "failover_db_cluster": _failover_db_cluster,
    "describe_global_clusters": _describe_global_clusters,
    "create_global_cluster": _create_global_cluster,
    "modify_global_cluster": _modify_global_cluster,
    "delete_global_cluster": _delete_global_cluster,
    "remove_from_global_cluster": _remove_from_global_cluster,
    "switchover_global_cluster": _switchover_global_cluster,
    "failover_global_cluster": _failover_global_cluster,
}
"""Operation, as moto spells it, to the function that answers it."""
