"""The answers of the operations on what a database may call, and on what may call it: roles and the Data API."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult

_CLUSTER, _INSTANCE = "DBClusterIdentifier", "DBInstanceIdentifier"


def _role(operation: str, owner: str) -> Callable[[Any], ActionResult]:
    def answer(response: Any) -> ActionResult:
        params = response.params
        getattr(response.backend, operation)(params[owner], params["RoleArn"], params.get("FeatureName"))
        return EmptyResult()

    return answer


def _http_endpoint(enabled: bool) -> Callable[[Any], ActionResult]:
    def answer(response: Any) -> ActionResult:
        return ActionResult(response.backend.switch_http_endpoint(response.params["ResourceArn"], enabled))

    return answer


OPERATIONS = {
    "add_role_to_db_cluster": _role("add_role_to_db_cluster", _CLUSTER),
    "remove_role_from_db_cluster": _role("remove_role_from_db_cluster", _CLUSTER),
    "add_role_to_db_instance": _role("add_role_to_db_instance", _INSTANCE),
    "remove_role_from_db_instance": _role("remove_role_from_db_instance", _INSTANCE),
    "enable_http_endpoint": _http_endpoint(True),
    "disable_http_endpoint": _http_endpoint(False),
}
"""Operation, as moto spells it, to the function that answers it."""
