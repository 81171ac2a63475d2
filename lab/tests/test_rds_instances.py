"""RDS for PostgreSQL instances hold real rows, and give them back from every kind of backup."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from clients import failure
from instances import ROWS, Instances
from labs import until

OTHER_REGION = "eu-central-1"

@pytest.fixture(scope="module")
def here(shared_lab):
    return Instances(shared_lab)


@pytest.fixture(scope="module")
def away(shared_lab):
    return Instances(shared_lab, OTHER_REGION)


@pytest.fixture(scope="module")
def source(here):
    """An instance ``shop`` with three rows; then a moment; then a fourth."""
    database = here.create("shop", Tags=[{"Key": "env", "Value": "production"}], DeletionProtection=True)
    database.rows("CREATE TABLE orders AS SELECT generate_series(1, 3) AS id;")
    database.moment = database.now()
    database.rows("INSERT INTO orders VALUES (4);")
    here.await_restorable("shop", database.now())
    return database


def test_an_instance_is_restored_to_a_time(here, source):
    restored = here.restore("shop-then", SourceDBInstanceIdentifier="shop", RestoreTime=source.moment)
    latest = here.restore("shop-latest", SourceDBInstanceIdentifier="shop", UseLatestRestorableTime=True)

    assert restored.rows(ROWS) == ["{1,2,3}"]
    assert latest.rows(ROWS) == source.rows(ROWS) == ["{1,2,3,4}"]
    assert restored.rows("INSERT INTO orders VALUES (9) RETURNING id;") == ["9"]


def test_a_restored_instance_loses_what_aws_drops(here, source):
    here.rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier="shop", TargetDBInstanceIdentifier="bare", UseLatestRestorableTime=True
    )
    bare, shop = here.awaited("bare"), here.described("shop")

    kept = ("DBInstanceClass", "Engine", "EngineVersion", "AllocatedStorage", "MasterUsername", "DBName",
            "BackupRetentionPeriod", "TagList")  # fmt: skip
    assert {name: bare[name] for name in kept} == {name: shop[name] for name in kept}
    assert bare["DeletionProtection"] is False and bare["MultiAZ"] is False
    assert bare["DbiResourceId"] != shop["DbiResourceId"]


def test_the_live_backup_tells_the_whole_window(here, source):
    shop = here.described("shop")
    (backup,) = here.backups(DBInstanceIdentifier="shop")

    assert "EarliestRestorableTime" not in shop
    assert backup["Status"] == "active" and backup["Region"] == here.lab.region
    assert backup["DbiResourceId"] == shop["DbiResourceId"]
    assert backup["RestoreWindow"]["EarliestTime"] < source.moment < backup["RestoreWindow"]["LatestTime"]
    assert here.backups(Filters=[{"Name": "dbi-resource-id", "Values": [shop["DbiResourceId"]]}])
    assert "shop" not in [
        one["DBInstanceIdentifier"] for one in here.backups(Filters=[{"Name": "status", "Values": ["retained"]}])
    ]


def test_retained_backups_restore_a_deleted_instance(here):
    database = here.create("leaver")
    database.rows("CREATE TABLE orders AS SELECT 5 AS id;")
    resource_id = here.described("leaver")["DbiResourceId"]
    here.delete("leaver", DeleteAutomatedBackups=False)
    (backup,) = here.backups(DbiResourceId=resource_id)

    assert backup["Status"] == "retained"
    restored = here.restore("leaver", SourceDbiResourceId=resource_id, UseLatestRestorableTime=True)
    assert restored.rows(ROWS) == ["{5}"]
    assert here.backups(DbiResourceId=resource_id)[0]["RestoreWindow"] == backup["RestoreWindow"]
    here.rds.delete_db_instance_automated_backup(DbiResourceId=resource_id)
    assert failure(here.rds.describe_db_instance_automated_backups, DbiResourceId=resource_id)[0] == (
        "DBInstanceAutomatedBackupNotFound"
    )


def test_by_default_backups_go_with_their_instance(here):
    here.create("forgotten")
    resource_id = here.described("forgotten")["DbiResourceId"]
    here.delete("forgotten")

    refused = failure(
        here.rds.restore_db_instance_to_point_in_time,
        SourceDbiResourceId=resource_id,
        TargetDBInstanceIdentifier="never",
        UseLatestRestorableTime=True,
    )

    assert refused == ("DBInstanceAutomatedBackupNotFound", 404)


def test_replicated_backups_restore_in_the_other_region_even_after_the_source_is_gone(here, away):
    database = here.create("travels")
    database.rows("CREATE TABLE orders AS SELECT 6 AS id;")
    here.await_restorable("travels", database.now())
    arn = here.described("travels")["DBInstanceArn"]
    started = away.rds.start_db_instance_automated_backups_replication(SourceDBInstanceArn=arn)
    backup_arn = started["DBInstanceAutomatedBackup"]["DBInstanceAutomatedBackupsArn"]
    (listed,) = away.backups()

    assert (listed["Status"], listed["Region"]) == ("replicating", here.lab.region)
    assert f":{OTHER_REGION}:" in backup_arn
    first = away.restore(
        "arrived", SourceDBInstanceAutomatedBackupsArn=backup_arn, UseLatestRestorableTime=True
    )
    here.delete("travels")
    (kept,) = away.backups(DBInstanceAutomatedBackupsArn=backup_arn)
    assert kept["Status"] == "retained"
    second = away.restore(
        "arrived-later", SourceDBInstanceAutomatedBackupsArn=backup_arn, UseLatestRestorableTime=True
    )
    assert first.rows(ROWS) == second.rows(ROWS) == ["{6}"]
    assert here.backups(Filters=[{"Name": "db-instance-id", "Values": ["travels"]}]) == []


def test_without_retention_there_is_no_restore_to_a_time(here):
    database = here.create("unsafe", BackupRetentionPeriod=0)
    database.rows("CREATE TABLE orders AS SELECT 1 AS id;")
    names = {"SourceDBInstanceIdentifier": "unsafe", "TargetDBInstanceIdentifier": "never"}
    restore = here.rds.restore_db_instance_to_point_in_time

    assert "LatestRestorableTime" not in here.described("unsafe")
    assert failure(restore, **names, UseLatestRestorableTime=True) == ("PointInTimeRestoreNotEnabled", 400)
    before = datetime.now(UTC)
    here.rds.modify_db_instance(DBInstanceIdentifier="unsafe", BackupRetentionPeriod=3, ApplyImmediately=True)
    here.awaited("unsafe")
    (backup,) = here.backups(DBInstanceIdentifier="unsafe")
    assert backup["RestoreWindow"]["EarliestTime"] > before
    assert here.restore("unsafe-back", SourceDBInstanceIdentifier="unsafe", UseLatestRestorableTime=True).rows(
        ROWS
    ) == ["{1}"]


def test_a_snapshot_holds_its_moment_and_survives_copies_across_regions(here, away, source):
    shot = here.snapshot("shop", "shop-four")
    source.rows("INSERT INTO orders VALUES (5); DELETE FROM orders WHERE id = 5;")
    away.rds.copy_db_snapshot(
        SourceDBSnapshotIdentifier=shot["DBSnapshotArn"], TargetDBSnapshotIdentifier="shop-four-away"
    )
    copy = away.await_snapshot("shop-four-away")
    away.rds.restore_db_instance_from_db_snapshot(
        DBSnapshotIdentifier="shop-four-away", DBInstanceIdentifier="shop-away"
    )

    assert away.database("shop-away").rows(ROWS) == ["{1,2,3,4}"]
    assert copy["SnapshotCreateTime"] > shot["SnapshotCreateTime"]
    assert copy["OriginalSnapshotCreateTime"] == shot["OriginalSnapshotCreateTime"]
    assert copy["SnapshotDatabaseTime"] == shot["SnapshotDatabaseTime"]
    assert copy["SourceRegion"] == here.lab.region
    assert away.described("shop-away")["TagList"] == []


def test_a_snapshot_can_be_encrypted_by_its_copy(here, source):
    key = here.lab.client("kms").create_key()["KeyMetadata"]["Arn"]
    here.snapshot("shop", "plain-text")
    here.rds.copy_db_snapshot(
        SourceDBSnapshotIdentifier="plain-text", TargetDBSnapshotIdentifier="cipher-text", KmsKeyId=key
    )
    assert here.await_snapshot("cipher-text")["KmsKeyId"] == key

    here.rds.restore_db_instance_from_db_snapshot(DBSnapshotIdentifier="cipher-text", DBInstanceIdentifier="rekeyed")

    assert here.database("rekeyed").rows(ROWS) == ["{1,2,3,4}"]
    assert here.described("rekeyed")["KmsKeyId"] == key


def test_a_final_snapshot_holds_the_last_rows(here):
    here.create("ending").rows("CREATE TABLE orders AS SELECT 8 AS id;")
    here.delete("ending", SkipFinalSnapshot=False, FinalDBSnapshotIdentifier="ending-final")
    here.await_snapshot("ending-final")

    here.rds.restore_db_instance_from_db_snapshot(DBSnapshotIdentifier="ending-final", DBInstanceIdentifier="ending")

    assert here.database("ending").rows(ROWS) == ["{8}"]


def test_an_instance_is_backing_up_while_its_snapshot_is_taken(here, source):
    assert here.lab.post("/_lab/delays", {"snapshot": 600})[0] == 200
    try:
        here.create("busy")
        here.rds.create_db_snapshot(DBInstanceIdentifier="busy", DBSnapshotIdentifier="busy-1")
    finally:
        assert here.lab.post("/_lab/delays", {"snapshot": 0.2})[0] == 200

    assert here.described("busy")["DBInstanceStatus"] == "backing-up"
    refused = failure(here.rds.modify_db_instance, DBInstanceIdentifier="busy", BackupRetentionPeriod=2)
    assert refused[0] == "InvalidDBInstanceState"
    assert failure(here.rds.delete_db_snapshot, DBSnapshotIdentifier="busy-1")[0] == "InvalidDBSnapshotState"


def test_a_managed_password_opens_the_database(here):
    here.create("managed", ManageMasterUserPassword=True)
    secret = here.awaited("managed")["MasterUserSecret"]["SecretArn"]
    value = here.lab.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]

    assert here.database("managed", password=json.loads(value)["password"]).rows("SELECT 1;") == ["1"]


def test_modifications_take_effect_at_once_or_wait(here):
    database = here.create("changing")
    database.rows("CREATE TABLE orders AS SELECT 1 AS id;")
    here.rds.modify_db_instance(DBInstanceIdentifier="changing", DBInstanceClass="db.m6g.xlarge", MultiAZ=True)
    assert here.awaited("changing")["PendingModifiedValues"] == {"DBInstanceClass": "db.m6g.xlarge", "MultiAZ": True}
    here.rds.modify_db_instance(
        DBInstanceIdentifier="changing", DBInstanceClass="db.m6g.xlarge", MultiAZ=True, ApplyImmediately=True
    )
    changed = here.awaited("changing")
    assert (changed["DBInstanceClass"], changed["MultiAZ"], changed["PendingModifiedValues"]) == (
        "db.m6g.xlarge", True, {},
    )  # fmt: skip
    here.rds.modify_db_instance(DBInstanceIdentifier="changing", MasterUserPassword="another-password")
    assert here.database("changing", password="another-password").rows(ROWS) == ["{1}"]

    here.rds.modify_db_instance(
        DBInstanceIdentifier="changing", NewDBInstanceIdentifier="changed", ApplyImmediately=True
    )

    until(lambda: here.gone("changing"), "the new name")
    assert here.database("changed", password="another-password").rows(ROWS) == ["{1}"]
    assert here.described("changed")["DbiResourceId"] == changed["DbiResourceId"]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({}, "InvalidParameterCombination"),
        ({"UseLatestRestorableTime": True, "RestoreTime": datetime(2026, 1, 1)}, "InvalidParameterCombination"),
        ({"RestoreTime": datetime(2020, 1, 1)}, "InvalidParameterValue"),
        ({"RestoreTime": datetime.now(UTC) + timedelta(days=1)}, "InvalidParameterValue"),
        ({"UseLatestRestorableTime": True, "SourceDbiResourceId": "db-X"}, "InvalidParameterCombination"),
        ({"UseLatestRestorableTime": True, "SourceDBInstanceIdentifier": "absent"}, "DBInstanceNotFound"),
        ({"UseLatestRestorableTime": True, "TargetDBInstanceIdentifier": "shop"}, "DBInstanceAlreadyExists"),
        ({"UseLatestRestorableTime": True, "AllocatedStorage": 21}, "InvalidParameterValue"),
        ({"UseLatestRestorableTime": True, "DBSubnetGroupName": "absent"}, "DBSubnetGroupNotFoundFault"),
        ({"UseLatestRestorableTime": True, "DBParameterGroupName": "absent"}, "DBParameterGroupNotFound"),
    ],
)
def test_refused_restores_create_nothing(here, source, settings, code):
    names = {"SourceDBInstanceIdentifier": "shop", "TargetDBInstanceIdentifier": "refused"}

    assert failure(here.rds.restore_db_instance_to_point_in_time, **(names | settings))[0] == code
    assert here.gone("refused")


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({}, "InvalidParameterCombination"),
        ({"SkipFinalSnapshot": True}, "InvalidParameterCombination"),
        ({"DBInstanceIdentifier": "absent"}, "DBInstanceNotFound"),
    ],
)
def test_refused_deletions(here, source, settings, code):
    # The source is protected from deletion.
    assert failure(here.rds.delete_db_instance, **({"DBInstanceIdentifier": "shop"} | settings))[0] == code
