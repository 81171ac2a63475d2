"""IAM enforcement: condition operators, and the condition keys of the services."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError
from clients import client, failure
from identities import HERE, User, allow, deny, iam_lab, secret, when

lab = iam_lab
TAG = "aws:RequestTag/team"


def tagging_allowed(lab, condition, tags):
    """Whether a user whose CreateSecret is under a condition may make a secret with these tags."""
    user = User(lab, allow("secretsmanager:CreateSecret", **condition), allow("secretsmanager:TagResource"))
    given = {"Tags": [{"Key": k, "Value": v} for k, v in tags.items()]} if tags else {}
    try:
        user.client("secretsmanager").create_secret(Name=f"t-{uuid.uuid4().hex}", SecretString="v", **given)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException"
        return False
    return True


@pytest.mark.parametrize(
    ("condition", "tags", "allowed"),
    [
        (when("StringEquals", TAG, "a", "b"), {"team": "b"}, True),
        (when("StringEquals", TAG, "a"), {"team": "A"}, False),
        (when("StringEquals", TAG, "a"), {}, False),
        (when("StringEqualsIfExists", TAG, "a"), {}, True),
        (when("StringEqualsIgnoreCase", TAG, "a"), {"team": "A"}, True),
        (when("StringNotEquals", TAG, "a", "b"), {"team": "b"}, False),
        (when("StringNotEquals", TAG, "a"), {}, True),
        (when("StringLike", TAG, "da?break-*"), {"team": "daybreak-x"}, True),
        (when("StringLike", TAG, "da?break-*"), {"team": "dabreak-x"}, False),
        (when("StringNotLike", TAG, "d*"), {"team": "day"}, False),
        (when("NumericLessThan", TAG, "10"), {"team": "9"}, True),
        (when("NumericGreaterThanEquals", TAG, "10"), {"team": "9"}, False),
        (when("NumericEquals", TAG, "10"), {"team": "many"}, False),
        (when("DateLessThan", TAG, "2026-01-01T00:00:00Z"), {"team": "2025-12-31T23:59:59Z"}, True),
        (when("DateGreaterThan", TAG, "2026-01-01T00:00:00Z"), {"team": "2025-12-31T23:59:59Z"}, False),
        (when("Null", TAG, "true"), {}, True),
        (when("Null", TAG, "false"), {}, False),
        (when("Bool", "aws:SecureTransport", "false"), {}, True),
        (when("Bool", "aws:SecureTransport", True), {}, False),
        (when("IpAddress", "aws:SourceIp", "127.0.0.0/8"), {}, True),
        (when("NotIpAddress", "aws:SourceIp", "127.0.0.0/8"), {}, False),
        (when("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{HERE}:user/*"), {}, True),
        (when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*"), {}, True),
        (when("ArnNotLike", "aws:PrincipalArn", f"arn:aws:iam::{HERE}:user/*"), {}, False),
        (when("ForAllValues:StringEquals", "aws:TagKeys", "team", "cost"), {"team": "a"}, True),
        (when("ForAllValues:StringEquals", "aws:TagKeys", "team"), {"team": "a", "cost": "b"}, False),
        (when("ForAllValues:StringEquals", "aws:TagKeys", "team"), {}, True),
        (when("ForAnyValue:StringEquals", "aws:TagKeys", "team"), {"team": "a", "cost": "b"}, True),
        (when("ForAnyValue:StringEquals", "aws:TagKeys", "team"), {}, False),
        (when("StringEquals", "AWS:requesttag/TEAM", "a"), {"team": "a"}, True),
        (when("StringEquals", TAG, "${aws:RequestTag/owner}"), {"team": "x", "owner": "x"}, True),
        (when("StringEquals", TAG, "${aws:RequestTag/owner}"), {"team": "x"}, False),
        (when("StringEquals", TAG, "${aws:RequestTag/owner, 'x'}"), {"team": "x"}, True),
    ],
    ids=json.dumps,
)
def test_condition_operators(lab, condition, tags, allowed):
    assert tagging_allowed(lab, condition, tags) is allowed


def test_all_conditions_of_a_statement_must_hold(lab):
    both = {"Condition": {"StringEquals": {TAG: "a", "aws:RequestTag/cost": "1"}, "Null": {"aws:TagKeys": "false"}}}

    assert tagging_allowed(lab, both, {"team": "a", "cost": "1"})
    assert not tagging_allowed(lab, both, {"team": "a", "cost": "2"})


def test_a_conditioned_deny_denies_only_then(lab):
    production = secret(lab, Tags=[{"Key": "production", "Value": "true"}])
    other = secret(lab)
    guard = deny("secretsmanager:PutSecretValue", **when("StringEquals", "aws:ResourceTag/production", "true"))
    user = User(lab, allow("secretsmanager:*"), guard).client("secretsmanager")

    user.put_secret_value(SecretId=other[0], SecretString="x")
    assert failure(user.put_secret_value, SecretId=production[0], SecretString="x")[0] == "AccessDeniedException"


def test_policy_variables_stand_for_the_user(lab):
    user = User(lab)
    own = f"arn:aws:secretsmanager:{lab.region}:{HERE}:secret:${{aws:username}}/*"
    user.may(allow("secretsmanager:*", own))

    user.client("secretsmanager").create_secret(Name=f"{user.name}/a", SecretString="v")
    assert failure(user.client("secretsmanager").create_secret, Name="other/a", SecretString="v")[0] == (
        "AccessDeniedException"
    )


def test_the_staging_label_is_a_condition(lab):
    name, arn = secret(lab)
    first = client(lab, "secretsmanager").describe_secret(SecretId=name)["VersionIdsToStages"]
    [old] = first
    new = "n" * 32
    client(lab, "secretsmanager").put_secret_value(
        SecretId=name, SecretString="w", ClientRequestToken=new, VersionStages=["daybreak"]
    )
    current = when("StringEquals", "secretsmanager:VersionStage", "AWSCURRENT")
    user = User(
        lab, allow(["secretsmanager:GetSecretValue", "secretsmanager:UpdateSecretVersionStage"], arn, **current)
    ).client("secretsmanager")

    assert user.get_secret_value(SecretId=name)["SecretString"] == "v"
    assert failure(user.get_secret_value, SecretId=name, VersionStage="daybreak")[0] == "AccessDeniedException"
    user.update_secret_version_stage(
        SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=new, RemoveFromVersionId=old
    )
    moved = {"SecretId": name, "VersionStage": "daybreak", "MoveToVersionId": old, "RemoveFromVersionId": new}
    assert failure(user.update_secret_version_stage, **moved)[0] == "AccessDeniedException"


def test_record_names_and_kinds_are_conditions(lab):
    admin = client(lab, "route53")
    made = admin.create_hosted_zone(Name="corp.internal", CallerReference=uuid.uuid4().hex)
    zone = made["HostedZone"]["Id"].rsplit("/", 1)[-1]
    key = "route53:ChangeResourceRecordSets"
    bounds = {
        "Condition": {
            "ForAllValues:StringEquals": {
                f"{key}NormalizedRecordNames": ["db.corp.internal", "\\052.corp.internal"],
                f"{key}RecordTypes": ["CNAME"],
                f"{key}Actions": ["CREATE", "DELETE"],
            }
        }
    }
    user = User(lab, allow(key, f"arn:aws:route53:::hostedzone/{zone}", **bounds)).client("route53")

    def change(action, *names, kind="CNAME", value="x.example.com"):
        record = {"Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}
        changes = [{"Action": action, "ResourceRecordSet": {"Name": name, **record}} for name in names]
        return {"HostedZoneId": zone, "ChangeBatch": {"Changes": changes}}

    user.change_resource_record_sets(**change("CREATE", "DB.corp.internal.", "*.corp.internal"))
    for refused in (
        change("UPSERT", "db.corp.internal"),
        change("CREATE", "db.corp.internal", "api.corp.internal"),
        change("CREATE", "db.corp.internal", kind="A", value="10.0.0.1"),
    ):
        assert failure(user.change_resource_record_sets, **refused) == ("AccessDenied", 403)
