"""What several recoveries in one process ask of AWS while they wait, beside one recovery.

The lab's restores take so long that nothing but waiting happens while it is measured. Then the recoveries are interrupted:
a hundred writers would be a measurement of this machine.
"""

import json
import signal
import tempfile
import time
from datetime import datetime
from math import ceil

from demo.loanserve import CLUSTER

from .row import Row

_SIZES = (1, 10, 100)
_RESTORE_SECONDS = 600.0
_MEASURED_SECONDS = 40.0
_BEGIN_SECONDS = 300
_LOOK_SECONDS = 1.0
_LOOKS = ("DescribeDBClusters", "DescribeDBInstances")
_RESTORE = "RestoreDBClusterToPointInTime"
_NAMES_A_CALL = 100
_INTERRUPTED = 5

_PROFILE = """\
[databases.{name}]
cluster = "{cluster}"
region = "{region}"
"""


def measure(scene):
    """The rows of each size: calls until all restores are asked for, and looks in a minute of waiting."""
    names = [f"fleet-{number:03}" for number in range(max(_SIZES))]
    config = scene.tool.home / "fleet.toml"
    config.write_text("".join(_PROFILE.format(name=name, cluster=CLUSTER, region=scene.lab.region) for name in names))
    scene.lab.set_delays(restore=_RESTORE_SECONDS)
    moment = scene.moment()
    rows = []
    alone = None
    for size in _SIZES:
        calls = _interrupted(scene, ["recover", *names[:size], "--to", moment, "--config", str(config)], size)
        all_wait = max(_time(call) for call in calls if call["action"] == _RESTORE)
        waiting = [call for call in calls if all_wait < _time(call) < all_wait + _MEASURED_SECONDS]
        others = {call["action"] for call in waiting} - set(_LOOKS)
        if others:
            raise RuntimeError(f"more than waiting was measured: {others}")
        looks = len(waiting) / _MEASURED_SECONDS * 60
        alone = looks if alone is None else alone
        rows += [
            Row(f"fleet_{size}_calls_to_begin", sum(_time(call) <= all_wait for call in calls), "calls"),
            Row(f"fleet_{size}_looks", looks, "/min", None if size == 1 else _goal(alone, size), size * alone),
        ]
    return rows


def _goal(alone, size):
    """The most looks in a minute: those of one recovery for each hundred. Where waits of different age meet on the grid,
    or a lone recovery's look takes part of its interval, up to twice as many."""
    return 2 * alone * ceil(size / _NAMES_A_CALL)


def _interrupted(scene, arguments, size):
    """Starts the recoveries, lets them wait, and interrupts them; the API calls."""
    scene.lab.forget_calls()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        options = ("--until", "restored", "--yes", "--output", "json")
        process = scene.tool.start(*arguments, *options, stdout=out, stderr=err)
        try:
            _await_restores(scene, process, size)
            time.sleep(_MEASURED_SECONDS + 1)
            calls = scene.lab.calls()
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait()
        out.seek(0)
        err.seek(0)
        if code != _INTERRUPTED:
            raise RuntimeError(f"daybreak {' '.join(arguments)}: exit {code}: {err.read()}")
        result = json.load(out)
    runs = result.get("runs", [result])
    if [run["outcome"] for run in runs] != ["interrupted"] * size:
        raise RuntimeError(f"not all were interrupted: {[run['outcome'] for run in runs]}")
    return calls


def _await_restores(scene, process, size):
    deadline = time.monotonic() + _BEGIN_SECONDS
    while sum(call["action"] == _RESTORE for call in scene.lab.calls()) < size:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the restores of {size} databases were not all asked for")
        time.sleep(_LOOK_SECONDS)


def _time(call):
    return datetime.fromisoformat(call["time"]).timestamp()
