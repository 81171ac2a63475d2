"""Cluster snapshots hold the rows of their moment, within a Region, across Regions and across accounts."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from clients import Account, client, failure
from labs import until
from snapshots import await_snapshot, restored, snapshot, take

OTHER_REGION = "eu-central-1"


@pytest.fixture(scope="module")
def source(shared_lab):
    """A cluster with rows, of which the snapshot ``three`` holds three."""
    shared_lab.create_cluster("shop", Tags=[{"Key": "env", "Value": "production"}], CopyTagsToSnapshot=True)
    database = shared_lab.create_writer("shop")
    database.rows("CREATE TABLE orders AS SELECT generate_series(1, 3) AS id;")
    take(shared_lab, "shop", "three")
    database.rows("INSERT INTO orders VALUES (4);")
    return database


def rows(database):
    return database.rows("SELECT array_agg(id ORDER BY id) FROM orders;")


def test_a_snapshot_holds_the_rows_of_its_moment(shared_lab, source):
    database = restored(shared_lab, shared_lab.rds, "three", "from-three")

    assert rows(database) == ["{1,2,3}"]
    assert rows(source) == ["{1,2,3,4}"]
    assert database.rows("INSERT INTO orders VALUES (9) RETURNING id;") == ["9"]


def test_a_snapshot_is_of_the_moment_of_its_call(shared_lab, source):
    source.rows("CREATE TABLE moments (id int); INSERT INTO moments VALUES (1);")
    before = source.now()
    shared_lab.rds.create_db_cluster_snapshot(DBClusterIdentifier="shop", DBClusterSnapshotIdentifier="prompt")
    source.rows("INSERT INTO moments VALUES (2);")
    after = source.now()

    described = await_snapshot(shared_lab.rds, "prompt")

    assert before <= described["SnapshotCreateTime"] + timedelta(milliseconds=1)
    assert described["SnapshotCreateTime"] <= after
    assert restored(shared_lab, shared_lab.rds, "prompt", "prompt").rows("SELECT id FROM moments;") == ["1"]


def test_a_snapshot_outlives_its_cluster(shared_lab):
    shared_lab.create_cluster("brief")
    shared_lab.create_writer("brief").rows("CREATE TABLE orders AS SELECT 7 AS id;")
    take(shared_lab, "brief", "of-brief")
    shared_lab.delete_instance("brief-1")
    shared_lab.delete_cluster("brief")

    assert snapshot(shared_lab.rds, "of-brief")["DBClusterIdentifier"] == "brief"
    assert rows(restored(shared_lab, shared_lab.rds, "of-brief", "brief")) == ["{7}"]


def test_a_final_snapshot_holds_the_last_rows(shared_lab):
    shared_lab.create_cluster("ending")
    shared_lab.create_writer("ending").rows("CREATE TABLE orders AS SELECT 8 AS id;")
    shared_lab.rds.delete_db_instance(DBInstanceIdentifier="ending-1")

    shared_lab.rds.delete_db_cluster(DBClusterIdentifier="ending", FinalDBSnapshotIdentifier="ending-final")

    assert await_snapshot(shared_lab.rds, "ending-final")["SnapshotType"] == "manual"
    named = [{"Name": "db-cluster-id", "Values": ["ending"]}]
    until(lambda: not shared_lab.rds.describe_db_clusters(Filters=named)["DBClusters"], "the end of the cluster")
    assert rows(restored(shared_lab, shared_lab.rds, "ending-final", "ending")) == ["{8}"]


def test_a_snapshot_of_aws_backup_is_a_manual_one_with_a_name_of_its_own(shared_lab, source):
    status, answer = shared_lab.post("/_lab/backup", {"cluster": "shop", "snapshot": "aws-backup"})
    assert status == 200 and re.fullmatch(r"awsbackup:job-[0-9a-f-]{36}", answer["snapshot"])

    assert await_snapshot(shared_lab.rds, answer["snapshot"])["SnapshotType"] == "manual"
    assert rows(restored(shared_lab, shared_lab.rds, answer["snapshot"], "from-backup")) == rows(source)


def test_a_taken_name_of_a_final_snapshot_blocks_the_deletion(shared_lab, source):
    shared_lab.create_cluster("stays")
    delete = shared_lab.rds.delete_db_cluster

    refused = failure(delete, DBClusterIdentifier="stays", FinalDBSnapshotIdentifier="three")

    assert refused == ("DBClusterSnapshotAlreadyExistsFault", 400)
    assert shared_lab.cluster("stays")["Status"] == "available"
    assert failure(delete, DBClusterIdentifier="stays")[0] == "InvalidParameterCombination"
    both = {"SkipFinalSnapshot": True, "FinalDBSnapshotIdentifier": "stays-final"}
    assert failure(delete, DBClusterIdentifier="stays", **both)[0] == "InvalidParameterCombination"


def test_a_daily_snapshot_ends_with_its_cluster(shared_lab):
    shared_lab.create_cluster("daily")
    shared_lab.create_writer("daily").rows("CREATE TABLE orders AS SELECT 5 AS id;")
    status, answer = shared_lab.post("/_lab/backup", {"cluster": "daily", "snapshot": True})
    assert status == 200 and re.fullmatch(r"rds:daily-\d{4}-\d\d-\d\d-\d\d-\d\d", answer["snapshot"])
    name = answer["snapshot"]

    assert failure(shared_lab.rds.describe_db_cluster_snapshots, DBClusterSnapshotIdentifier=name)[0] == (
        "DBClusterSnapshotNotFoundFault"
    )
    assert await_snapshot(shared_lab.rds, name, SnapshotType="automated")["SnapshotType"] == "automated"
    assert failure(shared_lab.rds.delete_db_cluster_snapshot, DBClusterSnapshotIdentifier=name)[0] == (
        "InvalidDBClusterSnapshotStateFault"
    )
    shared_lab.rds.copy_db_cluster_snapshot(
        SourceDBClusterSnapshotIdentifier=name, TargetDBClusterSnapshotIdentifier="kept"
    )
    await_snapshot(shared_lab.rds, "kept")
    shared_lab.delete_instance("daily-1")
    shared_lab.delete_cluster("daily")

    listed = shared_lab.rds.describe_db_cluster_snapshots(DBClusterIdentifier="daily")["DBClusterSnapshots"]
    assert [one["DBClusterSnapshotIdentifier"] for one in listed] == ["kept"]
    assert rows(restored(shared_lab, shared_lab.rds, "kept", "daily")) == ["{5}"]


def test_a_copy_in_another_region_is_complete_there(shared_lab, source):
    away = shared_lab.client("rds", region_name=OTHER_REGION)
    three = snapshot(shared_lab.rds, "three")
    assert shared_lab.post("/_lab/delays", {"copy": 1.0})[0] == 200
    away.copy_db_cluster_snapshot(
        SourceDBClusterSnapshotIdentifier=three["DBClusterSnapshotArn"],
        TargetDBClusterSnapshotIdentifier="three-away",
        CopyTags=True,
    )
    copying = snapshot(away, "three-away")
    restore = {"SnapshotIdentifier": "three-away", "DBClusterIdentifier": "soon", "Engine": "aurora-postgresql"}
    assert copying["Status"] == "copying" and copying["PercentProgress"] < 100
    assert failure(away.restore_db_cluster_from_snapshot, **restore)[0] == "InvalidDBClusterSnapshotStateFault"

    described = await_snapshot(away, "three-away")
    assert shared_lab.post("/_lab/delays", {"copy": 0.2})[0] == 200

    assert described["SourceDBClusterSnapshotArn"] == three["DBClusterSnapshotArn"]
    assert described["TagList"] == three["TagList"] == [{"Key": "env", "Value": "production"}]
    assert described["SnapshotCreateTime"] > three["SnapshotCreateTime"]
    assert described["PercentProgress"] == 100
    assert rows(restored(shared_lab, away, "three-away", "shop-away")) == ["{1,2,3}"]
    assert failure(shared_lab.rds.describe_db_clusters, DBClusterIdentifier="shop-away")[0] == "DBClusterNotFoundFault"


def test_deleting_a_copy_under_way_cancels_it(shared_lab, source):
    away = shared_lab.client("rds", region_name=OTHER_REGION)
    assert shared_lab.post("/_lab/delays", {"copy": 600})[0] == 200
    away.copy_db_cluster_snapshot(
        SourceDBClusterSnapshotIdentifier=snapshot(shared_lab.rds, "three")["DBClusterSnapshotArn"],
        TargetDBClusterSnapshotIdentifier="cancelled",
    )
    assert shared_lab.post("/_lab/delays", {"copy": 0.2})[0] == 200

    away.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier="cancelled")

    assert failure(away.describe_db_cluster_snapshots, DBClusterSnapshotIdentifier="cancelled")[0] == (
        "DBClusterSnapshotNotFoundFault"
    )


def test_an_encrypted_copy_needs_a_key_of_the_destination(shared_lab):
    away, key = shared_lab.client("rds", region_name=OTHER_REGION), shared_lab.client("kms").create_key()
    far_key = shared_lab.client("kms", region_name=OTHER_REGION).create_key()["KeyMetadata"]["Arn"]
    shared_lab.create_cluster("secret", StorageEncrypted=True, KmsKeyId=key["KeyMetadata"]["Arn"])
    source = take(shared_lab, "secret", "secret-1")["DBClusterSnapshotArn"]
    copy = {"SourceDBClusterSnapshotIdentifier": source, "TargetDBClusterSnapshotIdentifier": "secret-away"}

    assert failure(away.copy_db_cluster_snapshot, **copy)[0] == "InvalidParameterCombination"
    foreign = {"KmsKeyId": key["KeyMetadata"]["Arn"]}
    assert failure(away.copy_db_cluster_snapshot, **copy, **foreign)[0] == "KMSKeyNotAccessibleFault"
    away.copy_db_cluster_snapshot(**copy, KmsKeyId=far_key)

    assert await_snapshot(away, "secret-away")["KmsKeyId"] == far_key
    shared_lab.client("kms").disable_key(KeyId=key["KeyMetadata"]["KeyId"])
    restore = {"SnapshotIdentifier": "secret-1", "DBClusterIdentifier": "locked", "Engine": "aurora-postgresql"}
    assert failure(shared_lab.rds.restore_db_cluster_from_snapshot, **restore)[0] == "KMSKeyNotAccessibleFault"
    assert failure(away.copy_db_cluster_snapshot, **{**copy, "TargetDBClusterSnapshotIdentifier": "x"},
                   KmsKeyId=far_key)[0] == "KMSKeyNotAccessibleFault"  # fmt: skip


def test_an_unencrypted_snapshot_is_encrypted_by_its_restore_not_its_copy(shared_lab, source):
    key = shared_lab.client("kms").create_key()["KeyMetadata"]["Arn"]

    refused = failure(
        shared_lab.rds.copy_db_cluster_snapshot,
        SourceDBClusterSnapshotIdentifier="three",
        TargetDBClusterSnapshotIdentifier="locked-three",
        KmsKeyId=key,
    )
    database = restored(shared_lab, shared_lab.rds, "three", "locked-three", KmsKeyId=key)

    assert refused[0] == "InvalidParameterCombination"
    assert rows(database) == ["{1,2,3}"]
    assert shared_lab.cluster("locked-three")["KmsKeyId"] == key


def test_a_shared_snapshot_is_restored_by_its_arn(shared_lab, source):
    partner = Account(shared_lab)
    rds = client(partner, "rds")
    arn = take(shared_lab, "shop", "handover")["DBClusterSnapshotArn"]
    restore = {"DBClusterIdentifier": "theirs", "Engine": "aurora-postgresql"}
    not_found = "DBClusterSnapshotNotFoundFault"
    assert failure(rds.restore_db_cluster_from_snapshot, SnapshotIdentifier=arn, **restore)[0] == not_found

    shared_lab.rds.modify_db_cluster_snapshot_attribute(
        DBClusterSnapshotIdentifier="handover", AttributeName="restore", ValuesToAdd=[partner.number]
    )

    assert rds.describe_db_cluster_snapshots()["DBClusterSnapshots"] == []
    (listed,) = rds.describe_db_cluster_snapshots(IncludeShared=True)["DBClusterSnapshots"]
    assert (listed["SnapshotType"], listed["DBClusterSnapshotIdentifier"]) == ("shared", arn)
    assert failure(rds.restore_db_cluster_from_snapshot, SnapshotIdentifier="handover", **restore)[0] == not_found
    assert rows(restored(shared_lab, rds, arn, "theirs")) == ["{1,2,3,4}"]
    rds.copy_db_cluster_snapshot(SourceDBClusterSnapshotIdentifier=arn, TargetDBClusterSnapshotIdentifier="ours")
    await_snapshot(rds, "ours")
    shared_lab.rds.modify_db_cluster_snapshot_attribute(
        DBClusterSnapshotIdentifier="handover", AttributeName="restore", ValuesToRemove=[partner.number]
    )
    assert rds.describe_db_cluster_snapshots(SnapshotType="shared")["DBClusterSnapshots"] == []


def test_a_snapshot_under_the_default_key_cannot_be_shared(shared_lab):
    shared_lab.create_cluster("default-key", StorageEncrypted=True)
    take(shared_lab, "default-key", "default-key-1")

    refused = failure(
        shared_lab.rds.modify_db_cluster_snapshot_attribute,
        DBClusterSnapshotIdentifier="default-key-1",
        AttributeName="restore",
        ValuesToAdd=["222222222222"],
    )

    assert refused[0] == "InvalidDBClusterSnapshotStateFault"


def test_without_a_version_the_regions_default_counts(shared_lab, source):
    installed = snapshot(shared_lab.rds, "three")["EngineVersion"]
    newer = f"{installed.split('.')[0]}.999"
    assert shared_lab.post("/_lab/versions", {shared_lab.region: newer})[0] == 200
    restore = shared_lab.rds.restore_db_cluster_from_snapshot
    names = {"SnapshotIdentifier": "three", "Engine": "aurora-postgresql"}
    try:
        restore(DBClusterIdentifier="drifted", **names)
        restore(DBClusterIdentifier="faithful", EngineVersion=installed, **names)
        versions = shared_lab.rds.describe_db_engine_versions
        listed = versions(Engine="aurora-postgresql")["DBEngineVersions"]
        (default,) = versions(Engine="aurora-postgresql", DefaultOnly=True)["DBEngineVersions"]
        assert sorted(one["EngineVersion"] for one in listed) == sorted([installed, newer])
        assert default["EngineVersion"] == newer
        shared_lab.await_cluster("drifted")
        take(shared_lab, "drifted", "newer")
    finally:
        assert shared_lab.post("/_lab/versions", {shared_lab.region: None})[0] == 200

    assert shared_lab.cluster("drifted")["EngineVersion"] == newer
    assert shared_lab.await_cluster("faithful")["EngineVersion"] == installed
    lower = failure(restore, DBClusterIdentifier="lower", SnapshotIdentifier="newer", Engine="aurora-postgresql")
    assert lower[0] == "InvalidParameterCombination"


def test_a_restore_takes_port_and_backups_of_the_snapshot_and_little_else(shared_lab):
    shared_lab.create_cluster(
        "rich",
        Port=5440,
        BackupRetentionPeriod=9,
        PreferredBackupWindow="03:00-03:30",
        DeletionProtection=True,
        CopyTagsToSnapshot=True,
        EnableIAMDatabaseAuthentication=True,
        EnableCloudwatchLogsExports=["postgresql"],
        Tags=[{"Key": "env", "Value": "production"}],
    )
    take(shared_lab, "rich", "rich-1")
    shared_lab.rds.restore_db_cluster_from_snapshot(
        SnapshotIdentifier="rich-1", DBClusterIdentifier="poor", Engine="aurora-postgresql"
    )
    target, rich = shared_lab.await_cluster("poor"), shared_lab.cluster("rich")

    kept = ("Port", "BackupRetentionPeriod", "PreferredBackupWindow", "MasterUsername", "DatabaseName", "EngineVersion")
    assert {name: target[name] for name in kept} == {name: rich[name] for name in kept}
    assert target["TagList"] == [] and target["EnabledCloudwatchLogsExports"] == []
    assert target["DeletionProtection"] is False and target["IAMDatabaseAuthenticationEnabled"] is False
    assert target["CloneGroupId"] != rich["CloneGroupId"]


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("create_db_cluster_snapshot", {"DBClusterIdentifier": "absent"}, "DBClusterNotFoundFault"),
        ("create_db_cluster_snapshot", {"DBClusterSnapshotIdentifier": "three"}, "DBClusterSnapshotAlreadyExistsFault"),
        ("create_db_cluster_snapshot", {"DBClusterSnapshotIdentifier": "a--b"}, "InvalidParameterValue"),
        ("create_db_cluster_snapshot", {"DBClusterSnapshotIdentifier": "a" * 64}, "InvalidParameterValue"),
        ("describe_db_cluster_snapshots", {"DBClusterIdentifier": None, "DBClusterSnapshotIdentifier": "absent"},
         "DBClusterSnapshotNotFoundFault"),
        ("describe_db_cluster_snapshots", {"DBClusterSnapshotIdentifier": "three"}, "InvalidParameterCombination"),
        ("describe_db_cluster_snapshots", {"SnapshotType": "odd", "DBClusterSnapshotIdentifier": None},
         "InvalidParameterValue"),
        ("describe_db_cluster_snapshots", {"MaxRecords": 5, "DBClusterSnapshotIdentifier": None},
         "InvalidParameterValue"),
        ("describe_db_cluster_snapshots",
         {"Filters": [{"Name": "odd", "Values": ["x"]}], "DBClusterSnapshotIdentifier": None}, "InvalidParameterValue"),
        ("delete_db_cluster_snapshot", {"DBClusterIdentifier": None, "DBClusterSnapshotIdentifier": "absent"},
         "DBClusterSnapshotNotFoundFault"),
    ],
)  # fmt: skip
def test_refused_calls(shared_lab, source, operation, parameters, code):
    given = {"DBClusterIdentifier": "shop", "DBClusterSnapshotIdentifier": "new"} | parameters
    given = {name: value for name, value in given.items() if value is not None}

    assert failure(getattr(shared_lab.rds, operation), **given)[0] == code


def test_a_snapshot_needs_an_available_cluster(shared_lab):
    assert shared_lab.post("/_lab/delays", {"create": 600})[0] == 200
    shared_lab.rds.create_db_cluster(
        DBClusterIdentifier="slow", Engine="aurora-postgresql", MasterUsername="m", MasterUserPassword="correct-horse"
    )
    assert shared_lab.post("/_lab/delays", {"create": 0.3})[0] == 200
    names = {"DBClusterIdentifier": "slow", "DBClusterSnapshotIdentifier": "too-soon"}

    assert failure(shared_lab.rds.create_db_cluster_snapshot, **names)[0] == "InvalidDBClusterStateFault"


def test_snapshots_are_listed_by_type_filter_and_page(shared_lab, source):
    for number in range(21):
        shared_lab.rds.create_db_cluster_snapshot(
            DBClusterIdentifier="shop", DBClusterSnapshotIdentifier=f"page-{number:02}"
        )
    rds = shared_lab.rds
    resource_id = shared_lab.cluster("shop")["DbClusterResourceId"]
    first = rds.describe_db_cluster_snapshots(DBClusterIdentifier="shop", MaxRecords=20)
    rest = rds.describe_db_cluster_snapshots(DBClusterIdentifier="shop", MaxRecords=20, Marker=first["Marker"])
    by_id = rds.describe_db_cluster_snapshots(DbClusterResourceId=resource_id)["DBClusterSnapshots"]
    one = rds.describe_db_cluster_snapshots(Filters=[{"Name": "db-cluster-snapshot-id", "Values": ["page-07"]}])

    assert len(first["DBClusterSnapshots"]) == 20 and "Marker" not in rest
    assert len(by_id) == len(first["DBClusterSnapshots"]) + len(rest["DBClusterSnapshots"])
    assert [found["DBClusterSnapshotIdentifier"] for found in one["DBClusterSnapshots"]] == ["page-07"]
    automated = rds.describe_db_cluster_snapshots(DBClusterIdentifier="shop", SnapshotType="automated")
    assert automated["DBClusterSnapshots"] == []


def test_a_snapshot_can_be_told_to_fail(shared_lab, source):
    told = {"outcomes": {"snapshot": {"status": "failed", "message": "No room."}}}
    assert shared_lab.post("/_lab/delays", told)[0] == 200
    shared_lab.rds.create_db_cluster_snapshot(DBClusterIdentifier="shop", DBClusterSnapshotIdentifier="doomed")
    assert shared_lab.post("/_lab/delays", {"outcomes": {}})[0] == 200

    await_snapshot(shared_lab.rds, "doomed", "failed")
    events = shared_lab.rds.describe_events(
        SourceIdentifier="doomed", SourceType="db-cluster-snapshot", StartTime=datetime.now(UTC) - timedelta(hours=1)
    )["Events"]
    assert any("No room." in event["Message"] for event in events)
