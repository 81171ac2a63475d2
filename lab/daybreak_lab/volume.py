"""A cluster's storage: data directory, WAL archive, base backups, restorable window. Knows nothing of moto.

The window's end is a *heartbeat*: read the clock, commit an empty transaction (so that a commit record later than that
moment exists), switch the WAL segment, wait until it is archived, and only then publish the moment read. Everything
committed at or before the published time is thus in the archive, and any target up to it is reached by a recovery.
A heartbeat writes no row; only transaction ids move.
"""

import itertools
import logging
import shutil
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

from .engine import Engine, Listener, Recovery
from .image import Origin
from .postgres import SUPERUSER, PostgresError, Programs

_log = logging.getLogger("daybreak.lab")
_POLL_SECONDS = 0.002
_ARCHIVE_TIMEOUT_SECONDS = 60
_NOW = "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"

_RDS_ROLES = """
CREATE ROLE rds_superuser NOLOGIN;
CREATE ROLE rds_iam NOLOGIN;
CREATE ROLE rds_replication NOLOGIN;
GRANT pg_monitor, pg_signal_backend, rds_replication TO rds_superuser WITH ADMIN OPTION;
"""


def quote_literal(value: str) -> str:
    """value as an SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


def quote_identifier(value: str) -> str:
    """value as an SQL identifier."""
    return '"' + value.replace('"', '""') + '"'


def set_password(user: str, password: str) -> str:
    """The statement that sets a role's password."""
    return f"ALTER ROLE {quote_identifier(user)} PASSWORD {quote_literal(password)};\n"


def make_template(programs: Programs, home: Path, sockets: Path) -> Path:
    """Initialises a data directory with RDS's roles, to be copied for each new cluster; its path."""
    programs.account.make_dir(home)
    programs.account.make_dir(sockets)
    archive = programs.account.make_dir(home / "wal")
    engine = Engine(programs, home, sockets, archive)
    programs.run([
        "initdb", "-D", str(engine.data), "-U", SUPERUSER, "-E", "UTF8", "--locale", "C.UTF-8", "--auth", "reject",
        "--wal-segsize", "1", "--no-sync", "--no-instructions",
    ])  # fmt: skip
    engine.start()
    engine.execute(_RDS_ROLES)
    engine.stop()
    return engine.data


