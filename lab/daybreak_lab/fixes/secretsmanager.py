"""Secrets Manager: staging labels, idempotency and listings as AWS documents them.

moto keeps a default version beside the labels, and the two drift apart; here the label
AWSCURRENT is the only truth. AWS's rules are from the API reference of PutSecretValue,
UpdateSecretVersionStage, RotateSecret and ListSecretVersionIds.
"""

from __future__ import annotations

import functools
import json
import time
from typing import Any

from moto.core.config import default_user_config
from moto.secretsmanager import models, responses, urls
from moto.secretsmanager.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    OperationNotPermittedOnReplica,
    ResourceExistsException,
    ResourceNotFoundException,
    SecretNotFoundException,
    SecretsManagerClientError,
    ValidationException,
)
from moto.secretsmanager.utils import random_password

from daybreak_lab.delays import Delays
from daybreak_lab.fixes.secret_replicas import Replica, follow

_LONGEST_VALUE = 65_536
_MOST_LABELS = 20
_MANAGED_ROTATION_DAYS = 7
# What the owner of a managed secret reserves to itself.
_OWNERS_ONLY = (
    "cancel_rotate_secret",
    "delete_secret",
    "put_secret_value",
    "update_secret",
    "update_secret_version_stage",
)


def install(delays: Delays) -> None:
    """Puts the corrected models in moto's place. Call before the first request."""
    Replica.delays = delays
    models.FakeSecret = Secret
    models.ReplicaSecret = Replica
    models.secretsmanager_backends.backend = CorrectedBackend
    response = responses.SecretsManagerResponse
    response.list_secret_version_ids = _list_secret_version_ids
    for name in _OWNERS_ONLY:
        operation = getattr(response, name)
        if not hasattr(operation, "__wrapped__"):
            setattr(response, name, _refusing_managed(operation))
    # A rotation function is only invoked in name: the lab has no docker.
    default_user_config["lambda"]["use_docker"] = False


class Secret(models.FakeSecret):
    """A secret whose current version is the one that carries AWSCURRENT."""

    rotation_rules: dict[str, Any] | None = None

    @property
    def default_version_id(self) -> str | None:
        """Version id that carries AWSCURRENT."""
        return self.holder("AWSCURRENT")

    def set_default_version_id(self, version_id: str | None) -> None:
        """Nothing: moving the label is what makes a version the current one."""

    def holder(self, label: str) -> str | None:
        """Id of the version that carries a staging label."""
        for version_id, version in self.versions.items():
            if label in version["version_stages"]:
                return version_id
        return None

    def attach(self, label: str, version_id: str) -> None:
        """Moves a label to a version; AWSPREVIOUS follows AWSCURRENT to the version that lost it."""
        former = self.holder(label)
        if former == version_id:
            return
        self.detach(label)
        self.versions[version_id]["version_stages"].append(label)
        if label == "AWSCURRENT" and former is not None:
            self.attach("AWSPREVIOUS", former)
        if label == "AWSCURRENT" and self.holder("AWSPREVIOUS") == version_id:
            self.detach("AWSPREVIOUS")
        self._replicate()

    def detach(self, label: str) -> None:
        """Takes a label off whatever version carries it."""
        former = self.holder(label)
        if former is not None:
            self.versions[former]["version_stages"].remove(label)
            self._replicate()

    def add_version(self, version_id: str, value: dict[str, str], labels: list[str]) -> None:
        """Adds a version, or gives a value to one that rotation made empty, and labels it."""
        version = self.versions.setdefault(
            version_id,
            {"version_id": version_id, "createdate": round(time.time(), 3), "version_stages": []},
        )
        version.update(value)
        for label in labels:
            self.attach(label, version_id)
        self.last_changed_date = int(time.time())
        self._replicate()

    def _replicate(self) -> None:
        # A secret that is being made has none yet.
        follow(getattr(self, "replicas", []))

    def reset_default_version(self, secret_version: dict[str, Any], version_id: str) -> None:
        """What moto's own creation of managed secrets calls to replace the current version."""
        value = {n: secret_version[n] for n in ("secret_string", "secret_binary") if n in secret_version}
        self.add_version(version_id, value, secret_version["version_stages"])

    def labels_after(self, labels: list[str]) -> int:
        """How many distinct labels the secret carries once these are attached."""
        attached = {label for v in self.versions.values() for label in v["version_stages"]}
        return len(attached | set(labels))

    def to_dict(self) -> dict[str, Any]:
        """The answer of DescribeSecret: only labelled versions, and rotation as configured."""
        described = super().to_dict()
        labelled = {i: v["version_stages"] for i, v in self.versions.items() if v["version_stages"]}
        for name in ("VersionIdsToStages", "SecretVersionsToStages"):
            if name in described:
                described[name] = labelled
        if self.owning_service is not None:
            described["RotationEnabled"] = True
            described["RotationRules"] = {"AutomaticallyAfterDays": _MANAGED_ROTATION_DAYS}
        elif self.rotation_rules is not None:
            described["RotationRules"] = self.rotation_rules
        return described


