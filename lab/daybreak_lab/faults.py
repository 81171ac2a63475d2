"""Faults that tests switch on: which call they strike, and what the client then sees."""

from __future__ import annotations

import random
import re
import threading
from dataclasses import dataclass
from typing import Any

from daybreak_lab.answers import Answer, denied_code, error_answer
from daybreak_lab.identify import Call

KINDS = (
    "throttle",
    "500",
    "503",
    "500-after",
    "drop-before",
    "drop-after",
    "hold-before",
    "hold-after",
    "delay",
    "stale",
    "access-denied",
    "code",
)
_FIELDS = {
    "service",
    "action",
    "kind",
    "code",
    "message",
    "status",
    "seconds",
    "nth",
    "times",
    "probability",
    "seed",
    "match",
    "identity",
    "reads",
}


class InvalidRule(Exception):
    """A fault rule that cannot be obeyed; the text says why."""


@dataclass(frozen=True)
class Rule:
    """One fault. Without `nth`, `times` or `probability` it strikes every matching call."""

    id: int
    service: str
    action: str
    kind: str
    match: dict[str, re.Pattern]
    code: str | None = None
    message: str | None = None
    status: int | None = None
    seconds: float | None = None
    nth: int | None = None
    times: int | None = None
    probability: float | None = None
    seed: int | None = None
    identity: str | None = None
    reads: bool | None = None

    @classmethod
    def parse(cls, identifier: int, document: Any) -> Rule:
        """Checks a rule as posted. Raises InvalidRule."""
        if not isinstance(document, dict):
            raise InvalidRule("a rule is a JSON object")
        unknown = sorted(set(document) - _FIELDS)
        if unknown:
            raise InvalidRule(f"unknown field {unknown[0]!r}; known are {', '.join(sorted(_FIELDS))}")
        kind = str(document.get("kind"))
        if kind not in KINDS:
            raise InvalidRule(f"kind is {kind!r}; it must be one of {', '.join(KINDS)}")
        if kind == "code" and not document.get("code"):
            raise InvalidRule("kind 'code' needs a 'code'")
        if kind == "delay" and not _is_number(document.get("seconds"), above=0):
            raise InvalidRule("kind 'delay' needs 'seconds' above 0")
        if sum(name in document for name in ("nth", "times", "probability")) > 1:
            raise InvalidRule("'nth', 'times' and 'probability' exclude one another")
        for name in ("nth", "times"):
            count = document.get(name, 1)
            if not isinstance(count, int) or isinstance(count, bool) or count < 1:
                raise InvalidRule(f"'{name}' must be a whole number from 1")
        if not _is_number(document.get("probability", 0), above=-1, to=1):
            raise InvalidRule("'probability' must be between 0 and 1")
        if not isinstance(document.get("identity", ""), str):
            raise InvalidRule("'identity' must be an access key id or an ARN")
        if not isinstance(document.get("reads", True), bool):
            raise InvalidRule("'reads' must be true or false")
        try:
            match = {name: re.compile(text) for name, text in document.get("match", {}).items()}
        except (re.error, TypeError, AttributeError) as error:
            raise InvalidRule(f"'match' must map parameters to regular expressions: {error}") from error
        given = {name: value for name, value in document.items() if name not in {"match", "service", "action", "kind"}}
        return cls(
            id=identifier,
            service=document.get("service", "*"),
            action=document.get("action", "*"),
            kind=kind,
            match=match,
            **given,
        )

    def concerns(self, call: Call, identity: str) -> bool:
        """Whether a call is of this rule's service, action and identity and its parameters match."""
        return (
            self.service in {"*", call.service}
            and self.action in {"*", call.action}
            and self.identity in {None, identity, call.access_key}
            and self.reads in {None, call.reads}
            and all(_found(call.parameters, name.split("."), pattern) for name, pattern in self.match.items())
        )

    def describe(self) -> dict[str, Any]:
        """The rule as it was posted, without what was not given."""
        given = {name: getattr(self, name) for name in sorted(_FIELDS - {"match"})}
        described = {name: value for name, value in given.items() if value is not None}
        if self.match:
            described["match"] = {name: pattern.pattern for name, pattern in self.match.items()}
        return {"id": self.id, **described}


