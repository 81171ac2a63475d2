"""Who signed a request, with which policies, and whether the signature is right."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.utils import utcnow
from moto.iam.models import IAMBackend, Role, User, iam_backends
from moto.sts.models import AssumedRole, sts_backends

ADMIN_KEY = "lab-admin"
"""Access key id, and secret, with which a test sets up users and roles."""

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)"
    r"/aws4_request,\s*SignedHeaders=(?P<signed>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_CLOCK_SKEW = timedelta(minutes=15)


class Refused(Exception):
    """Credentials that AWS would not accept. `code` is the query protocol's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Principal:
    """A user, or a session of a role, with every policy that bears on it."""

    arn: str
    account: str
    secret: str
    token: str | None
    policies: list[str]
    """Documents of the inline and managed policies, those of groups included."""
    boundary: list[str] | None = None
    session_policy: list[str] | None = None
    attributes: dict[str, list[str]] = field(default_factory=dict)
    """Condition keys of the principal, lower-case."""
    admin: bool = False


def authenticate(environ: dict, body: bytes) -> Principal:
    """The principal that signed a request. Raises Refused."""
    header = environ.get("HTTP_AUTHORIZATION", "")
    if not header:
        raise Refused("MissingAuthenticationToken", "Request is missing Authentication Token")
    signed = _AUTHORIZATION.match(header)
    if signed is None:
        raise Refused("IncompleteSignature", "The Authorization header is no AWS Signature Version 4.")
    principal = _find(signed["key"])
    if principal is None or environ.get("HTTP_X_AMZ_SECURITY_TOKEN") != principal.token:
        raise Refused("InvalidClientTokenId", "The security token included in the request is invalid.")
    _check_time(environ)
    if not hmac.compare_digest(_signature(environ, body, signed, principal.secret), signed["signature"]):
        raise Refused(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your AWS "
            "Secret Access Key and signing method. Consult the service documentation for details.",
        )
    return principal


class _Verifier:
    """Signs exactly the headers that the client says it signed."""

    stated_headers: HTTPHeaders

    def headers_to_sign(self, _request: AWSRequest) -> HTTPHeaders:
        return self.stated_headers


class _V4(_Verifier, SigV4Auth):
    pass


class _S3V4(_Verifier, S3SigV4Auth):
    pass


def _signature(environ: dict, body: bytes, signed: re.Match, secret: str) -> str:
    stated = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")
    if re.fullmatch(r"[0-9a-f]{64}", stated) and stated != hashlib.sha256(body).hexdigest():
        return ""
    request = AWSRequest(
        method=environ["REQUEST_METHOD"],
        url=f"http://{environ.get('HTTP_HOST', '')}{environ['REQUEST_URI']}",
        data=body,
        headers={"X-Amz-Content-SHA256": stated} if stated else {},
    )
    request.context["timestamp"] = environ.get("HTTP_X_AMZ_DATE", "")
    kind = _S3V4 if signed["service"] == "s3" else _V4
    auth = kind(Credentials(signed["key"], secret), signed["service"], signed["region"])
    auth.stated_headers = HTTPHeaders()
    for name in signed["signed"].split(";"):
        variable = name.upper().replace("-", "_")
        stored = variable if variable in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{variable}"
        auth.stated_headers[name] = environ.get(stored, "")
    return auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)


def _check_time(environ: dict) -> None:
    try:
        stamp = datetime.strptime(environ.get("HTTP_X_AMZ_DATE", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise Refused("IncompleteSignature", "X-Amz-Date must be a date of the form 20261120T142205Z.") from error
    now = datetime.now(UTC)
    if abs(now - stamp) > _CLOCK_SKEW:
        now_text = f"{now:%Y%m%dT%H%M%SZ}"
        raise Refused("SignatureDoesNotMatch", f"Signature expired: {stamp:%Y%m%dT%H%M%SZ} is too far from {now_text}.")


def _find(key: str) -> Principal | None:
    if key == ADMIN_KEY:
        arn = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:root"
        return Principal(arn, DEFAULT_ACCOUNT_ID, ADMIN_KEY, None, [], admin=True)
    for account, partitions in list(iam_backends.items()):
        for backend in list(partitions.values()):
            for user in list(backend.users.values()):
                for access_key in user.access_keys:
                    if access_key.access_key_id == key and access_key.status == "Active":
                        return _user(account, backend, user, access_key.secret_access_key)
    for account, partitions in list(sts_backends.items()):
        for partition, backend in list(partitions.items()):
            session = backend.get_assumed_role_from_access_key(key)
            if session is not None:
                return _session(account, iam_backends[account][partition], session)
    return None


def _user(account: str, backend: IAMBackend, user: User, secret: str) -> Principal:
    documents = _documents(user)
    for group in backend.get_groups_for_user(user.name):
        documents += _documents(group)
    tags = {f"aws:principaltag/{t['Key'].lower()}": [t["Value"]] for t in user.tags or []}
    attributes = {
        "aws:username": [user.name],
        "aws:userid": [user.id],
        "aws:principaltype": ["User"],
        **tags,
    }
    return Principal(user.arn, account, secret, None, documents, attributes=attributes)


def _session(account: str, backend: IAMBackend, session: AssumedRole) -> Principal | None:
    if session.expiration < utcnow():
        raise Refused("ExpiredToken", "The security token included in the request is expired")
    role = next((r for r in backend.roles.values() if r.arn == session.role_arn), None)
    if role is None:
        return None
    boundary = None
    if role.permissions_boundary_arn:
        boundary = [_default_version(backend.get_policy(role.permissions_boundary_arn))]
    tags = {f"aws:principaltag/{t['Key'].lower()}": [t["Value"]] for t in role.tags or []}
    return Principal(
        arn=session.arn,
        account=account,
        secret=session.secret_access_key,
        token=session.session_token,
        policies=_documents(role),
        boundary=boundary,
        session_policy=[session.policy] if session.policy else None,
        attributes={
            "aws:userid": [session.user_id],
            "aws:principaltype": ["AssumedRole"],
            "aws:principalarn": [role.arn],
            **tags,
        },
    )


def _documents(holder: User | Role) -> list[str]:
    return [*holder.policies.values(), *map(_default_version, holder.managed_policies.values())]


def _default_version(policy) -> str:
    return next(version.document for version in policy.versions if version.is_default)
