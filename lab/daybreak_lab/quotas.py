"""How much an account may have in each Region; without limit unless a test sets one."""

import threading

QUOTAS = ("clusters", "instances", "manual_cluster_snapshots", "manual_snapshots", "snapshot_copies")
"""What is counted, of each account in each Region; of the copies those from another Region that are under way."""


class QuotasError(Exception):
    """The quotas given are not understood; the message names the one."""


class Quotas:
    """The limits in force; may be changed while the lab runs. What there is already stays."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._limits: dict[str, int | None] = dict.fromkeys(QUOTAS)

    def allows(self, name: str, count: int) -> bool:
        """Whether there may be one more, where there are so many."""
        with self._lock:
            limit = self._limits[name]
        return limit is None or count < limit

    def change(self, limits: object) -> None:
        """Applies the limits given and keeps the others; None is no limit. All or nothing."""
        if not isinstance(limits, dict):
            raise QuotasError("expected an object of limits")
        for name, limit in limits.items():
            if name not in QUOTAS:
                raise QuotasError(f"{name}: no such quota; one of {', '.join(QUOTAS)}")
            if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
                raise QuotasError(f"{name}: expected a whole number from 0, or null, got {limit!r}")
        with self._lock:
            self._limits.update(limits)

    def describe(self) -> dict[str, int | None]:
        """The limits in force."""
        with self._lock:
            return dict(self._limits)
