"""What can be changed of a cluster or instance after its restore, and that it reads back as it was set."""

import json

import pytest
from clients import control, failure
from instances import Instances
from labs import DATABASE, MASTER, PASSWORD, Database, until

ROLE = "arn:aws:iam::123456789012:role/monitoring"
ADVANCED = {
    "DatabaseInsightsMode": "advanced",
    "EnablePerformanceInsights": True,
    "PerformanceInsightsRetentionPeriod": 465,
}


@pytest.fixture(scope="module")
def rds(shared_lab):
    """The client of a lab with a cluster ``here``, its instance, and an RDS instance ``plain``."""
    shared_lab.create_cluster("here")
    shared_lab.create_writer("here")
    Instances(shared_lab).create("plain")
    return shared_lab.rds


def change(lab, cluster="here", **settings):
    """Modifies a cluster, waits, and returns it."""
    lab.rds.modify_db_cluster(DBClusterIdentifier=cluster, ApplyImmediately=True, **settings)
    return lab.await_cluster(cluster)


def change_instance(lab, name, **settings):
    lab.rds.modify_db_instance(DBInstanceIdentifier=name, ApplyImmediately=True, **settings)
    return lab.await_instance(name)


@pytest.fixture
def key(shared_lab):
    return shared_lab.client("kms").create_key()["KeyMetadata"]["Arn"]


@pytest.fixture
def answers(shared_lab):
    """Sets unconfirmed answers; the defaults return at the end of the test."""
    before = control(shared_lab, "GET", "/_lab/unconfirmed")[1]
    yield lambda **given: control(shared_lab, "POST", "/_lab/unconfirmed", given)
    assert control(shared_lab, "POST", "/_lab/unconfirmed", before)[0] == 200


def test_a_clusters_settings_read_back(shared_lab, rds):
    plain = {
        "PreferredBackupWindow": "03:00-03:30",
        "BackupRetentionPeriod": 9,
        "AutoMinorVersionUpgrade": False,
        "DeletionProtection": False,
        "CopyTagsToSnapshot": True,
    }
    scaling = {"MinCapacity": 0.0, "MaxCapacity": 4.0}

    after = change(
        shared_lab, PreferredMaintenanceWindow="Sun:05:00-Sun:05:30", ServerlessV2ScalingConfiguration=scaling,
        CloudwatchLogsExportConfiguration={"EnableLogTypes": ["postgresql"]}, **plain,
    )  # fmt: skip

    assert {name: after[name] for name in plain} == plain
    assert after["PreferredMaintenanceWindow"] == "sun:05:00-sun:05:30"
    assert after["ServerlessV2ScalingConfiguration"] == scaling | {"SecondsUntilAutoPause": 300}
    assert after["EnabledCloudwatchLogsExports"] == ["postgresql"]
    kept = change(shared_lab, ServerlessV2ScalingConfiguration={"MinCapacity": 1.5})
    assert kept["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 1.5, "MaxCapacity": 4.0}


def test_monitoring_and_insights_of_a_cluster_read_back(shared_lab, rds, key):
    begun = rds.modify_db_cluster(DBClusterIdentifier="here", MonitoringInterval=30, MonitoringRoleArn=ROLE)
    assert begun["DBCluster"]["Status"] == "configuring-enhanced-monitoring"
    shared_lab.await_cluster("here")

    after = change(shared_lab, PerformanceInsightsKMSKeyId=key, **ADVANCED)

    assert (after["MonitoringInterval"], after["MonitoringRoleArn"]) == (30, ROLE)
    assert after["PerformanceInsightsEnabled"] is True and after["PerformanceInsightsKMSKeyId"] == key
    assert after["DatabaseInsightsMode"] == "advanced" and after["PerformanceInsightsRetentionPeriod"] == 465
    one = shared_lab.await_instance("here-1")
    assert one["DatabaseInsightsMode"] == "advanced" and one["PerformanceInsightsEnabled"] is False

    off = change(
        shared_lab, MonitoringInterval=0, DatabaseInsightsMode="standard", EnablePerformanceInsights=False
    )
    assert off["MonitoringInterval"] == 0 and "MonitoringRoleArn" not in off
    assert off["PerformanceInsightsEnabled"] is False and "PerformanceInsightsKMSKeyId" not in off


def test_a_clusters_insights_may_be_its_instances_too(shared_lab, rds, answers):
    answers(cluster_insights="inherited")
    change(shared_lab, EnablePerformanceInsights=True, MonitoringInterval=15, MonitoringRoleArn=ROLE)
    shared_lab.create_writer("here", "here-late")

    for name in ("here-1", "here-late"):
        one = shared_lab.await_instance(name)
        assert (one["PerformanceInsightsEnabled"], one["MonitoringInterval"]) == (True, 15)
        assert one["PerformanceInsightsRetentionPeriod"] == 7
    change(shared_lab, EnablePerformanceInsights=False, MonitoringInterval=0)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"DatabaseInsightsMode": "advanced"}, "InvalidParameterCombination"),
        (ADVANCED | {"PerformanceInsightsRetentionPeriod": 731}, "InvalidParameterCombination"),
        ({"DatabaseInsightsMode": "odd"}, "InvalidParameterValue"),
        ({"PerformanceInsightsRetentionPeriod": 7}, "InvalidParameterCombination"),
        ({"EnablePerformanceInsights": True, "PerformanceInsightsRetentionPeriod": 94}, "InvalidParameterValue"),
        ({"EnablePerformanceInsights": True, "PerformanceInsightsKMSKeyId": "absent"}, "KMSKeyNotAccessibleFault"),
        ({"MonitoringInterval": 30}, "InvalidParameterCombination"),
        ({"MonitoringRoleArn": ROLE}, "InvalidParameterCombination"),
        ({"MonitoringInterval": 7, "MonitoringRoleArn": ROLE}, "InvalidParameterValue"),
        ({"PreferredMaintenanceWindow": "whenever"}, "InvalidParameterValue"),
        ({"PreferredBackupWindow": "25:00-26:00"}, "InvalidParameterValue"),
        (
            {"PreferredBackupWindow": "04:00-05:00", "PreferredMaintenanceWindow": "sun:04:30-sun:05:30"},
            "InvalidParameterValue",
        ),
        ({"ServerlessV2ScalingConfiguration": {"MinCapacity": 8.0, "MaxCapacity": 4.0}}, "InvalidParameterCombination"),
        ({"ServerlessV2ScalingConfiguration": {"MinCapacity": 0.7, "MaxCapacity": 4.0}}, "InvalidParameterValue"),
        ({"MasterUserSecretKmsKeyId": "alias/aws/rds"}, "InvalidParameterCombination"),
        (
            {"ManageMasterUserPassword": True, "MasterUserSecretKmsKeyId": "absent"},
            "KMSKeyNotAccessibleFault",
        ),
    ],
)
def test_refused_changes(rds, settings, expected):
    assert failure(rds.modify_db_cluster, DBClusterIdentifier="here", **settings)[0] == expected


