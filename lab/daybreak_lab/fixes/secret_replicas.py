"""Replicas of secrets: copies in other regions that follow later, and show how far they are.

moto's replica reads its primary, so it never lags. Here it holds what it was last given: a change of the
primary reaches it after the delay ``replica``, and ReplicationStatus says InProgress until then.
"""

from __future__ import annotations

import copy
import time
from typing import Any

from moto.secretsmanager import models

from daybreak_lab.delays import Delays


class Replica(models.ReplicaSecret):
    """A copy with versions of its own."""

    delays: Delays

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._held: dict[str, dict[str, Any]] = {}
        self.follow()

    def follow(self) -> None:
        """The primary has changed."""
        self._catch_up()
        self._due: float | None = time.monotonic() + self.delays.seconds("replica")

    def _catch_up(self) -> None:
        due = getattr(self, "_due", None)
        if due is not None and time.monotonic() >= due and self.has_replica:
            self._held = copy.deepcopy(self.source.versions)
            self._due = None

    @property
    def config(self) -> dict[str, Any]:
        """The entry of ReplicationStatus."""
        self._catch_up()
        config: dict[str, Any] = dict(self._config)
        if config["Status"] == "InSync" and self._due is not None:
            config |= {"Status": "InProgress", "StatusMessage": "Replication in progress"}
        return config

    @config.setter
    def config(self, config: dict[str, Any]) -> None:
        self._config = config

    @property
    def versions(self) -> dict[str, dict[str, Any]]:  # type: ignore[override]
        """What it was last given."""
        self._catch_up()
        return self._held

    @property
    def default_version_id(self) -> str | None:
        """Version id that carries AWSCURRENT here."""
        labels = ((version_id, version["version_stages"]) for version_id, version in self.versions.items())
        return next((version_id for version_id, held in labels if "AWSCURRENT" in held), None)

    def to_dict(self) -> dict[str, Any]:
        """The answer of DescribeSecret in its own region."""
        described = super().to_dict()
        labelled = {i: v["version_stages"] for i, v in self.versions.items() if v["version_stages"]}
        for name in ("VersionIdsToStages", "SecretVersionsToStages"):
            if name in described:
                described[name] = labelled
        return described


def follow(replicas: list[models.ReplicaSecret]) -> None:
    """Their primary has changed."""
    for replica in replicas:
        replica.follow()
