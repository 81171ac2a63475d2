"""Where AWS's answer is not known, the lab can be told to give either."""

import pytest
from clients import control, failure
from labs import PASSWORD, until


@pytest.fixture
def answers(shared_lab):
    """Sets answers; the defaults return at the end of the test."""
    before = control(shared_lab, "GET", "/_lab/unconfirmed")[1]

    def set_answers(**given):
        status, document = shared_lab.post("/_lab/unconfirmed", given)
        assert status == 200 and given.items() <= document.items()

    yield set_answers
    assert shared_lab.post("/_lab/unconfirmed", before)[0] == 200


@pytest.fixture(scope="module")
def source(shared_lab):
    """A cluster with settings that a restore may or may not inherit, and a snapshot of it."""
    cluster = shared_lab.create_cluster("source", Port=5444, EnableIAMDatabaseAuthentication=True)
    shared_lab.rds.create_db_cluster_snapshot(DBClusterIdentifier="source", DBClusterSnapshotIdentifier="shot")
    until(lambda: snapshot(shared_lab, "shot")["Status"] == "available", "the snapshot")
    return cluster


def snapshot(lab, name):
    return lab.rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=name)["DBClusterSnapshots"][0]


def test_a_writer_may_be_asked_for_while_its_cluster_is_created(shared_lab, answers):
    writer = {
        "DBInstanceIdentifier": "early-1",
        "DBClusterIdentifier": "early",
        "Engine": "aurora-postgresql",
        "DBInstanceClass": "db.r6g.large",
    }
    assert shared_lab.post("/_lab/delays", {"create": 2.0})[0] == 200
    shared_lab.rds.create_db_cluster(
        DBClusterIdentifier="early", Engine="aurora-postgresql", MasterUsername="master",
        MasterUserPassword=PASSWORD, DatabaseName="loans",
    )  # fmt: skip
    assert shared_lab.post("/_lab/delays", {"create": 0.3})[0] == 200
    assert failure(shared_lab.rds.create_db_instance, **writer)[0] == "InvalidDBClusterStateFault"
    answers(instance_in_creating_cluster="accepted")

    shared_lab.rds.create_db_instance(**writer)

    assert shared_lab.cluster("early")["Status"] == "creating"
    shared_lab.await_instance("early-1")
    assert shared_lab.cluster("early")["Status"] == "available"
    assert shared_lab.database("early").rows("SELECT 1;") == ["1"]


@pytest.mark.parametrize(("answer", "same"), [("changes", False), ("survives", True)])
def test_a_copy_may_keep_the_time_of_its_snapshot(shared_lab, source, answers, answer, same):
    answers(copied_cluster_snapshot_time=answer)

    shared_lab.rds.copy_db_cluster_snapshot(
        SourceDBClusterSnapshotIdentifier="shot", TargetDBClusterSnapshotIdentifier=f"copy-{answer}"
    )

    times = [snapshot(shared_lab, name)["SnapshotCreateTime"] for name in ("shot", f"copy-{answer}")]
    assert (times[0] == times[1]) is same


@pytest.mark.parametrize(("answer", "listed"), [("unlisted", []), ("listed", ["active"])])
def test_backups_of_live_clusters_may_be_listed(shared_lab, source, answers, answer, listed):
    answers(live_cluster_backups=answer)
    mine = [{"Name": "db-cluster-resource-id", "Values": [source["DbClusterResourceId"]]}]

    found = shared_lab.rds.describe_db_cluster_automated_backups(Filters=mine)["DBClusterAutomatedBackups"]

    assert [one["Status"] for one in found] == listed


@pytest.mark.parametrize(("answer", "enabled"), [("off", False), ("inherited", True)])
def test_a_restore_from_a_snapshot_may_inherit_iam_authentication(shared_lab, source, answers, answer, enabled):
    answers(snapshot_restore_iam_authentication=answer)

    made = shared_lab.rds.restore_db_cluster_from_snapshot(
        SnapshotIdentifier="shot", DBClusterIdentifier=f"iam-{answer}", Engine="aurora-postgresql"
    )

    assert made["DBCluster"]["IAMDatabaseAuthenticationEnabled"] is enabled


@pytest.mark.parametrize(("answer", "port"), [("default", 5432), ("inherited", 5444)])
def test_a_restore_to_a_time_may_inherit_the_port(shared_lab, source, answers, answer, port):
    answers(point_in_time_port=answer)

    made = shared_lab.rds.restore_db_cluster_to_point_in_time(
        SourceDBClusterIdentifier="source", DBClusterIdentifier=f"port-{answer}", UseLatestRestorableTime=True
    )

    assert made["DBCluster"]["Port"] == port


@pytest.mark.parametrize("given", [{"odd": "yes"}, {"point_in_time_port": "odd"}, ["point_in_time_port"]])
def test_other_answers_are_refused(shared_lab, given):
    assert shared_lab.post("/_lab/unconfirmed", given)[0] == 400
