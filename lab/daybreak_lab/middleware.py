"""The lab's outermost layer: every API call passes here, one at a time.

It serves the control endpoints under `/_lab/`, journals each call, applies faults, enforces IAM
when asked, and turns what moto does not implement, or fails at, into an AWS error.
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from daybreak_lab.answers import Answer, error_answer, error_code, json_answer
from daybreak_lab.calls import CallJournal
from daybreak_lab.delays import Delays
from daybreak_lab.faults import FaultRules, InvalidRule, Rule, fault_answer
from daybreak_lab.fixes import autoscaling, cloudwatch, route53, s3, secretsmanager
from daybreak_lab.holds import Holds
from daybreak_lab.iam.enforce import Enforcer, refuse_unsigned
from daybreak_lab.identify import Call, buffer_body, identify, identity_of, rewind
from daybreak_lab.regions import RegionUnreachable
from daybreak_lab.rpc_cbor import Spoken, understand
from daybreak_lab.stale import StaleAnswers

_log = logging.getLogger(__name__)
_INTERNAL_PATHS = ("/moto-api", "/favicon.ico")

WsgiApplication = Callable[[dict, Callable], Any]


@dataclass(frozen=True)
class LabConfig:
    """What the middleware is told at start."""

    seed: int
    """Seed of the faults' probabilities: the same seed and calls give the same faults."""
    iam: bool
    """Whether requests must be signed by a known key and allowed by policies."""
    delays: Delays
    """How long what these services do takes."""


def wrap(app: WsgiApplication, config: LabConfig) -> WsgiApplication:
    """Corrects moto's services and wraps its WSGI application. Call before the first request."""
    secretsmanager.install(config.delays)
    route53.install(config.delays)
    s3.install()
    cloudwatch.install()
    autoscaling.install()
    return _Lab(app, config)