class LimitExceededException(SecretsManagerClientError):
    """More staging labels than a secret may carry."""

    def __init__(self, message: str) -> None:
        super().__init__("LimitExceededException", message)


class CorrectedBackend(models.SecretsManagerBackend):
    """moto's backend with the calls that write versions and labels done over."""

    @property
    def _url_module(self) -> Any:
        # moto derives the module of the routes from the class's own, which is not ours.
        return urls

    def _writable(self, secret_id: str) -> Secret:
        if secret_id not in self.secrets:
            raise SecretNotFoundException()
        secret = self.secrets[secret_id]
        if isinstance(secret, models.ReplicaSecret):
            raise OperationNotPermittedOnReplica
        if secret.is_deleted():
            raise InvalidRequestException(
                "You can't perform this operation on the secret because it was marked for deletion."
            )
        return secret

    @staticmethod
    def _value(secret_string: str | None, secret_binary: str | None) -> dict[str, str]:
        if secret_string is not None and secret_binary is not None:
            raise InvalidParameterException("You can't specify both a binary secret value and a string secret value.")
        value = {"secret_string": secret_string, "secret_binary": secret_binary}
        for name, text in value.items():
            if text is not None and len(text.encode()) > _LONGEST_VALUE:
                raise ValidationException(
                    f"1 validation error detected: Value at '{name}' failed to satisfy constraint: "
                    f"Member must have length less than or equal to {_LONGEST_VALUE}"
                )
        return {name: text for name, text in value.items() if text is not None}

    @staticmethod
    def _already_written(secret: Secret, version_id: str, value: dict[str, str]) -> bool:
        """Whether the version exists with this value. Raises ResourceExistsException for another value."""
        version = secret.versions.get(version_id)
        if version is None:
            return False
        stored = {n: version[n] for n in ("secret_string", "secret_binary") if n in version}
        if stored and stored != value:
            raise ResourceExistsException(
                f"You can't use ClientRequestToken {version_id} because that value is already in use "
                f"for a version of secret {secret.arn}."
            )
        return bool(stored)

    def put_secret_value(
        self,
        secret_id: str,
        secret_string: str | None,
        secret_binary: str | None,
        client_request_token: str | None,
        version_stages: list[str],
    ) -> str:
        """PutSecretValue: idempotent by token, leaves the labels of other versions alone."""
        secret = self._writable(secret_id)
        version_id = self._from_client_request_token(client_request_token)
        value = self._value(secret_string, secret_binary)
        if not self._already_written(secret, version_id, value):
            if secret.default_version_id is None and "AWSCURRENT" not in version_stages:
                version_stages = [*version_stages, "AWSCURRENT"]
            if secret.labels_after(version_stages) > _MOST_LABELS:
                raise LimitExceededException(f"A secret can't have more than {_MOST_LABELS} staging labels.")
            secret.add_version(version_id, value, version_stages)
        return secret.to_short_dict(include_version_stages=True, version_id=version_id)

    def update_secret(
        self,
        secret_id: str,
        secret_string: str | None = None,
        secret_binary: str | None = None,
        client_request_token: str | None = None,
        kms_key_id: str | None = None,
        description: str | None = None,
    ) -> str:
        """UpdateSecret: a value makes a new current version, otherwise only the metadata change."""
        secret = self._writable(secret_id)
        value = self._value(secret_string, secret_binary)
        version_id = self._from_client_request_token(client_request_token)
        if value and not self._already_written(secret, version_id, value):
            secret.add_version(version_id, value, ["AWSCURRENT"])
        secret.update(description or secret.description, secret.tags, kms_key_id, int(time.time()))
        return secret.to_short_dict(include_version_id=bool(value), version_id=version_id)

    def update_secret_version_stage(
        self,
        secret_id: str,
        version_stage: str,
        remove_from_version_id: str | None,
        move_to_version_id: str | None,
    ) -> tuple[str, str]:
        """UpdateSecretVersionStage: a compare-and-set; nothing changes unless all of it is valid."""
        secret = self._writable(secret_id)
        for version_id in (remove_from_version_id, move_to_version_id):
            if version_id and version_id not in secret.versions:
                raise InvalidParameterException(f"Not a valid version: {version_id}")
        holder = secret.holder(version_stage)
        if remove_from_version_id and remove_from_version_id != holder:
            raise InvalidParameterException(
                f"Version stage {version_stage} not found in version {remove_from_version_id}"
            )
        if not remove_from_version_id and not move_to_version_id:
            raise InvalidParameterException("You must specify MoveToVersionId or RemoveFromVersionId.")
        if not move_to_version_id:
            if version_stage == "AWSCURRENT":
                raise InvalidParameterException(
                    "You can only move staging label AWSCURRENT to a different secret version. "
                    "It can't be completely removed."
                )
            secret.detach(version_stage)
        elif holder not in {None, move_to_version_id} and not remove_from_version_id:
            raise InvalidParameterException(
                f"The parameter RemoveFromVersionId can't be empty. Staging label {version_stage} is currently "
                f"attached to version {holder}, so you must explicitly reference that version in RemoveFromVersionId."
            )
        else:
            if secret.labels_after([version_stage]) > _MOST_LABELS:
                raise LimitExceededException(f"A secret can't have more than {_MOST_LABELS} staging labels.")
            secret.attach(version_stage, move_to_version_id)
        secret.last_changed_date = int(time.time())
        return secret.arn, secret.name

    def get_secret_value(self, secret_id: str, version_id: str, version_stage: str) -> dict[str, Any]:
        """GetSecretValue; a label that no version carries is named in the error, as AWS does."""
        secret = self.secrets.get(secret_id)
        by_label = secret is not None and version_stage and not version_id and not secret.is_deleted()
        if by_label and not any(version_stage in v["version_stages"] for v in secret.versions.values()):
            raise ResourceNotFoundException(
                f"Secrets Manager can't find the specified secret value for staging label: {version_stage}"
            )
        return super().get_secret_value(secret_id, version_id, version_stage)

    def rotate_secret(
        self,
        secret_id: str,
        client_request_token: str | None = None,
        rotation_lambda_arn: str | None = None,
        rotation_rules: dict[str, Any] | None = None,
        rotate_immediately: bool = True,
    ) -> str:
        """RotateSecret: starts a rotation, leaving AWSPENDING on the version that the function is to fill."""
        secret = self._writable(secret_id)
        pending = secret.holder("AWSPENDING")
        if pending is not None and pending != secret.default_version_id:
            raise InvalidRequestException("A previous rotation isn't complete. That rotation will be reattempted.")
        version_id = self._from_client_request_token(client_request_token)
        if secret.owning_service is not None:
            secret.add_version(version_id, _rotated(secret), ["AWSCURRENT"])
            return secret.to_short_dict(version_id=version_id)
        function = rotation_lambda_arn or secret.rotation_lambda_arn
        if not function:
            raise InvalidRequestException(
                "You tried to enable rotation on a secret that doesn't already have a Lambda function ARN "
                "configured and you didn't include such an ARN as a parameter in this call."
            )
        days = (rotation_rules or {}).get("AutomaticallyAfterDays")
        if days is not None and not 1 <= days <= 1000:
            raise InvalidParameterException("RotationRules.AutomaticallyAfterDays must be within 1-1000.")
        secret.rotation_requested = secret.rotation_enabled = True
        secret.rotation_lambda_arn = function
        secret.rotation_rules = rotation_rules or secret.rotation_rules or {}
        if days is not None:
            secret.auto_rotate_after_days = days
            secret.next_rotation_date = int(time.time()) + days * 86_400
        if rotate_immediately:
            secret.add_version(version_id, {}, ["AWSPENDING"])
        return secret.to_short_dict(version_id=version_id)

    def list_versions(self, secret_id: str, deprecated: bool) -> tuple[Secret, list[dict[str, Any]]]:
        """Versions of a secret, the newest first; without labels only if `deprecated`."""
        if secret_id not in self.secrets:
            raise SecretNotFoundException()
        secret = self.secrets[secret_id]
        versions = [
            {"VersionId": i, "VersionStages": v["version_stages"], "CreatedDate": v["createdate"]}
            for i, v in secret.versions.items()
            if v["version_stages"] or deprecated
        ]
        return secret, versions[::-1]


