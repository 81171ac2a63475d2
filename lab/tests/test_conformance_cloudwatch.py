"""CloudWatch in the protocol of the SDK for Rust: CBOR both ways, doubles as doubles, errors in its shape."""

import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta

import boto3
import botocore.session
import cbor2
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from clients import ONCE, client, control, failure
from identities import ADMIN, User, allow, iam_lab

enforcing = iam_lab
_NOW = datetime.now(UTC).replace(microsecond=0)


def speaking_cbor(lab, key=("test", "test")):
    """A CloudWatch client whose own encoder and parser of CBOR are botocore's."""
    session = botocore.session.Session()
    loader = session.get_component("data_loader")
    load = loader.load_service_model

    def only_cbor(service, kind, *arguments, **named):
        model = load(service, kind, *arguments, **named)
        if kind == "service-2":
            model = model | {"metadata": model["metadata"] | {"protocols": ["smithy-rpc-v2-cbor"]}}
        return model

    loader.load_service_model = only_cbor
    return boto3.Session(botocore_session=session).client(
        "cloudwatch", endpoint_url=lab.endpoint, region_name=lab.region, config=ONCE,
        aws_access_key_id=key[0], aws_secret_access_key=key[1],
    )  # fmt: skip


def raw(lab, operation, body):
    """Status, headers and document of a call made byte by byte."""
    url = f"{lab.endpoint}/service/GraniteServiceVersion20100801/operation/{operation}"
    headers = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor", "Accept": "application/cbor"}
    request = AWSRequest("POST", url, headers=headers, data=body)
    SigV4Auth(Credentials("test", "test"), "monitoring", lab.region).add_auth(request)
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, data=body, headers=dict(request.headers.items()))
        ) as answer:
            return answer.status, answer.headers, cbor2.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, cbor2.loads(error.read())


@pytest.fixture
def metric(shared_lab):
    """A metric with values of three minutes, put there over CBOR."""
    name = f"m-{uuid.uuid4().hex[:8]}"
    dimensions = [{"Name": "DBClusterIdentifier", "Value": "loans"}]
    points = [
        {"MetricName": name, "Dimensions": dimensions, "Timestamp": _NOW - timedelta(minutes=age), "Value": value}
        for age, value in ((3, 7.0), (2, 8.0), (1, 9.5))
    ]
    speaking_cbor(shared_lab).put_metric_data(Namespace="AWS/RDS", MetricData=points)
    return {"Namespace": "AWS/RDS", "MetricName": name, "Dimensions": dimensions}


def test_metrics_are_listed_and_read(shared_lab, metric):
    cloudwatch = speaking_cbor(shared_lab)

    listed = cloudwatch.list_metrics(
        Namespace="AWS/RDS", MetricName=metric["MetricName"], Dimensions=[{"Name": "DBClusterIdentifier"}]
    )
    query = {"Id": "lag", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}
    (read,) = cloudwatch.get_metric_data(
        MetricDataQueries=[query], StartTime=_NOW - timedelta(minutes=5), EndTime=_NOW + timedelta(minutes=1)
    )["MetricDataResults"]

    assert listed["Metrics"] == [metric]
    assert read["Values"] == [9.5, 8.0, 7.0] and read["StatusCode"] == "Complete"
    assert read["Timestamps"][0] - read["Timestamps"][1] == timedelta(minutes=1)


def test_a_whole_number_is_a_double_and_a_timestamp_is_tagged(shared_lab, metric):
    query = {"Id": "lag", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}
    start, end = (int((_NOW + timedelta(minutes=m)).timestamp()) for m in (-5, 1))
    asked = {
        "MetricDataQueries": [query],
        "StartTime": cbor2.CBORTag(1, start),
        "EndTime": cbor2.CBORTag(1, float(end)),
    }

    status, headers, document = raw(shared_lab, "GetMetricData", cbor2.dumps(asked))

    assert (status, headers["smithy-protocol"], headers["Content-Type"]) == (200, "rpc-v2-cbor", "application/cbor")
    (result,) = document["MetricDataResults"]
    assert [type(value) for value in result["Values"]] == [float] * 3
    # cbor2 reads tag 1, and nothing else, as a time.
    assert all(isinstance(one, datetime) for one in result["Timestamps"])


def test_alarms_are_told(shared_lab):
    cloudwatch = speaking_cbor(shared_lab)
    cloudwatch.put_metric_alarm(
        AlarmName="cpu", Namespace="AWS/RDS", MetricName="CPUUtilization", Statistic="Average", Period=60,
        EvaluationPeriods=2, Threshold=90, ComparisonOperator="GreaterThanThreshold",
        Dimensions=[{"Name": "DBClusterIdentifier", "Value": "loans"}],
    )  # fmt: skip

    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["cpu"])["MetricAlarms"]

    assert alarm["Dimensions"] == [{"Name": "DBClusterIdentifier", "Value": "loans"}] and alarm["Threshold"] == 90.0


def test_errors_have_the_protocols_shape(shared_lab):
    rule = {"service": "cloudwatch", "action": "ListMetrics", "kind": "throttle"}
    at_once = {"MetricDataQueries": [], "StartTime": _NOW, "EndTime": _NOW}

    assert failure(speaking_cbor(shared_lab).get_metric_data, **at_once)[0] == "ValidationError"
    assert failure(speaking_cbor(shared_lab).get_insight_rule_report, RuleName="x", StartTime=_NOW, EndTime=_NOW,
                   Period=60) == ("NotImplemented", 501)  # fmt: skip
    assert control(shared_lab, "POST", "/_lab/faults", [rule])[0] == 200
    status, headers, document = raw(shared_lab, "ListMetrics", cbor2.dumps({}))
    assert control(shared_lab, "DELETE", "/_lab/faults")[0] == 200

    assert status == 400 and document["__type"] == "com.amazonaws.cloudwatch#ThrottlingException"
    assert headers["x-amzn-query-error"] == "ThrottlingException;Sender"
    assert raw(shared_lab, "ListMetrics", b"\xff")[2]["__type"].endswith("#SerializationException")


def test_calls_are_journaled_by_their_name(shared_lab):
    since = control(shared_lab, "GET", "/_lab/calls")[1]["next"]
    speaking_cbor(shared_lab).list_metrics(Namespace="AWS/RDS")

    (call,) = control(shared_lab, "GET", f"/_lab/calls?since={since}")[1]["calls"]

    assert (call["service"], call["action"], call["status"]) == ("cloudwatch", "ListMetrics", 200)


def test_what_is_signed_is_what_was_sent(enforcing):
    user = User(enforcing, allow("cloudwatch:ListMetrics"))
    cloudwatch = speaking_cbor(enforcing, user.credentials)

    assert cloudwatch.list_metrics()["Metrics"] == []
    assert failure(cloudwatch.describe_alarms)[0] == "AccessDeniedException"
    assert failure(speaking_cbor(enforcing, (user.credentials[0], "wrong")).list_metrics)[0] == (
        "InvalidSignatureException"
    )
    assert client(enforcing, "cloudwatch", ADMIN).list_metrics()["Metrics"] == []
