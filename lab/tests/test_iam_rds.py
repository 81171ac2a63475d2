"""IAM enforcement of RDS calls: which resources, tags and dependent actions each of them needs.

The source is the Service Authorization Reference for Amazon RDS.
"""

import uuid

import pytest
from clients import client, failure, message
from identities import HERE, User, allow, deny, iam_lab, rds_arn, when

lab = iam_lab
RESTORE = "rds:RestoreDBClusterToPointInTime"
RUN = "aws:ResourceTag/daybreak:run"


@pytest.fixture(scope="module")
def source(lab):
    """A cluster without tags that can be restored from."""
    lab.create_cluster("source")
    return "source"


@pytest.fixture(scope="module")
def tagged(lab):
    """A cluster that carries a run's tag."""
    lab.create_cluster("tagged", Tags=[{"Key": "daybreak:run", "Value": "r1"}])
    return "tagged"


def target():
    return f"target-{uuid.uuid4().hex[:8]}"


def restore(user, source, to, **others):
    """Restores as a user, to a cluster that the test does not use further."""
    return user.client("rds").restore_db_cluster_to_point_in_time(
        SourceDBClusterIdentifier=source, DBClusterIdentifier=to, UseLatestRestorableTime=True, **others
    )


def restore_resources(lab, source, to):
    """What a restore must be allowed on, by type."""
    return {
        "target": rds_arn(lab, "cluster", to),
        "source": rds_arn(lab, "cluster", source),
        "parameter group": rds_arn(lab, "cluster-pg", "default.aurora-postgresql*"),
        "option group": rds_arn(lab, "og", "default:aurora-postgresql-*"),
        "subnet group": rds_arn(lab, "subgrp", "default"),
    }


def test_a_restore_is_allowed_on_all_it_touches(lab, source):
    to = target()
    user = User(lab, allow(RESTORE, list(restore_resources(lab, source, to).values())))

    assert restore(user, source, to)["DBCluster"]["DBClusterIdentifier"] == to


@pytest.mark.parametrize("missing", ["target", "source", "parameter group", "option group", "subnet group"])
def test_a_restore_needs_every_resource(lab, source, missing):
    to = target()
    resources = restore_resources(lab, source, to)
    lacking = resources.pop(missing)
    user = User(lab, allow(RESTORE, list(resources.values())))

    text = message(restore, user=user, source=source, to=to)

    assert f"{RESTORE} on resource: {lacking.rstrip('*')}" in text


def test_the_groups_that_a_restore_names_are_the_ones_it_needs(lab, source):
    to = target()
    resources = restore_resources(lab, source, to)
    resources["parameter group"] = rds_arn(lab, "cluster-pg", "default.aurora-postgresql15")
    user = User(lab, allow(RESTORE, list(resources.values())))

    text = message(restore, user=user, source=source, to=to, DBClusterParameterGroupName="ours")

    assert f"on resource: {rds_arn(lab, 'cluster-pg', 'ours')}" in text


def test_tags_must_be_allowed_and_can_be_demanded(lab, source):
    tags = [{"Key": "daybreak:run", "Value": "r1"}]
    of_a_run = when("StringLike", "aws:RequestTag/daybreak:run", "?*")
    demand = allow(RESTORE, rds_arn(lab, "cluster", "target-*"), **of_a_run)
    rest = allow(RESTORE, [v for k, v in restore_resources(lab, source, "x").items() if k != "target"])
    user = User(lab, demand, rest)

    assert f"{RESTORE} on resource" in message(restore, user=user, source=source, to=target())
    text = message(restore, user=user, source=source, to=target(), Tags=tags)
    assert "not authorized to perform: rds:AddTagsToResource on resource" in text

    user.may(demand, rest, allow("rds:AddTagsToResource", **when("Bool", "rds:TagsFromRequest", "true")))
    restore(user, source, target(), Tags=tags)


def test_inherited_tags_need_permission_too(lab, tagged):
    may_restore = allow(RESTORE)
    user = User(lab, may_restore)

    assert "rds:AddTagsToResource" in message(restore, user=user, source=tagged, to=target())
    user.may(may_restore, allow("rds:AddTagsToResource", **when("Bool", "rds:TagsFromRequest", "false")))
    restore(user, tagged, target())


@pytest.mark.parametrize("key", [RUN, "rds:cluster-tag/daybreak:run"])
def test_changes_can_be_bound_to_the_runs_tag(lab, source, tagged, key):
    user = User(lab, allow("rds:ModifyDBCluster", **when("StringEquals", key, "r1"))).client("rds")

    lab.await_cluster(tagged)
    user.modify_db_cluster(DBClusterIdentifier=tagged, BackupRetentionPeriod=2, ApplyImmediately=True)
    refused = {"DBClusterIdentifier": source, "BackupRetentionPeriod": 2}
    assert failure(user.modify_db_cluster, **refused) == ("AccessDenied", 403)


