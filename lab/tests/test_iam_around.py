"""IAM enforcement of what a recovery re-creates around a database: every permission a call needs, found by asking.

The source is the Service Authorization Reference.
"""

import re

import pytest
from botocore.exceptions import ClientError
from clients import client
from identities import HERE, User, allow, iam_lab, rds_arn
from labs import until

lab = iam_lab
DENIED = re.compile(r"not authorized to perform: (\S+)(?: on resource: (\S+))? because")
ROLE = f"arn:aws:iam::{HERE}:role/import"
READERS = {
    "ServiceNamespace": "rds",
    "ResourceId": "cluster:source",
    "ScalableDimension": "rds:cluster:ReadReplicaCount",
}
ALARM = {
    "AlarmName": "lag", "Namespace": "AWS/RDS", "MetricName": "AuroraReplicaLag", "Statistic": "Maximum", "Period": 60,
    "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold",
}  # fmt: skip


@pytest.fixture(scope="module")
def world(lab):
    """A cluster, a proxy, a key, a topic; their ARNs."""
    lab.create_cluster("source")
    rds = lab.rds
    subnets = client(lab, "ec2").describe_subnets()["Subnets"]
    proxy = rds.create_db_proxy(
        DBProxyName="front", EngineFamily="POSTGRESQL", RoleArn=ROLE, Auth=[],
        VpcSubnetIds=[one["SubnetId"] for one in subnets[:2]],
    )["DBProxy"]["DBProxyArn"]  # fmt: skip
    until(lambda: rds.describe_db_proxies()["DBProxies"][0]["Status"] == "available", "the proxy")
    return {
        "cluster": lab.cluster("source")["DBClusterArn"],
        "proxy": proxy,
        "group": rds.describe_db_proxy_target_groups(DBProxyName="front")["TargetGroups"][0]["TargetGroupArn"],
        "key": client(lab, "kms").create_key()["KeyMetadata"]["Arn"],
        "topic": client(lab, "sns").create_topic(Name="events")["TopicArn"],
    }


