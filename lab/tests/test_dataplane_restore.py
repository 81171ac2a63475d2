"""Restores are real recoveries: to the microsecond, within a truthful window, of what AWS carries over and no more."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from labs import PASSWORD, until

ONE_MICROSECOND = timedelta(microseconds=1)
COMMITTED = (
    "SELECT to_char(pg_xact_commit_timestamp(xmin) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') "
    "FROM marks ORDER BY id;"
)


def moments(database):
    """When each row of marks was committed."""
    return [datetime.fromisoformat(line).replace(tzinfo=UTC) for line in database.rows(COMMITTED)]


def code_and_message(operation, **parameters):
    """The error that a call fails with."""
    with pytest.raises(ClientError) as caught:
        operation(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture(scope="module")
def source(shared_lab):
    """A cluster with a writer and five commits in quick succession; all can be restored to."""
    shared_lab.create_cluster("source")
    database = shared_lab.create_writer("source")
    database.rows("CREATE TABLE marks (id int);")
    database.rows("\n".join(f"INSERT INTO marks VALUES ({n});" for n in range(1, 6)))
    shared_lab.await_restorable("source", database.now())
    return database


def test_restores_to_the_microsecond(shared_lab, source):
    third = moments(source)[2]

    at = shared_lab.restore("source", "at-third", RestoreToTime=third)
    before = shared_lab.restore("source", "before-third", RestoreToTime=third - ONE_MICROSECOND)

    assert at.rows("SELECT array_agg(id ORDER BY id) FROM marks;") == ["{1,2,3}"]
    assert before.rows("SELECT array_agg(id ORDER BY id) FROM marks;") == ["{1,2}"]
    assert source.rows("SELECT count(*) FROM marks;") == ["5"]
    assert at.rows("SELECT pg_is_in_recovery();") == ["f"]


def test_restored_cluster_can_be_written_and_restored_again(shared_lab, source):
    shared_lab.rds.restore_db_cluster_to_point_in_time(
        SourceDBClusterIdentifier="source", DBClusterIdentifier="second", UseLatestRestorableTime=True
    )
    shared_lab.await_cluster("second")
    second = shared_lab.create_writer("second")
    second.rows("INSERT INTO marks VALUES (6);")
    kept = second.now()
    second.rows("DELETE FROM marks;")
    shared_lab.await_restorable("second", second.now())

    third = shared_lab.restore("second", "third", RestoreToTime=kept)

    assert third.rows("SELECT count(*) FROM marks;") == ["6"]


def test_restore_survives_the_deletion_of_its_source(shared_lab):
    shared_lab.create_cluster("parent")
    shared_lab.create_writer("parent").rows("CREATE TABLE heirloom AS SELECT 42 AS id;")
    shared_lab.await_restorable("parent", shared_lab.database("parent").now())
    shared_lab.delete_instance("parent-1")
    shared_lab.rds.restore_db_cluster_to_point_in_time(
        SourceDBClusterIdentifier="parent", DBClusterIdentifier="child", UseLatestRestorableTime=True
    )
    shared_lab.delete_cluster("parent")
    shared_lab.await_cluster("child")

    assert shared_lab.create_writer("child").rows("SELECT id FROM heirloom;") == ["42"]


def test_retained_backups_restore_a_deleted_cluster(shared_lab):
    rds = shared_lab.rds
    resource_id = shared_lab.create_cluster("gone")["DbClusterResourceId"]
    shared_lab.create_writer("gone").rows("CREATE TABLE relic AS SELECT 9 AS id;")
    shared_lab.delete_instance("gone-1")
    window = shared_lab.cluster("gone")
    rds.delete_db_cluster(DBClusterIdentifier="gone", SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    by_status = {"Filters": [{"Name": "status", "Values": ["retained"]}]}
    until(lambda: rds.describe_db_cluster_automated_backups(**by_status)["DBClusterAutomatedBackups"], "the backup")

    (backup,) = rds.describe_db_cluster_automated_backups(**by_status)["DBClusterAutomatedBackups"]
    assert (backup["DbClusterResourceId"], backup["DBClusterIdentifier"]) == (resource_id, "gone")
    assert backup["RestoreWindow"]["EarliestTime"] == window["EarliestRestorableTime"]
    assert backup["RestoreWindow"]["LatestTime"] == window["LatestRestorableTime"]
    rds.restore_db_cluster_to_point_in_time(
        SourceDbClusterResourceId=resource_id, DBClusterIdentifier="back", UseLatestRestorableTime=True
    )
    shared_lab.await_cluster("back")
    assert shared_lab.create_writer("back").rows("SELECT id FROM relic;") == ["9"]

    rds.delete_db_cluster_automated_backup(DbClusterResourceId=resource_id)
    assert rds.describe_db_cluster_automated_backups()["DBClusterAutomatedBackups"] == []
    refused, _ = code_and_message(
        rds.restore_db_cluster_to_point_in_time,
        SourceDbClusterResourceId=resource_id,
        DBClusterIdentifier="never",
        UseLatestRestorableTime=True,
    )
    assert refused == "DBClusterAutomatedBackupNotFoundFault"


def test_a_clone_has_the_newest_commit(shared_lab, source):
    source.rows("CREATE TABLE IF NOT EXISTS newest AS SELECT 1 AS id;")

    clone = shared_lab.restore("source", "clone", RestoreType="copy-on-write", UseLatestRestorableTime=True)

    assert clone.rows("SELECT id FROM newest;") == ["1"]


def test_source_can_be_named_by_resource_id(shared_lab, source):
    resource_id = shared_lab.cluster("source")["DbClusterResourceId"]
    shared_lab.rds.restore_db_cluster_to_point_in_time(
        SourceDbClusterResourceId=resource_id, DBClusterIdentifier="by-id", UseLatestRestorableTime=True
    )
    shared_lab.await_cluster("by-id")

    assert shared_lab.create_writer("by-id").rows("SELECT count(*) FROM marks;") == ["5"]


def test_password_is_that_of_the_restore_point(shared_lab):
    shared_lab.create_cluster("changed")
    database = shared_lab.create_writer("changed")
    before = database.now()
    shared_lab.rds.modify_db_cluster(
        DBClusterIdentifier="changed", MasterUserPassword="another-password", ApplyImmediately=True
    )
    shared_lab.await_cluster("changed")
    shared_lab.await_restorable("changed", before)

    shared_lab.rds.restore_db_cluster_to_point_in_time(
        SourceDBClusterIdentifier="changed", DBClusterIdentifier="unchanged", RestoreToTime=before
    )
    shared_lab.await_cluster("unchanged")

    assert shared_lab.create_writer("unchanged").rows("SELECT 1;") == ["1"]
    assert shared_lab.database("unchanged", password="another-password").psql("SELECT 1;").returncode == 2


def test_a_later_base_backup_can_be_asked_for(shared_lab, source):
    status, answer = shared_lab.post("/_lab/backup", {"cluster": "source"})
    assert status == 200
    taken = datetime.fromisoformat(answer["restorable_from"])
    source.rows("CREATE TABLE IF NOT EXISTS after_backup AS SELECT 1 AS id;")
    moment = source.now()
    shared_lab.await_restorable("source", moment)

    restored = shared_lab.restore("source", "from-later-base", RestoreToTime=moment)

    assert restored.rows("SELECT count(*) FROM after_backup;") == ["1"]
    assert shared_lab.cluster("source")["EarliestRestorableTime"] < taken


def test_window_moves_and_is_in_milliseconds(shared_lab, source):
    first = shared_lab.cluster("source")
    assert first["EarliestRestorableTime"] < first["LatestRestorableTime"]
    assert first["LatestRestorableTime"].microsecond % 1000 == 0

    until(
        lambda: shared_lab.cluster("source")["LatestRestorableTime"] > first["LatestRestorableTime"],
        "the window's end to move",
    )
    assert shared_lab.cluster("source")["EarliestRestorableTime"] == first["EarliestRestorableTime"]


def test_the_time_must_be_before_the_latest(shared_lab):
    # Without an instance the window stands still.
    window = shared_lab.create_cluster("still")
    names = {"SourceDBClusterIdentifier": "still", "DBClusterIdentifier": "at-latest"}

    code, message = code_and_message(
        shared_lab.rds.restore_db_cluster_to_point_in_time, **names, RestoreToTime=window["LatestRestorableTime"]
    )

    assert code == "InvalidParameterValue"
    assert "cannot be restored to a time later than" in message
    shared_lab.rds.restore_db_cluster_to_point_in_time(
        **names, RestoreToTime=window["LatestRestorableTime"] - ONE_MICROSECOND
    )
    shared_lab.await_cluster("at-latest")


@pytest.mark.parametrize("cluster", ["created", "restored"])
def test_there_is_no_window_until_the_cluster_is_complete(start_lab, cluster):
    lab = start_lab("--lag", "0.2")
    lab.create_cluster("origin")
    assert lab.post("/_lab/delays", {"create": 600, "restore": 600})[0] == 200
    if cluster == "created":
        lab.rds.create_db_cluster(
            DBClusterIdentifier="created", Engine="aurora-postgresql", MasterUsername="m", MasterUserPassword=PASSWORD
        )
    else:
        lab.rds.restore_db_cluster_to_point_in_time(
            SourceDBClusterIdentifier="origin", DBClusterIdentifier="restored", UseLatestRestorableTime=True
        )

    described = lab.cluster(cluster)

    assert described["Status"] == "creating"
    assert "EarliestRestorableTime" not in described and "LatestRestorableTime" not in described
    refused, _ = code_and_message(
        lab.rds.restore_db_cluster_to_point_in_time,
        SourceDBClusterIdentifier=cluster,
        DBClusterIdentifier="too-soon",
        UseLatestRestorableTime=True,
    )
    assert refused == "InvalidDBClusterStateFault"


def test_times_outside_the_window_are_refused(shared_lab, source):
    window = shared_lab.cluster("source")
    restore = shared_lab.rds.restore_db_cluster_to_point_in_time
    names = {"SourceDBClusterIdentifier": "source", "DBClusterIdentifier": "never"}

    early = code_and_message(restore, **names, RestoreToTime=window["EarliestRestorableTime"] - timedelta(seconds=1))
    late = code_and_message(restore, **names, RestoreToTime=datetime.now(UTC) + timedelta(hours=1))

    assert early[0] == late[0] == "InvalidParameterValue"
    assert "cannot be restored to a time earlier than" in early[1]
    assert "because its backup retention period is set to 1 days." in early[1]
    assert "cannot be restored to a time later than" in late[1]
    assert code_and_message(shared_lab.rds.describe_db_clusters, DBClusterIdentifier="never")[0] == (
        "DBClusterNotFoundFault"
    )


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({}, "InvalidParameterCombination"),
        ({"RestoreToTime": datetime(2026, 1, 1), "UseLatestRestorableTime": True}, "InvalidParameterCombination"),
        ({"RestoreToTime": datetime(2026, 1, 1), "RestoreType": "copy-on-write"}, "InvalidParameterCombination"),
        ({"UseLatestRestorableTime": True, "EnablePerformanceInsights": True}, "InvalidParameterCombination"),
        ({"UseLatestRestorableTime": True, "RestoreType": "fast"}, "InvalidParameterValue"),
        ({"UseLatestRestorableTime": True, "SourceDbClusterResourceId": "cluster-X"}, "InvalidParameterCombination"),
        ({"UseLatestRestorableTime": True, "Port": 80}, "InvalidParameterValue"),
        ({"UseLatestRestorableTime": True, "BackupRetentionPeriod": 36}, "InvalidParameterValue"),
        ({"UseLatestRestorableTime": True, "DBSubnetGroupName": "absent"}, "DBSubnetGroupNotFoundFault"),
        ({"UseLatestRestorableTime": True, "DBClusterParameterGroupName": "absent"}, "DBClusterParameterGroupNotFound"),
        ({"UseLatestRestorableTime": True, "VpcSecurityGroupIds": ["sg-absent"]}, "InvalidParameterValue"),
        ({"UseLatestRestorableTime": True, "KmsKeyId": "absent"}, "KMSKeyNotAccessibleFault"),
        ({"UseLatestRestorableTime": True, "DBClusterIdentifier": "source"}, "DBClusterAlreadyExistsFault"),
        ({"UseLatestRestorableTime": True, "DBClusterIdentifier": "a--b"}, "InvalidParameterValue"),
        ({"UseLatestRestorableTime": True, "SourceDBClusterIdentifier": "absent"}, "DBClusterNotFoundFault"),
    ],
)
def test_refused_parameters_create_nothing(shared_lab, source, settings, code):
    before = shared_lab.rds.describe_db_clusters()["DBClusters"]
    names = {"SourceDBClusterIdentifier": "source", "DBClusterIdentifier": "refused"}

    refused, _ = code_and_message(shared_lab.rds.restore_db_cluster_to_point_in_time, **(names | settings))

    assert refused == code
    assert len(shared_lab.rds.describe_db_clusters()["DBClusters"]) == len(before)


@pytest.fixture(scope="module")
def lavish(shared_lab):
    """A cluster with everything set that a restore might carry over, and what AWS names it there."""
    ec2, rds, kms = shared_lab.client("ec2"), shared_lab.rds, shared_lab.client("kms")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{n}.0/24", AvailabilityZone=f"eu-west-1{'abc'[n]}")["Subnet"][
            "SubnetId"
        ]
        for n in range(2)
    ]
    rds.create_db_subnet_group(DBSubnetGroupName="private", DBSubnetGroupDescription="private", SubnetIds=subnets)
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="tuned", DBParameterGroupFamily="aurora-postgresql15", Description="tuned"
    )
    shared_lab.create_cluster(
        "lavish",
        DBSubnetGroupName="private",
        VpcSecurityGroupIds=[ec2.create_security_group(GroupName="app", Description="app", VpcId=vpc)["GroupId"]],
        DBClusterParameterGroupName="tuned",
        Port=5433,
        StorageEncrypted=True,
        KmsKeyId=kms.create_key()["KeyMetadata"]["Arn"],
        EnableIAMDatabaseAuthentication=True,
        EnableCloudwatchLogsExports=["postgresql"],
        DeletionProtection=True,
        CopyTagsToSnapshot=True,
        BackupRetentionPeriod=9,
        PreferredBackupWindow="03:00-03:30",
        ServerlessV2ScalingConfiguration={"MinCapacity": 1, "MaxCapacity": 8},
        ManageMasterUserPassword=True,
        Tags=[{"Key": "env", "Value": "production"}],
    )
    rds.add_role_to_db_cluster(
        DBClusterIdentifier="lavish", RoleArn="arn:aws:iam::123456789012:role/s3", FeatureName="s3Import"
    )
    return shared_lab.cluster("lavish")


def inherited(lab, target, **settings):
    """A cluster restored from ``lavish``."""
    lab.rds.restore_db_cluster_to_point_in_time(
        SourceDBClusterIdentifier="lavish", DBClusterIdentifier=target, UseLatestRestorableTime=True, **settings
    )
    return lab.await_cluster(target)


def test_restore_carries_over_what_aws_does(shared_lab, lavish):
    target = inherited(shared_lab, "heir")

    kept = (
        "Engine", "EngineVersion", "MasterUsername", "DatabaseName", "StorageEncrypted", "KmsKeyId", "CloneGroupId",
        "BackupRetentionPeriod", "PreferredBackupWindow", "StorageType", "TagList",
    )  # fmt: skip
    assert {name: target[name] for name in kept} == {name: lavish[name] for name in kept}
    assert target["DbClusterResourceId"] != lavish["DbClusterResourceId"]


def test_restore_drops_what_aws_drops(shared_lab, lavish):
    target = inherited(shared_lab, "spare")
    (default_vpc,) = shared_lab.client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])[
        "Vpcs"
    ]
    groups = shared_lab.client("ec2").describe_security_groups(
        GroupIds=[one["VpcSecurityGroupId"] for one in target["VpcSecurityGroups"]]
    )["SecurityGroups"]

    assert [(one["GroupName"], one["VpcId"]) for one in groups] == [("default", default_vpc["VpcId"])]
    assert target["DBSubnetGroup"] == "default"
    assert target["DBClusterParameterGroup"] == "default.aurora-postgresql15"
    assert target["Port"] == 5432
    assert target["IAMDatabaseAuthenticationEnabled"] is False
    assert target["EnabledCloudwatchLogsExports"] == []
    assert target["DeletionProtection"] is False
    assert target["CopyTagsToSnapshot"] is False
    assert target["AssociatedRoles"] == []
    assert target["DBClusterMembers"] == []
    assert "MasterUserSecret" not in target
    assert "ServerlessV2ScalingConfiguration" not in target


def test_restore_takes_what_it_is_given(shared_lab, lavish):
    target = inherited(
        shared_lab,
        "given",
        DBSubnetGroupName="private",
        VpcSecurityGroupIds=[one["VpcSecurityGroupId"] for one in lavish["VpcSecurityGroups"]],
        DBClusterParameterGroupName="tuned",
        Port=5433,
        EnableIAMDatabaseAuthentication=True,
        EnableCloudwatchLogsExports=["postgresql"],
        DeletionProtection=True,
        CopyTagsToSnapshot=True,
        BackupRetentionPeriod=3,
        ServerlessV2ScalingConfiguration={"MinCapacity": 1, "MaxCapacity": 8},
        Tags=[{"Key": "daybreak:run", "Value": "r"}],
    )

    same = (
        "DBSubnetGroup", "VpcSecurityGroups", "DBClusterParameterGroup", "Port", "IAMDatabaseAuthenticationEnabled",
        "EnabledCloudwatchLogsExports", "DeletionProtection", "CopyTagsToSnapshot", "ServerlessV2ScalingConfiguration",
    )  # fmt: skip
    assert {name: target[name] for name in same} == {name: lavish[name] for name in same}
    assert target["BackupRetentionPeriod"] == 3
    assert target["TagList"] == [{"Key": "daybreak:run", "Value": "r"}]


def test_security_groups_of_another_vpc_are_refused(shared_lab, lavish):
    refused, message = code_and_message(
        shared_lab.rds.restore_db_cluster_to_point_in_time,
        SourceDBClusterIdentifier="lavish",
        DBClusterIdentifier="mixed",
        UseLatestRestorableTime=True,
        VpcSecurityGroupIds=[one["VpcSecurityGroupId"] for one in lavish["VpcSecurityGroups"]],
    )

    assert refused == "InvalidParameterCombination" and "are in different VPCs" in message