def test_a_deny_on_production_holds_against_an_allow(lab):
    name = f"prod-{uuid.uuid4().hex[:8]}"
    lab.create_cluster(name, Tags=[{"Key": "production", "Value": "true"}])
    guard = deny("rds:DeleteDBCluster", **when("StringEquals", "aws:ResourceTag/production", "true"))
    user = User(lab, allow("rds:*"), guard).client("rds")

    text = message(user.delete_db_cluster, DBClusterIdentifier=name, SkipFinalSnapshot=True)
    assert text.endswith("with an explicit deny in an identity-based policy")


def test_a_rename_needs_both_names(lab, source):
    user = User(lab, allow("rds:ModifyDBCluster", rds_arn(lab, "cluster", source))).client("rds")

    text = message(user.modify_db_cluster, DBClusterIdentifier=source, NewDBClusterIdentifier="renamed")
    assert f"on resource: {rds_arn(lab, 'cluster', 'renamed')}" in text


def test_an_instance_needs_itself_and_its_cluster(lab, source):
    made = {
        "DBInstanceIdentifier": "source-1",
        "DBClusterIdentifier": source,
        "DBInstanceClass": "db.r6g.large",
        "Engine": "aurora-postgresql",
    }
    user = User(lab, allow("rds:CreateDBInstance", rds_arn(lab, "db", "source-1")))
    assert f"on resource: {rds_arn(lab, 'cluster', source)}" in message(user.client("rds").create_db_instance, **made)

    small = when("StringEquals", "rds:DatabaseClass", "db.t4g.medium")
    user.may(allow("rds:CreateDBInstance", **small))
    assert failure(user.client("rds").create_db_instance, **made) == ("AccessDenied", 403)


@pytest.mark.parametrize(
    ("operation", "kind"),
    [("describe_db_clusters", "cluster"), ("describe_db_instances", "db"), ("describe_db_subnet_groups", "subgrp")],
)
def test_an_unfiltered_listing_needs_the_wildcard_form(lab, operation, kind):
    user = User(lab, allow("rds:Describe*", rds_arn(lab, kind, "prod-*")))
    text = message(getattr(user.client("rds"), operation))
    assert f"on resource: {rds_arn(lab, kind, '*')}" in text

    user.may(allow("rds:Describe*", rds_arn(lab, kind, "*")))
    getattr(user.client("rds"), operation)()


def test_one_cluster_can_be_described_by_name_alone(lab, source):
    user = User(lab, allow("rds:DescribeDBClusters", rds_arn(lab, "cluster", source))).client("rds")

    assert len(user.describe_db_clusters(DBClusterIdentifier=source)["DBClusters"]) == 1
    assert failure(user.describe_db_clusters, DBClusterIdentifier="other") == ("AccessDenied", 403)


def test_events_know_no_resource(lab):
    user = User(lab, allow("rds:DescribeEvents", rds_arn(lab, "cluster", "*"))).client("rds")

    assert " on resource: " not in message(user.describe_events)


def test_a_managed_password_needs_secrets_manager(lab, source):
    wanted = {"DBClusterIdentifier": source, "ManageMasterUserPassword": True}
    user = User(lab, allow("rds:ModifyDBCluster")).client("rds")

    assert "secretsmanager:CreateSecret on resource" in message(user.modify_db_cluster, **wanted)


def test_a_customer_managed_key_needs_a_grant(lab, source):
    key = client(lab, "kms").create_key()["KeyMetadata"]["Arn"]
    to = target()
    user = User(lab, allow(RESTORE))

    text = message(restore, user=user, source=source, to=to, KmsKeyId=key)
    assert f"kms:CreateGrant on resource: {key}" in text

    for_rds = when("StringEquals", "kms:ViaService", f"rds.{lab.region}.amazonaws.com")
    user.may(allow(RESTORE), allow(["kms:CreateGrant", "kms:DescribeKey"], key, **for_rds))
    restore(user, source, to, KmsKeyId=key)


def test_awss_own_key_needs_no_grant(lab):
    lab.create_cluster("encrypted", StorageEncrypted=True)

    restore(User(lab, allow(RESTORE)), "encrypted", target())


def test_a_monitoring_role_is_passed(lab, source):
    monitoring = f"arn:aws:iam::{HERE}:role/monitoring"
    made = {
        "DBInstanceIdentifier": "source-2",
        "DBClusterIdentifier": source,
        "DBInstanceClass": "db.r6g.large",
        "Engine": "aurora-postgresql",
        "MonitoringInterval": 60,
        "MonitoringRoleArn": monitoring,
    }
    other = when("StringEquals", "iam:PassedToService", "ec2.amazonaws.com")
    user = User(lab, allow("rds:CreateDBInstance"), allow("iam:PassRole", **other)).client("rds")

    assert f"iam:PassRole on resource: {monitoring}" in message(user.create_db_instance, **made)


def test_a_final_snapshot_needs_permission(lab, source):
    user = User(lab, allow("rds:DeleteDBCluster", rds_arn(lab, "cluster", source))).client("rds")

    text = message(user.delete_db_cluster, DBClusterIdentifier=source, FinalDBSnapshotIdentifier="last")
    assert f"on resource: {rds_arn(lab, 'cluster-snapshot', 'last')}" in text