class Volume:
    """The data of one cluster, with or without a server running over it.

    All times are naive UTC. Methods block until their effect is there; those that move the server exclude each other.
    """

    def __init__(self, programs: Programs, home: Path, sockets: Path, tick_seconds: float) -> None:
        self._programs = programs
        self._home = programs.account.make_dir(home)
        self._sockets = programs.account.make_dir(sockets)
        self._archive = programs.account.make_dir(home / "wal")
        self._bases = programs.account.make_dir(home / "base")
        self._inbound = home / "inbound"
        self._engine = Engine(programs, home, self._sockets, self._archive)
        self._tick_seconds = tick_seconds
        self._server_lock = threading.RLock()
        self._flush_lock = threading.Lock()
        self._backup_lock = threading.Lock()
        self._backups: list[tuple[datetime, Path]] = []
        self._numbers = itertools.count(1)
        self._latest: datetime | None = None
        self._pulse: tuple[threading.Event, threading.Thread] | None = None

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        """Earliest and latest restorable time in whole milliseconds, both reachable; None before the first backup."""
        backups, latest = self._backups, self._latest
        if not backups or latest is None:
            return None
        earliest = backups[0][0]
        earliest += timedelta(microseconds=-earliest.microsecond % 1000)
        latest -= timedelta(microseconds=latest.microsecond % 1000)
        return (earliest, latest) if earliest <= latest else None

    def initialise(self, template: Path, master: str, password: str, database: str | None) -> None:
        """Fills an empty volume: master user, optional database, first base backup."""
        self._programs.run(["cp", "-a", "--reflink=auto", str(template), str(self._engine.data)])
        role = quote_identifier(master)
        script = f"CREATE ROLE {role} LOGIN CREATEDB CREATEROLE IN ROLE rds_superuser;\n"
        script += set_password(master, password)
        script += f"ALTER DATABASE postgres OWNER TO {role};\n"
        if database:
            script += f"CREATE DATABASE {quote_identifier(database)} OWNER {role};\n"
        with self._server_lock:
            self._engine.start()
            try:
                self._engine.execute(script)
                self.back_up()
            finally:
                self._engine.stop()

    def mark(self) -> datetime:
        """A moment that holds all that is committed by now, and that a recovery can reach.

        Raises PostgresError when there is no window, hence nothing to recover from.
        """
        moment = self.flush() if self.serving else self._latest
        if moment is None or not self._backups:
            raise PostgresError("mark a moment: there is no base backup yet")
        return moment

    def link_into(self, home: Path, target: datetime) -> None:
        """Hard-links into home what a recovery to target needs, so that this volume's deletion cannot break it.

        Raises PostgresError when no base backup ends at or before target.
        """
        usable = [path for ended, path in self._backups if ended <= target]
        if not usable:
            raise PostgresError(f"find a base backup that ends before {target.isoformat()}")
        self._programs.account.make_dir(home)
        self._programs.run(["cp", "-al", str(self._archive), str(home / "wal")])
        self._programs.run(["cp", "-al", str(usable[-1]), str(home / "base")])

    def link_from(self, origin: Origin, target: datetime) -> None:
        """Brings in what a recovery of origin to target needs, to be followed by recover."""
        origin.link_into(self._inbound, target)

    def recover(self, target: datetime) -> None:
        """Replays what link_from brought up to target, promotes, and opens this volume's own window."""
        self._engine.unpack_base(self._inbound / "base")
        with self._server_lock:
            self._engine.start(recovery=Recovery(self._inbound / "wal", target.isoformat(sep=" ")))
            try:
                self.back_up()
            finally:
                self._engine.stop()
        shutil.rmtree(self._inbound)

    def open(self, listener: Listener) -> None:
        """Starts the server for clients, and the heartbeat that moves the window's end, unless it runs already."""
        with self._server_lock:
            if self._engine.running:
                return
            self._engine.start(listener)
            stop = threading.Event()
            thread = threading.Thread(target=self._beat, args=(stop,), daemon=True)
            thread.start()
            self._pulse = (stop, thread)

    def close(self) -> None:
        """Stops the server, if it runs; nothing listens afterwards. The window ends at the last commit."""
        with self._server_lock:
            if self._pulse is not None:
                stop, thread = self._pulse
                self._pulse = None
                stop.set()
                thread.join()
                try:
                    self.flush()
                except PostgresError as error:
                    _log.warning("last heartbeat of %s: %s", self._home.name, error)
            self._engine.stop()

    def restart(self, listener: Listener) -> None:
        """Closes the server and opens it again: every connection is lost."""
        with self._server_lock:
            self.close()
            self.open(listener)

    def administer(self, script: str) -> None:
        """Runs SQL as the superuser, starting the server without a listener for it when none runs."""
        with self._server_lock:
            started = not self._engine.running
            if started:
                self._engine.start()
            try:
                self._engine.execute(script)
                self.flush()
            finally:
                if started:
                    self._engine.stop()

    def back_up(self) -> datetime:
        """Takes a base backup of the running server and returns when it ended, the earliest target it serves."""
        with self._backup_lock:
            path = self._bases / f"{next(self._numbers):04}"
            self._engine.copy_base(path)
            ended = datetime.fromisoformat(self._engine.execute(f"SELECT {_NOW};")[0])
            self._backups = [*self._backups, (ended, path)]
        self.flush()
        return ended

    def renew_window(self) -> None:
        """Lets the window begin anew, with a base backup of now."""
        self._backups = []
        self.back_up()

    def flush(self) -> datetime:
        """One heartbeat: archives all that is committed and publishes its moment, which is returned."""
        with self._flush_lock:
            moment, _, segment = self._engine.execute(
                f"SELECT {_NOW};\nSELECT pg_current_xact_id();\nSELECT pg_walfile_name(pg_switch_wal());\n"
            )
            archived = self._archive / segment
            deadline = time.monotonic() + _ARCHIVE_TIMEOUT_SECONDS
            while not archived.exists():
                if time.monotonic() > deadline:
                    raise PostgresError(f"archive {segment}: not there after {_ARCHIVE_TIMEOUT_SECONDS} s")
                time.sleep(_POLL_SECONDS)
            self._latest = datetime.fromisoformat(moment)
            return self._latest

    @property
    def serving(self) -> bool:
        """Whether a server runs over this volume."""
        return self._engine.running

    def keep_backups(self) -> None:
        """Stops the server and removes the data; archive, base backups and window stay as they are."""
        self.close()
        shutil.rmtree(self._engine.data, ignore_errors=True)

    def destroy(self) -> None:
        """Stops the server and removes every file. Volumes linked from this one are not affected."""
        self.close()
        shutil.rmtree(self._home)
        shutil.rmtree(self._sockets)

    def _beat(self, stop: threading.Event) -> None:
        while not stop.wait(self._tick_seconds):
            try:
                self.flush()
            except PostgresError as error:
                if not stop.is_set():
                    _log.warning("heartbeat of %s: %s", self._home.name, error)
