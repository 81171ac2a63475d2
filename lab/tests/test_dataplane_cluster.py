"""Clusters hold real databases: reached over TLS while an instance is ready, and gone when deleted."""

import json
import socket

import pytest
from botocore.exceptions import ClientError
from labs import MASTER, PASSWORD, processes_under, until

OTHER_PASSWORD = "battery-staple-2"


def refuses(address, port):
    """Whether nothing accepts connections there."""
    with socket.socket() as client:
        return client.connect_ex((address, port)) != 0


@pytest.fixture(scope="module")
def database(shared_lab):
    """A cluster named ``plain`` with a writer."""
    shared_lab.create_cluster("plain")
    return shared_lab.create_writer("plain")


def test_rows_written_through_the_endpoint_are_kept(shared_lab, database):
    database.rows("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id;")

    assert database.rows("SELECT count(*), sum(id) FROM kept;") == ["1000|500500"]


def test_reports_the_version_it_really_is(shared_lab, database):
    version = shared_lab.cluster("plain")["EngineVersion"]

    assert database.rows("SHOW server_version;")[0].split()[0] == version


def test_master_is_a_member_of_rds_superuser_and_no_superuser(database):
    roles = database.rows(
        "SELECT rolname, rolsuper, pg_has_role(current_user, oid, 'member') FROM pg_roles "
        f"WHERE rolname IN ('rdsadmin', 'rds_superuser', 'rds_iam', '{MASTER}') ORDER BY 1;"
    )

    assert roles == [f"{MASTER}|f|t", "rds_iam|f|f", "rds_superuser|f|t", "rdsadmin|t|f"]


def test_heartbeats_leave_no_table_row_or_message(shared_lab, database):
    before = database.now()
    shared_lab.await_restorable("plain", before)

    relations = database.rows(
        "SELECT count(*) FROM pg_class WHERE relnamespace IN (SELECT oid FROM pg_namespace "
        "WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'public'));"
    )

    assert relations == ["0"]


def test_tls_is_verified_against_the_lab_authority_alone(start_lab, database):
    stranger = start_lab()

    assert database.psql("SELECT 1;").stdout == "1\n"
    refused = database.psql("SELECT 1;", ca=stranger.ca)
    assert refused.returncode == 2 and "certificate verify failed" in refused.stderr


def test_plain_tcp_is_refused(database):
    refused = database.psql("SELECT 1;", mode="disable")

    assert refused.returncode == 2 and "no encryption" in refused.stderr


def test_the_superuser_has_no_way_in_from_the_network(shared_lab, database):
    refused = shared_lab.database("plain", user="rdsadmin").psql("SELECT 1;")

    assert refused.returncode == 2 and "pg_hba.conf" in refused.stderr


def test_nothing_listens_without_an_instance(shared_lab):
    created = shared_lab.create_cluster("bare")
    assert "Endpoint" not in created and "ReaderEndpoint" not in created

    database = shared_lab.create_writer("bare", "bare-1")
    database.rows("CREATE TABLE survives AS SELECT 1 AS id;")
    shared_lab.delete_instance("bare-1")

    assert "Endpoint" not in shared_lab.cluster("bare")
    assert refuses(database.address, database.port)
    assert shared_lab.create_writer("bare", "bare-2").rows("SELECT id FROM survives;") == ["1"]


def test_a_second_instance_is_a_reader_and_takes_over(shared_lab):
    shared_lab.create_cluster("pair")
    shared_lab.create_writer("pair", "pair-1")
    database = shared_lab.create_writer("pair", "pair-2", PromotionTier=5)
    members = {one["DBInstanceIdentifier"]: one for one in shared_lab.cluster("pair")["DBClusterMembers"]}
    assert [members[name]["IsClusterWriter"] for name in ("pair-1", "pair-2")] == [True, False]
    assert members["pair-2"]["PromotionTier"] == 5

    shared_lab.delete_instance("pair-1")

    (member,) = shared_lab.cluster("pair")["DBClusterMembers"]
    assert (member["DBInstanceIdentifier"], member["IsClusterWriter"]) == ("pair-2", True)
    assert database.rows("SELECT 1;") == ["1"]


def test_instance_carries_what_it_was_given(shared_lab):
    shared_lab.create_cluster("carry", Port=5499)
    shared_lab.rds.create_db_parameter_group(
        DBParameterGroupName="own", DBParameterGroupFamily="aurora-postgresql15", Description="own"
    )
    shared_lab.create_writer(
        "carry",
        DBInstanceClass="db.r6g.2xlarge",
        DBParameterGroupName="own",
        PromotionTier=3,
        CACertificateIdentifier="rds-ca-ecc384-g1",
        AvailabilityZone="eu-west-1b",
        PubliclyAccessible=False,
        Tags=[{"Key": "team", "Value": "loans"}],
    )
    instance = shared_lab.await_instance("carry-1")

    assert instance["DBInstanceClass"] == "db.r6g.2xlarge"
    assert [group["DBParameterGroupName"] for group in instance["DBParameterGroups"]] == ["own"]
    assert instance["PromotionTier"] == 3
    assert instance["CACertificateIdentifier"] == "rds-ca-ecc384-g1"
    assert instance["AvailabilityZone"] == "eu-west-1b"
    assert instance["PubliclyAccessible"] is False
    assert instance["TagList"] == [{"Key": "team", "Value": "loans"}]
    assert instance["Endpoint"]["Port"] == 5499
    assert instance["DbiResourceId"].startswith("db-")


