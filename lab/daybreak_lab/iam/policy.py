"""Policy documents and how they bear on one action on one resource."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum

from daybreak_lab.iam.conditions import Context, UnknownOperator, conditions_hold
from daybreak_lab.iam.patterns import arn_matches, wildcard_matches

_VARIABLE = re.compile(r"\$\{([^},]+)(?:,\s*'([^']*)')?\}")


class Effect(Enum):
    """What a set of policies says of a request."""

    ALLOW = "allow"
    DENY = "deny"
    SILENT = "silent"


@dataclass(frozen=True)
class Need:
    """One permission that a call needs: an action on a resource, in a context."""

    action: str
    """With its service, such as `rds:DeleteDBCluster`."""
    resource: str
    """ARN, or `*` for an action that knows no resources."""
    context: Context


def evaluate(documents: list[str], need: Need) -> Effect:
    """What identity policies say of a need: one Deny outweighs every Allow."""
    effects = {
        statement["Effect"]
        for document in documents
        for statement in statements(document)
        if _applies(statement, need)
    }
    if "Deny" in effects:
        return Effect.DENY
    return Effect.ALLOW if "Allow" in effects else Effect.SILENT


def statements(document: str) -> list[dict]:
    """The statements of a policy document, which may be written as a list or as one object."""
    found = json.loads(document)["Statement"]
    return found if isinstance(found, list) else [found]


def conditions_of(statement: dict, context: Context) -> bool:
    """Whether a statement's conditions hold.

    An operator that is not known fails closed: it disables an Allow and keeps a Deny.
    """
    try:
        return conditions_hold(statement.get("Condition", {}), context, lambda text: resolve(text, context))
    except UnknownOperator:
        return statement["Effect"] == "Deny"


def action_applies(statement: dict, action: str) -> bool:
    """Whether an action is among the statement's; case does not count."""
    if "NotAction" in statement:
        return not _any_action(statement["NotAction"], action)
    return _any_action(statement.get("Action", []), action)


def resolve(text: str, context: Context) -> str | None:
    """Puts the values of policy variables in; None if one has neither a value nor a default."""
    missing = False

    def value(found: re.Match) -> str:
        nonlocal missing
        name, default = found.groups()
        if name in {"*", "?", "$"}:
            return name
        values = context.get(name.lower(), [])
        if len(values) == 1:
            return values[0]
        missing = missing or default is None
        return default or ""

    resolved = _VARIABLE.sub(value, text)
    return None if missing else resolved


def _applies(statement: dict, need: Need) -> bool:
    return (
        action_applies(statement, need.action)
        and _resource_applies(statement, need)
        and conditions_of(statement, need.context)
    )


def _any_action(patterns: str | list[str], action: str) -> bool:
    patterns = patterns if isinstance(patterns, list) else [patterns]
    return any(wildcard_matches(pattern.lower(), action.lower()) for pattern in patterns)


def _resource_applies(statement: dict, need: Need) -> bool:
    if "NotResource" in statement:
        return not _any_resource(statement["NotResource"], need)
    return _any_resource(statement.get("Resource", []), need)


def _any_resource(patterns: str | list[str], need: Need) -> bool:
    patterns = patterns if isinstance(patterns, list) else [patterns]
    resolved = (resolve(pattern, need.context) for pattern in patterns)
    return any(pattern is not None and arn_matches(pattern, need.resource) for pattern in resolved)
