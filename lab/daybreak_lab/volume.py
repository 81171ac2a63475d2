"""A cluster's storage: data directory, WAL archive, base backups, restorable window. Knows nothing of moto.

The window's end is a *heartbeat*: read the clock, commit an empty transaction (so that a commit record later than that
moment exists), switch the WAL segment, wait until it is archived, and only then publish the moment read. Everything
committed at or before the published time is thus in the archive, and any target up to it is reached by a recovery.
A heartbeat writes no row; only transaction ids move. It comes with every tick as long as somebody looks at the window, and
seldom otherwise.
"""

import contextlib
import itertools
import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from .engine import Engine, Listener, Recovery
from .image import Origin
from .lag import STATUS_FUNCTION
from .postgres import SUPERUSER, PostgresError, Programs
from .standby import Standby

_log = logging.getLogger("daybreak.lab")
_POLL_SECONDS = 0.002
_ARCHIVE_TIMEOUT_SECONDS = 60
# A heartbeat is four processes, and a lab comes to have dozens of clusters that nobody looks at any more.
_UNASKED_TICKS = 20
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
    for database in ("template1", "postgres"):
        engine.execute(STATUS_FUNCTION, database)
    engine.stop()
    return engine.data


class Volume:
    """The data of one cluster, with or without a server running over it.

    All times are naive UTC. Methods block until their effect is there; those that move the server exclude each other.
    """

    def __init__(self, programs: Programs, home: Path, sockets: Path, tick_seconds: float) -> None:
        self.programs = programs
        self._home = programs.account.make_dir(home)
        self._sockets = programs.account.make_dir(sockets)
        self._archive = programs.account.make_dir(home / "wal")
        self._bases = programs.account.make_dir(home / "base")
        self._inbound = home / "inbound"
        self.engine = Engine(programs, home, self._sockets, self._archive)
        self._tick_seconds = tick_seconds
        self.server_lock = threading.RLock()
        self._flush_lock = threading.Lock()
        self._backup_lock = threading.Lock()
        self._backups: list[tuple[datetime, Path]] = []
        self._numbers = itertools.count(1)
        self._latest: datetime | None = None
        self._pulse: tuple[threading.Event, threading.Thread] | None = None
        self._asked = True
        """Whether somebody has looked at the window since the last heartbeat."""
        self.listener: Listener | None = None
        """Where clients are to be served; None while there is no instance."""
        self.away = False
        """Whether the Region is gone, and the server with it."""
        self.on_return: Callable[[], None] | None = None
        """What to do instead of serving on when the Region comes back."""
        self.standby = Standby(self, home)
        self.followers: list[Standby] = []

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        """Earliest and latest restorable time in whole milliseconds, both reachable; None before the first backup."""
        self._asked = True
        backups, latest = self._backups, self._latest
        if not backups or latest is None:
            return None
        earliest = backups[0][0]
        earliest += timedelta(microseconds=-earliest.microsecond % 1000)
        latest -= timedelta(microseconds=latest.microsecond % 1000)
        return (earliest, latest) if earliest <= latest else None

    def initialise(self, template: Path, master: str, password: str, database: str | None) -> None:
        """Fills an empty volume: master user, optional database, first base backup."""
        self.programs.run(["cp", "-a", "--reflink=auto", str(template), str(self.engine.data)])
        role = quote_identifier(master)
        script = f"CREATE ROLE {role} LOGIN CREATEDB CREATEROLE IN ROLE rds_superuser;\n"
        script += set_password(master, password)
        script += f"ALTER DATABASE postgres OWNER TO {role};\n"
        if database:
            script += f"CREATE DATABASE {quote_identifier(database)} OWNER {role};\n"
        with self.server_lock:
            self.engine.start()
            try:
                self.engine.execute(script)
                self.back_up()
            finally:
                self.engine.stop()

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
        self.programs.account.make_dir(home)
        self.programs.run(["cp", "-al", str(self._archive), str(home / "wal")])
        self.programs.run(["cp", "-al", str(usable[-1]), str(home / "base")])

    def link_from(self, origin: Origin, target: datetime) -> None:
        """Brings in what a recovery of origin to target needs, to be followed by recover."""
        origin.link_into(self._inbound, target)

    def recover(self, target: datetime) -> None:
        """Replays what link_from brought up to target, promotes, and opens this volume's own window."""
        self.engine.unpack_base(self._inbound / "base")
        with self.server_lock:
            self.engine.start(recovery=Recovery(self._inbound / "wal", target.isoformat(sep=" ")))
            try:
                self.back_up()
            finally:
                self.engine.stop()
        shutil.rmtree(self._inbound)

    def open(self, listener: Listener) -> None:
        """Starts the server for clients, unless it accepts them already."""
        with self.server_lock:
            if self.listener is not None and self.engine.running:
                return
            self.listener = listener
            self.resume()

    def close(self) -> None:
        """Lets nothing listen any more. The window ends at the last commit; a standby goes on receiving."""
        with self.server_lock:
            self.listener = None
            self.halt()
            if self.standby.source is not None:
                self.resume()

    def resume(self) -> None:
        """Brings the server up as it is to be: for clients or not, as a standby or with the heartbeat."""
        with self.server_lock:
            source = self.standby.source
            if self.away or (self.listener is None and source is None):
                return
            self.halt()
            self.engine.start(self.listener, upstream=source)
            # The stream may have been cut or opened while the server started.
            self.standby.refresh()
            for follower in list(self.followers):
                follower.refresh()
            if source is None:
                self.beat()

    def halt(self) -> None:
        """Stops the server, if it runs, after a last heartbeat if it had one."""
        with self.server_lock:
            if self._pulse is not None:
                stop, thread = self._pulse
                self._pulse = None
                stop.set()
                thread.join()
                try:
                    self.flush()
                except PostgresError as error:
                    _log.warning("last heartbeat of %s: %s", self._home.name, error)
            self.engine.stop()

    def set_away(self, away: bool) -> None:
        """Takes the server away, as with its Region, or lets it come back as it was; nothing is forgotten."""
        with self.server_lock:
            self.away = away
            on_return, self.on_return = self.on_return, None
            if away:
                self.halt()
            elif on_return is not None:
                on_return()
            else:
                self.resume()

    def fence(self) -> None:
        """Keeps a running server, but lets no client in and nothing be written."""
        with self.server_lock:
            self.listener = None
            self.halt()
            self.engine.start()
            for follower in list(self.followers):
                follower.refresh()

    def listen_anew(self, listener: Listener) -> None:
        """Restarts the server with another listener, if clients are served at all."""
        with self.server_lock:
            if self.listener is not None:
                self.listener = listener
                self.restart()

    def restart(self) -> None:
        """Stops the server and starts it again as it was: every connection is lost."""
        self.resume()

    @contextlib.contextmanager
    def started(self) -> Iterator[None]:
        """Has a server running, if need be one that no client reaches."""
        with self.server_lock:
            began = not self.engine.running
            if began:
                self.engine.start(upstream=self.standby.source)
            try:
                yield
            finally:
                if began:
                    self.engine.stop()

    def administer(self, script: str) -> None:
        """Runs SQL as the superuser, starting the server without a listener for it when none runs."""
        with self.started():
            self.engine.execute(script)
            self.flush()

    def back_up(self) -> datetime:
        """Takes a base backup of the running server and returns when it ended, the earliest target it serves."""
        with self._backup_lock:
            path = self._bases / f"{next(self._numbers):04}"
            self.engine.copy_base(path)
            ended = datetime.fromisoformat(self.engine.execute(f"SELECT {_NOW};")[0])
            self._backups = [*self._backups, (ended, path)]
        self.flush()
        return ended

    def renew_window(self) -> None:
        """Lets the window begin anew, with a base backup of now."""
        self.forget_window()
        self.back_up()

    def forget_window(self) -> None:
        """Makes nothing restorable any more, as for a standby."""
        self._backups, self._latest = [], None

    def beat(self) -> None:
        """Starts the heartbeat that moves the window's end."""
        stop = threading.Event()
        thread = threading.Thread(target=self._beat, args=(stop,), daemon=True)
        thread.start()
        self._pulse = (stop, thread)

    def flush(self) -> datetime:
        """One heartbeat: archives all that is committed and publishes its moment, which is returned."""
        with self._flush_lock:
            moment, _, segment = self.engine.execute(
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
        return self.engine.running

    @property
    def open_for_clients(self) -> bool:
        """Whether clients can connect."""
        return self.listener is not None and self.engine.running

    def keep_backups(self) -> None:
        """Stops the server and removes the data; archive, base backups and window stay as they are."""
        self.halt()
        self.standby.detach()
        self.close()
        shutil.rmtree(self.engine.data, ignore_errors=True)

    def destroy(self) -> None:
        """Stops the server and removes every file. Volumes linked from this one are not affected."""
        self.halt()
        self.standby.detach()
        self.close()
        shutil.rmtree(self._home)
        shutil.rmtree(self._sockets)

    def _beat(self, stop: threading.Event) -> None:
        ticks = 0
        while not stop.wait(self._tick_seconds):
            ticks += 1
            if not self._asked and ticks < _UNASKED_TICKS:
                continue
            self._asked, ticks = False, 0
            try:
                self.flush()
            except PostgresError as error:
                if not stop.is_set():
                    _log.warning("heartbeat of %s: %s", self._home.name, error)
