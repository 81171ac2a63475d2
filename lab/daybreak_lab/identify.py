"""What an HTTP request is, as AWS would see it: service, action, parameters, and who signs it.

Parsing is moto's own, from botocore's service models, so that every protocol is read as the
service behind reads it.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from typing import Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from werkzeug.exceptions import HTTPException

# The signing name, where it is not botocore's name for the service model.
_MODEL_NAMES = {
    "elasticloadbalancing": "elbv2",
    "email": "ses",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}
# The signing name, where it is not the prefix of the service's IAM actions.
_IAM_PREFIXES = {"email": "ses", "monitoring": "cloudwatch"}
_READS = re.compile(r"(Describe|Get|List|Head|BatchGet|Search|Lookup|Query|Scan|Simulate|Test)[A-Z]?")
_CREDENTIAL = re.compile(r"AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")
# Calls that may wait for something that another call brings about, and so must not hold the lock.
_LONG_POLLS = {("sqs", "ReceiveMessage"), ("states", "GetActivityTask")}
_RESOURCE_PARAMETERS = (
    "TargetDBClusterSnapshotIdentifier",
    "DBClusterSnapshotIdentifier",
    "TargetDBInstanceIdentifier",
    "DBInstanceIdentifier",
    "DBClusterIdentifier",
    "GlobalClusterIdentifier",
    "DBProxyName",
    "DBSubnetGroupName",
    "DBClusterParameterGroupName",
    "DBParameterGroupName",
    "DbClusterResourceId",
    "SourceIdentifier",
    "ResourceName",
    "SecretId",
    "HostedZoneId",
    "Name",
    "Key",
    "Bucket",
    "KeyId",
    "RoleArn",
    "RoleName",
    "UserName",
    "FunctionName",
    "TopicArn",
    "QueueUrl",
    "executionArn",
    "stateMachineArn",
    "Id",
)


@dataclass(frozen=True)
class Call:
    """One AWS API call as it arrived."""

    service: str
    """IAM prefix of the service, such as `rds`; `unknown` if nothing tells."""
    action: str
    """Operation name, such as `DescribeDBClusters`; `unknown` if nothing tells."""
    protocol: str
    """The model's protocol: `query`, `ec2`, `json`, `rest-json` or `rest-xml`."""
    region: str
    access_key: str | None
    """Access key id of the signature; None for an unsigned request."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Parameters under their modeled names; empty if they could not be parsed."""
    model: str | None = None
    """botocore's name for the service, None if it is unknown."""

    @property
    def reads(self) -> bool:
        """Whether the action only reads, judged by AWS's naming."""
        return _READS.match(self.action) is not None

    @property
    def long_polls(self) -> bool:
        """Whether the call may wait for another one."""
        return (self.service, self.action) in _LONG_POLLS

    @property
    def resource(self) -> str | None:
        """The main identifier among the parameters, as far as one can tell."""
        for name in _RESOURCE_PARAMETERS:
            value = self.parameters.get(name)
            if isinstance(value, str) and value:
                return value
        return None

    @property
    def fingerprint(self) -> tuple:
        """Equal for calls that ask the same of the same Region with the same credentials."""
        asked = json.dumps(self.parameters, sort_keys=True, default=str)
        return (self.service, self.action, self.region, self.access_key, asked)

    def error_status(self, code: str) -> int:
        """HTTP status of an error code: the modeled one, else 400."""
        if self.model is None:
            return 400
        for shape in get_service_model(self.model).error_shapes:
            if shape.error_code == code:
                return shape.metadata.get("error", {}).get("httpStatusCode", 400)
        return 400


def buffer_body(environ: dict) -> bytes:
    """Reads the request body whole and puts it back, so that it can be read again."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body = stream.read()
        environ.pop("HTTP_TRANSFER_ENCODING", None)
    else:
        body = stream.read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["CONTENT_LENGTH"] = str(len(body))
    rewind(environ, body)
    return body


def rewind(environ: dict, body: bytes) -> None:
    """Makes `body` readable from its start again."""
    environ["wsgi.input"] = io.BytesIO(body)


def identify(environ: dict, body: bytes) -> Call:
    """Reads a request whose body was buffered. Never fails: what cannot be told is `unknown`."""
    signer = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    key, region, signing_name = None, "us-east-1", ""
    if signer:
        key, _, region, signing_name = signer.groups()
    request = Request(dict(environ, **{"wsgi.input": io.BytesIO(body)}))
    signing_name = signing_name or _service_of_unsigned(request)
    model_name = _MODEL_NAMES.get(signing_name, signing_name)
    service = _IAM_PREFIXES.get(signing_name, signing_name) or "unknown"
    try:
        model = get_service_model(model_name)
        protocol = determine_request_protocol(model, request.content_type)
    except Exception:  # botocore and moto raise many kinds for a service they do not know
        return Call(service, _stated_action(request) or "unknown", _guess_protocol(request), region, key)
    action, in_path = _stated_action(request), {}
    if action is None and protocol.startswith("rest"):
        try:
            operation, in_path = get_service_router(model_name).match(request)
            action = operation.name
        except (HTTPException, NotImplementedError):
            action = None
    parameters = _parameters(request, model, protocol, action, in_path) if action else {}
    return Call(service, action or "unknown", protocol, region, key, parameters, model_name)


def _stated_action(request: Request) -> str | None:
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.split(".")[-1]
    return request.values.get("Action")


def _service_of_unsigned(request: Request) -> str:
    target = request.headers.get("X-Amz-Target", "")
    if target:
        return target.split(".")[0].split("_")[0].lower()
    if request.values.get("Action", "").startswith("AssumeRoleWith"):
        return "sts"
    if request.values.get("Version") == "2014-10-31":
        return "rds"
    return ""


def _guess_protocol(request: Request) -> str:
    if "X-Amz-Target" in request.headers:
        return "json"
    return "query" if request.values.get("Action") else "rest-xml"


def _parameters(request: Request, model, protocol: str, action: str, in_path: dict) -> dict[str, Any]:
    try:
        parser = PROTOCOL_PARSERS[protocol](model.operation_model(action), map_type=dict)
        parsed = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.data,
                "url_path": request.path,
                "url_params": in_path,
            }
        )
    except Exception:  # a malformed request is for the service to refuse, not for the journal
        return dict(in_path)
    return {**in_path, **parsed}


def identity_of(access_key: str | None) -> str:
    """ARN of the user or role session that holds an access key, the key itself if nobody does."""
    if access_key is None:
        return "anonymous"
    for partitions in list(iam_backends.values()):
        for backend in list(partitions.values()):
            for user in list(backend.users.values()):
                if user.has_access_key(access_key):
                    return user.arn
    for partitions in list(sts_backends.values()):
        for backend in list(partitions.values()):
            session = backend.get_assumed_role_from_access_key(access_key)
            if session:
                return session.arn
    return access_key
