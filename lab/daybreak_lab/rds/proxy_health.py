"""How a proxy comes to serve a target: it logs in with each of its secrets, and again until all are accepted."""

import json
import tempfile
from collections.abc import Iterable
from typing import Any

from moto.core.exceptions import ServiceException
from moto.secretsmanager.models import secretsmanager_backends

from ..plane import Plane
from ..postgres import PostgresError

_AGAIN_SECONDS = 0.1
_REFUSED = ("password authentication failed", "is not permitted to log in", "no pg_hba.conf entry")


class Unhealthy(Exception):
    """Why a target is not available: the reason's name, and words."""

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(words)
        self.reason = reason


def register(proxy: Any, target: Any) -> None:
    """Has the proxy serve the target once it can. Blocks; to be run in the background."""
    plane: Plane = proxy.backend.plane
    plane.pause(plane.delays.seconds("target"))
    while proxy.target is target:
        try:
            _log_in(plane, proxy, target.record)
        except Unhealthy as error:
            target.health = ("UNAVAILABLE", error.reason, str(error))
            plane.pause(_AGAIN_SECONDS)
            continue
        target.health = ("AVAILABLE", None, None)
        proxy.forwarder.lead_to(target, lambda: (target.record.host, target.record.port))
        return


def _log_in(plane: Plane, proxy: Any, record: Any) -> None:
    if not target_serves(record):
        raise Unhealthy("UNREACHABLE", f"{record.resource_id} accepts no connection.")
    for user, password in _credentials(proxy.auth):
        with tempfile.NamedTemporaryFile("w", prefix="daybreak-lab-") as passfile:
            escaped = password.replace("\\", "\\\\").replace(":", "\\:")
            passfile.write(f"*:*:*:*:{escaped}\n")
            passfile.flush()
            plane.programs.account.own(passfile.name, 0o600)
            way = f"dbname=postgres sslmode=require connect_timeout=5 passfile={passfile.name}"
            psql = ["psql", "-XqAtw", "-h", record.host, "-p", str(record.port), "-U", user, "-d", way, "-c", "SELECT 1"]
            try:
                plane.programs.run(psql)
            except PostgresError as error:
                refused = any(words in str(error) for words in _REFUSED)
                words = f"Database authentication failed with user {user}" if refused else "Cannot connect"
                raise Unhealthy("AUTH_FAILURE" if refused else "CONNECTION_FAILED", words) from error


def target_serves(record: Any) -> bool:
    """Whether something accepts connections there, and takes writes."""
    if record.resource_type == "cluster":
        return record.served and not record.is_secondary
    return record.is_ready


def _credentials(auth: list[dict[str, str]]) -> Iterable[tuple[str, str]]:
    for way in auth:
        arn = way.get("SecretArn")
        if arn is None:
            continue
        _, _, _, region, account, *_ = arn.split(":")
        try:
            found = secretsmanager_backends[account][region].get_secret_value(arn, "", "AWSCURRENT")
            value = json.loads(found["SecretString"])
            yield value["username"], value["password"]
        except (ServiceException, ValueError, KeyError, TypeError) as error:
            raise Unhealthy("AUTH_FAILURE", f"Proxy does not have any usable credentials in {arn}") from error