def _is_number(value: Any, above: float, to: float = float("inf")) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and above < value <= to


def _found(value: Any, path: list[str], pattern: re.Pattern) -> bool:
    if isinstance(value, list):
        return any(_found(item, path, pattern) for item in value)
    if path:
        return isinstance(value, dict) and path[0] in value and _found(value[path[0]], path[1:], pattern)
    return pattern.search(str(value)) is not None


class FaultRules:
    """The rules in force, with how often each matched and struck."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._next_id = 1
        self._rules: list[_Counted] = []

    def add(self, documents: Any) -> list[dict]:
        """Adds rules, all or none, and returns every rule in force. Raises InvalidRule."""
        if not isinstance(documents, list):
            raise InvalidRule("the body must be a JSON list of rules")
        with self._lock:
            rules = [Rule.parse(self._next_id + i, document) for i, document in enumerate(documents)]
            self._next_id += len(rules)
            self._rules += [_Counted(rule, self._seed) for rule in rules]
            return self._describe()

    def list(self, identity: str | None = None) -> list[dict]:
        """Every rule in force, or those for one identity, in the order in which they were set."""
        with self._lock:
            return self._describe(identity)

    def clear(self, identity: str | None = None) -> set[int]:
        """Removes all rules, or those for one identity; the ids of what was removed."""
        with self._lock:
            removed = {c.rule.id for c in self._rules if identity in {None, c.rule.identity}}
            self._rules = [c for c in self._rules if c.rule.id not in removed]
            return removed

    def in_force(self, identifier: int) -> bool:
        """Whether the rule with this id has not been removed."""
        with self._lock:
            return any(c.rule.id == identifier for c in self._rules)

    def strike(self, call: Call, identity: str, servable_stale: bool) -> Rule | None:
        """The first rule that strikes this call; every rule that it concerns counts it.

        A `stale` rule strikes only if an answer from before the last mutation is there to be
        served (`servable_stale`); otherwise the call is matched, but not struck.
        """
        with self._lock:
            struck = None
            for counted in self._rules:
                if not counted.rule.concerns(call, identity):
                    continue
                due = counted.due()
                if due and struck is None and (counted.rule.kind != "stale" or servable_stale):
                    counted.hits += 1
                    struck = counted.rule
            return struck

    def _describe(self, identity: str | None = None) -> list[dict]:
        chosen = [c for c in self._rules if identity in {None, c.rule.identity}]
        return [{**c.rule.describe(), "matched": c.matched, "hits": c.hits} for c in chosen]


class _Counted:
    def __init__(self, rule: Rule, lab_seed: int) -> None:
        self.rule = rule
        self.matched = 0
        self.hits = 0
        self._random = random.Random(f"{lab_seed}:{rule.id}" if rule.seed is None else rule.seed)

    def due(self) -> bool:
        self.matched += 1
        if self.rule.nth is not None:
            return self.matched == self.rule.nth
        if self.rule.times is not None:
            return self.hits < self.rule.times
        if self.rule.probability is not None:
            return self._random.random() < self.rule.probability
        return True


def fault_answer(rule: Rule, call: Call, identity: str) -> Answer:
    """The error of a fault that answers in the service's place, as that service words it."""
    json_body = call.protocol in {"json", "rest-json"}
    s3 = call.service == "s3"
    if rule.kind == "throttle":
        code = "SlowDown" if s3 else "ThrottlingException" if json_body else "Throttling"
        status, message = 503 if s3 else 400, "Rate exceeded"
    elif rule.kind in {"500", "500-after"}:
        code = {"s3": "InternalError", "secretsmanager": "InternalServiceError"}.get(call.service, "InternalFailure")
        status, message = 500, "An internal error occurred."
    elif rule.kind == "503":
        code, status, message = "ServiceUnavailable", 503, "The service is temporarily unavailable."
    elif rule.kind == "access-denied":
        code, status = denied_code(call.protocol)
        message = f"User: {identity} is not authorized to perform: {call.service}:{call.action}"
    else:
        code = rule.code or "InternalFailure"
        status, message = call.error_status(code), code
    return error_answer(
        call.protocol, call.service, rule.status or status, rule.code or code, rule.message or message
    )
