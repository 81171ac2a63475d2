"""RDS errors that moto lacks or words otherwise, and the rules for identifiers. Codes are the exact wire strings."""

import re
from typing import NoReturn

from moto.rds.exceptions import RDSClientError

_IDENTIFIER = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])*")
_IDENTIFIER_LIMIT = 63


def invalid_value(message: str) -> RDSClientError:
    """An InvalidParameterValue."""
    return RDSClientError("InvalidParameterValue", message)


def invalid_combination(message: str) -> RDSClientError:
    """An InvalidParameterCombination."""
    return RDSClientError("InvalidParameterCombination", message)


def cluster_not_found(identifier: str) -> RDSClientError:
    """A DBClusterNotFoundFault."""
    return RDSClientError("DBClusterNotFoundFault", f"DBCluster {identifier} not found.")


def cluster_exists() -> RDSClientError:
    """A DBClusterAlreadyExistsFault."""
    return RDSClientError("DBClusterAlreadyExistsFault", "DB Cluster already exists")


def cluster_quota() -> RDSClientError:
    """A DBClusterQuotaExceededFault."""
    return RDSClientError(
        "DBClusterQuotaExceededFault",
        "You attempted to create a new DB cluster and you have already reached the maximum allowed DB cluster quota.",
    )


def instance_quota() -> RDSClientError:
    """An InstanceQuotaExceeded."""
    return RDSClientError(
        "InstanceQuotaExceeded", "The request would result in exceeding the allowed number of DB instances."
    )


def snapshot_quota(what: str) -> RDSClientError:
    """A SnapshotQuotaExceeded."""
    words = f"The request would result in exceeding the allowed number of {what}."
    return RDSClientError("SnapshotQuotaExceeded", words)


def cluster_state(message: str) -> RDSClientError:
    """An InvalidDBClusterStateFault."""
    return RDSClientError("InvalidDBClusterStateFault", message)


def cluster_not_available(identifier: str) -> RDSClientError:
    """The InvalidDBClusterStateFault of a call that needs the cluster available."""
    return cluster_state(f"DB cluster {identifier} is not in available state.")


def instance_not_found(identifier: str) -> RDSClientError:
    """A DBInstanceNotFound."""
    return RDSClientError("DBInstanceNotFound", f"DBInstance {identifier} not found.")


def instance_exists() -> RDSClientError:
    """A DBInstanceAlreadyExists."""
    return RDSClientError("DBInstanceAlreadyExists", "DB instance already exists")


def instance_state(message: str) -> RDSClientError:
    """An InvalidDBInstanceState."""
    return RDSClientError("InvalidDBInstanceState", message)


def not_in_lab(what: str) -> NoReturn:
    """Refuses what the lab has no data plane for: better no answer than a success without data behind it."""
    raise NotImplementedError(f"{what} is not provided by the lab")


def check_identifier(value: str, parameter: str, limit: int = _IDENTIFIER_LIMIT) -> str:
    """value in lower case, as RDS stores it; raises InvalidParameterValue when it breaks the rules."""
    if not _IDENTIFIER.fullmatch(value) or len(value) > limit:
        raise invalid_value(
            f"The parameter {parameter} is not a valid identifier. "
            "Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; "
            "and must not end with a hyphen or contain two consecutive hyphens."
        )
    return value.lower()
