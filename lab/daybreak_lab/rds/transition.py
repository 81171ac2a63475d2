"""Statuses that last until the real work and the configured delay are both over.

A background thread may not touch moto's dictionaries, which other requests iterate. So it only does the work; the
first request after the end settles the outcome, under the lock that each request holds, before it looks at anything.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta

from moto.core.utils import utcnow

Settle = Callable[[BaseException | None, datetime], None]
"""Called once with the work's failure, if any, and the moment (naive UTC) at which the transition was over."""


class Transition:
    """An operation under way on a cluster or instance."""

    def __init__(self, work: "Future[object]", delay_seconds: float, settle: Settle) -> None:
        self.work = work
        self._settle = settle
        self._delay = delay_seconds
        self._due = time.monotonic() + delay_seconds
        self._due_at = utcnow() + timedelta(seconds=delay_seconds)
        self._worked_at: datetime | None = None
        work.add_done_callback(self._note_end)

    def _note_end(self, _: "Future[object]") -> None:
        self._worked_at = utcnow()

    @property
    def percent(self) -> int:
        """How far the delay has gone; 99 at most, for it is not over before it is settled."""
        left = self._due - time.monotonic()
        return 99 if self._delay <= 0 else max(0, min(99, int(100 * (1 - left / self._delay))))

    def wait(self, pause: Callable[[float], None]) -> None:
        """Blocks a worker until work and delay are over; raises what the work raised, or pause."""
        self.work.result()
        pause(self._due - time.monotonic())

    def settle_if_over(self) -> bool:
        """Settles the outcome if work and delay are over; whether they are."""
        if not self.work.done() or time.monotonic() < self._due:
            return False
        error: BaseException | None = None
        if not self.work.cancelled():
            error = self.work.exception()
        self._settle(error, max(self._due_at, self._worked_at or self._due_at))
        return True


def done() -> "Future[object]":
    """The work of a transition that has none."""
    future: Future[object] = Future()
    future.set_result(None)
    return future
