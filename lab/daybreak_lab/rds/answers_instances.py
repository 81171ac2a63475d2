"""The answers of the operations on RDS instances and their backups."""

from typing import Any

from moto.core.responses import ActionResult, PaginatedResult

from .wire import filters


def _create_db_instance(response: Any) -> ActionResult:
    return ActionResult({"DBInstance": response.backend.create_db_instance(response.params)})


def _modify_db_instance(response: Any) -> ActionResult:
    identifier = response.params["DBInstanceIdentifier"]
    return ActionResult({"DBInstance": response.backend.modify_db_instance(identifier, response.params)})


def _delete_db_instance(response: Any) -> ActionResult:
    return ActionResult({"DBInstance": response.backend.delete_db_instance(**response.params)})


def _restore_to_point_in_time(response: Any) -> ActionResult:
    return ActionResult({"DBInstance": response.backend.restore_db_instance_to_point_in_time(response.params)})


def _restore_from_snapshot(response: Any) -> ActionResult:
    return ActionResult({"DBInstance": response.backend.restore_db_instance_from_db_snapshot(response.params)})


def _describe_backups(response: Any) -> ActionResult:
    filters(response)
    backups = response.backend.describe_db_instance_automated_backups(**response.params)
    return PaginatedResult({"DBInstanceAutomatedBackups": backups})


def _delete_backup(response: Any) -> ActionResult:
    identifier = response.params.get("DBInstanceAutomatedBackupsArn") or response.params.get("DbiResourceId")
    backup = response.backend.delete_db_instance_automated_backup(identifier)
    return ActionResult({"DBInstanceAutomatedBackup": backup})


def _start_replication(response: Any) -> ActionResult:
    backup = response.backend.start_db_instance_automated_backups_replication(response.params)
    return ActionResult({"DBInstanceAutomatedBackup": backup})


def _stop_replication(response: Any) -> ActionResult:
    arn = response.params["SourceDBInstanceArn"]
    backup = response.backend.stop_db_instance_automated_backups_replication(arn)
    return ActionResult({"DBInstanceAutomatedBackup": backup})


OPERATIONS = {
    "create_db_instance": _create_db_instance,
    "modify_db_instance": _modify_db_instance,
    "delete_db_instance": _delete_db_instance,
    "restore_db_instance_to_point_in_time": _restore_to_point_in_time,
    "restore_db_instance_from_db_snapshot": _restore_from_snapshot,
    "describe_db_instance_automated_backups": _describe_backups,
    "delete_db_instance_automated_backup": _delete_backup,
    "start_db_instance_automated_backups_replication": _start_replication,
    "stop_db_instance_automated_backups_replication": _stop_replication,
}
"""Operation, as moto spells it, to the function that answers it."""
