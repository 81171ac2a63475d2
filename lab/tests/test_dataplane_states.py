"""Errors carry AWS's codes; statuses last as long as they are told to, and end as they are told to."""

import pytest
from botocore.exceptions import ClientError
from labs import PASSWORD, until


def code(operation, **parameters):
    """The error code that a call fails with."""
    with pytest.raises(ClientError) as caught:
        operation(**parameters)
    return caught.value.response["Error"]["Code"]


def new_cluster(**settings):
    """Valid parameters of CreateDBCluster, changed by settings."""
    return {
        "DBClusterIdentifier": "fresh",
        "Engine": "aurora-postgresql",
        "MasterUsername": "master",
        "MasterUserPassword": PASSWORD,
    } | settings


@pytest.fixture(scope="module")
def rds(shared_lab):
    """The RDS client of a lab with a cluster ``here`` whose instance is ``here-1``."""
    shared_lab.create_cluster("here")
    shared_lab.create_writer("here")
    return shared_lab.rds


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"DBClusterIdentifier": "here"}, "DBClusterAlreadyExistsFault"),
        ({"DBClusterIdentifier": "HERE"}, "DBClusterAlreadyExistsFault"),
        ({"DBClusterIdentifier": "1abc"}, "InvalidParameterValue"),
        ({"DBClusterIdentifier": "abc-"}, "InvalidParameterValue"),
        ({"DBClusterIdentifier": "a--b"}, "InvalidParameterValue"),
        ({"DBClusterIdentifier": "a_b"}, "InvalidParameterValue"),
        ({"DBClusterIdentifier": "a" * 64}, "InvalidParameterValue"),
        ({"EngineVersion": "11.9"}, "InvalidParameterCombination"),
        ({"Engine": "aurora-mysql"}, "InvalidParameterValue"),
        ({"BackupRetentionPeriod": 0}, "InvalidParameterValue"),
        ({"MasterUsername": "rdsadmin"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "short"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "with/slash"}, "InvalidParameterValue"),
        ({"ManageMasterUserPassword": True}, "InvalidParameterCombination"),
        ({"DBSubnetGroupName": "absent"}, "DBSubnetGroupNotFoundFault"),
        ({"DBClusterParameterGroupName": "absent"}, "DBClusterParameterGroupNotFound"),
        ({"EnableCloudwatchLogsExports": ["audit"]}, "InvalidParameterCombination"),
        ({"Tags": [{"Key": "aws:x", "Value": "y"}]}, "InvalidParameterValue"),
    ],
)
def test_refused_clusters(rds, settings, expected):
    assert code(rds.create_db_cluster, **new_cluster(**settings)) == expected


def test_duplicate_creation_leaves_the_original_alone(shared_lab, rds):
    before = shared_lab.cluster("here")

    assert code(rds.create_db_cluster, **new_cluster(DBClusterIdentifier="here")) == "DBClusterAlreadyExistsFault"

    after = shared_lab.cluster("here")
    assert after["DbClusterResourceId"] == before["DbClusterResourceId"]
    assert after["DBClusterMembers"] == before["DBClusterMembers"]
    assert shared_lab.database("here").rows("SELECT 1;") == ["1"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"DBInstanceIdentifier": "here-1"}, "DBInstanceAlreadyExists"),
        ({"DBInstanceIdentifier": "1x"}, "InvalidParameterValue"),
        ({"DBClusterIdentifier": "absent"}, "DBClusterNotFoundFault"),
        ({"Engine": "postgres"}, "InvalidParameterCombination"),
        ({"EngineVersion": "11.9"}, "InvalidParameterCombination"),
        ({"DBInstanceClass": "r6g.large"}, "InvalidParameterValue"),
        ({"DBInstanceClass": "db.serverless"}, "InvalidParameterCombination"),
        ({"PromotionTier": 16}, "InvalidParameterValue"),
        ({"CACertificateIdentifier": "absent"}, "CertificateNotFound"),
        ({"DBParameterGroupName": "absent"}, "DBParameterGroupNotFound"),
        ({"MasterUserPassword": PASSWORD}, "InvalidParameterCombination"),
    ],
)
def test_refused_instances(rds, settings, expected):
    valid = {
        "DBInstanceIdentifier": "other",
        "DBClusterIdentifier": "here",
        "DBInstanceClass": "db.r6g.large",
        "Engine": "aurora-postgresql",
    }
    assert code(rds.create_db_instance, **(valid | settings)) == expected