def needed(lab, service, operation, **parameters):
    """What a user must be allowed, found by granting what each denial asks for."""
    user, granted = User(lab), []
    while True:
        try:
            getattr(user.client(service), operation)(**parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException"):
                return granted
            found = DENIED.search(error.response["Error"]["Message"])
            granted.append((found[1], found[2] or "*"))
            assert len(granted) < 12, granted
            user.may(*(allow(action, resource) for action, resource in granted))
        else:
            return granted


def test_endpoints_need_themselves_and_their_making_the_cluster_too(lab, world):
    endpoint = {"DBClusterEndpointIdentifier": "reports"}
    arn = rds_arn(lab, "cluster-endpoint", "reports")
    tags = [{"Key": "a", "Value": "b"}]

    made = needed(
        lab, "rds", "create_db_cluster_endpoint", DBClusterIdentifier="source", EndpointType="ANY", Tags=tags,
        **endpoint,
    )  # fmt: skip
    assert set(made) == {
        ("rds:CreateDBClusterEndpoint", world["cluster"]), ("rds:CreateDBClusterEndpoint", arn),
        ("rds:AddTagsToResource", arn),
    }  # fmt: skip
    assert needed(lab, "rds", "modify_db_cluster_endpoint", EndpointType="ANY", **endpoint) == [
        ("rds:ModifyDBClusterEndpoint", arn)
    ]
    assert needed(lab, "rds", "describe_db_cluster_endpoints") == [
        ("rds:DescribeDBClusterEndpoints", rds_arn(lab, "cluster-endpoint", "*"))
    ]
    assert needed(lab, "rds", "delete_db_cluster_endpoint", **endpoint) == [("rds:DeleteDBClusterEndpoint", arn)]


@pytest.mark.parametrize("action", ["AddRoleTo", "RemoveRoleFrom"])
@pytest.mark.parametrize(("kind", "name"), [("Cluster", "cluster"), ("Instance", "db")])
def test_a_role_must_be_passed(lab, world, action, kind, name):
    operation = f"{'add_role_to' if action == 'AddRoleTo' else 'remove_role_from'}_db_{kind.lower()}"
    owner = {f"DB{kind}Identifier": "source"}

    assert set(needed(lab, "rds", operation, RoleArn=ROLE, FeatureName="s3Import", **owner)) == {
        (f"rds:{action}DB{kind}", rds_arn(lab, name, "source")), ("iam:PassRole", ROLE),
    }  # fmt: skip


def test_a_managed_password_needs_its_secret_and_its_key(lab, world):
    found = needed(
        lab, "rds", "modify_db_cluster", DBClusterIdentifier="source", ManageMasterUserPassword=True,
        MasterUserSecretKmsKeyId=world["key"], ApplyImmediately=True,
    )  # fmt: skip

    secret = f"arn:aws:secretsmanager:{lab.region}:{HERE}:secret:rds!cluster-*"
    assert set(found) == {
        ("rds:ModifyDBCluster", world["cluster"]),
        *((f"secretsmanager:{action}", secret) for action in ("CreateSecret", "TagResource", "RotateSecret")),
        *((f"kms:{action}", world["key"]) for action in ("CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKey")),
    }


@pytest.mark.parametrize("operation", ["enable_http_endpoint", "disable_http_endpoint"])
def test_the_data_api_is_of_a_cluster(lab, world, operation):
    action = "EnableHttpEndpoint" if operation.startswith("enable") else "DisableHttpEndpoint"

    assert needed(lab, "rds", operation, ResourceArn=world["cluster"]) == [(f"rds:{action}", world["cluster"])]


def test_a_proxys_targets_need_its_group(lab, world):
    front = {"DBProxyName": "front"}
    cluster = {"DBClusterIdentifiers": ["source"]}

    assert needed(lab, "rds", "describe_db_proxies") == [
        ("rds:DescribeDBProxies", rds_arn(lab, "db-proxy", "*"))
    ]  # fmt: skip
    assert needed(lab, "rds", "describe_db_proxy_targets", **front) == [
        ("rds:DescribeDBProxyTargets", world["proxy"]), ("rds:DescribeDBProxyTargets", world["group"]),
    ]  # fmt: skip
    assert needed(lab, "rds", "register_db_proxy_targets", **front, **cluster) == [
        ("rds:RegisterDBProxyTargets", world["group"])
    ]
    assert set(needed(lab, "rds", "deregister_db_proxy_targets", **front, **cluster)) == {
        ("rds:DeregisterDBProxyTargets", world[one]) for one in ("cluster", "proxy", "group")
    }


def test_subscriptions_alarms_and_scaling_need_what_they_name(lab, world):
    subscription = rds_arn(lab, "es", "watch")
    assert needed(lab, "rds", "create_event_subscription", SubscriptionName="watch", SnsTopicArn=world["topic"]) == [
        ("rds:CreateEventSubscription", subscription)
    ]
    alarm = f"arn:aws:cloudwatch:{lab.region}:{HERE}:alarm"
    assert needed(lab, "cloudwatch", "put_metric_alarm", **ALARM) == [("cloudwatch:PutMetricAlarm", f"{alarm}:lag")]
    assert needed(lab, "cloudwatch", "describe_alarms") == [("cloudwatch:DescribeAlarms", f"{alarm}:*")]
    assert needed(lab, "cloudwatch", "list_metrics") == [("cloudwatch:ListMetrics", "*")]
    targets = f"arn:aws:application-autoscaling:{lab.region}:{HERE}:scalable-target/*"
    assert needed(
        lab, "application-autoscaling", "register_scalable_target", MinCapacity=1, MaxCapacity=2, **READERS
    ) == [("application-autoscaling:RegisterScalableTarget", targets)]
    assert needed(lab, "application-autoscaling", "describe_scalable_targets", ServiceNamespace="rds") == [
        ("application-autoscaling:DescribeScalableTargets", "*")
    ]


@pytest.mark.parametrize("action", ["switchover", "failover", "remove_from"])
def test_a_global_clusters_change_needs_it_and_the_cluster(lab, world, action):
    name = "".join(word.capitalize() for word in action.split("_"))
    target = "DbClusterIdentifier" if action == "remove_from" else "TargetDbClusterIdentifier"
    asked = {"GlobalClusterIdentifier": "world", target: world["cluster"]}

    assert set(needed(lab, "rds", f"{action}_global_cluster", **asked)) == {
        (f"rds:{name}GlobalCluster", world["cluster"]),
        (f"rds:{name}GlobalCluster", f"arn:aws:rds::{HERE}:global-cluster:world"),
    }


@pytest.mark.parametrize(
    ("operation", "parameters", "kind"),
    [
        ("promote_read_replica", {"DBInstanceIdentifier": "source"}, "db"),
        ("promote_read_replica_db_cluster", {"DBClusterIdentifier": "source"}, "cluster"),
        ("failover_db_cluster", {"DBClusterIdentifier": "source"}, "cluster"),
    ],
)
def test_a_promotion_needs_what_it_promotes(lab, world, operation, parameters, kind):
    (found,) = needed(lab, "rds", operation, **parameters)

    assert found[1] == rds_arn(lab, kind, "source")
