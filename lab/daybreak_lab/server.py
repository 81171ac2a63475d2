"""The lab as a process: HTTP server, ready line, signals, and the end that leaves nothing behind."""

import fcntl
import json
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from .delays import Delays
from .dns import NameServer, Zones
from .endpoints import LabEndpoints
from .middleware import LabConfig, wrap
from .plane import Plane
from .postgres import Account, Programs
from .rds.responses import install
from .regions import RegionGate

_MARKER = ".daybreak-lab"
_HOST = "127.0.0.1"


class StartError(Exception):
    """The lab cannot start; the message says why and what would help."""


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    bin_dir: Path
    directory: Path | None
    port: int
    delays: Delays
    iam: bool
    region: str
    seed: int
    lag_seconds: float


class Home:
    """The lab's directory: the one given, or a fresh one that is removed at the end."""

    def __init__(self, given: Path | None, account: Account) -> None:
        self._temporary = given is None
        if given is None:
            self.path = Path(tempfile.mkdtemp(prefix="daybreak-lab-"))
        else:
            self.path = given.resolve()
            self.path.mkdir(parents=True, exist_ok=True)
        marker = self.path / _MARKER
        if not marker.exists() and any(self.path.iterdir()):
            raise StartError(f"use {self.path} as lab directory: it is not empty and no lab's")
        self._lock = marker.open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StartError(f"use {self.path} as lab directory: another lab runs there") from None
        self._wipe()
        os.chmod(self.path, 0o755)
        self._check_reachable(account)

    def remove(self) -> None:
        """Removes a temporary directory; empties a given one but for the certificate and the log."""
        if self._temporary:
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            for name in ("clusters", "s"):
                shutil.rmtree(self.path / name, ignore_errors=True)

    def _wipe(self) -> None:
        for entry in self.path.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != _MARKER:
                entry.unlink()

    def _check_reachable(self, account: Account) -> None:
        if os.geteuid() != 0:
            return
        for parent in self.path.parents:
            info = parent.stat()
            shift = 6 if info.st_uid == account.uid else 3 if info.st_gid == account.gid else 0
            if not info.st_mode >> shift & 0o1:
                raise StartError(
                    f"use {self.path} as lab directory: the user {account.name}, who runs PostgreSQL for root, "
                    f"may not enter {parent}; choose a directory under /tmp"
                )


class StopSignal:
    """SIGTERM, SIGINT or a closed terminal, from the moment this is made.

    The kernel may hand a signal to any thread, and only the one it hits wakes from a wait. A wakeup descriptor is
    written whichever thread that is.
    """

    def __init__(self) -> None:
        self._awaited, wakeup = socket.socketpair()
        wakeup.setblocking(False)
        signal.set_wakeup_fd(wakeup.detach())
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)

    def wait(self) -> None:
        """Blocks until one of the signals has come, be it before this call."""
        self._awaited.recv(1)


def serve(options: Options) -> int:
    """Runs the lab until it is told to stop; the exit code."""
    out = sys.stdout
    # moto prints hints to stdout, which carries the ready line only.
    sys.stdout = sys.stderr
    stop = StopSignal()
    account = Account.choose()
    home = Home(options.directory, account)
    try:
        return _run(options, home, account, stop, out)
    finally:
        home.remove()


def _run(options: Options, home: Home, account: Account, stop: StopSignal, out: TextIO) -> int:
    logging.basicConfig(filename=home.path / "lab.log", level=logging.WARNING, format="%(asctime)s %(message)s")
    plane = Plane(home.path, Programs(options.bin_dir, account), options.delays, options.lag_seconds)
    try:
        # Loading moto's catalogue of machine images costs a second and 20 MB, and no database needs one.
        os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
        install(plane)
        config = LabConfig(seed=options.seed, iam=options.iam, delays=options.delays)
        served = wrap(DomainDispatcherApplication(create_backend_app), config)
        gate = RegionGate(served, plane.regions, plane.stopping)
        listener = _listen(options.port)
        port = listener.getsockname()[1]
        server = make_server(
            _HOST, 0, LabEndpoints(gate, plane), threaded=True, request_handler=_Handler, fd=listener.fileno()
        )
        os.environ["MOTO_PORT"] = str(port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        names = NameServer(Zones(options.region, options.seed))
        plane.template.result()
        ready = {
            "endpoint": f"http://{_HOST}:{port}",
            "dns": names.address,
            "region": options.region,
            "ca": str(plane.authority.path),
            "pid": os.getpid(),
        }
        print(json.dumps(ready), file=out, flush=True)
        stop.wait()
        names.close()
        server.shutdown()
        return 0
    finally:
        plane.close()


def _listen(port: int) -> socket.socket:
    """A bound socket. The server library would end the process on its own if the port is in use."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError as error:
        raise StartError(f"listen on {_HOST}:{port}: {error.strerror}") from error
    listener.listen(socket.SOMAXCONN)
    return listener


class _Handler(MotoRequestHandler):
    # SDKs keep connections open; with HTTP/1.0 each call would pay for a new one.
    protocol_version = "HTTP/1.1"

    def send_response(self, code: int, message: str | None = None) -> None:
        """Sends the status line alone: an answer brings its own date, which the server's would come before."""
        self.send_response_only(code, message)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Logs nothing: the calls received are at /_lab/calls."""
