"""The journal of API calls behind `/_lab/calls`."""

from __future__ import annotations

import threading
from collections import deque
from datetime import UTC, datetime
from itertools import takewhile

from daybreak_lab.identify import Call

_KEPT = 100_000


class CallJournal:
    """The latest calls, numbered from 1 in the order in which they took effect."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict] = deque(maxlen=_KEPT)
        self._last = 0

    def record(
        self,
        call: Call,
        received: datetime,
        identity: str,
        status: int | None,
        error: str | None,
        fault: str | None,
    ) -> None:
        """Adds a call. `status` and `error` are what the client saw; both None when it saw nothing."""
        with self._lock:
            self._last += 1
            self._entries.append(
                {
                    "n": self._last,
                    "time": received.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
                    "service": call.service,
                    "action": call.action,
                    "identity": identity,
                    "resource": call.resource,
                    "status": status,
                    "error": error,
                    "fault": fault,
                }
            )

    def since(self, number: int, identity: str | None = None) -> dict:
        """The calls after the given one, all or those of one identity, and the number to ask with next time."""
        with self._lock:
            # From the newest on: whoever asks again and again must not pay for all that went before.
            newer = takewhile(lambda e: e["n"] > number, reversed(self._entries))
            calls = [e for e in newer if identity in {None, e["identity"]}]
            return {"calls": calls[::-1], "next": self._last}

    def clear(self) -> None:
        """Forgets the calls; numbering goes on, so that a number once handed out stays valid."""
        with self._lock:
            self._entries.clear()
