"""PostgreSQL's programs: run as the right user, and never outliving the lab.

PostgreSQL refuses to run as root, so a lab started by root runs it as the package's ``postgres`` user; any other
user runs it as itself. Every child carries a parent-death signal, so even ``kill -9`` of the lab leaves no process.
"""

import os
import pwd
import shutil
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

SUPERUSER = "rdsadmin"
"""The bootstrap superuser, named as on RDS. It is reachable through the unix socket only."""

_OLDEST_MAJOR = 15


class PostgresError(Exception):
    """A PostgreSQL program failed; the message carries the end of what it said."""


@dataclass(frozen=True)
class Account:
    """The operating system user that owns the data directories."""

    name: str
    uid: int
    gid: int

    @classmethod
    def choose(cls) -> "Account":
        """The user to run as: ``postgres`` for root, else the caller. Raises PostgresError without such a user."""
        if os.geteuid() != 0:
            uid = os.geteuid()
            try:
                name = pwd.getpwuid(uid).pw_name
            except KeyError:
                name = str(uid)
            return cls(name, uid, os.getegid())
        try:
            entry = pwd.getpwnam("postgres")
        except KeyError:
            raise PostgresError("find the user 'postgres': install Debian's package postgresql") from None
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def own(self, path: Path, mode: int) -> Path:
        """Gives path to this user with exactly this mode, and returns it."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)
        os.chmod(path, mode)
        return path

    def make_dir(self, path: Path) -> Path:
        """Makes a private directory of this user."""
        path.mkdir(parents=True)
        return self.own(path, 0o700)


class Programs:
    """Starts PostgreSQL's programs and a few of coreutils' as the lab's account.

    The kernel sends a parent-death signal when the *thread* that forked the child ends, so one thread that lives as
    long as the lab does all the forking.
    """

    def __init__(self, bin_dir: Path, account: Account) -> None:
        self.account = account
        self._bin = bin_dir
        self._forks = ThreadPoolExecutor(1, "forks")
        self._lock = threading.Lock()
        self._children: dict[subprocess.Popen[bytes], signal.Signals] = {}
        self._closed = False
        self.version = self._read_version()

    def _read_version(self) -> str:
        words = self.run(["postgres", "--version"]).split()
        version = words[2]
        if int(version.split(".")[0]) < _OLDEST_MAJOR:
            raise PostgresError(f"use PostgreSQL {version}: the lab needs {_OLDEST_MAJOR} or newer")
        return version

    def _command(self, argv: list[str], death_signal: str) -> list[str]:
        own_program = self._bin / argv[0]
        program = str(own_program) if own_program.exists() else shutil.which(argv[0])
        if program is None:
            raise PostgresError(f"find the program {argv[0]}")
        command = ["setpriv", "--pdeathsig", death_signal]
        if os.geteuid() == 0:
            command += ["--reuid", str(self.account.uid), "--regid", str(self.account.gid), "--init-groups"]
        return [*command, "--", program, *argv[1:]]

    def _spawn(self, argv: list[str], death_signal: str, **pipes: object) -> "subprocess.Popen[bytes]":
        try:
            forked = self._forks.submit(self._fork, argv, death_signal, **pipes)
        except RuntimeError as error:
            raise PostgresError(f"start {argv[0]}: the lab is shutting down") from error
        return forked.result()

    def _fork(self, argv: list[str], death_signal: str, **pipes: object) -> "subprocess.Popen[bytes]":
        # A clean environment: PGHOST and its kin would redirect the clients, and nothing secret is inherited.
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        with self._lock:
            if self._closed:
                raise PostgresError(f"start {argv[0]}: the lab is shutting down")
            child = subprocess.Popen(
                self._command(argv, death_signal), env=environment, cwd="/", start_new_session=True, **pipes
            )
            self._children[child] = signal.Signals[f"SIG{death_signal}"]
        return child

    def start(self, argv: list[str], log: Path) -> "subprocess.Popen[bytes]":
        """Starts a server that runs until stopped; its output is appended to log."""
        # On SIGQUIT a postmaster takes its children down with it, at once.
        with log.open("ab") as output:
            return self._spawn(argv, "QUIT", stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def run(self, argv: list[str], stdin: str = "") -> str:
        """Runs a program to its end and returns its stdout. Secrets go through stdin, never argv."""
        pipe = subprocess.PIPE
        child = self._spawn(argv, "KILL", stdin=pipe, stdout=pipe, stderr=pipe)
        try:
            out, err = child.communicate(stdin.encode())
        finally:
            self.forget(child)
        if child.returncode != 0:
            words = err.decode(errors="replace")[-2000:].strip()
            raise PostgresError(f"{argv[0]} ended with {child.returncode}: {words}")
        return out.decode()

    def forget(self, child: "subprocess.Popen[bytes]") -> None:
        """Drops a child that has ended from the list of those to kill."""
        with self._lock:
            self._children.pop(child, None)

    def close(self) -> None:
        """Kills what still runs, waits for it, and refuses to start anything more."""
        with self._lock:
            self._closed = True
            children = dict(self._children)
        for child, death_signal in children.items():
            child.send_signal(death_signal)
        for child in children:
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._forks.shutdown()
