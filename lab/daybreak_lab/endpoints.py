"""The lab's own endpoints beside those of its calls: delays, versions, Regions, backups, replication, buckets."""

import json
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from moto.rds.models import rds_backends
from werkzeug.wrappers import Request, Response

from .delays import DelaysError
from .fixes import s3
from .plane import Plane
from .postgres import PostgresError
from .quotas import QuotasError
from .rds.stored import Stored
from .regions import RegionsError
from .unconfirmed import UnconfirmedError
from .versions import VersionsError

_REPLICATION_STATES = ("streaming", "paused", "broken")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


Answerer = Callable[[Request], tuple[int, object]]


class Changeable(Protocol):
    """What can be looked at and changed while the lab runs."""

    def describe(self) -> object:
        """What is in force."""

    def change(self, changes: object) -> object:
        """Applies changes, all or none; raises an error of its own for what it does not understand."""


class _RegionsOf:
    """The Regions, with the databases in them."""

    def __init__(self, plane: Plane) -> None:
        self.describe = plane.regions.describe
        self.change = plane.change_regions


class LabEndpoints:
    """Answers its own paths and hands everything else on."""

    def __init__(self, application: Application, plane: Plane) -> None:
        self._application = application
        self._plane = plane
        self._own = {
            "/_lab/delays": self._changeable(plane.delays, DelaysError),
            "/_lab/versions": self._changeable(plane.versions, VersionsError),
            "/_lab/unconfirmed": self._changeable(plane.unconfirmed, UnconfirmedError),
            "/_lab/quotas": self._changeable(plane.quotas, QuotasError),
            "/_lab/regions": self._changeable(_RegionsOf(plane), RegionsError),
            "/_lab/replication": self._replication,
            "/_lab/backup": self._backup,
            "/_lab/bucket": self._bucket,
        }

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = self._own.get(environ.get("PATH_INFO", ""))
        if answer is None:
            return self._application(environ, start_response)
        status, body = answer(Request(environ))
        return Response(json.dumps(body), status=status, content_type="application/json")(environ, start_response)

    @staticmethod
    def _changeable(held: Changeable, error: type[Exception]) -> Answerer:
        """GET: what is in force. POST: what to change, for calls from now on; all or nothing."""

        def answer(request: Request) -> tuple[int, object]:
            if request.method == "GET":
                return 200, held.describe()
            if request.method != "POST":
                return 405, {"error": "GET or POST"}
            try:
                held.change(json.loads(request.get_data()))
            except (ValueError, error) as refusal:
                return 400, {"error": str(refusal)}
            except PostgresError as failure:
                return 500, {"error": str(failure)}
            return 200, held.describe()

        return answer

    def _bucket(self, request: Request) -> tuple[int, object]:
        """POST {"bucket": NAME, "ahead_seconds": N, "ignores_conditions": BOOLEAN}: what is special about a bucket."""
        if request.method != "POST":
            return 405, {"error": "POST"}
        try:
            return 200, s3.set_quirks(json.loads(request.get_data()))
        except ValueError as error:
            return 400, {"error": str(error)}

    def _replication(self, request: Request) -> tuple[int, object]:
        """POST {"cluster" or "instance": id, "state": "streaming", "paused" or "broken"}: of a replica."""
        if request.method != "POST":
            return 405, {"error": "POST"}
        try:
            asked = json.loads(request.get_data())
            (kind,) = {"cluster", "instance"} & asked.keys()
            state = asked["state"]
        except (ValueError, KeyError, TypeError, AttributeError):
            return 400, {"error": 'expected {"cluster": ID, "state": STATE} or {"instance": ID, "state": STATE}'}
        if state not in _REPLICATION_STATES:
            return 400, {"error": f"{state!r} is no state; one of {', '.join(_REPLICATION_STATES)}"}
        found = find_stored(kind, asked[kind])
        if found is None:
            return 404, {"error": f"no {kind} {asked[kind]}"}
        if found.volume.standby.upstream is None:
            return 409, {"error": f"{kind} {asked[kind]} is no replica"}
        found.volume.standby.set_streaming(state == "streaming")
        found.broken = "Replication has stopped." if state == "broken" else None
        return 200, {kind: found.resource_id, "state": state}

    def _backup(self, request: Request) -> tuple[int, object]:
        """POST {"cluster": id}: a base backup now, so that recoveries to later times need not replay what is before.

        With "snapshot": true it is RDS's daily backup, and leaves an automated snapshot; with "snapshot": "aws-backup"
        it is AWS Backup's. {"instance": id} backs up an instance that is no cluster's member.
        """
        if request.method != "POST":
            return 405, {"error": "POST"}
        try:
            asked = json.loads(request.get_data())
            (kind,) = {"cluster", "instance"} & asked.keys()
        except (ValueError, TypeError, AttributeError):
            return 400, {"error": 'expected {"cluster": ID} or {"instance": ID}'}
        found = find_stored(kind, asked[kind])
        if found is None:
            return 404, {"error": f"no {kind} {asked[kind]}"}
        if not found.volume.open_for_clients or found.volume.standby.upstream is not None:
            return 409, {"error": f"{kind} {asked[kind]} is not available, or has no instance that is"}
        try:
            ended = found.volume.back_up()
            answer = {kind: found.resource_id, "restorable_from": f"{ended.isoformat()}Z"}
            if kind == "cluster" and asked.get("snapshot") == "aws-backup":
                answer["snapshot"] = found.backend.keep_backup_snapshot(found)
            elif kind == "cluster" and asked.get("snapshot"):
                identifier = found.backend.keep_automated_snapshot(found)
                if identifier is None:
                    return 409, {"error": f"cluster {asked[kind]} has an automated snapshot of this minute"}
                answer["snapshot"] = identifier
        except PostgresError as error:
            return 500, {"error": str(error)}
        return 200, answer


def find_stored(kind: str, wanted: str) -> Stored | None:
    """The cluster or instance of that name or ARN, in whichever account and Region; None if there is none."""
    for account in list(rds_backends.values()):
        for backend in list(account.values()):
            for one in list((backend.clusters if kind == "cluster" else backend.databases).values()):
                if isinstance(one, Stored) and wanted in (one.resource_id, one.arn):
                    return one
    return None
