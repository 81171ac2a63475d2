"""Where AWS's answer is not known, the lab can be told to give either."""

from datetime import UTC, datetime, timedelta

import pytest
from clients import control, failure
from labs import PASSWORD, until

RANGE = {"MinCapacity": 0.5, "MaxCapacity": 4.0}


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
    cluster = shared_lab.create_cluster(
        "source", Port=5444, EnableIAMDatabaseAuthentication=True, ServerlessV2ScalingConfiguration=RANGE
    )
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


@pytest.mark.parametrize("answer", ["untold", "told"])
def test_a_copy_within_the_region_may_tell_what_it_is_of(shared_lab, source, answers, answer):
    answers(local_copy_source=answer)

    shared_lab.rds.copy_db_cluster_snapshot(
        SourceDBClusterSnapshotIdentifier="shot", TargetDBClusterSnapshotIdentifier=f"local-{answer}"
    )

    of = snapshot(shared_lab, "shot")["DBClusterSnapshotArn"]
    told = snapshot(shared_lab, f"local-{answer}").get("SourceDBClusterSnapshotArn")
    assert told == (of if answer == "told" else None)


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


@pytest.mark.parametrize(("answer", "scaling"), [("none", None), ("inherited", RANGE)])
def test_a_restore_may_inherit_the_serverless_range(shared_lab, source, answers, answer, scaling):
    answers(restored_serverless_scaling=answer)

    made = [
        shared_lab.rds.restore_db_cluster_from_snapshot(
            SnapshotIdentifier="shot", DBClusterIdentifier=f"range-shot-{answer}", Engine="aurora-postgresql"
        ),
        shared_lab.rds.restore_db_cluster_to_point_in_time(
            SourceDBClusterIdentifier="source", DBClusterIdentifier=f"range-{answer}", UseLatestRestorableTime=True
        ),
    ]

    assert [one["DBCluster"].get("ServerlessV2ScalingConfiguration") for one in made] == [scaling, scaling]


def test_the_lag_of_a_secondary_may_have_its_source_region_too(shared_lab, answers):
    away = shared_lab.client("rds", region_name="eu-central-1")
    arn = shared_lab.create_cluster("near")["DBClusterArn"]
    shared_lab.create_writer("near")
    shared_lab.rds.create_global_cluster(GlobalClusterIdentifier="both", SourceDBClusterIdentifier=arn)

    def described():
        return shared_lab.rds.describe_global_clusters(GlobalClusterIdentifier="both")["GlobalClusters"][0]

    until(lambda: described()["Status"] == "available", "the global cluster")
    far = {"DBClusterIdentifier": "far", "Engine": "aurora-postgresql"}
    away.create_db_cluster(GlobalClusterIdentifier="both", **far)
    until(lambda: away.describe_db_clusters(DBClusterIdentifier="far")["DBClusters"][0]["Status"] == "available", "far")
    away.create_db_instance(DBInstanceIdentifier="far-1", DBInstanceClass="db.r6g.large", **far)
    metrics = shared_lab.client("cloudwatch", region_name="eu-central-1")
    one = [{"Name": "DBClusterIdentifier", "Value": "far"}]
    both = [*one, {"Name": "SourceRegion", "Value": "eu-west-1"}]

    def values(dimensions):
        metric = {"Namespace": "AWS/RDS", "MetricName": "AuroraGlobalDBRPOLag", "Dimensions": dimensions}
        query = {"Id": "lag", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}
        now = datetime.now(UTC)
        span = {"StartTime": now - timedelta(minutes=5), "EndTime": now + timedelta(minutes=1)}
        return metrics.get_metric_data(MetricDataQueries=[query], **span)["MetricDataResults"][0]["Values"]

    until(lambda: values(one), "the metric")
    assert values(both) == []

    answers(global_lag_dimensions="cluster-and-source-region")

    (series,) = metrics.list_metrics(MetricName="AuroraGlobalDBRPOLag", Dimensions=one)["Metrics"]
    assert series["Dimensions"] == both
    assert values(both) and values(one) == []


@pytest.mark.parametrize("given", [{"odd": "yes"}, {"point_in_time_port": "odd"}, ["point_in_time_port"]])
def test_other_answers_are_refused(shared_lab, given):
    assert shared_lab.post("/_lab/unconfirmed", given)[0] == 400
