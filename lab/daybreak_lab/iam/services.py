"""Which permissions a call of the other services needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.kms.models import kms_backends
from moto.secretsmanager.models import secretsmanager_backends

from daybreak_lab.iam import rds
from daybreak_lab.iam.conditions import Context
from daybreak_lab.iam.policy import Need
from daybreak_lab.identify import Call

_UNDIRECTED_SECRETS = {"ListSecrets", "GetRandomPassword"}
# S3's operations whose IAM action has another name.
_S3_ACTIONS = {
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "ListBuckets": "ListAllMyBuckets",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "HeadObject": "GetObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
}
# Octal escapes in which Route 53 states names in its condition keys.
_PLAIN_NAME = re.compile(r"[a-z0-9_.-]")


def needs(call: Call, account: str, context: Context) -> list[Need]:
    """Every permission that the call needs; all must be granted."""
    return _SERVICES.get(call.service, _by_arn)(call, account, context)


def _by_arn(call: Call, account: str, context: Context) -> Iterable[Need]:
    """A service without a table of its own: the resource is the first parameter that is an ARN."""
    arns = [v for v in call.parameters.values() if isinstance(v, str) and v.startswith("arn:")]
    return [Need(f"{call.service}:{call.action}", arns[0] if arns else "*", context)]


def _secretsmanager(call: Call, account: str, context: Context) -> Iterable[Need]:
    action = f"secretsmanager:{call.action}"
    if call.action in _UNDIRECTED_SECRETS:
        return [Need(action, "*", context)]
    if call.action == "BatchGetSecretValue":
        each = call.parameters.get("SecretIdList") or []
        reads = [_secret_need("secretsmanager:GetSecretValue", call, account, context, name) for name in each]
        return [Need(action, "*", context), *reads]
    name = call.parameters.get("SecretId") or call.parameters.get("Name") or ""
    need = _secret_need(action, call, account, context, name)
    tagging = call.action == "CreateSecret" and call.parameters.get("Tags")
    return [need, Need("secretsmanager:TagResource", need.resource, need.context)] if tagging else [need]


def _secret_need(action: str, call: Call, account: str, context: Context, name: str) -> Need:
    context = {**context, "secretsmanager:secretid": [name], **_tags_in(call.parameters.get("Tags"))}
    stage = call.parameters.get("VersionStage")
    if call.action == "GetSecretValue" and not stage and not call.parameters.get("VersionId"):
        stage = "AWSCURRENT"
    if stage:
        context["secretsmanager:versionstage"] = [stage]
    if call.action == "CreateSecret":
        context["secretsmanager:name"] = [name]
    secret = secretsmanager_backends[account][call.region].secrets.get(name)
    if secret is None:
        made_up = f"arn:aws:secretsmanager:{call.region}:{account}:secret:{name}-??????"
        return Need(action, name if name.startswith("arn:") else made_up, context)
    for tag in secret.tags or []:
        for prefix in ("aws:resourcetag", "secretsmanager:resourcetag"):
            context[f"{prefix}/{tag['Key'].lower()}"] = [tag["Value"]]
    return Need(action, secret.arn, context)


def _tags_in(tags: list[dict[str, str]] | None) -> Context:
    if not tags:
        return {}
    given = {f"aws:requesttag/{tag['Key'].lower()}": [tag.get("Value", "")] for tag in tags}
    return {"aws:tagkeys": [tag["Key"] for tag in tags], **given}


def _route53(call: Call, account: str, context: Context) -> Iterable[Need]:
    action = f"route53:{call.action}"
    if call.action == "GetChange":
        return [Need(action, f"arn:aws:route53:::change/{_last(call.parameters.get('Id'))}", context)]
    zone = call.parameters.get("HostedZoneId") or (call.parameters.get("Id") if "Zone" in call.action else None)
    if zone is None:
        return [Need(action, "*", context)]
    if call.action == "ChangeResourceRecordSets":
        changes = call.parameters.get("ChangeBatch", {}).get("Changes", [])
        key = "route53:changeresourcerecordsets"
        context = {
            **context,
            f"{key}normalizedrecordnames": [_normalized(c["ResourceRecordSet"]["Name"]) for c in changes],
            f"{key}recordtypes": [c["ResourceRecordSet"]["Type"] for c in changes],
            f"{key}actions": [c["Action"] for c in changes],
        }
    return [Need(action, f"arn:aws:route53:::hostedzone/{_last(zone)}", context)]


def _last(path: str | None) -> str:
    return (path or "").rsplit("/", 1)[-1]


def _normalized(name: str) -> str:
    name = name.lower().removesuffix(".")
    return "".join(c if _PLAIN_NAME.match(c) else f"\\{ord(c):03o}" for c in name)


def _s3(call: Call, account: str, context: Context) -> Iterable[Need]:
    action = _S3_ACTIONS.get(call.action, call.action)
    bucket, key = call.parameters.get("Bucket"), call.parameters.get("Key")
    if bucket is None:
        return [Need(f"s3:{action}", "*", context)]
    if call.parameters.get("VersionId") and action in {"GetObject", "DeleteObject"}:
        action += "Version"
    if "Prefix" in call.parameters:
        context = {**context, "s3:prefix": [call.parameters["Prefix"]]}
    arn = f"arn:aws:s3:::{bucket}"
    if call.action == "DeleteObjects":
        objects = call.parameters.get("Delete", {}).get("Objects", [])
        return [Need(f"s3:{action}", f"{arn}/{o['Key']}", context) for o in objects]
    found = [Need(f"s3:{action}", f"{arn}/{key}" if key else arn, context)]
    if call.action == "CopyObject":
        source = str(call.parameters.get("CopySource", "")).lstrip("/").split("?")[0]
        found.append(Need("s3:GetObject", f"arn:aws:s3:::{source}", context))
    return found


def _kms(call: Call, account: str, context: Context) -> Iterable[Need]:
    key = call.parameters.get("KeyId")
    if not isinstance(key, str):
        return [Need(f"kms:{call.action}", "*", context)]
    backend = kms_backends[account][call.region]
    if "alias/" in key:
        key = backend.get_key_id_from_alias(key.rsplit(":", 1)[-1]) or key
    arn = key if key.startswith("arn:") else f"arn:aws:kms:{call.region}:{account}:key/{key}"
    return [Need(f"kms:{call.action}", arn, context)]


def _iam(call: Call, account: str, context: Context) -> Iterable[Need]:
    action = f"iam:{call.action}"
    for name, kind in (("UserName", "user"), ("RoleName", "role"), ("GroupName", "group")):
        if name in call.parameters:
            return [Need(action, f"arn:aws:iam::{account}:{kind}/{call.parameters[name]}", context)]
    return [Need(action, call.parameters.get("PolicyArn", "*"), context)]


def _sts(call: Call, account: str, context: Context) -> Iterable[Need]:
    if call.action == "GetCallerIdentity":  # AWS answers it even under an explicit Deny
        return []
    parameters: dict[str, Any] = call.parameters
    context = {**context}
    for name, key in (("ExternalId", "sts:externalid"), ("RoleSessionName", "sts:rolesessionname")):
        if name in parameters:
            context[key] = [parameters[name]]
    return [Need(f"sts:{call.action}", parameters.get("RoleArn", "*"), context)]


def _cloudwatch(call: Call, account: str, context: Context) -> Iterable[Need]:
    action, parameters = f"cloudwatch:{call.action}", call.parameters
    if "Alarm" not in call.action:
        return [Need(action, "*", context)]
    names = parameters.get("AlarmNames") or [parameters.get("AlarmName") or "*"]
    return [Need(action, f"arn:aws:cloudwatch:{call.region}:{account}:alarm:{name}", context) for name in names]


def _autoscaling(call: Call, account: str, context: Context) -> Iterable[Need]:
    action, parameters = f"application-autoscaling:{call.action}", call.parameters
    if call.reads:
        return [Need(action, "*", context)]
    context = {**context, **_tags_in([{"Key": k, "Value": v} for k, v in (parameters.get("Tags") or {}).items()])}
    for name, key in (("ServiceNamespace", "service-namespace"), ("ScalableDimension", "scalable-dimension")):
        if name in parameters:
            context[f"application-autoscaling:{key}"] = [parameters[name]]
    targets = applicationautoscaling_backends[account][call.region].targets.get(parameters.get("ScalableDimension"), {})
    target = targets.get(parameters.get("ResourceId"))
    made_up = f"arn:aws:application-autoscaling:{call.region}:{account}:scalable-target/*"
    return [Need(action, target.arn if target is not None else made_up, context)]


_SERVICES: dict[str, Callable[[Call, str, Context], Iterable[Need]]] = {
    "application-autoscaling": _autoscaling,
    "cloudwatch": _cloudwatch,
    "iam": _iam,
    "kms": _kms,
    "rds": rds.needs,
    "route53": _route53,
    "s3": _s3,
    "secretsmanager": _secretsmanager,
    "sts": _sts,
}
