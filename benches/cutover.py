"""How long the application cannot write when it is moved, by each pointer, beside the same move made by hand.

A client writes without pause, as a role that the fence holds. It rereads its secret once a second and when a write fails, and
its resolver remembers the record for its TTL.
"""

import json
import statistics
import time
from datetime import datetime

from demo.client import LoanClient, longest_gap
from demo.loanserve import PROXY, RECORD, SHOP_SECRET, TTL_SECONDS

from .row import Row

# Each of them there and back.
_ROUNDS = 10
_BY_HAND_ROUNDS = 3
_WRITES = 20
# More than the client writes in a round: the bench gives it all up.
_ANY_LOSS = "1000000000"
_GAP_GOAL = 1.0
_BACK_GOAL = 2.0


def measure(scene):
    """The rows of every pointer, and of the way back that failing probes bring."""
    scene.take(provider_time=False)
    scene.source.admit_shop()
    secret = scene.source.by_secret(SHOP_SECRET)
    rows = [
        *_pointer(scene, "secret", secret, {}, _GAP_GOAL),
        *_pointer(scene, "dns", secret + scene.source.by_record(), {"record": RECORD}, TTL_SECONDS + _GAP_GOAL),
        *_pointer(scene, "proxy", scene.source.by_proxy(), {"proxy": scene.source.add_proxy()}, _GAP_GOAL),
        _probes_to_pointer_back(scene, secret),
    ]
    scene.source.write_profile(
        scene.tool.home / "daybreak.toml", watch="0s", newest_within="1d", pointers=scene.source.by_secret()
    )
    return rows


def _pointer(scene, name, pointers, follows, goal):
    """The gaps of daybreak's moves and of those by hand, between the same two databases."""
    result = _restored(scene, pointers, watch="0s")
    run, source, target = result["run"], result["source"], result["target"]
    with LoanClient(scene.lab, secret=SHOP_SECRET, **follows) as client:
        gaps = []
        for _ in range(_ROUNDS):
            gaps.append(_gap(client, source, target, lambda: scene.tool.result("cutover", run, "--yes")))
            back = ("rollback", run, "--yes", "--accept-loss", _ANY_LOSS)
            gaps.append(_gap(client, target, source, lambda: scene.tool.result(*back)))
        by_hand = []
        for _ in range(_BY_HAND_ROUNDS):
            for origin, destination in ((source, target), (target, source)):
                by_hand.append(_gap(client, origin, destination, _Move(scene, follows, origin, destination)))
    scene.source.remove(target["identifier"])
    return [
        Row(f"write_gap_by_{name}_median", statistics.median(gaps), "s", baseline=statistics.median(by_hand)),
        Row(f"write_gap_by_{name}_worst", max(gaps), "s", goal, max(by_hand)),
    ]


class _Move:
    """The same move as a person makes it with psql and the AWS CLI: fence, open, pointers."""

    def __init__(self, scene, follows, origin, destination):
        self._scene, self._follows = scene, follows
        self._origin, self._destination = origin, destination
        # Looked up beforehand, as a runbook would have it.
        secrets = scene.lab.client("secretsmanager")
        value = json.loads(secrets.get_secret_value(SecretId=SHOP_SECRET)["SecretString"])
        self._value = json.dumps(value | {"host": destination["endpoint"], "port": destination["port"]})

    def __call__(self):
        scene = self._scene
        shut = "ALTER ROLE shop NOLOGIN; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'"
        scene.psql(self._origin["endpoint"], shut)
        scene.psql(self._destination["endpoint"], "ALTER ROLE shop LOGIN")
        if "proxy" in self._follows:
            named = ("--db-proxy-name", PROXY, "--db-cluster-identifiers")
            scene.aws("deregister-db-proxy-targets", *named, self._origin["identifier"])
            scene.aws("register-db-proxy-targets", *named, self._destination["identifier"])
            return
        if "record" in self._follows:
            batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": self._alias()}]}
            zone = scene.source.zone()
            scene.aws("change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", json.dumps(batch), of="route53")
        scene.aws("put-secret-value", "--secret-id", SHOP_SECRET, "--secret-string", self._value, of="secretsmanager")

    def _alias(self):
        values = [{"Value": self._destination["endpoint"]}]
        return {"Name": RECORD, "Type": "CNAME", "TTL": TTL_SECONDS, "ResourceRecords": values}


def _restored(scene, pointers, watch):
    fence = scene.source.fence_of_shop()
    path = scene.tool.home / "daybreak.toml"
    scene.source.write_profile(path, watch=watch, newest_within="1d", pointers=pointers + fence)
    return scene.tool.result("recover", "loans", "--to", scene.moment(), "--until", "validated")


def _gap(client, origin, destination, move):
    """Moves the client; the longest time in which it had no write acknowledged, in seconds."""
    _await(client, _place(origin))
    started = time.monotonic()
    move()
    _await(client, _place(destination))
    return longest_gap(client.writes(), started, time.monotonic())


def _probes_to_pointer_back(scene, pointers):
    """From the failed round of probes that is one too many to the pointer that leads back."""
    # Nobody listens there, so the page fails from the first round on.
    page = pointers + '\n[databases.loans.watch]\nfor = "1m"\ninterval = "1s"\nfailures = 2\nhttp = ["http://127.0.0.1:9/"]\n'
    result = _restored(scene, page, watch=None)
    code, events = scene.tool.events("cutover", result["run"], "--yes")
    if code != 1:
        raise RuntimeError(f"the cutover was not rolled back: exit {code}")
    records = [event["record"] for event in events if "record" in event]
    failed = next(one for one in records if one["entry"]["event"] == "failed" and one["entry"]["step"] == "watch")
    back = next(one for one in records if one["entry"]["event"] == "undo-finished" and one["entry"]["step"] == "move-secret")
    scene.source.remove(result["target"]["identifier"])
    seconds = _time(back) - _time(failed)
    return Row("failed_probe_to_pointer_back", seconds, "s", _BACK_GOAL)


def _time(record):
    return datetime.fromisoformat(record["at"]).timestamp()


def _await(client, place):
    if not client.await_writes(_WRITES, place):
        raise RuntimeError(f"the client does not write to {place}")


def _place(cluster):
    return f"{cluster['endpoint']}:{cluster['port']}"
