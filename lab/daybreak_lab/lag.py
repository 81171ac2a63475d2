"""How far the secondaries of a Global Database lag, measured on the servers, for SQL to tell as Aurora does."""

import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from .postgres import PostgresError
from .standby import last_commit

if TYPE_CHECKING:
    from .volume import Volume

_log = logging.getLogger("daybreak.lab")
_FILE = "global_db_status"

STATUS_FUNCTION = f"""
CREATE FUNCTION pg_catalog.aurora_global_db_status(
    OUT aws_region text, OUT highest_lsn_written bigint, OUT durability_lag_in_msec bigint,
    OUT rpo_lag_in_msec bigint, OUT last_lag_calculation_time timestamptz, OUT feedback_epoch bigint,
    OUT feedback_xmin bigint
) RETURNS SETOF record LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT f[1], f[2]::bigint, f[3]::bigint, f[4]::bigint, f[5]::timestamptz, 0::bigint, 0::bigint
      FROM regexp_split_to_table(pg_read_file('{_FILE}', 0, 65536, true), '\\n') AS line,
           string_to_array(line, ' ') AS f
     WHERE line <> ''
$$;
"""


class Group(Protocol):
    """The volumes of a Global Database."""

    def volumes(self) -> "list[tuple[str, Volume]]":
        """Region and volume of each member, the writer first."""


class Meter:
    """Measures each group once a tick, from the first group on."""

    def __init__(self, tick_seconds: float, stopping: threading.Event) -> None:
        self._tick_seconds = tick_seconds
        self._stopping = stopping
        self._lock = threading.Lock()
        self._groups: list[Group] = []
        self._thread: threading.Thread | None = None

    def watch(self, group: Group) -> None:
        """Measures this group too."""
        with self._lock:
            self._groups.append(group)
            if self._thread is None:
                self._thread = threading.Thread(target=self._measure, daemon=True)
                self._thread.start()

    def forget(self, group: Group) -> None:
        """Measures this group no longer."""
        with self._lock:
            self._groups.remove(group)

    def _measure(self) -> None:
        while not self._stopping.wait(self._tick_seconds):
            with self._lock:
                groups = list(self._groups)
            for group in groups:
                try:
                    measure(group)
                except (PostgresError, OSError, ValueError) as error:
                    if not self._stopping.is_set():
                        _log.warning("lag of a global cluster: %s", error)


def measure(group: Group) -> None:
    """Publishes the lag of each member on each member whose server runs."""
    members = group.volumes()
    if not members:
        return
    now = datetime.now(UTC).replace(tzinfo=None)
    (region, writer), *secondaries = members
    # The writer is asked first, so that a secondary that has everything is never said to lag.
    committed = last_commit(writer)
    lines = [_line(region, -1, now)]
    for region, volume in secondaries:
        # A standby that has replayed nothing yet cannot tell how old its data is.
        replayed = last_commit(volume) or volume.standby.since
        if replayed is not None and volume.serving:
            behind = max((committed or now) - replayed, timedelta())
            lines.append(_line(region, round(behind.total_seconds() * 1000), now))
    for _, volume in members:
        if volume.serving:
            volume.engine.publish(_FILE, "".join(lines))


def _line(region: str, milliseconds: int, now: datetime) -> str:
    return f"{region} 0 {milliseconds} {milliseconds} {now.isoformat()}+00\n"
