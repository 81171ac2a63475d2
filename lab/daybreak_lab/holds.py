"""Calls that a `hold` fault keeps without an answer, until the client goes away or the rule is removed."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

from daybreak_lab.identify import Call

_GONE = select.POLLRDHUP | select.POLLHUP | select.POLLERR


@dataclass(frozen=True)
class _Held:
    rule: int
    call: Call
    identity: str
    release: socket.socket

    def describe(self) -> dict:
        """What is held, in the words of the calls' journal."""
        call = self.call
        return {"rule": self.rule, "service": call.service, "action": call.action, "resource": call.resource}


class Holds:
    """The calls that are held now."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: list[_Held] = []

    def hold(
        self, rule: int, in_force: Callable[[int], bool], call: Call, identity: str, client: socket.socket
    ) -> bool:
        """Blocks until the rule is removed, which gives True, or the client has gone away, which gives False."""
        released, release = socket.socketpair()
        held = _Held(rule, call, identity, release)
        with released, release:
            with self._changed:
                self._held.append(held)
                self._changed.notify_all()
            try:
                # The rule may have been removed before it was known that something is held by it.
                return not in_force(rule) or _first(released, client) is released
            finally:
                with self._changed:
                    self._held.remove(held)

    def release(self, rules: set[int]) -> None:
        """Lets go of all that these rules hold."""
        with self._changed:
            for held in self._held:
                if held.rule in rules:
                    held.release.send(b".")

    def wait(self, identity: str, seconds: float) -> list[dict]:
        """The calls of an identity, or access key, that are held; waits up to `seconds` for the first."""

        def found() -> list[_Held]:
            return [held for held in self._held if identity in {held.identity, held.call.access_key}]

        with self._changed:
            self._changed.wait_for(found, seconds)
            return [held.describe() for held in found()]


def _first(released: socket.socket, client: socket.socket) -> socket.socket:
    """Whichever happens first: `released` has something to read, or the client closes its end. Who is gone is not served."""
    poll = select.poll()
    poll.register(released, select.POLLIN)
    poll.register(client, select.POLLRDHUP)
    while True:
        events = dict(poll.poll())
        if events.get(client.fileno(), 0) & _GONE:
            return client
        if released.fileno() in events:
            return released