@pytest.mark.parametrize(
    ("operation", "parameters", "expected"),
    [
        ("describe_db_clusters", {"DBClusterIdentifier": "absent"}, "DBClusterNotFoundFault"),
        ("modify_db_cluster", {"DBClusterIdentifier": "absent"}, "DBClusterNotFoundFault"),
        ("delete_db_cluster", {"DBClusterIdentifier": "absent"}, "DBClusterNotFoundFault"),
        ("describe_db_instances", {"DBInstanceIdentifier": "absent"}, "DBInstanceNotFound"),
        ("modify_db_instance", {"DBInstanceIdentifier": "absent"}, "DBInstanceNotFound"),
        ("delete_db_instance", {"DBInstanceIdentifier": "absent"}, "DBInstanceNotFound"),
        ("delete_db_cluster", {"DBClusterIdentifier": "here", "SkipFinalSnapshot": True}, "InvalidDBClusterStateFault"),
        ("describe_db_clusters", {"Filters": [{"Name": "colour", "Values": ["x"]}]}, "InvalidParameterValue"),
        ("describe_db_clusters", {"MaxRecords": 5}, "InvalidParameterValue"),
        ("describe_events", {"SourceIdentifier": "here"}, "InvalidParameterCombination"),
        (
            "modify_db_cluster",
            {"DBClusterIdentifier": "here", "NewDBClusterIdentifier": "a--b", "ApplyImmediately": True},
            "InvalidParameterValue",
        ),
    ],
)
def test_refused_calls(rds, operation, parameters, expected):
    assert code(getattr(rds, operation), **parameters) == expected


def test_deletion_needs_protection_off_and_a_word_on_the_final_snapshot(shared_lab):
    rds = shared_lab.rds
    shared_lab.create_cluster("guarded", DeletionProtection=True)
    protected = code(rds.delete_db_cluster, DBClusterIdentifier="guarded", SkipFinalSnapshot=True)
    rds.modify_db_cluster(DBClusterIdentifier="guarded", DeletionProtection=False)
    shared_lab.await_cluster("guarded")
    silent = code(rds.delete_db_cluster, DBClusterIdentifier="guarded")
    both = code(
        rds.delete_db_cluster,
        DBClusterIdentifier="guarded",
        SkipFinalSnapshot=True,
        FinalDBSnapshotIdentifier="last",
    )

    assert protected == silent == both == "InvalidParameterCombination"
    shared_lab.delete_cluster("guarded")
    assert code(rds.describe_db_clusters, DBClusterIdentifier="guarded") == "DBClusterNotFoundFault"


def test_a_final_snapshot_outlives_its_cluster_and_its_name_is_taken(shared_lab):
    rds = shared_lab.rds
    for name in ("ending", "ending-too"):
        shared_lab.create_cluster(name)
    resource_id = shared_lab.cluster("ending")["DbClusterResourceId"]
    rds.delete_db_cluster(DBClusterIdentifier="ending", FinalDBSnapshotIdentifier="The-End")
    listed = rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier="the-end")["DBClusterSnapshots"][0]
    taken = code(rds.delete_db_cluster, DBClusterIdentifier="ending-too", FinalDBSnapshotIdentifier="the-end")

    assert (listed["Status"], listed["DbClusterResourceId"]) == ("creating", resource_id)
    assert (taken, shared_lab.cluster("ending-too")["Status"]) == ("DBClusterSnapshotAlreadyExistsFault", "available")
    until(
        lambda: "ending" not in [one["DBClusterIdentifier"] for one in rds.describe_db_clusters()["DBClusters"]],
        "the cluster's end",
    )
    manual = rds.describe_db_cluster_snapshots(SnapshotType="manual")["DBClusterSnapshots"]
    assert [one["Status"] for one in manual if one["DBClusterSnapshotIdentifier"] == "the-end"] == ["available"]
    shared_lab.delete_cluster("ending-too")


def test_rename_onto_another_cluster_is_refused(shared_lab, rds):
    shared_lab.create_cluster("mover")

    refused = code(
        rds.modify_db_cluster, DBClusterIdentifier="mover", NewDBClusterIdentifier="here", ApplyImmediately=True
    )

    assert refused == "DBClusterAlreadyExistsFault"
    assert shared_lab.cluster("mover")["Status"] == "available"


def test_a_name_that_a_rename_is_bringing_is_taken(start_lab):
    lab = start_lab("--lag", "0.4")
    lab.create_cluster("before")
    assert lab.post("/_lab/delays", {"rename": 3600})[0] == 200
    lab.rds.modify_db_cluster(DBClusterIdentifier="before", NewDBClusterIdentifier="after", ApplyImmediately=True)

    assert lab.cluster("before")["Status"] == "renaming"
    taken = code(lab.rds.create_db_cluster, **new_cluster(DBClusterIdentifier="after"))
    assert taken == "DBClusterAlreadyExistsFault"


def test_a_refused_modification_changes_nothing(shared_lab):
    shared_lab.create_cluster("steady")

    refused = code(
        shared_lab.rds.modify_db_cluster,
        DBClusterIdentifier="steady",
        DeletionProtection=True,
        VpcSecurityGroupIds=["sg-absent"],
    )

    cluster = shared_lab.cluster("steady")
    assert refused == "InvalidParameterValue"
    assert (cluster["Status"], cluster["DeletionProtection"]) == ("available", False)


@pytest.fixture
def slow_lab(start_lab, tmp_path):
    """A lab whose creations succeed at once, with a cluster ``base``; restores and instances take an hour."""
    delays = tmp_path / "delays.toml"
    delays.write_text("restore = 3600\ninstance = 3600\n")
    lab = start_lab("--lag", "0.2", "--delays", str(delays))
    lab.create_cluster("base")
    return lab


