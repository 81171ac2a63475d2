"""Checks of the settings that create, restore and modify share, and AWS's defaults for those not given."""

import re
from typing import Any

from moto.ec2.models import ec2_backends
from moto.kms.models import kms_backends
from moto.rds import models
from moto.rds.utils import valid_preferred_maintenance_window

from . import errors
from .insights import checked

_LONGEST_RETENTION = 35
_PORTS = range(1150, 65536)
_RESERVED_USERS = {"rdsadmin", "admin", "rds_superuser", "rds_iam", "rds_replication"}
_BACKUP_WINDOW = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_MAINTENANCE_WINDOWS = ("wed:02:40-wed:03:10", "wed:06:38-wed:07:08", "wed:14:40-wed:15:10")
_MOST_CAPACITY = 256
_PAUSE_SECONDS = range(300, 86_401)
_LOG_TYPES = {"postgresql", "instance", "iam-db-auth-error"}


def plain(value: Any) -> Any:
    """A request's structure as plain dicts and lists: moto's own mapping type does not serialize everywhere."""
    if hasattr(value, "original_dict"):
        return value.original_dict()
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def check_common(params: dict[str, Any], shortest_retention: int = 1) -> None:
    """Raises for a value out of range in any of the settings of create, restore and modify."""
    days = params.get("backup_retention_period")
    if days is not None and not shortest_retention <= days <= _LONGEST_RETENTION:
        raise errors.invalid_value(
            f"Invalid backup retention period: {days}. Must be between {shortest_retention} and {_LONGEST_RETENTION}."
        )
    port = params.get("port")
    if port is not None and port not in _PORTS:
        raise errors.invalid_value(f"Invalid port: {port}. Must be between 1150 and 65535.")
    for kind in params.get("enable_cloudwatch_logs_exports") or []:
        check_log_type(kind)
    for tag in params.get("tags") or []:
        if tag["Key"].lower().startswith("aws:"):
            raise errors.invalid_value(f"Tag keys may not begin with the reserved prefix aws: ({tag['Key']})")


def check_windows(record: Any, params: dict[str, Any]) -> None:
    """Raises for a malformed backup or maintenance window, and for two that overlap; None as record is a new one.

    The parameter is put in lower case, in which RDS stores it.
    """
    if params.get("preferred_maintenance_window"):
        params["preferred_maintenance_window"] = params["preferred_maintenance_window"].lower()
    backup = params.get("preferred_backup_window") or getattr(record, "preferred_backup_window", None)
    maintenance = params.get("preferred_maintenance_window") or getattr(record, "preferred_maintenance_window", None)
    if params.get("preferred_backup_window") and not _BACKUP_WINDOW.fullmatch(backup):
        raise errors.invalid_value(
            f"Invalid backup window format: {backup}. Should be specified as a range hh24:mi-hh24:mi (24H Clock UTC)."
        )
    given = params.get("preferred_backup_window") or params.get("preferred_maintenance_window")
    if given and maintenance and (wrong := valid_preferred_maintenance_window(maintenance, backup)):
        raise errors.invalid_value(wrong)


def maintenance_window(backup_window: str | None) -> str:
    """The window that a database gets without one of its own: one that is not its backup window."""
    return next(one for one in _MAINTENANCE_WINDOWS if not valid_preferred_maintenance_window(one, backup_window))


def scaling(current: dict[str, Any] | None, given: dict[str, Any] | None) -> dict[str, Any] | None:
    """The Serverless v2 range after a request. Raises for one that Aurora does not take."""
    if not given:
        return current
    after = {**(current or {}), **{name: value for name, value in given.items() if value is not None}}
    if not {"MinCapacity", "MaxCapacity"} <= after.keys():
        errors.not_in_lab("ServerlessV2ScalingConfiguration without both capacities")
    for name, shortest in (("MinCapacity", 0), ("MaxCapacity", 1)):
        if not shortest <= after[name] <= _MOST_CAPACITY or after[name] * 2 % 1:
            raise errors.invalid_value(f"Invalid {name}: {after[name]}. Must be {shortest} to {_MOST_CAPACITY}.")
    if after["MinCapacity"] > after["MaxCapacity"]:
        raise errors.invalid_combination("MinCapacity can't be greater than MaxCapacity.")
    if after["MinCapacity"]:
        after.pop("SecondsUntilAutoPause", None)
    elif after.setdefault("SecondsUntilAutoPause", _PAUSE_SECONDS[0]) not in _PAUSE_SECONDS:
        raise errors.invalid_value(f"Invalid SecondsUntilAutoPause: {after['SecondsUntilAutoPause']}.")
    return after


def check_log_type(kind: str) -> None:
    """Raises for a log type that Aurora PostgreSQL does not export."""
    if kind not in _LOG_TYPES:
        raise errors.invalid_combination(
            f"You cannot use the log types '{kind}' with engine version aurora-postgresql. "
            f"For supported log types, see the documentation."
        )


