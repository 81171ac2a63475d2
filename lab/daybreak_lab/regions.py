"""Regions that can be taken away: their APIs and their databases."""

import contextlib
import re
import select
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

STATES = ("up", "down", "hang")
_CREDENTIAL = re.compile(r"Credential=[^/,\s]+/\d{8}/([^/]+)/([^/]+)/aws4_request")
# Services whose one endpoint, signed for a Region, belongs to none.
_GLOBAL = {"iam", "route53"}
_POLL_SECONDS = 0.05

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class RegionsError(Exception):
    """The states given are not understood; the message names the Region."""


class RegionUnreachable(Exception):
    """A call to one Region needs another one that is away."""


class Regions:
    """Which Regions are away. All are up unless told otherwise."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._away: dict[str, str] = {}

    def state(self, region: str) -> str:
        """One of STATES: `down` refuses connections, `hang` lets them hang."""
        with self._lock:
            return self._away.get(region, "up")

    def away(self, region: str) -> bool:
        """Whether nothing can be reached there."""
        return self.state(region) != "up"

    def change(self, states: object) -> dict[str, str]:
        """Applies the states given, all or none; they are returned."""
        if not isinstance(states, dict):
            raise RegionsError("expected an object of states per Region")
        for region, state in states.items():
            if state not in STATES:
                raise RegionsError(f"{region}: {state!r} is no state; one of {', '.join(STATES)}")
        with self._lock:
            for region, state in states.items():
                self._away.pop(region, None)
                if state != "up":
                    self._away[region] = state
        return states

    def describe(self) -> dict[str, str]:
        """The Regions that are away, and how."""
        with self._lock:
            return dict(self._away)


class RegionGate:
    """Lets no call through to a Region that is away: the client's connection is closed, or hangs, without a byte."""

    def __init__(self, application: Application, regions: Regions, stopping: threading.Event) -> None:
        self._application = application
        self._regions = regions
        self._stopping = stopping

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        signer = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        if signer is not None and signer.group(2) not in _GLOBAL:
            connection = environ["werkzeug.socket"]
            while (state := self._regions.state(signer.group(1))) != "up":
                if state == "down" or self._stopping.wait(_POLL_SECONDS) or _gone(connection):
                    with contextlib.suppress(OSError):
                        connection.shutdown(socket.SHUT_RDWR)
                    raise ConnectionAbortedError(f"the Region {signer.group(1)} is {state}")
        return self._application(environ, start_response)


def _gone(connection: socket.socket) -> bool:
    """Whether the client has given up."""
    if not select.select([connection], [], [], 0)[0]:
        return False
    try:
        # What is left of the request is still to be read; only an end of the stream means that nobody waits.
        return connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
