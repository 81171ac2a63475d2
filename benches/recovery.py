"""How long a recovery takes beside the provider's own time and the AWS CLI's runbook, what it asks, what it holds."""

import time

from demo.loanserve import CLUSTER

from .row import Row
from .scene import INSTANCE_SECONDS, RESTORE_SECONDS

_PROVIDER_SECONDS = RESTORE_SECONDS + INSTANCE_SECONDS
_GOAL_FACTOR = 1.05
_MEMORY_GOAL = 40.0
_MIB = 1024 * 1024
_RUNBOOK = "loanserve-runbook"


def measure(scene):
    """The rows of a recovery as far as the proof, of one to the end, and of the runbook."""
    scene.take(provider_time=True)
    proven, calls, memory = _recover(scene, "--until", "validated")
    whole, _, whole_memory = _recover(scene, "--yes")
    runbook, runbook_calls = _runbook(scene)
    return [
        Row("recover_to_proof", proven, "s", _GOAL_FACTOR * _PROVIDER_SECONDS, runbook),
        Row("recover_with_cutover", whole, "s"),
        Row("recover_api_calls", calls, "calls", None, runbook_calls),
        Row("recover_peak_memory", max(memory, whole_memory) / _MIB, "MiB", _MEMORY_GOAL),
    ]


def _recover(scene, *how_far):
    """Recovers, then removes the target; seconds, API calls and bytes of memory."""
    moment = scene.moment()
    scene.lab.forget_calls()
    seconds, memory, result = scene.tool.timed("recover", "loans", "--to", moment, *how_far)
    calls = len(scene.lab.calls())
    if result["proof"]["failed"] or result["proof"]["unchecked"] or not result["proof"]["passed"]:
        raise RuntimeError(f"the recovery was not proven: {result['proof']}")
    if result["cutover"] is not None:
        scene.tool.text("rollback", result["run"], "--yes")
    scene.source.remove(result["target"]["identifier"])
    return seconds, calls, memory


def _runbook(scene):
    """The same by hand: restore, wait, create the writer, wait, count rows; seconds and API calls."""
    moment = scene.moment()
    writer = f"{_RUNBOOK}-1"
    scene.lab.forget_calls()
    started = time.monotonic()
    scene.aws(
        "restore-db-cluster-to-point-in-time",
        *("--db-cluster-identifier", _RUNBOOK),
        *("--source-db-cluster-identifier", CLUSTER),
        *("--restore-to-time", moment),
    )
    scene.aws("wait", "db-cluster-available", "--db-cluster-identifier", _RUNBOOK)
    scene.aws(
        "create-db-instance",
        *("--db-instance-identifier", writer),
        *("--db-cluster-identifier", _RUNBOOK),
        *("--db-instance-class", "db.r6g.large"),
        *("--engine", "aurora-postgresql"),
    )
    scene.aws("wait", "db-instance-available", "--db-instance-identifier", writer)
    endpoint = scene.aws(
        "describe-db-clusters",
        *("--db-cluster-identifier", _RUNBOOK),
        *("--query", "DBClusters[0].Endpoint"),
        *("--output", "text"),
    )
    count = scene.psql(endpoint, "SELECT count(*) FROM loans")
    seconds = time.monotonic() - started
    calls = len(scene.lab.calls())
    if count != "20000":
        raise RuntimeError(f"the runbook counted {count} loans")
    scene.source.remove(_RUNBOOK)
    return seconds, calls