def check_master(username: str | None, password: str | None, managed: bool) -> None:
    """Raises for a master user or password that RDS refuses, or for both a password and a managed one."""
    if managed and password:
        raise errors.invalid_combination(
            "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled."
        )
    if username is not None:
        if username.lower() in _RESERVED_USERS or username.lower().startswith("pg_"):
            raise errors.invalid_value(
                f"MasterUsername {username} cannot be used as it is a reserved word used by the engine"
            )
        if not username.isalnum() and not username.replace("_", "").isalnum() or not username[0].isalpha():
            raise errors.invalid_value(
                "The parameter MasterUsername must begin with a letter and contain only letters, digits, underscores."
            )
    if password is not None:
        check_password(password)


def check_password(password: str) -> None:
    """Raises for a master password that RDS refuses."""
    if not 8 <= len(password) <= 41:
        raise errors.invalid_value(
            "The parameter MasterUserPassword is not a valid password because it is "
            + ("shorter than 8 characters." if len(password) < 8 else "longer than 41 characters.")
        )
    if any(not " " < character <= "~" or character in '/@"' for character in password):
        raise errors.invalid_value(
            "The parameter MasterUserPassword is not a valid password. "
            "Only printable ASCII characters besides '/', '@', '\"', ' ' may be used."
        )


def default_parameter_group(engine_version: str, engine: str = "aurora-postgresql") -> str:
    """The engine's default parameter group, for clusters and instances alike."""
    return f"default.{engine}{engine_version.split('.')[0]}"


class Settings:
    """Looks settings up in the account and Region of one RDS backend."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._ec2 = ec2_backends[backend.account_id][backend.region_name]

    def subnet_group(self, name: str | None) -> models.DBSubnetGroup:
        """The subnet group of that name; without one the default VPC's, made on first use as AWS makes it."""
        groups = self._backend.subnet_groups
        if name is None or name.lower() == "default":
            if "default" not in groups:
                vpc = self._ec2.default_vpc
                subnets = [subnet for subnet in self._ec2.describe_subnets() if subnet.vpc_id == vpc.id]
                self._backend.create_subnet_group("default", "default", subnets, [])
            return groups["default"]
        if name not in groups:
            raise models.RDSClientError("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.")
        return groups[name]

    def security_groups(self, given: list[str] | None, subnet_group: models.DBSubnetGroup) -> list[str]:
        """The security groups given, which must be of the subnet group's VPC; by default that VPC's default one."""
        if not given:
            return [self._ec2.get_default_security_group(subnet_group.vpc_id).id]
        for group_id in given:
            group = self._ec2.get_security_group_from_id(group_id)
            if group is None:
                raise errors.invalid_value(f"Invalid security group , groupId= {group_id}, groupName=.")
            if group.vpc_id != subnet_group.vpc_id:
                raise errors.invalid_combination(
                    "The DB instance and EC2 security group are in different VPCs. "
                    f"The DB instance is in {subnet_group.vpc_id} and the EC2 security group is in {group.vpc_id}"
                )
        return list(given)

    def cluster_parameter_group(self, name: str | None) -> str:
        """The cluster parameter group of that name, or the engine's default one."""
        groups = self._backend.db_cluster_parameter_groups
        default = default_parameter_group(self._backend.plane.versions.installed)
        if default not in groups:
            self._backend.create_db_cluster_parameter_group(
                default, default.removeprefix("default."), f"Default cluster parameter group for {default[8:]}", []
            )
        if name is not None and name not in groups:
            raise models.RDSClientError("DBClusterParameterGroupNotFound", f"DBClusterParameterGroup not found: {name}")
        return groups[name or default].name

    def kms_key(self, key: str | None, encrypted: bool) -> str | None:
        """The ARN of the key given, or of the account's aws/rds key for encryption without one.

        Raises KMSKeyNotAccessibleFault for a key that is unknown here, or not enabled.
        """
        if key is not None:
            return self.check_key(self._backend._validate_kms_key(key))
        return self._backend._validate_kms_key("alias/aws/rds") if encrypted else None

    def check_new(self, params: dict[str, Any]) -> None:
        """Raises for what a new database's record would refuse only after its secret is made."""
        checked(params, None, self)
        scaling(None, params.get("serverless_v2_scaling_configuration"))
        if (key := params.get("master_user_secret_kms_key_id")) is not None:
            self.kms_key(key, True)

    def check_key(self, arn: str | None) -> str | None:
        """The key, having made sure that it can be used. Raises KMSKeyNotAccessibleFault."""
        if arn is not None and self._key(arn).key_state != "Enabled":
            raise models.RDSClientError(
                "KMSKeyNotAccessibleFault", f"The specified KMS key [{arn}] is not enabled or can't be accessed."
            )
        return arn

    def is_default_key(self, arn: str | None) -> bool:
        """Whether this is the account's aws/rds key."""
        return arn is not None and "alias/aws/rds" in self._key(arn).aliases

    def _key(self, arn: str) -> Any:
        _, _, _, region, account, _ = arn.split(":", 5)
        return kms_backends[account][region].describe_key(arn)
