"""The part of a volume that follows another one: seeded by a base backup, fed by streaming replication.

What a standby has received it replays, and keeps when it is promoted; so a lag that costs data is a stream that is cut,
not a replay that is late.
"""

import logging
import shutil
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .engine import Upstream
from .postgres import PostgresError

if TYPE_CHECKING:
    from .volume import Volume

_log = logging.getLogger("daybreak.lab")
_POLL_SECONDS = 0.02
_PROMOTION_SECONDS = 60
_COMMITTED = """
SELECT extract(epoch FROM CASE WHEN pg_is_in_recovery() THEN pg_last_xact_replay_timestamp()
                               ELSE (pg_last_committed_xact()).timestamp END);
"""


class Standby:
    """How a volume follows another, its upstream, or none."""

    def __init__(self, volume: "Volume", home: Path) -> None:
        self._volume = volume
        self._seed = home / "seed"
        self._slot = "lab_" + "".join(letter if letter.isalnum() else "_" for letter in home.name.lower())
        # Held while the server is told of a change, so that the last thing told is the last thing decided.
        self._link = threading.RLock()
        self._streaming = True
        self.upstream: Volume | None = None
        self.since: datetime | None = None
        """When it began to follow (naive UTC): what it has is no older than that."""

    @property
    def source(self) -> Upstream | None:
        """What the engine is to be told; None for a volume that follows nothing."""
        if self.upstream is None:
            return None
        return Upstream(self.upstream.engine.conninfo(self._slot) if self._streaming else "", self._slot)

    @property
    def streaming(self) -> bool:
        """Whether the stream is open; while it is cut, the lag grows."""
        return self._streaming

    def follow(self, upstream: "Volume") -> None:
        """Replaces this volume's data by a copy of upstream's, and keeps it up to date from then on."""
        volume = self._volume
        with volume.server_lock:
            volume.halt()
            self.detach()
            shutil.rmtree(volume.engine.data, ignore_errors=True)
            with upstream.started():
                self.reserve(upstream)
                upstream.engine.copy_base(self._seed)
            volume.engine.unpack_base(self._seed)
            shutil.rmtree(self._seed)
            self.turn(upstream)

    def turn(self, upstream: "Volume") -> None:
        """Follows upstream with the data as it is, which must be a past of upstream's."""
        with self._volume.server_lock:
            self._volume.halt()
            self.detach()
            with self._link:
                self.upstream, self._streaming = upstream, True
                self.since = datetime.now(UTC).replace(tzinfo=None)
            upstream.followers.append(self)
            self._volume.forget_window()
            self._volume.resume()

    def set_streaming(self, streaming: bool) -> None:
        """Cuts the stream, or opens it again."""
        with self._link:
            self._streaming = streaming
            self.refresh()

    def refresh(self) -> None:
        """Tells a running server anew where its upstream is."""
        with self._link:
            if (source := self.source) is not None:
                self._volume.engine.redirect(self._volume.listener, source)

    def await_all(self, upstream: "Volume", pause: Callable[[float], None]) -> None:
        """Blocks until all that upstream, whose server runs, has is here. pause raises when the lab stops."""
        (lsn,) = upstream.engine.execute("SELECT pg_current_wal_flush_lsn();")
        while self._volume.engine.execute(f"SELECT pg_last_wal_replay_lsn() >= '{lsn}';") != ["t"]:
            pause(_POLL_SECONDS)

    def promote(self) -> None:
        """Ends the replication and opens this volume for writes, with all it has received; its window begins anew."""
        volume = self._volume
        with volume.server_lock, volume.started():
            with self._link:
                (promoted,) = volume.engine.execute(f"SELECT pg_promote(true, {_PROMOTION_SECONDS});")
                if promoted != "t":
                    raise PostgresError(f"promote: not done after {_PROMOTION_SECONDS} s")
                self.detach()
            volume.renew_window()
            if volume.listener is not None:
                volume.beat()
        if volume.listener is None:
            volume.halt()

    def reserve(self, upstream: "Volume") -> None:
        """Makes a running server keep its WAL from now on for this volume to come; it may be a standby itself."""
        upstream.engine.execute(
            f"SELECT pg_create_physical_replication_slot('{self._slot}', true) "
            f"WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '{self._slot}');"
        )

    def detach(self) -> None:
        """Follows nothing from now on, and lets the former upstream drop what it keeps for this volume.

        This volume's server must not stream any more: it would take the slot again.
        """
        with self._link:
            upstream, self.upstream = self.upstream, None
        if upstream is None:
            return
        if self in upstream.followers:
            upstream.followers.remove(self)
        if upstream.serving:
            try:
                self._drop_slot(upstream)
            except PostgresError as error:
                # A slot left over costs but disk, and no longer than the lab lives.
                _log.warning("drop the slot %s: %s", self._slot, error)

    def _drop_slot(self, upstream: "Volume") -> None:
        held = f"FROM pg_replication_slots WHERE slot_name = '{self._slot}'"
        upstream.engine.execute(f"SELECT pg_terminate_backend(active_pid) {held} AND active;")
        deadline = time.monotonic() + _PROMOTION_SECONDS
        while upstream.engine.execute(f"SELECT active {held};") == ["t"] and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        upstream.engine.execute(f"SELECT pg_drop_replication_slot(slot_name) {held};")


def last_commit(volume: "Volume") -> datetime | None:
    """When the last transaction in this volume was committed (naive UTC); None if no server can tell."""
    if not volume.serving:
        return None
    try:
        (epoch,) = volume.engine.execute(_COMMITTED)
    except (PostgresError, ValueError):
        return None
    return datetime.fromtimestamp(float(epoch), UTC).replace(tzinfo=None) if epoch else None
