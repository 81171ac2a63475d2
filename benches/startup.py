"""How soon daybreak asks AWS something, and how large it is."""

import statistics
import time
from datetime import datetime

from .row import Row

_STARTS = 20
_CLI_STARTS = 3
_FIRST_CALL_GOAL = 60.0
_BINARY_GOAL = 25.0
_MEGABYTE = 1_000_000


def measure(scene, binary):
    """The rows of the first call and of the binary."""
    # The first start reads the binary from the disk, which is not daybreak's time.
    scene.tool.text("windows", "loans")
    ours = [_first_call(scene, lambda: scene.tool.text("windows", "loans")) for _ in range(_STARTS)]
    theirs = [_first_call(scene, lambda: scene.aws("describe-db-clusters")) for _ in range(_CLI_STARTS)]
    return [
        Row("start_to_first_call", statistics.median(ours), "ms", _FIRST_CALL_GOAL, statistics.median(theirs)),
        Row("release_binary", binary.stat().st_size / _MEGABYTE, "MB", _BINARY_GOAL),
    ]


def _first_call(scene, start):
    """Milliseconds from the start of a process to the lab's receipt of its first call."""
    scene.lab.forget_calls()
    started = time.time()
    start()
    received = datetime.fromisoformat(scene.lab.calls()[0]["time"]).timestamp()
    return (received - started) * 1000
