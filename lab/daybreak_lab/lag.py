"""How far replicas lag, measured on the servers once a tick: for SQL to tell as Aurora does, and as CloudWatch metrics."""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from .postgres import PostgresError
from .standby import last_commit

if TYPE_CHECKING:
    from .volume import Volume

_log = logging.getLogger("daybreak.lab")
_FILE = "global_db_status"
_KEPT_POINTS = 20_000

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


@dataclass(frozen=True)
class Place:
    """A replica, or a member of a Global Database: where it is, what it is called, and its data."""

    account: str
    region: str
    identifier: str
    volume: "Volume"


@dataclass(frozen=True)
class Point:
    """One value of a metric of ``AWS/RDS``, with its dimension."""

    account: str
    region: str
    metric: str
    dimension: str
    identifier: str
    value: float
    unit: str
    at: datetime
    source_region: str | None = None
    """Of a Global Database's secondary: where its writer is, which may be a second dimension."""


class Measured(Protocol):
    """Something that lags."""

    def measure(self, now: datetime) -> list[Point]:
        """What is to be told of now (naive UTC); raises PostgresError or OSError when a server goes away meanwhile."""


class Meter:
    """Measures what it is told to, from the first such thing on."""

    def __init__(self, tick_seconds: float, stopping: threading.Event) -> None:
        self._tick_seconds = tick_seconds
        self._stopping = stopping
        self._lock = threading.Lock()
        self._measured: list[Measured] = []
        self._points: deque[Point] = deque(maxlen=_KEPT_POINTS)
        self._thread: threading.Thread | None = None

    def watch(self, measured: Measured) -> None:
        """Measures this too."""
        with self._lock:
            self._measured.append(measured)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def forget(self, measured: Measured) -> None:
        """Measures this no longer; what was measured stays."""
        with self._lock:
            if measured in self._measured:
                self._measured.remove(measured)

    def points(self, account: str, region: str) -> list[Point]:
        """The latest points of an account and Region."""
        with self._lock:
            return [point for point in self._points if (point.account, point.region) == (account, region)]

    def _run(self) -> None:
        while not self._stopping.wait(self._tick_seconds):
            with self._lock:
                measured = list(self._measured)
            for one in measured:
                try:
                    points = one.measure(datetime.now(UTC).replace(tzinfo=None))
                except (PostgresError, OSError, ValueError) as error:
                    if not self._stopping.is_set():
                        _log.warning("measure a lag: %s", error)
                    continue
                with self._lock:
                    self._points.extend(points)


def measure_global(members: Sequence[Place], now: datetime) -> list[Point]:
    """Publishes the lag of each secondary on each member whose server runs. The writer is the first of members."""
    if not members:
        return []
    writer, *secondaries = members
    # The writer is asked first, so that a secondary that has everything is never said to lag.
    committed = last_commit(writer.volume)
    lines, points = [_line(writer.region, -1, now)], []
    for place in secondaries:
        # A standby that has replayed nothing yet cannot tell how old its data is.
        replayed = last_commit(place.volume) or place.volume.standby.since
        if replayed is None or not place.volume.serving:
            continue
        milliseconds = round(max((committed or now) - replayed, timedelta()) / timedelta(milliseconds=1))
        lines.append(_line(place.region, milliseconds, now))
        points += [
            Point(place.account, place.region, metric, "DBClusterIdentifier", place.identifier, milliseconds,
                  "Milliseconds", now, writer.region)
            for metric in ("AuroraGlobalDBRPOLag", "AuroraGlobalDBReplicationLag")
        ]  # fmt: skip
    for place in members:
        if place.volume.serving:
            place.volume.engine.publish(_FILE, "".join(lines))
    return points


def measure_replica(place: Place, metric: str, dimension: str, now: datetime) -> list[Point]:
    """The lag of a replica of an RDS instance in seconds, by the clock: it grows while the source is idle, too."""
    standby = place.volume.standby
    if standby.upstream is None or not place.volume.serving:
        return []
    replayed = last_commit(place.volume) or standby.since or now
    seconds = max(now - replayed, timedelta()).total_seconds()
    return [Point(place.account, place.region, metric, dimension, place.identifier, seconds, "Seconds", now)]


def _line(region: str, milliseconds: int, now: datetime) -> str:
    return f"{region} 0 {milliseconds} {milliseconds} {now.isoformat()}+00\n"