def test_rename_keeps_members_data_and_resource_id(shared_lab):
    before = shared_lab.create_cluster("oldname")
    shared_lab.create_writer("oldname").rows("CREATE TABLE moved AS SELECT 7 AS id;")
    shared_lab.rds.modify_db_cluster(
        DBClusterIdentifier="oldname", NewDBClusterIdentifier="NewName", ApplyImmediately=True
    )
    until(lambda: "newname" in [c["DBClusterIdentifier"] for c in clusters(shared_lab)], "the new name")
    after = shared_lab.cluster("newname")

    assert after["DbClusterResourceId"] == before["DbClusterResourceId"]
    assert [one["DBInstanceIdentifier"] for one in after["DBClusterMembers"]] == ["oldname-1"]
    assert after["DBClusterArn"].endswith(":cluster:newname")
    assert shared_lab.await_instance("oldname-1")["DBClusterIdentifier"] == "newname"
    assert shared_lab.database("newname").psql("SELECT id FROM moved;", mode="require").stdout == "7\n"
    assert "oldname" not in [c["DBClusterIdentifier"] for c in clusters(shared_lab)]


def clusters(lab):
    """All clusters of the lab."""
    return lab.rds.describe_db_clusters()["DBClusters"]


def test_without_apply_immediately_a_rename_is_pending(shared_lab):
    shared_lab.create_cluster("pending")
    shared_lab.rds.modify_db_cluster(DBClusterIdentifier="pending", NewDBClusterIdentifier="later")
    cluster = shared_lab.await_cluster("pending")

    assert cluster["PendingModifiedValues"] == {"DBClusterIdentifier": "later"}


def test_master_password_is_really_changed(shared_lab):
    shared_lab.create_cluster("repass")
    database = shared_lab.create_writer("repass")
    shared_lab.rds.modify_db_cluster(
        DBClusterIdentifier="repass", MasterUserPassword=OTHER_PASSWORD, ApplyImmediately=True
    )
    shared_lab.await_cluster("repass")

    assert "password authentication failed" in database.psql("SELECT 1;").stderr
    assert shared_lab.database("repass", password=OTHER_PASSWORD).rows("SELECT 1;") == ["1"]


def test_settings_are_modified(shared_lab):
    shared_lab.create_cluster("settings", EnableCloudwatchLogsExports=["postgresql"])
    group = shared_lab.client("ec2").create_security_group(GroupName="quarantine", Description="quarantine")["GroupId"]
    shared_lab.rds.modify_db_cluster(
        DBClusterIdentifier="settings",
        ApplyImmediately=True,
        VpcSecurityGroupIds=[group],
        DeletionProtection=True,
        BackupRetentionPeriod=7,
        EnableIAMDatabaseAuthentication=True,
        CopyTagsToSnapshot=True,
        ServerlessV2ScalingConfiguration={"MinCapacity": 0.5, "MaxCapacity": 4},
        CloudwatchLogsExportConfiguration={"EnableLogTypes": ["instance"], "DisableLogTypes": ["postgresql"]},
    )
    cluster = shared_lab.await_cluster("settings")

    assert [one["VpcSecurityGroupId"] for one in cluster["VpcSecurityGroups"]] == [group]
    assert cluster["DeletionProtection"] and cluster["IAMDatabaseAuthenticationEnabled"]
    assert cluster["CopyTagsToSnapshot"]
    assert cluster["BackupRetentionPeriod"] == 7
    assert cluster["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 0.5, "MaxCapacity": 4.0}
    assert cluster["EnabledCloudwatchLogsExports"] == ["instance"]


def test_managed_master_secret_opens_the_database_and_can_be_rotated(shared_lab):
    created = shared_lab.create_cluster("managed", ManageMasterUserPassword=True)
    shared_lab.create_writer("managed")
    secrets = shared_lab.client("secretsmanager")
    arn = created["MasterUserSecret"]["SecretArn"]

    def current():
        return json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])

    first = current()
    assert secrets.describe_secret(SecretId=arn)["OwningService"] == "rds"
    assert first.keys() == {"username", "password"}
    assert shared_lab.database("managed", password=first["password"]).rows("SELECT current_user;") == [MASTER]

    shared_lab.rds.modify_db_cluster(
        DBClusterIdentifier="managed", RotateMasterUserPassword=True, ApplyImmediately=True
    )
    shared_lab.await_cluster("managed")

    second = current()
    assert second["password"] != first["password"]
    assert shared_lab.database("managed", password=second["password"]).rows("SELECT 1;") == ["1"]


