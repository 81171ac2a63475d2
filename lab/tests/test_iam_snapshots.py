"""IAM enforcement of snapshot, instance and global cluster calls: which resources each of them needs."""

import pytest
from clients import message
from identities import User, allow, iam_lab, rds_arn
from labs import until

lab = iam_lab
RESTORE = "rds:RestoreDBClusterFromSnapshot"


@pytest.fixture(scope="module")
def snapshot(lab):
    """A snapshot of a cluster without tags."""
    lab.create_cluster("source")
    lab.rds.create_db_cluster_snapshot(DBClusterIdentifier="source", DBClusterSnapshotIdentifier="shot")

    def status():
        found = lab.rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier="shot")
        return found["DBClusterSnapshots"][0]["Status"]

    until(lambda: status() == "available", "the snapshot")
    return "shot"


def resources(lab, to):
    """What a restore from the snapshot must be allowed on, by type."""
    return {
        "target": rds_arn(lab, "cluster", to),
        "snapshot": rds_arn(lab, "cluster-snapshot", "shot"),
        "parameter group": rds_arn(lab, "cluster-pg", "default.aurora-postgresql*"),
        "option group": rds_arn(lab, "og", "default:aurora-postgresql-*"),
        "subnet group": rds_arn(lab, "subgrp", "default"),
    }


def restore(user, to, **others):
    return user.client("rds").restore_db_cluster_from_snapshot(
        SnapshotIdentifier="shot", DBClusterIdentifier=to, Engine="aurora-postgresql", **others
    )


def test_a_restore_from_a_snapshot_is_allowed_on_all_it_touches(lab, snapshot):
    user = User(lab, allow(RESTORE, list(resources(lab, "allowed").values())))

    assert restore(user, "allowed")["DBCluster"]["DBClusterIdentifier"] == "allowed"


@pytest.mark.parametrize("missing", ["target", "snapshot", "parameter group", "option group", "subnet group"])
def test_a_restore_from_a_snapshot_lacks_one_resource(lab, snapshot, missing):
    needed = resources(lab, "refused")
    del needed[missing]
    user = User(lab, allow(RESTORE, list(needed.values())))

    assert RESTORE in message(
        user.client("rds").restore_db_cluster_from_snapshot,
        SnapshotIdentifier="shot",
        DBClusterIdentifier="refused",
        Engine="aurora-postgresql",
    )


def test_tags_of_a_restore_and_of_a_copy_need_permission(lab, snapshot):
    user = User(lab, allow(RESTORE), allow("rds:CopyDBClusterSnapshot")).client("rds")
    tags = [{"Key": "daybreak:run", "Value": "r"}]

    restored = message(
        user.restore_db_cluster_from_snapshot,
        SnapshotIdentifier="shot",
        DBClusterIdentifier="untagged",
        Engine="aurora-postgresql",
        Tags=tags,
    )
    copied = message(
        user.copy_db_cluster_snapshot,
        SourceDBClusterSnapshotIdentifier="shot",
        TargetDBClusterSnapshotIdentifier="copy",
        Tags=tags,
    )

    assert f"rds:AddTagsToResource on resource: {rds_arn(lab, 'cluster', 'untagged')}" in restored
    assert f"rds:AddTagsToResource on resource: {rds_arn(lab, 'cluster-snapshot', 'copy')}" in copied


def test_a_switchover_needs_the_cluster_and_the_global_cluster(lab, snapshot):
    target = rds_arn(lab, "cluster", "away")
    user = User(lab, allow("rds:SwitchoverGlobalCluster", target)).client("rds")

    text = message(
        user.switchover_global_cluster, GlobalClusterIdentifier="world", TargetDbClusterIdentifier=target
    )

    assert "rds:SwitchoverGlobalCluster on resource: arn:aws:rds::" in text and ":global-cluster:world" in text
