"""The answers of the snapshot operations."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, PaginatedResult

from .cluster_snapshots import CLUSTER_SNAPSHOT
from .db_snapshots import DB_SNAPSHOT
from .snapshot import Kind, Snapshot
from .wire import filters


def _describe(kind: Kind) -> Callable[[Any], ActionResult]:
    def answer(response: Any) -> ActionResult:
        listed = response.backend.select_snapshots(kind, response.params, filters(response))
        return PaginatedResult({f"{kind.noun}s": listed})

    return answer


def _delete(kind: Kind) -> Callable[[Any], ActionResult]:
    def answer(response: Any) -> ActionResult:
        identifier = response.params[f"{kind.noun}Identifier"]
        return ActionResult({kind.noun: response.backend.delete_snapshot(kind, identifier)})

    return answer


def _attributes(kind: Kind, snapshot: Snapshot) -> ActionResult:
    listed = [{"AttributeName": name, "AttributeValues": values} for name, values in snapshot.attributes.items()]
    result = {f"{kind.noun}Identifier": snapshot.identifier, f"{kind.noun}Attributes": listed}
    return ActionResult({f"{kind.noun}AttributesResult": result})


def _describe_attributes(kind: Kind) -> Callable[[Any], ActionResult]:
    def answer(response: Any) -> ActionResult:
        return _attributes(kind, response.backend.own_snapshot(kind, response.params[f"{kind.noun}Identifier"]))

    return answer


def _modify_attribute(kind: Kind) -> Callable[[Any], ActionResult]:
    def answer(response: Any) -> ActionResult:
        params = response.params
        add, remove = params.get("ValuesToAdd") or [], params.get("ValuesToRemove") or []
        identifier = params[f"{kind.noun}Identifier"]
        shared = response.backend.share_snapshot(kind, identifier, params["AttributeName"], add, remove)
        return _attributes(kind, shared)

    return answer


def _create_db_cluster_snapshot(response: Any) -> ActionResult:
    return ActionResult({"DBClusterSnapshot": response.backend.create_db_cluster_snapshot(**response.params)})


def _copy_db_cluster_snapshot(response: Any) -> ActionResult:
    return ActionResult({"DBClusterSnapshot": response.backend.copy_db_cluster_snapshot(**response.params)})


def _restore_db_cluster_from_snapshot(response: Any) -> ActionResult:
    return ActionResult({"DBCluster": response.backend.restore_db_cluster_from_snapshot(response.params)})


def _create_db_snapshot(response: Any) -> ActionResult:
    return ActionResult({"DBSnapshot": response.backend.create_db_snapshot(**response.params)})


def _copy_db_snapshot(response: Any) -> ActionResult:
    return ActionResult({"DBSnapshot": response.backend.copy_db_snapshot(**response.params)})


OPERATIONS = {
    "create_db_cluster_snapshot": _create_db_cluster_snapshot,
    "copy_db_cluster_snapshot": _copy_db_cluster_snapshot,
    "restore_db_cluster_from_snapshot": _restore_db_cluster_from_snapshot,
    "describe_db_cluster_snapshots": _describe(CLUSTER_SNAPSHOT),
    "delete_db_cluster_snapshot": _delete(CLUSTER_SNAPSHOT),
    "describe_db_cluster_snapshot_attributes": _describe_attributes(CLUSTER_SNAPSHOT),
    "modify_db_cluster_snapshot_attribute": _modify_attribute(CLUSTER_SNAPSHOT),
    "create_db_snapshot": _create_db_snapshot,
    "copy_db_snapshot": _copy_db_snapshot,
    "describe_db_snapshots": _describe(DB_SNAPSHOT),
    "delete_db_snapshot": _delete(DB_SNAPSHOT),
    "describe_db_snapshot_attributes": _describe_attributes(DB_SNAPSHOT),
    "modify_db_snapshot_attribute": _modify_attribute(DB_SNAPSHOT),
}
"""Operation, as moto spells it, to the function that answers it."""
