"""How long an operation takes, and how it ends, beyond the real work behind it."""

import json
import threading
import tomllib
from dataclasses import dataclass
from pathlib import Path

FAST = {
    "create": 0.3, "restore": 0.3, "instance": 0.3, "modify": 0.1, "rename": 0.1, "delete": 0.2,
    "snapshot": 0.2, "copy": 0.2, "promote": 0.2, "failover": 0.2,
    "endpoint": 0.1, "role": 0.1, "secret": 0.1, "proxy": 0.1, "target": 0.1, "dns": 0.3,
    "replica": 0.2,
}  # fmt: skip
REALISTIC = {
    "create": 120.0, "restore": 900.0, "instance": 420.0, "modify": 30.0, "rename": 60.0, "delete": 180.0,
    "snapshot": 240.0, "copy": 1200.0, "promote": 300.0, "failover": 45.0,
    "endpoint": 60.0, "role": 60.0, "secret": 60.0, "proxy": 300.0, "target": 60.0, "dns": 30.0,
    "replica": 5.0,
}  # fmt: skip

_CLUSTER_ENDS = {
    "restore-failed", "incompatible-restore", "incompatible-parameters", "incompatible-network", "migration-failed",
    "cloning-failed", "inaccessible-encryption-credentials", "inaccessible-encryption-credentials-recoverable",
}  # fmt: skip
_INSTANCE_ENDS = {
    "failed", "restore-error", "incompatible-restore", "incompatible-network", "incompatible-parameters",
    "incompatible-create", "incompatible-credentials", "insufficient-capacity",
    "inaccessible-encryption-credentials", "inaccessible-encryption-credentials-recoverable",
}  # fmt: skip
_SNAPSHOT_ENDS = {"failed"}
_ROLE_ENDS = {"INVALID"}
_ENDS = {
    "create": _CLUSTER_ENDS, "restore": _CLUSTER_ENDS, "instance": _INSTANCE_ENDS,
    "snapshot": _SNAPSHOT_ENDS, "copy": _SNAPSHOT_ENDS, "role": _ROLE_ENDS,
}  # fmt: skip


class DelaysError(Exception):
    """The delays given are not understood; the message names the offending key."""


@dataclass(frozen=True)
class Outcome:
    """A terminal status an operation ends in, and the words RDS's event gives for it."""

    status: str
    message: str


class Delays:
    """Seconds and outcomes per operation; may be changed while the lab runs."""

    def __init__(self, seconds: dict[str, float], outcomes: dict[str, Outcome] | None = None) -> None:
        self._lock = threading.Lock()
        self._seconds = dict(seconds)
        self._outcomes = dict(outcomes or {})

    @classmethod
    def load(cls, choice: str) -> "Delays":
        """``fast``, ``realistic``, or the path of a TOML or JSON file that says where it differs from fast."""
        if choice == "fast":
            return cls(FAST)
        if choice == "realistic":
            return cls(REALISTIC)
        try:
            text = Path(choice).read_text()
            changes = json.loads(text) if choice.endswith(".json") else tomllib.loads(text)
        except (OSError, ValueError) as error:
            raise DelaysError(f"read delays from {choice}: {error}") from error
        delays = cls(FAST)
        delays.change(changes)
        return delays

    def change(self, changes: object) -> None:
        """Applies the keys given and keeps the others; "outcomes" replaces all outcomes. All or nothing."""
        if not isinstance(changes, dict):
            raise DelaysError("expected an object of seconds per operation")
        seconds = {key: _seconds(key, value) for key, value in changes.items() if key != "outcomes"}
        outcomes = changes.get("outcomes")
        if outcomes is not None and not isinstance(outcomes, dict):
            raise DelaysError("outcomes: expected an object of statuses per operation")
        checked = {key: _outcome(key, value) for key, value in (outcomes or {}).items()}
        with self._lock:
            self._seconds.update(seconds)
            if outcomes is not None:
                self._outcomes = checked

    def seconds(self, operation: str) -> float:
        """How long the operation's transitional status lasts at least."""
        with self._lock:
            return self._seconds[operation]

    def outcome(self, operation: str) -> Outcome | None:
        """The terminal status the operation shall end in, if it shall fail."""
        with self._lock:
            return self._outcomes.get(operation)

    def describe(self) -> dict[str, object]:
        """What is in force, in the shape that change takes."""
        with self._lock:
            outcomes = {key: {"status": o.status, "message": o.message} for key, o in self._outcomes.items()}
            return {**self._seconds, "outcomes": outcomes}


def _seconds(key: str, value: object) -> float:
    if key not in FAST:
        raise DelaysError(f"{key}: no such operation; one of {', '.join(FAST)}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
        raise DelaysError(f"{key}: expected seconds, got {value!r}")
    return float(value)


def _outcome(key: str, value: object) -> Outcome:
    if key not in _ENDS:
        raise DelaysError(f"outcomes.{key}: no such operation; one of {', '.join(_ENDS)}")
    status = value.get("status") if isinstance(value, dict) else value
    if status not in _ENDS[key]:
        raise DelaysError(f"outcomes.{key}: {status!r} is no terminal status; one of {', '.join(sorted(_ENDS[key]))}")
    message = value.get("message") if isinstance(value, dict) else None
    if message is not None and not isinstance(message, str):
        raise DelaysError(f"outcomes.{key}.message: expected text")
    return Outcome(str(status), message or "the lab was told to let it fail")
