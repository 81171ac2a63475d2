"""Taking, listing, copying, sharing and deleting snapshots of either kind."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from moto.rds import models
from moto.rds.utils import split_arn

from . import errors, settings
from .base import Base
from .filters import select
from .snapshot import PUBLIC, Kind, Seen, Snapshot
from .stored import Stored
from .transition import done

_TYPES = ("automated", "manual", "shared", "public", "awsbackup")
_FINAL_LIMIT = 255
_RESOURCE_IDS = {"DbClusterResourceId": "db_cluster_resource_id", "DbiResourceId": "dbi_resource_id"}


class Snapshots(Base):
    """The operations on snapshots, each told of which kind."""

    def check_new_snapshot(self, kind: Kind, identifier: str, parameter: str, limit: int | None = None) -> str:
        """The identifier in lower case. Raises when it breaks the rules or is taken."""
        lower = errors.check_identifier(identifier, parameter, limit or kind.longest_identifier)
        if lower in getattr(self, kind.store):
            raise errors.RDSClientError(
                kind.exists, f"Cannot create the snapshot because one with the identifier {identifier} already exists."
            )
        manual = [one for one in getattr(self, kind.store).values() if one.snapshot_type == "manual"]
        if not self.plane.quotas.allows(kind.quota, len(manual)):
            raise errors.snapshot_quota(f"manual {kind.words}s")
        return lower

    def check_final_snapshot(self, kind: Kind, noun: str, skip: bool, identifier: str | None) -> str | None:
        """The final snapshot's identifier, if there is to be one. Raises unless the call decided on it."""
        if skip and identifier:
            raise errors.invalid_combination(
                f"FinalDBSnapshotIdentifier can not be specified when deleting {noun} with SkipFinalSnapshot enabled."
            )
        if not skip and not identifier:
            raise errors.invalid_combination(
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
            )
        if skip:
            return None
        return self.check_new_snapshot(kind, identifier or "", "FinalDBSnapshotIdentifier", _FINAL_LIMIT)

    def keep_snapshot(self, kind: Kind, snapshot: Snapshot, status: str, operation: str, work: Any) -> None:
        """Lists a snapshot and lets it become available when work and the operation's delay are over."""
        getattr(self, kind.store)[snapshot.identifier] = snapshot
        words = f"{snapshot.snapshot_type} {kind.words}"
        self.record(snapshot, "backup", f"Creating {words}")
        outcome = self.plane.delays.outcome(operation)

        def settle(error: BaseException | None, when: datetime) -> None:
            if error is None and outcome is None:
                snapshot.status = "available"
                self.record(snapshot, "backup", f"{words.capitalize()} created", when)
            else:
                snapshot.status = outcome.status if outcome else "failed"
                why = outcome.message if outcome else str(error)
                self.record(snapshot, "failure", f"{words.capitalize()} failed. {why}", when)

        self.begin(snapshot, status, operation, work, settle)

    def snapshot(self, kind: Kind, identifier: str) -> Snapshot:
        """The snapshot of that name or ARN that the caller may use: its own in any Region, or a shared one by ARN."""
        backend, name = self, identifier
        if identifier.startswith("arn:"):
            region, account, _, name = split_arn(identifier)
            backend = models.rds_backends[account][region]
        found = getattr(backend, kind.store).get(name)
        wrong_arn = identifier.startswith("arn:") and found is not None and found.arn.lower() != identifier.lower()
        if found is None or wrong_arn or not self._may_use(found):
            raise errors.RDSClientError(kind.not_found, f"{kind.noun} {identifier} not found.")
        return found

    def _may_use(self, snapshot: Snapshot) -> bool:
        return snapshot.account_id == self.account_id or snapshot.public or snapshot.shared_with(self.account_id)

    def own_snapshot(self, kind: Kind, identifier: str) -> Snapshot:
        """The snapshot of that name or ARN, of this account and Region."""
        found = self.snapshot(kind, identifier)
        if (found.account_id, found.region) != (self.account_id, self.region_name):
            raise errors.RDSClientError(kind.not_found, f"{kind.noun} {identifier} not found.")
        return found

    def select_snapshots(self, kind: Kind, params: Any, filters: dict[str, list[str]]) -> list[Any]:
        """What a Describe call lists. By default that is the account's own, automated and manual."""
        wanted, name = params.get("SnapshotType"), params.get(f"{kind.noun}Identifier")
        source = params.get(kind.source)
        if wanted is not None and wanted not in _TYPES:
            raise errors.invalid_value(f"Invalid snapshot type: {wanted}")
        if name and source:
            raise errors.invalid_combination(f"{kind.noun}Identifier and {kind.source} can't be used together.")
        own = list(getattr(self, kind.store).values())
        listed: list[Any] = [one for one in own if wanted in (None, one.snapshot_type)]
        if wanted == "shared" or (wanted is None and params.get("IncludeShared")):
            listed += [Seen(one, "shared") for one in self._others(kind) if one.shared_with(self.account_id)]
        if wanted == "public" or (wanted is None and params.get("IncludePublic")):
            listed += [Seen(one, "public") for one in self._others(kind) if one.public]
        if name:
            # An automated snapshot is found by name only where its type is named as well.
            listed = [
                one
                for one in listed
                if name.lower() in (one.identifier, one.arn.lower()) and (wanted or one.snapshot_type != "automated")
            ]
            if not listed:
                raise errors.RDSClientError(kind.not_found, f"{kind.noun} {name} not found.")
        for parameter, attribute in _RESOURCE_IDS.items():
            if params.get(parameter):
                listed = [one for one in listed if getattr(one, attribute, None) == params[parameter]]
        return select(listed, filters | ({kind.source_filter: [source]} if source else {}), kind.filters)

    def _others(self, kind: Kind) -> list[Snapshot]:
        """Available snapshots of other accounts in this Region."""
        return [
            snapshot
            for account, backends in list(models.rds_backends.items())
            for backend in list(backends.values())
            if account != self.account_id and backend.region_name == self.region_name
            for snapshot in list(getattr(backend, kind.store).values())
            if snapshot.status == "available"
        ]

    def copy_snapshot(self, kind: Kind, params: dict[str, Any], make: Callable[..., Snapshot]) -> Snapshot:
        """Copies a snapshot into this account and Region; make builds the record from identifier and settings."""
        source = self.snapshot(kind, params[f"source_{kind.snake}_identifier"])
        self.check_reachable(source.region)
        wanted = params[f"target_{kind.snake}_identifier"]
        target = self.check_new_snapshot(kind, wanted, f"Target{kind.noun}Identifier")
        settings.check_common({"tags": params.get("tags")})
        if source.status != "available" or source.image is None:
            raise errors.RDSClientError(kind.bad_state, f"{kind.noun} {source.identifier} is not in available state.")
        if source.region != self.region_name:
            self._check_copies()
        frozen = dict(source.settings, **self._copy_key(kind, source, params.get("kms_key_id")))
        tags = params.get("tags") or (source.tags if params.get("copy_tags") else [])
        snapshot = make(target, frozen, tags=[dict(tag) for tag in tags], source=source)
        snapshot.copied_from = source.region
        snapshot.image = self.plane.new_image(source.image, source.image.moment)
        self.keep_snapshot(kind, snapshot, "copying", "copy", done())
        return snapshot

    def _check_copies(self) -> None:
        """Raises when as many copies from other Regions are under way as may be."""
        copies = [
            one for one in [*self.cluster_snapshots.values(), *self.database_snapshots.values()]
            if one.status == "copying" and one.copied_from != self.region_name
        ]  # fmt: skip
        if not self.plane.quotas.allows("snapshot_copies", len(copies)):
            raise errors.snapshot_quota("snapshot copies in progress")

    def _copy_key(self, kind: Kind, source: Snapshot, key: str | None) -> dict[str, Any]:
        elsewhere, foreign = source.region != self.region_name, source.account_id != self.account_id
        if elsewhere and foreign:
            raise errors.invalid_combination(
                "Copying a shared snapshot across Regions is not supported: copy it within its Region first."
            )
        encrypted = source.settings["storage_encrypted"]
        if not encrypted and key and not kind.copy_may_encrypt:
            raise errors.invalid_combination("KmsKeyId can't be specified when copying an unencrypted snapshot.")
        if encrypted and not key and (elsewhere or foreign):
            raise errors.invalid_combination(
                "KmsKeyId must be specified when copying an encrypted snapshot from another "
                + ("Region." if elsewhere else "account.")
            )
        if encrypted:
            # The data is read with the source's key before it is written with the copy's.
            source.backend.settings.check_key(source.settings["kms_key_id"])
        if key:
            return {"kms_key_id": self.settings.kms_key(key, True), "storage_encrypted": True}
        return {}

    def delete_snapshot(self, kind: Kind, identifier: str) -> Snapshot:
        """Removes a manual snapshot and its data; one that is being copied too, which cancels the copy."""
        snapshot = self.own_snapshot(kind, identifier)
        if snapshot.automated:
            raise errors.RDSClientError(kind.bad_state, f"Only manual snapshots may be deleted: {snapshot.identifier}")
        if snapshot.status == "creating":
            raise errors.RDSClientError(kind.bad_state, f"{kind.noun} {snapshot.identifier} is currently creating.")
        self.forget_snapshot(kind, snapshot)
        self.record(snapshot, "notification", "Deleted manual snapshot")
        snapshot.status = "deleted"
        return snapshot

    @staticmethod
    def remove_data(stored: Stored, snapshot: Snapshot | None, keep_backups: bool) -> None:
        """Keeps the last moment in the snapshot, if there is one to fill, and removes the data. Blocks."""
        volume = stored.volume
        # The last instance may still be going away: the moment to keep is the one at which the server has stopped.
        volume.close()
        if snapshot is not None:
            snapshot.created = volume.mark()
            snapshot.image = stored.plane.new_image(volume, snapshot.created)
        if keep_backups:
            volume.keep_backups()
        else:
            volume.destroy()

    def forget_snapshot(self, kind: Kind, snapshot: Snapshot) -> None:
        """Drops a snapshot and its files."""
        getattr(self, kind.store).pop(snapshot.identifier, None)
        snapshot.transition = None
        if snapshot.image is not None:
            self.plane.submit(snapshot.image.destroy)

    def share_snapshot(self, kind: Kind, identifier: str, name: str, add: list[str], remove: list[str]) -> Snapshot:
        """Changes with which accounts a manual snapshot is shared."""
        snapshot = self.own_snapshot(kind, identifier)
        if snapshot.automated:
            raise errors.RDSClientError(kind.bad_state, f"Automated snapshots can't be shared: {snapshot.identifier}")
        if snapshot.status != "available":
            raise errors.RDSClientError(kind.bad_state, f"{kind.noun} {snapshot.identifier} is not in available state.")
        if add and snapshot.settings["storage_encrypted"]:
            if PUBLIC in add:
                raise errors.invalid_combination("An encrypted snapshot can't be public.")
            if self.settings.is_default_key(snapshot.settings["kms_key_id"]):
                raise errors.RDSClientError(
                    kind.bad_state, "A snapshot encrypted with the default key aws/rds can't be shared."
                )
        snapshot.modify_attribute(name, add, remove)
        return snapshot
