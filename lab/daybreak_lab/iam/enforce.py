"""The decision: may this request be served, and if not, how does AWS say so."""

from __future__ import annotations

from datetime import UTC, datetime

from moto.iam.models import iam_backends

from daybreak_lab.answers import Answer, denied_code, error_answer
from daybreak_lab.iam import services
from daybreak_lab.iam.patterns import arn_matches
from daybreak_lab.iam.policy import Effect, Need, action_applies, conditions_of, evaluate, statements
from daybreak_lab.iam.principals import Principal, Refused, authenticate
from daybreak_lab.identify import Call

# Unsigned by design: the caller proves itself with a token of an identity provider.
_UNSIGNED = {("sts", "AssumeRoleWithWebIdentity"), ("sts", "AssumeRoleWithSAML")}
# What JSON protocols call the errors of the query protocol, all with status 400.
_JSON_CODES = {
    "ExpiredToken": "ExpiredTokenException",
    "IncompleteSignature": "IncompleteSignatureException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
}
_S3_CODES = {"InvalidClientTokenId": "InvalidAccessKeyId", "MissingAuthenticationToken": "AccessDenied"}


def refuse_unsigned(call: Call) -> Answer | None:
    """The error for a call without a signature, which moto would take for one of S3.

    S3 itself is let pass, since it serves presigned and public requests.
    """
    if call.access_key is not None or call.service in {"s3", "unknown"} or (call.service, call.action) in _UNSIGNED:
        return None
    return _unauthenticated(call, Refused("MissingAuthenticationToken", "Request is missing Authentication Token"))


class Enforcer:
    """Authenticates requests and evaluates the policies of who made them."""

    def refuse(self, call: Call, environ: dict, body: bytes) -> Answer | None:
        """The error that AWS would answer with; None if the call is allowed."""
        if (call.service, call.action) in _UNSIGNED:
            return None
        try:
            principal = authenticate(environ, body)
        except Refused as refused:
            return _unauthenticated(call, refused)
        if principal.admin:
            return None
        for need in services.needs(call, principal.account, _context(call, principal)):
            reason = _refusal(principal, need)
            if reason is not None:
                return _denied(call, principal, need, reason)
        return None


def _context(call: Call, principal: Principal) -> dict[str, list[str]]:
    now = datetime.now(UTC)
    return {
        "aws:currenttime": [f"{now:%Y-%m-%dT%H:%M:%SZ}"],
        "aws:epochtime": [str(int(now.timestamp()))],
        "aws:principalaccount": [principal.account],
        "aws:principalarn": [principal.arn],
        "aws:requestedregion": [call.region],
        "aws:securetransport": ["false"],
        "aws:sourceip": ["127.0.0.1"],
        "aws:viaawsservice": ["false"],
        **principal.attributes,
    }


def _refusal(principal: Principal, need: Need) -> str | None:
    """Why a need is not met, in AWS's words; None if it is."""
    identity = evaluate(principal.policies, need)
    if identity is Effect.DENY:
        return "with an explicit deny in an identity-based policy"
    for documents, name in (
        (principal.boundary, "a permissions boundary"),
        (principal.session_policy, "a session policy"),
    ):
        effect = Effect.ALLOW if documents is None else evaluate(documents, need)
        if effect is Effect.DENY:
            return f"with an explicit deny in {name}"
        if effect is Effect.SILENT:
            return f"because no {name.removeprefix('a ')} allows the {need.action} action"
    if need.action == "sts:AssumeRole":
        return _assume_refusal(principal, need, identity)
    if identity is Effect.ALLOW:
        return None
    return f"because no identity-based policy allows the {need.action} action"


def _assume_refusal(principal: Principal, need: Need, identity: Effect) -> str | None:
    """A role must trust the caller; naming it directly, within the account, is permission enough."""
    account = need.resource.split(":")[4] if need.resource.count(":") >= 5 else principal.account
    roles = [r for backend in list(iam_backends[account].values()) for r in backend.roles.values()]
    role = next((r for r in roles if r.arn == need.resource), None)
    trust = _trust(role.assume_role_policy_document, principal, need) if role is not None else None
    if trust == "denied":
        return "with an explicit deny in a resource-based policy"
    if trust is None:
        return f"because no resource-based policy allows the {need.action} action"
    if identity is Effect.ALLOW or (trust == "by name" and account == principal.account):
        return None
    return f"because no identity-based policy allows the {need.action} action"


def _trust(document: str, principal: Principal, need: Need) -> str | None:
    found = None
    for statement in statements(document):
        if not action_applies(statement, need.action) or not conditions_of(statement, need.context):
            continue
        trusted = statement.get("Principal", {})
        trusted = trusted.get("AWS", []) if isinstance(trusted, dict) else trusted
        names = trusted if isinstance(trusted, list) else [trusted]
        own = {principal.arn, *principal.attributes.get("aws:principalarn", [])}
        root = {principal.account, f"arn:aws:iam::{principal.account}:root"}
        by_name = any(name == "*" or any(arn_matches(name, arn) for arn in own) for name in names)
        if not by_name and not root & set(names):
            continue
        if statement["Effect"] == "Deny":
            return "denied"
        found = "by name" if by_name or found == "by name" else "by account"
    return found


def _denied(call: Call, principal: Principal, need: Need, reason: str) -> Answer:
    code, status = denied_code(call.protocol)
    where = "" if need.resource == "*" else f" on resource: {need.resource}"
    message = f"User: {principal.arn} is not authorized to perform: {need.action}{where} {reason}"
    return error_answer(call.protocol, call.service, status, code, message)


def _unauthenticated(call: Call, refused: Refused) -> Answer:
    code, status = refused.code, 403
    if call.protocol in {"json", "rest-json"}:
        code, status = _JSON_CODES.get(code, code), 400
    elif call.service == "s3":
        code = _S3_CODES.get(code, code)
    elif call.protocol == "ec2":
        code, status = "AuthFailure", 401
    return error_answer(call.protocol, call.service, status, code, str(refused))
