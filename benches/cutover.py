"""How long the application cannot write when it is moved: a client that rereads its secret once a second."""

import time
from datetime import datetime

from demo.client import LoanClient, longest_gap

from .row import Row

_ROUNDS = 4
_WRITES = 50
_GAP_GOAL = 2.0


def measure(scene):
    """The rows of the longest time without a write, and of the time to follow, over several moves there and back."""
    scene.take(provider_time=False)
    gaps = []
    follows = []
    for _ in range(_ROUNDS):
        result = scene.tool.result("recover", "loans", "--to", scene.moment(), "--until", "validated")
        run, source, target = result["run"], _place(result["source"]), _place(result["target"])
        with LoanClient(scene.lab) as client:
            there, moved = _move(scene, client, "cutover", run, source, target)
            back, _ = _move(scene, client, "rollback", run, target, source)
            gaps += [there, back]
            follows.append(_followed(client, target) - datetime.fromisoformat(moved["cutover"]["started"]).timestamp())
        scene.source.remove(result["target"]["identifier"])
    return [
        Row("write_gap_over_cutover", max(gaps), "s", _GAP_GOAL),
        Row("client_follows_cutover", max(follows), "s"),
    ]


def _move(scene, client, command, run, origin, destination):
    """Moves the client; the longest time in which it had no write acknowledged, in seconds, and the run's result."""
    _await(client, origin)
    started = time.monotonic()
    result = scene.tool.result(command, run, "--yes")
    _await(client, destination)
    return longest_gap(client.writes(), started, time.monotonic()), result


def _followed(client, place):
    """When the first write at ``place`` was sent, by the wall clock."""
    return next(write.sent for write in client.writes() if write.place == place)


def _await(client, place):
    if not client.await_writes(_WRITES, place):
        raise RuntimeError(f"the client does not write to {place}")


def _place(cluster):
    return f"{cluster['endpoint']}:{cluster['port']}"