def test_password_may_become_managed_without_an_instance(shared_lab):
    shared_lab.create_cluster("tomanaged")
    shared_lab.rds.modify_db_cluster(
        DBClusterIdentifier="tomanaged", ManageMasterUserPassword=True, ApplyImmediately=True
    )
    arn = shared_lab.await_cluster("tomanaged")["MasterUserSecret"]["SecretArn"]
    shared_lab.create_writer("tomanaged")
    secret = shared_lab.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]

    password = json.loads(secret)["password"]
    assert password != PASSWORD
    assert shared_lab.database("tomanaged", password=password).rows("SELECT 1;") == ["1"]


def test_tags_of_clusters_and_instances_are_changed_by_arn(shared_lab, database):
    arn = shared_lab.cluster("plain")["DBClusterArn"]
    shared_lab.rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    shared_lab.rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])

    assert shared_lab.rds.list_tags_for_resource(ResourceName=arn)["TagList"] == [{"Key": "b", "Value": "2"}]
    assert shared_lab.cluster("plain")["TagList"] == [{"Key": "b", "Value": "2"}]
    with pytest.raises(ClientError) as caught:
        shared_lab.rds.add_tags_to_resource(ResourceName=f"{arn}-absent", Tags=[{"Key": "a", "Value": "1"}])
    assert caught.value.response["Error"]["Code"] == "DBClusterNotFoundFault"


def test_deletion_passes_through_deleting_and_leaves_nothing(shared_lab):
    cluster = shared_lab.create_cluster("doomed")
    database = shared_lab.create_writer("doomed")
    files = shared_lab.home / "clusters" / cluster["DbClusterResourceId"]
    assert files.is_dir() and processes_under(files)

    deleting = shared_lab.rds.delete_db_instance(DBInstanceIdentifier="doomed-1", SkipFinalSnapshot=True)
    assert deleting["DBInstance"]["DBInstanceStatus"] == "deleting"
    deleted = shared_lab.rds.delete_db_cluster(DBClusterIdentifier="doomed", SkipFinalSnapshot=True)
    assert deleted["DBCluster"]["Status"] == "deleting"
    until(lambda: "doomed" not in [c["DBClusterIdentifier"] for c in clusters(shared_lab)], "the end of doomed")

    assert refuses(database.address, database.port)
    assert not files.exists()
    assert processes_under(files) == []


def test_filters_find_clusters_and_instances_by_their_immutable_ids(shared_lab, database):
    resource_id = shared_lab.cluster("plain")["DbClusterResourceId"]
    dbi = shared_lab.await_instance("plain-1")["DbiResourceId"]

    def found(operation, key, name, value):
        return operation(Filters=[{"Name": name, "Values": [value]}])[key]

    by_id = found(shared_lab.rds.describe_db_clusters, "DBClusters", "db-cluster-resource-id", resource_id)
    assert [one["DBClusterIdentifier"] for one in by_id] == ["plain"]
    assert found(shared_lab.rds.describe_db_clusters, "DBClusters", "db-cluster-id", "absent") == []
    by_dbi = found(shared_lab.rds.describe_db_instances, "DBInstances", "dbi-resource-id", dbi)
    assert [one["DBInstanceIdentifier"] for one in by_dbi] == ["plain-1"]
    of_cluster = found(shared_lab.rds.describe_db_instances, "DBInstances", "db-cluster-id", "plain")
    assert [one["DBInstanceIdentifier"] for one in of_cluster] == ["plain-1"]


def test_groups_that_clusters_refer_to_can_be_described(shared_lab, database):
    cluster = shared_lab.cluster("plain")
    rds = shared_lab.rds

    (group,) = rds.describe_db_subnet_groups(DBSubnetGroupName=cluster["DBSubnetGroup"])["DBSubnetGroups"]
    assert len(group["Subnets"]) == 3
    described = rds.describe_db_cluster_parameter_groups(
        DBClusterParameterGroupName=cluster["DBClusterParameterGroup"]
    )["DBClusterParameterGroups"]
    assert described[0]["DBParameterGroupFamily"] == "aurora-postgresql15"


def test_a_cluster_on_another_port_serves_there_and_its_window_moves(shared_lab):
    shared_lab.create_cluster("elsewhere", Port=5444)
    database = shared_lab.create_writer("elsewhere")
    database.rows("CREATE TABLE kept AS SELECT 1 AS id;")
    moment = database.now()

    shared_lab.await_restorable("elsewhere", moment)
    shared_lab.restore("elsewhere", "elsewhere-again", RestoreToTime=moment, Port=5445)

    assert (database.port, shared_lab.cluster("elsewhere-again")["Port"]) == (5444, 5445)
    assert shared_lab.database("elsewhere-again").rows("SELECT id FROM kept;") == ["1"]
