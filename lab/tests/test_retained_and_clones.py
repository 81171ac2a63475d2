"""Retained backups keep their window and their rows; clones and restores tell their family by the clone group."""

from datetime import UTC, datetime, timedelta

import pytest
from clients import failure
from labs import until

ROWS = "SELECT array_agg(id ORDER BY id) FROM orders;"


@pytest.fixture(scope="module")
def deleted(shared_lab):
    """The retained backup of a cluster that had rows 1 to 3, a moment later 4, and was then deleted."""
    shared_lab.create_cluster("gone", BackupRetentionPeriod=7, Tags=[{"Key": "env", "Value": "production"}])
    database = shared_lab.create_writer("gone")
    database.rows("CREATE TABLE orders AS SELECT generate_series(1, 3) AS id;")
    moment = database.now()
    database.rows("INSERT INTO orders VALUES (4);")
    resource_id = shared_lab.cluster("gone")["DbClusterResourceId"]
    shared_lab.delete_instance("gone-1")
    shared_lab.rds.delete_db_cluster(
        DBClusterIdentifier="gone", SkipFinalSnapshot=True, DeleteAutomatedBackups=False
    )
    until(lambda: backups(shared_lab, DbClusterResourceId=resource_id), "the retained backup")
    return resource_id, moment


def backups(lab, **settings):
    """The retained backups, none if the one asked for is not there yet."""
    try:
        return lab.rds.describe_db_cluster_automated_backups(**settings)["DBClusterAutomatedBackups"]
    except lab.rds.exceptions.DBClusterAutomatedBackupNotFoundFault:
        return []


def test_a_retained_backup_tells_what_a_restore_needs(shared_lab, deleted):
    resource_id, moment = deleted
    (listed,) = backups(shared_lab, Filters=[{"Name": "status", "Values": ["retained"]}])

    assert listed["DbClusterResourceId"] == resource_id and listed["DBClusterIdentifier"] == "gone"
    assert listed["Status"] == "retained" and listed["Region"] == shared_lab.region
    assert listed["RestoreWindow"]["EarliestTime"] < moment < listed["RestoreWindow"]["LatestTime"]
    assert listed["TagList"] == [{"Key": "env", "Value": "production"}]
    told = ("DBClusterAutomatedBackupsArn", "EngineVersion", "Port", "MasterUsername", "VpcId", "BackupRetentionPeriod")
    assert all(listed[name] for name in told)
    # Named by its identifier, a backup must be of an existing cluster.
    by_name = failure(shared_lab.rds.describe_db_cluster_automated_backups, DBClusterIdentifier="gone")
    assert by_name[0] == "DBClusterNotFoundFault"


def test_a_deleted_cluster_comes_back_under_its_old_name_and_at_any_time_of_its_window(shared_lab, deleted):
    resource_id, moment = deleted
    (before,) = backups(shared_lab, DbClusterResourceId=resource_id)
    for name, settings in (("gone", {"RestoreToTime": moment}), ("gone-last", {"UseLatestRestorableTime": True})):
        shared_lab.rds.restore_db_cluster_to_point_in_time(
            SourceDbClusterResourceId=resource_id, DBClusterIdentifier=name, **settings
        )
        shared_lab.await_cluster(name)

    assert shared_lab.create_writer("gone").rows(ROWS) == ["{1,2,3}"]
    assert shared_lab.create_writer("gone-last").rows(ROWS) == ["{1,2,3,4}"]
    (after,) = backups(shared_lab, DbClusterResourceId=resource_id)
    assert after["RestoreWindow"] == before["RestoreWindow"]


def test_nothing_is_restored_from_beyond_the_end_of_a_deleted_cluster(shared_lab, deleted):
    refused = failure(
        shared_lab.rds.restore_db_cluster_to_point_in_time,
        SourceDbClusterResourceId=deleted[0],
        DBClusterIdentifier="beyond",
        RestoreToTime=datetime.now(UTC) + timedelta(seconds=5),
    )

    assert refused[0] == "InvalidParameterValue"


def test_clones_and_restores_share_their_sources_clone_group(shared_lab):
    shared_lab.create_cluster("original")
    database = shared_lab.create_writer("original")
    database.rows("CREATE TABLE orders AS SELECT 1 AS id;")
    shared_lab.create_cluster("stranger")
    group = shared_lab.cluster("original")["CloneGroupId"]
    clone = {"RestoreType": "copy-on-write", "UseLatestRestorableTime": True}

    first = shared_lab.restore("original", "clone-1", **clone)
    database.rows("INSERT INTO orders VALUES (2);")
    shared_lab.restore("clone-1", "clone-2", **clone)
    listed = shared_lab.rds.describe_db_clusters(Filters=[{"Name": "clone-group-id", "Values": [group]}])

    family = [one["DBClusterIdentifier"] for one in listed["DBClusters"]]
    assert sorted(family) == ["clone-1", "clone-2", "original"]
    assert first.rows(ROWS) == ["{1}"] and database.rows(ROWS) == ["{1,2}"]


def test_a_clone_needs_an_instance_of_its_source(shared_lab):
    shared_lab.create_cluster("headless")

    refused = failure(
        shared_lab.rds.restore_db_cluster_to_point_in_time,
        SourceDBClusterIdentifier="headless",
        DBClusterIdentifier="headless-clone",
        RestoreType="copy-on-write",
        UseLatestRestorableTime=True,
    )

    assert refused[0] == "InvalidDBClusterStateFault"