class _Lab:
    def __init__(self, app: WsgiApplication, config: LabConfig) -> None:
        self._app = app
        # moto is not thread-safe: parallel requests corrupt its dictionaries.
        self._one_request = threading.Lock()
        self._journal = CallJournal()
        self._faults = FaultRules(config.seed)
        self._holds = Holds()
        self._stale = StaleAnswers()
        self._enforcer = Enforcer() if config.iam else None

    def __call__(self, environ: dict, start_response: Callable) -> Any:
        body = buffer_body(environ)
        path = environ.get("PATH_INFO", "")
        if path.startswith("/_lab/"):
            return self._control(environ, path, body).send(environ, start_response)
        if path.startswith(_INTERNAL_PATHS):
            with self._one_request:
                return self._run(environ).send(environ, start_response)
        spoken = understand(environ, body)
        answer = self._serve(environ, body, spoken)
        if answer is None:
            _hang_up(environ)
        return spoken.answer(answer).send(environ, start_response)

    def _serve(self, environ: dict, body: bytes, spoken: Spoken) -> Answer | None:
        """Answers an API call and journals it; None means that the client is to see nothing."""
        received = datetime.now(UTC)
        call = identify(spoken.environ, spoken.body)
        identity = self._identity(call)
        old = self._stale.before_last_mutation(call)
        rule = self._faults.strike(call, identity, servable_stale=old is not None)
        kind = rule.kind if rule else None
        if kind == "delay":
            time.sleep(rule.seconds)
        if kind == "hold-before" and not self._hold(rule, call, identity, environ):
            self._journal.record(call, received, identity, None, None, kind)
            return None
        with contextlib.nullcontext() if call.long_polls else self._one_request:
            answer = self._fault(rule, call, identity, old)
            if kind in {None, "delay", "500-after", "drop-after", "hold-before", "hold-after"}:
                real = self._execute(call, environ, body, spoken)
                self._stale.observe(call, real)
                answer = answer or real
            if kind in {"drop-before", "drop-after"}:
                answer = None
            status = answer.status if answer else None
            error = error_code(answer) if answer else None
            self._journal.record(call, received, identity, status, error, kind)
        if kind == "hold-after" and not self._hold(rule, call, identity, environ):
            return None
        return answer

    def _hold(self, rule: Rule, call: Call, identity: str, environ: dict) -> bool:
        """Keeps the client waiting; whether it is still there when the rule is removed."""
        return self._holds.hold(rule.id, self._faults.in_force, call, identity, environ["werkzeug.socket"])

    @staticmethod
    def _fault(rule: Rule | None, call: Call, identity: str, old: Answer | None) -> Answer | None:
        if rule is None or rule.kind in {"delay", "drop-before", "drop-after", "hold-before", "hold-after"}:
            return None
        return old if rule.kind == "stale" else fault_answer(rule, call, identity)

    def _identity(self, call: Call) -> str:
        with self._one_request:
            return identity_of(call.access_key)

    def _execute(self, call: Call, environ: dict, body: bytes, spoken: Spoken) -> Answer:
        try:
            # What is signed is what was sent, not what it means.
            refusal = self._enforcer.refuse(call, environ, body) if self._enforcer else refuse_unsigned(call)
            refusal = refusal or spoken.refusal
            if refusal is not None:
                return refusal
            rewind(spoken.environ, spoken.body)
            answer = self._run(spoken.environ)
        except NotImplementedError:
            return _not_implemented(call)
        except RegionUnreachable as error:
            message = f"An internal error occurred: {error}."
            return error_answer(call.protocol, call.service, 500, "InternalFailure", message)
        except Exception:
            _log.exception("%s:%s failed", call.service, call.action)
            message = "The lab failed to serve this call; its log has the cause."
            return error_answer(call.protocol, call.service, 500, "InternalFailure", message)
        # moto answers with its web framework's page where it has no handler.
        html = any(n.lower() == "content-type" and v.startswith("text/html") for n, v in answer.headers)
        if html and answer.status in {404, 405} and call.service != "s3":
            return _not_implemented(call)
        return _as_json(answer) if html and call.protocol == "json" else answer

    def _run(self, environ: dict) -> Answer:
        head: list[Any] = []

        def start_response(status: str, headers: list, _exc_info: Any = None) -> Callable:
            head[:] = [status, headers]
            return lambda _data: None

        chunks = self._app(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        return Answer(int(head[0].split()[0]), list(head[1]), body)

    def _control(self, environ: dict, path: str, body: bytes) -> Answer:
        method = environ["REQUEST_METHOD"]
        asked = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        identity = asked.get("identity")
        if path == "/_lab/calls" and method == "GET":
            since = asked.get("since", "0")
            if not since.isdigit():
                return json_answer(400, {"error": "since must be a number that an earlier answer gave as next"})
            return json_answer(200, self._journal.since(int(since), identity))
        if path == "/_lab/calls" and method == "DELETE":
            self._journal.clear()
            return json_answer(200, self._journal.since(0))
        if path == "/_lab/faults" and method == "GET":
            return json_answer(200, self._faults.list(identity))
        if path == "/_lab/faults" and method == "POST":
            try:
                return json_answer(200, self._faults.add(json.loads(body)))
            except (InvalidRule, ValueError) as error:
                return json_answer(400, {"error": str(error)})
        if path == "/_lab/faults" and method == "DELETE":
            self._holds.release(self._faults.clear(identity))
            return json_answer(200, self._faults.list())
        if path == "/_lab/held" and method == "GET":
            milliseconds = asked.get("milliseconds", "0")
            if identity is None or not milliseconds.isdigit():
                return json_answer(400, {"error": "expected identity=KEY and milliseconds=N"})
            return json_answer(200, self._holds.wait(identity, int(milliseconds) / 1000))
        if path in {"/_lab/calls", "/_lab/faults", "/_lab/held"}:
            return json_answer(405, {"error": f"{path} does not know {method}"})
        return json_answer(404, {"error": f"no such control endpoint: {path}"})


def _as_json(answer: Answer) -> Answer:
    """moto leaves the web framework's content type on what awsJson services answer."""
    headers = [(n, v) for n, v in answer.headers if n.lower() != "content-type"]
    return Answer(answer.status, [*headers, ("Content-Type", "application/x-amz-json-1.1")], answer.body)


def _not_implemented(call: Call) -> Answer:
    # 501, because SDKs retry 500 and would wait in vain.
    message = f"The lab does not implement {call.service}:{call.action}."
    return error_answer(call.protocol, call.service, 501, "NotImplemented", message)


def _hang_up(environ: dict) -> None:
    """Closes the TCP connection under the client. Always raises, which ends the server's turn."""
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("connection dropped by a fault rule")
