"""Changes of the master password: given by the caller, or managed by RDS in a secret."""

from typing import Any

from . import errors, settings
from .secret import MasterUserSecret

PARAMETERS = {
    "master_user_password", "manage_master_user_password", "master_user_secret_kms_key_id",
    "rotate_master_user_password",
}  # fmt: skip


def check_change(record: Any, params: dict[str, Any], keys: settings.Settings) -> None:
    """Raises unless the request's words on the master password fit each other and the cluster or instance."""
    managed = params.get("manage_master_user_password")
    changes = managed is not None or params.get("master_user_password") or params.get("rotate_master_user_password")
    if changes and record.volume.standby.upstream is not None:
        raise errors.invalid_combination("The master password of a replica is that of its source.")
    if managed and getattr(record, "global_cluster", None) is not None:
        raise errors.invalid_combination(
            "A member of a global cluster can't manage its master password in Secrets Manager."
        )
    settings.check_master(None, params.get("master_user_password"), bool(managed))
    _check_managed(record, params, managed, keys)
    if params.get("rotate_master_user_password"):
        if not record.manage_master_user_password:
            raise errors.invalid_combination("RotateMasterUserPassword needs ManageMasterUserPassword enabled.")
        if not params.get("apply_immediately"):
            raise errors.invalid_combination(
                "You must specify apply immediately when rotating the master user password."
            )


def _check_managed(record: Any, params: dict[str, Any], managed: bool | None, keys: settings.Settings) -> None:
    is_managed = record.manage_master_user_password
    if is_managed and managed is None and params.get("master_user_password"):
        raise errors.invalid_combination(
            "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled."
        )
    if managed is False and is_managed and not params.get("master_user_password"):
        raise errors.invalid_combination(
            "You must specify MasterUserPassword when you set ManageMasterUserPassword to false."
        )
    key = params.get("master_user_secret_kms_key_id")
    if key is not None:
        if is_managed or not managed:
            raise errors.invalid_combination(
                "You can specify MasterUserSecretKmsKeyId only while you turn on ManageMasterUserPassword."
            )
        keys.kms_key(key, True)


def new_password(record: Any, params: dict[str, Any]) -> str | None:
    """The master password to set, having brought the managed secret in line with the request."""
    managed = params.get("manage_master_user_password")
    if managed and not record.manage_master_user_password:
        record.master_user_secret = MasterUserSecret(record, params.get("master_user_secret_kms_key_id"))
        record.manage_master_user_password = True
        return record.master_user_secret.password
    if managed is False and record.manage_master_user_password:
        record.master_user_secret.delete_secret()
        del record.master_user_secret
        record.manage_master_user_password = False
    if params.get("rotate_master_user_password"):
        record.master_user_secret.rotate_secret()
        return record.master_user_secret.password
    return params.get("master_user_password")