def test_an_instances_settings_read_back(shared_lab, rds, key):
    own = {
        "PerformanceInsightsRetentionPeriod": 31,
        "PerformanceInsightsKMSKeyId": key,
        "MonitoringInterval": 5,
        "MonitoringRoleArn": ROLE,
        "PreferredMaintenanceWindow": "mon:05:00-mon:05:30",
        "CACertificateIdentifier": "rds-ca-ecc384-g1",
        "AutoMinorVersionUpgrade": False,
    }
    shared_lab.create_writer("here", "here-2", AvailabilityZone="eu-west-1c", EnablePerformanceInsights=True, **own)
    made = shared_lab.await_instance("here-2")
    changed = change_instance(shared_lab, "here-1", EnablePerformanceInsights=True, **own)
    plain = change_instance(shared_lab, "plain", EnablePerformanceInsights=True, **own)
    advanced = change_instance(shared_lab, "plain", DatabaseInsightsMode="advanced",
                               PerformanceInsightsRetentionPeriod=465)  # fmt: skip

    for one in (made, changed, plain):
        assert {name: one[name] for name in own} == own
        assert one["PerformanceInsightsEnabled"] is True
        assert one["CertificateDetails"]["CAIdentifier"] == "rds-ca-ecc384-g1"
    assert made["AvailabilityZone"] == "eu-west-1c"
    assert advanced["DatabaseInsightsMode"] == "advanced"
    of_member = failure(rds.modify_db_instance, DBInstanceIdentifier="here-2", DatabaseInsightsMode="advanced")
    assert of_member[0] == "InvalidParameterCombination"


def test_a_port_is_changed(shared_lab, rds):
    shared_lab.create_cluster("moving-port")
    assert shared_lab.create_writer("moving-port").rows("SELECT 1;") == ["1"]

    change(shared_lab, "moving-port", Port=5444)

    database = shared_lab.database("moving-port")
    assert database.port == 5444 and database.rows("SELECT 1;") == ["1"]


