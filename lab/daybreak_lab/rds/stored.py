"""What clusters and instances that are no cluster's members have in common: data of their own, and an address."""

from datetime import datetime
from typing import Any

from ..engine import Listener
from ..plane import Plane
from ..volume import Volume
from .transition import Transition


class Stored:
    """A record with a volume in the data plane. To be mixed into moto's records."""

    backend: Any
    port: int
    tags: list[dict[str, str]]
    data_id: str
    """The immutable id by which the plane knows the volume."""

    def settle_in(self, host_name: str) -> None:
        """Takes the address of its name, and a certificate for it and for the host name AWS would give."""
        self.transition: Transition | None = None
        self.pending: dict[str, Any] = {}
        self._host_name = host_name
        self.host = self.backend.address_of(self.resource_type, self.resource_id)
        self._certify()

    def _certify(self) -> None:
        self._identity = self.plane.authority.issue(self.host, [self._host_name])

    def move(self, name: str, *, certified: bool) -> None:
        """Takes the address of another name, where the server then listens: every connection is lost. Blocks.

        Not certified, it keeps the certificate of its former name.
        """
        self.host = self.backend.address_of(self.resource_type, name)
        if certified:
            self._certify()
        self.volume.listen_anew(self.listener)

    @property
    def plane(self) -> Plane:
        return self.backend.plane

    @property
    def volume(self) -> Volume:
        """The data; it stays the same through renames."""
        return self.plane.volumes[self.data_id]

    @property
    def listener(self) -> Listener:
        """Where and as whom the server answers."""
        return Listener(self.host, self.port, *self._identity)

    @property
    def window(self) -> tuple[datetime | None, datetime | None]:
        """Earliest and latest restorable time; None before creation or restore is complete, as on AWS."""
        volume = self.plane.volumes.get(self.data_id)
        return (None, None) if volume is None or self.status == "creating" else volume.window or (None, None)
