"""Old answers kept for the `stale` fault: an eventually consistent read.

"Not found" is kept like any other answer: it is what such a service says of a thing that was
just created.
"""

from __future__ import annotations

import re
import threading

from daybreak_lab.answers import Answer
from daybreak_lab.identify import Call


class StaleAnswers:
    """Per read and parameters the last two distinct answers, to serve one from before a mutation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mutations: dict[str, int] = {}
        self._kept: dict[tuple, list[tuple[int, Answer]]] = {}

    def observe(self, call: Call, answer: Answer) -> None:
        """Notes an answer that the service gave: a read is kept, a mutation ages what was kept."""
        with self._lock:
            if not call.reads:
                if answer.succeeded:
                    self._mutations[call.service] = self._mutations.get(call.service, 0) + 1
                return
            if answer.status >= 500:
                return
            age = self._mutations.get(call.service, 0)
            kept = self._kept.setdefault(call.fingerprint, [])
            if kept and _same(kept[-1][1], answer):
                return
            kept.append((age, answer))
            del kept[:-2]

    def before_last_mutation(self, call: Call) -> Answer | None:
        """The newest kept answer to this read that is older than the service's last mutation."""
        with self._lock:
            age = self._mutations.get(call.service, 0)
            for taken, answer in reversed(self._kept.get(call.fingerprint, [])):
                if taken < age:
                    return answer
            return None


_REQUEST_ID = re.compile(rb"<RequestI[dD]>[^<]*</RequestI[dD]>")


def _same(one: Answer, other: Answer) -> bool:
    return one.status == other.status and _REQUEST_ID.sub(b"", one.body) == _REQUEST_ID.sub(b"", other.body)