def _rotated(secret: Secret) -> dict[str, str]:
    current = secret.versions[secret.default_version_id]
    document = json.loads(current["secret_string"])
    document["password"] = random_password(28, "/@\"' \\", False, False, False, False, False, True)
    return {"secret_string": json.dumps(document)}


def _list_secret_version_ids(self: responses.SecretsManagerResponse) -> str:
    deprecated = bool(self._get_bool_param("IncludeDeprecated", False))
    secret, versions = self.backend.list_versions(self._get_param("SecretId"), deprecated)
    page, token = self.backend._get_secret_values_page_and_next_token(
        versions, self._get_int_param("MaxResults"), self._get_param("NextToken")
    )
    answer = {"ARN": secret.arn, "Name": secret.name, "Versions": page}
    return json.dumps(answer | ({"NextToken": token} if token else {}))


def _refusing_managed(operation: Any) -> Any:
    @functools.wraps(operation)
    def guarded(self: responses.SecretsManagerResponse) -> Any:
        secret = self.backend.secrets.get(self._get_param("SecretId") or "")
        if secret is not None and secret.owning_service is not None:
            raise InvalidRequestException(
                f"You can't perform this operation on secret {secret.name}: it is managed by {secret.owning_service}."
            )
        return operation(self)

    return guarded