def with_secret(lab, cluster):
    """A way into the cluster's database with the password of its managed secret."""
    arn = lab.cluster(cluster)["MasterUserSecret"]["SecretArn"]
    told = json.loads(lab.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    assert told.keys() == {"username", "password"}
    return lab.database(cluster, password=told["password"])


def restored(lab, name):
    lab.rds.restore_db_cluster_to_point_in_time(
        SourceDBClusterIdentifier="here", DBClusterIdentifier=name, UseLatestRestorableTime=True
    )
    return lab.await_cluster(name)


def test_a_restored_cluster_is_given_a_managed_password(shared_lab, rds, key):
    assert "MasterUserSecret" not in restored(shared_lab, "managed")

    told = rds.modify_db_cluster(
        DBClusterIdentifier="managed", ManageMasterUserPassword=True, MasterUserSecretKmsKeyId=key
    )["DBCluster"]
    assert told["Status"] == "resetting-master-credentials" and told["MasterUserSecret"]["SecretStatus"] == "creating"
    shared_lab.await_cluster("managed")
    until(lambda: shared_lab.cluster("managed")["MasterUserSecret"]["SecretStatus"] == "active", "the secret")

    assert shared_lab.cluster("managed")["MasterUserSecret"]["KmsKeyId"] == key
    assert shared_lab.create_writer("managed").psql("SELECT 1;").returncode != 0
    assert with_secret(shared_lab, "managed").rows("SELECT 1;") == ["1"]


def test_a_managed_password_may_wait_for_an_instance(shared_lab, rds, answers):
    answers(password_without_instance="waits")
    restored(shared_lab, "patient")
    change(shared_lab, "patient", ManageMasterUserPassword=True)
    assert shared_lab.cluster("patient")["MasterUserSecret"]["SecretStatus"] == "creating"

    shared_lab.create_writer("patient")

    assert shared_lab.cluster("patient")["MasterUserSecret"]["SecretStatus"] == "active"
    assert with_secret(shared_lab, "patient").rows("SELECT 1;") == ["1"]


def test_a_password_may_be_lost_without_an_instance(shared_lab, rds, answers):
    answers(password_without_instance="lost")
    restored(shared_lab, "forgetful")
    change(shared_lab, "forgetful", ManageMasterUserPassword=True)
    before = shared_lab.create_writer("forgetful")

    assert before.rows("SELECT 1;") == ["1"]
    assert with_secret(shared_lab, "forgetful").psql("SELECT 1;").returncode != 0
    rds.modify_db_cluster(DBClusterIdentifier="forgetful", RotateMasterUserPassword=True, ApplyImmediately=True)
    shared_lab.await_cluster("forgetful")
    assert with_secret(shared_lab, "forgetful").rows("SELECT 1;") == ["1"]


def test_an_instances_password_becomes_managed(shared_lab, rds, key):
    change_instance(shared_lab, "plain", ManageMasterUserPassword=True, MasterUserSecretKmsKeyId=key)
    secret = Instances(shared_lab).described("plain")["MasterUserSecret"]
    until(lambda: Instances(shared_lab).described("plain")["MasterUserSecret"]["SecretStatus"] == "active", "it")
    told = shared_lab.client("secretsmanager").get_secret_value(SecretId=secret["SecretArn"])["SecretString"]
    endpoint = Instances(shared_lab).described("plain")["Endpoint"]

    database = Database(
        endpoint["Address"], endpoint["Port"], MASTER, json.loads(told)["password"], shared_lab.ca
    )

    assert secret["KmsKeyId"] == key and database.rows("SELECT current_database();") == [DATABASE]
    change_instance(shared_lab, "plain", ManageMasterUserPassword=False, MasterUserPassword=PASSWORD)
    assert "MasterUserSecret" not in Instances(shared_lab).described("plain")


def test_a_refused_creation_leaves_no_secret(shared_lab, rds):
    def secrets():
        return len(shared_lab.client("secretsmanager").list_secrets()["SecretList"])

    before = secrets()
    new = {"DBClusterIdentifier": "never", "Engine": "aurora-postgresql", "MasterUsername": "m",
           "ManageMasterUserPassword": True}  # fmt: skip

    for wrong in ({"MonitoringInterval": 7}, {"MasterUserSecretKmsKeyId": "absent"}, {"PreferredBackupWindow": "x"}):
        refused = failure(rds.create_db_cluster, **(new | wrong))
        assert refused[0] in ("InvalidParameterValue", "KMSKeyNotAccessibleFault")
    assert secrets() == before
