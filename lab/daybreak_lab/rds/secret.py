"""The master user's secret that RDS manages: moto's, with a password that really opens the database."""

import json
import secrets
import time

from moto.rds import models

_PASSWORD_BYTES = 24


class MasterUserSecret(models.MasterUserSecret):
    """A secret of OwningService ``rds`` that holds username and password only, as RDS's does."""

    password: str

    def __init__(self, resource: models.DBCluster | models.DBInstance, kms_key_id: str | None) -> None:
        super().__init__(resource, kms_key_id)
        self._began("creating")
        self.effective = True
        """Whether the password is, or is being, made the database's."""

    @property
    def secret_status(self) -> str:
        waiting = self.resource.status == "creating" or not self.effective
        return self._phase if waiting or time.monotonic() < self._due else "active"

    def _generate_secret_string(self) -> str:
        self.password = secrets.token_urlsafe(_PASSWORD_BYTES)
        return json.dumps({"username": self.resource.master_username, "password": self.password})

    def rotate_secret(self) -> None:
        """Replaces the password by a new one, in a new version of the secret."""
        self.secretsmanager.put_secret_value(
            secret_id=self.secret.arn,
            secret_string=self._generate_secret_string(),
            secret_binary=None,
            client_request_token="",
            version_stages=["AWSCURRENT"],
        )
        self._began("rotating")

    def _began(self, phase: str) -> None:
        self._phase = phase
        self._due = time.monotonic() + self.resource.backend.plane.delays.seconds("secret")
