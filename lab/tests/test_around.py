"""What stands around a database, keyed by its name: readers' autoscaling, subscriptions, alarms."""

import pytest
from clients import failure
from instances import Instances
from labs import until

READERS = {
    "ServiceNamespace": "rds",
    "ResourceId": "cluster:here",
    "ScalableDimension": "rds:cluster:ReadReplicaCount",
}
TRACKING = {
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "PredefinedMetricSpecification": {"PredefinedMetricType": "RDSReaderAverageCPUUtilization"},
        "TargetValue": 60.0,
    },
}
OF_HERE = [{"Name": "DBClusterIdentifier", "Value": "here"}]


@pytest.fixture(scope="module")
def rds(shared_lab):
    """The client of a lab with clusters ``here`` (two instances) and ``hereafter``, and an RDS instance ``plain``."""
    for name in ("here", "hereafter"):
        shared_lab.create_cluster(name)
    shared_lab.create_writer("here")
    shared_lab.create_writer("here", "here-2")
    Instances(shared_lab).create("plain")
    return shared_lab.rds


@pytest.fixture
def scaling(shared_lab, rds):
    return shared_lab.client("application-autoscaling")


def alarms(lab, **asked):
    return lab.client("cloudwatch").describe_alarms(**asked)["MetricAlarms"]


def test_a_clusters_readers_are_scaled(shared_lab, scaling):
    scaling.register_scalable_target(**READERS, MinCapacity=1, MaxCapacity=5)
    policy = scaling.put_scaling_policy(PolicyName="cpu", **READERS, **TRACKING)
    scaling.register_scalable_target(**READERS, MaxCapacity=7)

    (target,) = scaling.describe_scalable_targets(ServiceNamespace="rds")["ScalableTargets"]
    (told,) = scaling.describe_scaling_policies(**READERS)["ScalingPolicies"]
    assert (target["MinCapacity"], target["MaxCapacity"], target["ResourceId"]) == (1, 7, "cluster:here")
    assert target["RoleARN"].endswith("/AWSServiceRoleForApplicationAutoScaling_RDSCluster")
    assert not any(target["SuspendedState"].values())
    assert (told["PolicyARN"], told["PolicyName"]) == (policy["PolicyARN"], "cpu")
    assert told["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 60.0
    made = alarms(shared_lab, AlarmNamePrefix="TargetTracking-cluster:here-")
    assert {one["AlarmName"] for one in made} == {one["AlarmName"] for one in told["Alarms"]} and len(made) == 2
    assert all(one["Dimensions"][0] == OF_HERE[0] and one["MetricName"] == "CPUUtilization" for one in made)

    again = scaling.put_scaling_policy(PolicyName="cpu", **READERS, **TRACKING)
    assert again["PolicyARN"] == policy["PolicyARN"] and again["Alarms"] != policy["Alarms"]
    assert len(alarms(shared_lab, AlarmNamePrefix="TargetTracking-cluster:here-")) == 2
    other = READERS | {"ResourceId": "cluster:hereafter"}
    scaling.register_scalable_target(**other, MinCapacity=1, MaxCapacity=2)
    assert scaling.describe_scaling_policies(**other)["ScalingPolicies"] == []
    assert scaling.describe_scaling_policies(ServiceNamespace="rds", PolicyNames=["x"])["ScalingPolicies"] == []
    pages = scaling.get_paginator("describe_scalable_targets").paginate(
        ServiceNamespace="rds", PaginationConfig={"PageSize": 1}
    )
    assert [len(page["ScalableTargets"]) for page in pages] == [1, 1]

    scaling.deregister_scalable_target(**READERS)
    assert scaling.describe_scaling_policies(ServiceNamespace="rds")["ScalingPolicies"] == []
    assert alarms(shared_lab, AlarmNamePrefix="TargetTracking-cluster:here-") == []


def test_refused_scaling(scaling):
    absent = READERS | {"ResourceId": "cluster:absent"}

    assert failure(scaling.register_scalable_target, **absent, MinCapacity=1, MaxCapacity=2)[0] == "ValidationException"
    assert failure(scaling.register_scalable_target, **READERS, MinCapacity=1)[0] == "ValidationException"
    assert failure(scaling.put_scaling_policy, PolicyName="x", **absent, **TRACKING)[0] == "ObjectNotFoundException"
    assert failure(scaling.deregister_scalable_target, **absent)[0] == "ObjectNotFoundException"
    assert failure(scaling.delete_scaling_policy, PolicyName="x", **READERS)[0] == "ObjectNotFoundException"


def test_alarms_are_listed_by_type_state_and_page(shared_lab, rds):
    cloudwatch = shared_lab.client("cloudwatch")
    for number in range(3):
        cloudwatch.put_metric_alarm(
            AlarmName=f"lag-{number}", Namespace="AWS/RDS", MetricName="AuroraReplicaLag", Dimensions=OF_HERE,
            Statistic="Maximum", Period=60, EvaluationPeriods=1, Threshold=1.0,
            ComparisonOperator="GreaterThanThreshold", AlarmActions=["arn:aws:sns:eu-west-1:123456789012:pager"],
        )  # fmt: skip
    cloudwatch.set_alarm_state(AlarmName="lag-1", StateValue="ALARM", StateReason="told")

    plain = cloudwatch.describe_alarms(AlarmNamePrefix="lag-")
    composite = cloudwatch.describe_alarms(AlarmNamePrefix="lag-", AlarmTypes=["CompositeAlarm"])
    pages = list(cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix="lag-", PaginationConfig={"PageSize": 2}
    ))  # fmt: skip

    assert [one["AlarmName"] for one in plain["MetricAlarms"]] == ["lag-0", "lag-1", "lag-2"]
    assert plain["CompositeAlarms"] == [] and plain["MetricAlarms"][0]["Dimensions"] == OF_HERE
    assert composite["MetricAlarms"] == []
    assert [len(page["MetricAlarms"]) for page in pages] == [2, 1]
    assert [one["AlarmName"] for one in alarms(shared_lab, AlarmNamePrefix="lag-", StateValue="ALARM")] == ["lag-1"]


def test_event_subscriptions_are_listed(shared_lab, rds):
    topic = shared_lab.client("sns").create_topic(Name="events")["TopicArn"]
    asked = {"SubscriptionName": "watch", "SnsTopicArn": topic, "SourceType": "db-cluster", "SourceIds": ["here"]}

    made = rds.create_event_subscription(**asked, EventCategories=["failover"], Tags=[{"Key": "a", "Value": "b"}])

    assert made["EventSubscription"]["Status"] == "creating"

    def told():
        (one,) = rds.describe_event_subscriptions(SubscriptionName="watch")["EventSubscriptionsList"]
        return one if one["Status"] == "active" else None

    one = until(told, "the subscription")
    assert one["SourceIdsList"] == ["here"] and one["EventCategoriesList"] == ["failover"] and one["Enabled"] is True
    assert one["EventSubscriptionArn"].endswith(":es:watch") and one["CustomerAwsId"] == "123456789012"
    assert failure(rds.create_event_subscription, **asked)[0] == "SubscriptionAlreadyExist"
    other = asked | {"SubscriptionName": "other"}
    assert failure(rds.create_event_subscription, **(other | {"SourceIds": ["absent"]}))[0] == "SourceNotFound"
    assert failure(rds.create_event_subscription, **(other | {"SnsTopicArn": f"{topic}-x"}))[0] == "SNSTopicArnNotFound"
    assert failure(rds.describe_event_subscriptions, SubscriptionName="absent") == ("SubscriptionNotFound", 404)
