"""Snapshots as records: what cluster snapshots and DB snapshots have in common, and what tells them apart."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.rds import models

from ..image import Image
from .transition import Transition

PUBLIC = "all"
"""The account with which a snapshot is shared to make it public."""


@dataclass(frozen=True)
class Kind:
    """What differs between the two kinds of snapshots: words, and the exact error codes."""

    noun: str
    words: str
    snake: str
    """The noun as a prefix of parameters."""
    store: str
    """The backend's attribute that holds the snapshots by identifier."""
    source: str
    """The parameter that names the database."""
    source_filter: str
    """The filter that does."""
    not_found: str
    exists: str
    bad_state: str
    longest_identifier: int
    quota: str
    """The name of the quota of manual snapshots."""
    copy_may_encrypt: bool
    """Whether a copy of an unencrypted snapshot may be given a key."""
    filters: dict[str, tuple[str, ...]]


class Snapshot(models.SnapshotAttributesMixin, models.RDSBaseModel):
    """A record of a moment of a database: the settings it had then, and the data.

    Everything that is not the snapshot's own is looked up among the settings.
    """

    def __init__(
        self,
        backend: Any,
        identifier: str,
        settings: dict[str, Any],
        *,
        taken: datetime,
        snapshot_type: str = "manual",
        tags: list[dict[str, str]] | None = None,
    ) -> None:
        super().__init__(backend=backend)
        self.identifier = identifier.lower()
        self.settings = dict(settings)
        self.snapshot_type = snapshot_type
        self.tags = tags or []
        self.created = taken
        self.copied_from: str | None = None
        """The Region of which it is a copy."""
        self.image: Image | None = None
        self.status = "creating"
        self.transition: Transition | None = None

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["settings"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def resource_id(self) -> str:
        return self.identifier

    @property
    def event_source_type(self) -> str:
        return f"db-{self.resource_type}"

    @property
    def snapshot_create_time(self) -> datetime:
        return self.created

    @property
    def percent_progress(self) -> int:
        return 100 if self.transition is None else self.transition.percent

    @property
    def automated(self) -> bool:
        """Whether RDS took it by itself: it goes with its database and cannot be deleted."""
        return self.snapshot_type == "automated"

    def shared_with(self, account: str) -> bool:
        """Whether the snapshot is shared with this account by name."""
        return account in self.attributes["restore"]

    @property
    def public(self) -> bool:
        """Whether the snapshot is shared with everybody."""
        return PUBLIC in self.attributes["restore"]


class Seen:
    """A snapshot as another account's listing shows it: of type shared or public, under its ARN."""

    def __init__(self, snapshot: Snapshot, snapshot_type: str) -> None:
        self._snapshot = snapshot
        self.snapshot_type = snapshot_type
        # Tags are the owner's business.
        self.tag_list: list[dict[str, str]] = []

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._snapshot, name)
        return self._snapshot.arn if name in ("db_cluster_snapshot_identifier", "db_snapshot_identifier") else value
