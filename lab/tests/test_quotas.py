"""Quotas refuse what would go beyond them, in AWS's words; by default there are none."""

import pytest
from clients import control, failure
from instances import Instances
from labs import PASSWORD, until

NONE = dict.fromkeys(("clusters", "instances", "manual_cluster_snapshots", "manual_snapshots", "snapshot_copies"))


@pytest.fixture(scope="module")
def rds(shared_lab):
    """The client of a lab with one cluster, its instance, one RDS instance, and a snapshot of each."""
    shared_lab.create_cluster("here")
    shared_lab.create_writer("here")
    plain = Instances(shared_lab)
    plain.create("plain")
    plain.snapshot("plain", "plain-shot")
    shared_lab.rds.create_db_cluster_snapshot(DBClusterIdentifier="here", DBClusterSnapshotIdentifier="shot")
    await_snapshot(shared_lab.rds, "shot")
    return shared_lab.rds


@pytest.fixture
def quotas(shared_lab):
    """Sets quotas; there are none again at the end of the test."""
    yield lambda **given: control(shared_lab, "POST", "/_lab/quotas", given)
    assert control(shared_lab, "POST", "/_lab/quotas", NONE) == (200, NONE)


def await_snapshot(rds, name):
    def status():
        return rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=name)["DBClusterSnapshots"][0]["Status"]

    until(lambda: status() == "available", name)


def test_there_is_no_quota_unless_one_is_set(shared_lab, quotas):
    assert control(shared_lab, "GET", "/_lab/quotas") == (200, NONE)
    assert quotas(clusters=3) == (200, NONE | {"clusters": 3})
    for wrong in ({"odd": 1}, {"clusters": -1}, {"clusters": "many"}, {"clusters": True}):
        assert quotas(**wrong)[0] == 400
    assert control(shared_lab, "GET", "/_lab/quotas") == (200, NONE | {"clusters": 3})


def test_no_cluster_beyond_the_quota(shared_lab, rds, quotas):
    quotas(clusters=1)
    expected = ("DBClusterQuotaExceededFault", 403)
    new = {"DBClusterIdentifier": "more", "Engine": "aurora-postgresql"}

    assert failure(rds.create_db_cluster, MasterUsername="m", MasterUserPassword=PASSWORD, **new) == expected
    assert failure(rds.restore_db_cluster_from_snapshot, SnapshotIdentifier="shot", **new) == expected
    assert failure(
        rds.restore_db_cluster_to_point_in_time, SourceDBClusterIdentifier="here", DBClusterIdentifier="more",
        UseLatestRestorableTime=True,
    ) == expected  # fmt: skip
    # Each Region counts for itself.
    elsewhere = shared_lab.client("rds", region_name="eu-central-1")
    elsewhere.create_db_cluster(MasterUsername="m", MasterUserPassword=PASSWORD, **new)


def test_no_instance_beyond_the_quota(rds, quotas):
    quotas(instances=2)
    expected = ("InstanceQuotaExceeded", 400)
    new = {"DBInstanceIdentifier": "more", "DBInstanceClass": "db.r6g.large"}

    assert failure(
        rds.create_db_instance, DBClusterIdentifier="here", Engine="aurora-postgresql", **new
    ) == expected  # fmt: skip
    assert failure(
        rds.create_db_instance, Engine="postgres", AllocatedStorage=20, MasterUsername="m",
        MasterUserPassword=PASSWORD, **new,
    ) == expected  # fmt: skip
    assert failure(
        rds.restore_db_instance_from_db_snapshot, DBInstanceIdentifier="more", DBSnapshotIdentifier="plain-shot"
    ) == expected  # fmt: skip
    replica = {"DBInstanceIdentifier": "more", "SourceDBInstanceIdentifier": "plain"}
    assert failure(rds.create_db_instance_read_replica, **replica) == expected


def test_no_manual_snapshot_beyond_the_quota(shared_lab, rds, quotas):
    quotas(manual_cluster_snapshots=1, manual_snapshots=1)
    expected = ("SnapshotQuotaExceeded", 400)
    assert shared_lab.post("/_lab/backup", {"cluster": "here", "snapshot": True})[0] == 200

    assert failure(
        rds.create_db_cluster_snapshot, DBClusterIdentifier="here", DBClusterSnapshotIdentifier="more"
    ) == expected  # fmt: skip
    assert failure(
        rds.copy_db_cluster_snapshot, SourceDBClusterSnapshotIdentifier="shot",
        TargetDBClusterSnapshotIdentifier="more",
    ) == expected  # fmt: skip
    assert failure(rds.create_db_snapshot, DBInstanceIdentifier="plain", DBSnapshotIdentifier="more") == expected
    final = {"FinalDBSnapshotIdentifier": "last"}
    assert failure(rds.delete_db_instance, DBInstanceIdentifier="plain", **final) == expected


def test_no_copy_from_another_region_beyond_those_under_way(shared_lab, rds, quotas):
    quotas(snapshot_copies=1)
    elsewhere = shared_lab.client("rds", region_name="eu-central-1")
    (source,) = rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier="shot")["DBClusterSnapshots"]
    asked = {"SourceDBClusterSnapshotIdentifier": source["DBClusterSnapshotArn"]}
    assert shared_lab.post("/_lab/delays", {"copy": 1.5})[0] == 200

    elsewhere.copy_db_cluster_snapshot(TargetDBClusterSnapshotIdentifier="first", **asked)
    refused = failure(elsewhere.copy_db_cluster_snapshot, TargetDBClusterSnapshotIdentifier="second", **asked)
    await_snapshot(elsewhere, "first")
    elsewhere.copy_db_cluster_snapshot(TargetDBClusterSnapshotIdentifier="second", **asked)

    assert refused == ("SnapshotQuotaExceeded", 400)
    assert shared_lab.post("/_lab/delays", {"copy": 0.2})[0] == 200
