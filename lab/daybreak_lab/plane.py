"""What all clusters of a lab share: programs, certificate authority, addresses, volumes, background work."""

import itertools
import logging
import os
import socket
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from .delays import Delays
from .forwarder import Exchange
from .image import Image, Origin
from .lag import Meter
from .postgres import PostgresError, Programs
from .quotas import Quotas
from .regions import Regions
from .tls import Authority
from .unconfirmed import Unconfirmed
from .versions import Versions
from .volume import Volume, make_template

_log = logging.getLogger("daybreak.lab")
_NETS = range(64, 127)
_SOCKET_PATH_LIMIT = 107
_HOSTS_PER_ROW = 250


class Addresses:
    """A net 127.N.0.0/16 of this lab's own.

    It is claimed by an abstract unix socket: the name is scoped as the loopback addresses are, to the network
    namespace; it works across users; and the kernel frees it with the process, however that ends.
    """

    def __init__(self) -> None:
        self._claim = socket.socket(socket.AF_UNIX)
        for net in _NETS:
            try:
                self._claim.bind(f"\0daybreak-lab-net-{net}")
            except OSError:
                continue
            self._net = net
            break
        else:
            raise PostgresError(f"claim a net 127.{_NETS.start}-{_NETS.stop - 1}: all are in use by other labs")
        self._lock = threading.Lock()
        self._next = 0

    def take(self) -> str:
        """An address that no cluster of this lab has had before."""
        with self._lock:
            number, self._next = self._next, self._next + 1
        row, host = divmod(number, _HOSTS_PER_ROW)
        return f"127.{self._net}.{row}.{host + 2}"


class Plane:
    """The data plane. Volumes are kept by DbClusterResourceId, the only name of a cluster that never changes."""

    def __init__(self, home: Path, programs: Programs, delays: Delays, tick_seconds: float) -> None:
        self.home = home
        self.programs = programs
        self.delays = delays
        self.tick_seconds = tick_seconds
        self.authority = Authority(home / "ca.pem")
        self.addresses = Addresses()
        self.exchange = Exchange()
        self.volumes: dict[str, Volume] = {}
        self._regions_of: dict[str, str] = {}
        self.versions = Versions(programs.version)
        self.regions = Regions()
        self.unconfirmed = Unconfirmed()
        self.quotas = Quotas()
        self.stopping = threading.Event()
        self.meter = Meter(tick_seconds, self.stopping)
        self._clusters = programs.account.make_dir(home / "clusters")
        self._images = programs.account.make_dir(self._clusters / "images")
        self._sockets, self._own_sockets = self._socket_dir()
        self._numbers = itertools.count()
        self._workers = ThreadPoolExecutor(64, "lab")
        self.template = self.submit(lambda: make_template(programs, self._clusters / "template", self._sockets / "t"))

    def new_volume(self, resource_id: str, region: str) -> Volume:
        """An empty volume for a new cluster or instance of that Region."""
        sockets = self._sockets / str(next(self._numbers))
        volume = Volume(self.programs, self._clusters / resource_id, sockets, self.tick_seconds)
        self.volumes[resource_id] = volume
        self._regions_of[resource_id] = region
        return volume

    def change_regions(self, states: object) -> None:
        """Takes Regions away with their databases, or lets them come back. Raises RegionsError."""
        for region in self.regions.change(states):
            away = self.regions.away(region)
            for resource_id, volume in list(self.volumes.items()):
                if self._regions_of[resource_id] == region and volume.away != away:
                    volume.set_away(away)

    def new_image(self, origin: Origin, moment: datetime) -> Image:
        """Keeps a moment of a volume, or of another image, by itself."""
        return Image.take(self.programs, self._images / str(next(self._numbers)), origin, moment)

    def submit(self, work: Callable[[], object]) -> "Future[object]":
        """Runs work in the background; its failure is in the future, and in the lab's log."""
        future = self._workers.submit(work)
        future.add_done_callback(self._log_failure)
        return future

    def pause(self, seconds: float) -> None:
        """Waits in a worker; raises PostgresError when the lab stops meanwhile."""
        if self.stopping.wait(max(0.0, seconds)):
            raise PostgresError("wait: the lab is shutting down")

    def close(self) -> None:
        """Stops every process and waits for the background work to end."""
        self.stopping.set()
        self.exchange.close()
        self.programs.close()
        self._workers.shutdown(cancel_futures=True)
        if self._own_sockets is not None:
            self._own_sockets.cleanup()

    def _socket_dir(self) -> tuple[Path, "tempfile.TemporaryDirectory[str] | None"]:
        near = self.home / "s"
        if len(os.fsencode(near / "9999" / ".s.PGSQL.65535")) <= _SOCKET_PATH_LIMIT:
            return self.programs.account.make_dir(near), None
        elsewhere = tempfile.TemporaryDirectory(prefix="daybreak-lab-", ignore_cleanup_errors=True)
        os.chmod(elsewhere.name, 0o711)
        return self.programs.account.make_dir(Path(elsewhere.name) / "s"), elsewhere

    def _log_failure(self, future: "Future[object]") -> None:
        if not future.cancelled() and (error := future.exception()) and not self.stopping.is_set():
            _log.error("background work: %s", error, exc_info=error)
