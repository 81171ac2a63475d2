"""One PostgreSQL server over one data directory: configuration, start, stop, SQL."""

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .postgres import SUPERUSER, PostgresError, Programs

_POLL_SECONDS = 0.005
_START_TIMEOUT_SECONDS = 600
_STOP_TIMEOUT_SECONDS = 30
_DEFAULT_PORT = 5432

# Small, since a lab runs many servers, and without fsync, since a lab's data is disposable. The archive command
# renames, so a file in the archive is whole; --sparse because a segment switched early is mostly zeros.
_SETTINGS = """\
wal_level = replica
archive_mode = on
archive_command = 'cp --sparse=always "%p" "{archive}/.%f" && mv "{archive}/.%f" "{archive}/%f"'
max_wal_senders = 10
hot_standby = {hot_standby}
track_commit_timestamp = on
max_connections = 60
shared_buffers = 16MB
max_wal_size = 256MB
fsync = off
full_page_writes = off
password_encryption = scram-sha-256
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
logging_collector = off
log_line_prefix = '%m [%p] %u@%d '
timezone = UTC
rds.force_ssl = 1
"""

_RESTORE_COMMAND = """\
restore_command = 'cp "{archive}/%f" "%p"'
"""

_STREAM = """\
primary_conninfo = '{conninfo}'
primary_slot_name = '{slot}'
"""

PROXIES_ADDRESS = "127.127.0.1"
"""Where the lab's proxies connect from: the clients' TLS ends there."""

# Plain TCP finds no line at all, as with rds.force_ssl = 1, unless a proxy has it; the superuser has no way in from the
# network.
_ACCESS = f"""\
local all {SUPERUSER} trust
local replication {SUPERUSER} trust
host all {SUPERUSER} all reject
hostssl all all all scram-sha-256
hostnossl all all {PROXIES_ADDRESS}/32 scram-sha-256
"""


@dataclass(frozen=True)
class Listener:
    """Where a server accepts TCP connections, and as whom it presents itself."""

    address: str
    port: int
    certificate: bytes
    key: bytes


@dataclass(frozen=True)
class Recovery:
    """Replay from the archive up to and including the last commit at or before target (naive UTC)."""

    archive: Path
    target: str


@dataclass(frozen=True)
class Upstream:
    """The server that a standby streams from, and the slot there that keeps the WAL it still needs.

    Without conninfo the standby receives nothing, and stays what it was when the stream was cut.
    """

    conninfo: str
    slot: str


class Engine:
    """A server over ``home/data``, reached by the lab through a private unix socket."""

    def __init__(self, programs: Programs, home: Path, sockets: Path, archive: Path) -> None:
        self._programs = programs
        self._home = home
        self._sockets = sockets
        self._archive = archive
        self._process: subprocess.Popen[bytes] | None = None
        # The port names the socket too, so the lab's own way in follows the listener's.
        self._port = _DEFAULT_PORT
        self.data = home / "data"
        self.log = home / "postgres.log"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(
        self, listener: Listener | None = None, recovery: Recovery | None = None, upstream: Upstream | None = None
    ) -> None:
        """Starts the server and returns when it accepts connections: after recovery, that is after promotion.

        With an upstream it is a standby, and accepts reads. Without a listener only the lab's own socket is open.
        Raises PostgresError with the server's last words.
        """
        self._configure(listener, recovery, upstream)
        log_start = self.log.stat().st_size if self.log.exists() else 0
        process = self._programs.start(["postgres", "-D", str(self.data)], self.log)
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while not self._ready(process.pid):
            if process.poll() is not None:
                self._programs.forget(process)
                raise PostgresError(f"start the server: {self._last_words(log_start)}")
            if time.monotonic() > deadline:
                process.send_signal(signal.SIGQUIT)
                process.wait()
                self._programs.forget(process)
                raise PostgresError(f"start the server: not ready after {_START_TIMEOUT_SECONDS} s")
            time.sleep(_POLL_SECONDS)
        self._process = process

    def redirect(self, listener: Listener | None, upstream: Upstream) -> None:
        """Lets a running standby stream from another server, or from none."""
        process = self._process
        if process is None:
            return
        self._configure(listener, None, upstream)
        process.send_signal(signal.SIGHUP)

    def conninfo(self, name: str) -> str:
        """How a standby of that name reaches this server, wherever it listens."""
        return f"host={self._sockets} port={self._port} user={SUPERUSER} application_name={name}"

    def publish(self, name: str, content: str) -> None:
        """Puts a file into the data directory, whole or not at all, for SQL to read."""
        self._write(f"{name}.new", content.encode())
        (self.data / f"{name}.new").rename(self.data / name)

    def stop(self) -> None:
        """Stops the server, if it runs, with a checkpoint and its last WAL archived."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait()
        self._programs.forget(process)

    def execute(self, script: str, database: str = "postgres") -> list[str]:
        """Runs SQL as the superuser, each statement in its own transaction; the lines of its result."""
        psql = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *self._way_in(), "-d", database]
        return self._programs.run(psql, script).splitlines()

    def copy_base(self, destination: Path) -> None:
        """Takes a base backup into destination, as one archive that holds the WAL it needs too.

        One file, because thousands of small ones take long to remove; with its WAL, because waiting for the archive
        would poll once a second.
        """
        self._programs.run([
            "pg_basebackup", *self._way_in(), "-D", str(destination), "--format", "tar",
            "--wal-method", "fetch", "--checkpoint", "fast", "--no-sync", "--no-manifest",
        ])  # fmt: skip

    def unpack_base(self, base: Path) -> None:
        """Makes the data directory from a base backup."""
        self._programs.account.make_dir(self.data)
        self._programs.run(["tar", "-xf", str(base / "base.tar"), "-C", str(self.data)])

    def _way_in(self) -> list[str]:
        return ["-h", str(self._sockets), "-p", str(self._port), "-U", SUPERUSER]

    def _configure(
        self, listener: Listener | None, recovery: Recovery | None, upstream: Upstream | None = None
    ) -> None:
        standby = "off" if upstream is None else "on"
        settings = _SETTINGS.format(archive=self._archive, sockets=self._sockets, hot_standby=standby)
        self._port = _DEFAULT_PORT if listener is None else listener.port
        if listener is None:
            settings += "listen_addresses = ''\n"
        else:
            settings += f"listen_addresses = '{listener.address}'\nport = {listener.port}\nssl = on\n"
            settings += "ssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'\n"
            self._write("server.crt", listener.certificate)
            self._write("server.key", listener.key)
        if recovery is not None:
            settings += _RESTORE_COMMAND.format(archive=recovery.archive)
            settings += f"recovery_target_time = '{recovery.target}+00'\n"
            settings += "recovery_target_inclusive = on\nrecovery_target_action = promote\n"
            self._write("recovery.signal", b"")
        if upstream is not None:
            settings += _STREAM.format(conninfo=upstream.conninfo, slot=upstream.slot)
            self._write("standby.signal", b"")
        self._write("postgresql.conf", settings.encode())
        self._write("postgresql.auto.conf", b"")
        self._write("pg_hba.conf", _ACCESS.encode())

    def _write(self, name: str, content: bytes) -> None:
        path = self.data / name
        path.write_bytes(content)
        self._programs.account.own(path, 0o600)

    def _ready(self, pid: int) -> bool:
        """Whether the postmaster of this pid reports itself ready, in its pid file as pg_ctl reads it."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    def _last_words(self, log_start: int) -> str:
        with self.log.open("rb") as log:
            log.seek(log_start)
            lines = log.read().decode(errors="replace").splitlines()
        fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
        return (fatal or lines or ["no output"])[-1]