def test_a_status_lasts_as_long_as_its_delay(slow_lab):
    rds = slow_lab.rds
    rds.restore_db_cluster_to_point_in_time(
        SourceDBClusterIdentifier="base", DBClusterIdentifier="slow", UseLatestRestorableTime=True
    )
    data = slow_lab.home / "clusters" / slow_lab.cluster("slow")["DbClusterResourceId"]
    until(lambda: (data / "base" / "0001").exists() and not (data / "inbound").exists(), "the end of the real work")

    assert slow_lab.cluster("slow")["Status"] == "creating"
    instance = {
        "DBInstanceIdentifier": "slow-1",
        "DBClusterIdentifier": "slow",
        "DBInstanceClass": "db.r6g.large",
        "Engine": "aurora-postgresql",
    }
    assert code(rds.create_db_instance, **instance) == "InvalidDBClusterStateFault"
    change = {"DBClusterIdentifier": "slow", "DeletionProtection": True}
    assert code(rds.modify_db_cluster, **change) == "InvalidDBClusterStateFault"
    assert code(rds.delete_db_cluster, DBClusterIdentifier="slow", SkipFinalSnapshot=True) == (
        "InvalidDBClusterStateFault"
    )

    created = rds.create_db_instance(**(instance | {"DBClusterIdentifier": "base"}))["DBInstance"]
    assert created["DBInstanceStatus"] == "creating" and "Endpoint" not in created
    assert "Endpoint" not in slow_lab.cluster("base")


def test_a_restore_can_be_made_to_fail_with_an_event(start_lab):
    lab = start_lab("--lag", "0.2")
    lab.create_cluster("base")
    outcome = {"status": "incompatible-network", "message": "Subnet group has no free addresses."}
    assert lab.post("/_lab/delays", {"outcomes": {"restore": outcome}})[0] == 200

    lab.rds.restore_db_cluster_to_point_in_time(
        SourceDBClusterIdentifier="base", DBClusterIdentifier="broken", UseLatestRestorableTime=True
    )
    lab.await_cluster("broken", "incompatible-network")

    events = lab.rds.describe_events(SourceIdentifier="broken", SourceType="db-cluster")["Events"]
    assert [one["Message"] for one in events] == [
        "You can't create the DB cluster because of incompatible resources. Subnet group has no free addresses."
    ]
    assert events[0]["EventCategories"] == ["failure"]
    lab.delete_cluster("broken")


def test_an_instance_can_be_made_to_fail_and_be_deleted(start_lab):
    lab = start_lab("--lag", "0.2")
    lab.create_cluster("base")
    assert lab.post("/_lab/delays", {"outcomes": {"instance": "insufficient-capacity"}})[0] == 200
    lab.rds.create_db_instance(
        DBInstanceIdentifier="base-1",
        DBClusterIdentifier="base",
        DBInstanceClass="db.r6g.large",
        Engine="aurora-postgresql",
    )
    failed = lab.await_instance("base-1", "insufficient-capacity")

    assert "Endpoint" not in failed and "Endpoint" not in lab.cluster("base")
    messages = [one["Message"] for one in lab.rds.describe_events(SourceType="db-instance")["Events"]]
    assert len(messages) == 1 and messages[0].startswith("Database instance put into insufficient-capacity.")
    lab.delete_instance("base-1")


def test_events_tell_what_happened_in_order(start_lab):
    lab = start_lab("--lag", "0.2")
    lab.create_cluster("told")
    lab.create_writer("told")
    lab.delete_instance("told-1")
    lab.delete_cluster("told")

    events = lab.rds.describe_events(Duration=10)["Events"]

    assert [(one["SourceType"], one["SourceIdentifier"], one["Message"]) for one in events] == [
        ("db-cluster", "told", "DB cluster created"),
        ("db-instance", "told-1", "DB instance created"),
        ("db-instance", "told-1", "DB instance deleted"),
        ("db-cluster", "told", "DB cluster deleted"),
    ]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"reboot": 1}, "reboot"),
        ({"restore": -1}, "restore"),
        ({"restore": "long"}, "restore"),
        ({"outcomes": {"restore": "available"}}, "outcomes.restore"),
        ({"outcomes": {"modify": "failed"}}, "outcomes.modify"),
        ([], "object"),
    ],
)
def test_delays_that_make_no_sense_are_refused_and_change_nothing(shared_lab, changes, word):
    with_valid = changes if isinstance(changes, list) else {"delete": 99} | changes

    status, answer = shared_lab.post("/_lab/delays", with_valid)

    assert status == 400 and word in answer["error"]
    assert shared_lab.post("/_lab/delays", {})[1]["delete"] == 0.2


def test_backup_of_what_is_not_there_is_refused(shared_lab):
    shared_lab.create_cluster("idle")

    assert shared_lab.post("/_lab/backup", {"cluster": "absent"})[0] == 404
    assert shared_lab.post("/_lab/backup", {"cluster": "idle"})[0] == 409
    assert shared_lab.post("/_lab/backup", [])[0] == 400
