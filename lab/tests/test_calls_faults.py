"""The control endpoints: the journal of calls, and faults as SDKs and plain HTTP meet them."""

import concurrent.futures
import http.client
import re
import urllib.error
import urllib.request

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from clients import Account, client, control, failure

RETRYING = Config(retries={"total_max_attempts": 3})


@pytest.fixture
def lab(shared_lab):
    """An account in a lab whose journal is empty and that has no faults."""
    account = Account(shared_lab)
    control(account, "DELETE", "/_lab/calls")
    yield account
    control(account, "DELETE", "/_lab/faults")


def set_fault(lab, **rule):
    """Sets one fault rule and returns it as the lab describes it."""
    status, rules = control(lab, "POST", "/_lab/faults", [rule])
    assert status == 200, rules
    return rules[-1]


def calls(lab, since=0):
    """The journalled calls after a number."""
    return control(lab, "GET", f"/_lab/calls?since={since}")[1]["calls"]


def secret_named(lab, name, value="v1"):
    """Makes a secret and returns a client that never retries."""
    caller = client(lab, "secretsmanager")
    caller.create_secret(Name=name, SecretString=value)
    return caller


def test_journal_names_service_action_identity_resource_and_error(lab):
    caller = secret_named(lab, "prod/app")
    with pytest.raises(caller.exceptions.ResourceNotFoundException):
        caller.get_secret_value(SecretId="absent")

    made, read = calls(lab)

    assert read["n"] == made["n"] + 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", made["time"])
    assert (made["service"], made["action"], made["resource"]) == ("secretsmanager", "CreateSecret", "prod/app")
    assert (made["status"], made["error"], made["fault"]) == (200, None, None)
    assert (read["action"], read["resource"], read["error"]) == (
        "GetSecretValue",
        "absent",
        "ResourceNotFoundException",
    )


def test_journal_names_the_user_behind_a_key(lab):
    iam = client(lab, "iam")
    iam.create_user(UserName="operator")
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    operator = client(lab, "sts", (key["AccessKeyId"], key["SecretAccessKey"]))
    operator.get_caller_identity()

    assert calls(lab)[-1]["identity"] == f"arn:aws:iam::{lab.number}:user/operator"


def test_journal_is_read_from_a_number_on_and_cleared(lab):
    caller = secret_named(lab, "a")
    _, first = control(lab, "GET", "/_lab/calls")
    caller.describe_secret(SecretId="a")

    assert [c["action"] for c in calls(lab, first["next"])] == ["DescribeSecret"]
    control(lab, "DELETE", "/_lab/calls")
    assert calls(lab) == []
    caller.describe_secret(SecretId="a")
    assert [c["n"] for c in calls(lab)] == [first["next"] + 2]


def test_unsigned_call_is_refused_and_journalled_as_anonymous(lab):
    body = b"Action=DescribeDBInstances&Version=2014-10-31"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = urllib.request.Request(lab.endpoint + "/", data=body, headers=headers)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    with caught.value as answer:
        assert answer.code == 403

    [entry] = calls(lab)
    assert (entry["service"], entry["action"], entry["identity"]) == ("rds", "DescribeDBInstances", "anonymous")
    assert entry["error"] == "MissingAuthenticationToken"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code", "status"),
    [
        ("rds", "describe_db_clusters", {}, "Throttling", 400),
        ("route53", "list_hosted_zones", {}, "Throttling", 400),
        ("secretsmanager", "list_secrets", {}, "ThrottlingException", 400),
        ("s3", "list_buckets", {}, "SlowDown", 503),
    ],
)
def test_throttling_has_the_code_of_the_service(lab, service, operation, parameters, code, status):
    set_fault(lab, service=service, action="*", kind="throttle")
    caller = client(lab, service)

    assert failure(getattr(caller, operation), **parameters) == (code, status)
    assert calls(lab)[-1]["fault"] == "throttle"
    assert calls(lab)[-1]["error"] == code


@pytest.mark.parametrize(
    ("service", "operation", "kind", "code", "status"),
    [
        ("rds", "describe_db_clusters", "500", "InternalFailure", 500),
        ("secretsmanager", "list_secrets", "500", "InternalServiceError", 500),
        ("rds", "describe_db_clusters", "503", "ServiceUnavailable", 503),
        ("rds", "describe_db_clusters", "access-denied", "AccessDenied", 403),
        ("secretsmanager", "list_secrets", "access-denied", "AccessDeniedException", 400),
    ],
)
def test_service_errors(lab, service, operation, kind, code, status):
    set_fault(lab, service=service, action="*", kind=kind)

    assert failure(getattr(client(lab, service), operation)) == (code, status)


def test_a_named_code_has_its_modeled_status(lab):
    set_fault(lab, service="rds", action="DescribeDBClusters", kind="code", code="DBClusterQuotaExceededFault", nth=1)
    caller = client(lab, "rds")

    assert failure(caller.describe_db_clusters) == ("DBClusterQuotaExceededFault", 403)
    assert caller.describe_db_clusters()["DBClusters"] == []


def test_only_the_nth_matching_call_is_struck(lab):
    caller = secret_named(lab, "a")
    set_fault(lab, service="secretsmanager", action="DescribeSecret", kind="throttle", nth=2)

    caller.describe_secret(SecretId="a")
    assert failure(caller.describe_secret, SecretId="a") == ("ThrottlingException", 400)
    caller.describe_secret(SecretId="a")

    [rule] = control(lab, "GET", "/_lab/faults")[1]
    assert (rule["matched"], rule["hits"]) == (3, 1)


def test_the_first_calls_are_struck_and_the_sdk_gets_through_by_itself(lab):
    secret_named(lab, "a")
    set_fault(lab, service="secretsmanager", action="*", kind="503", times=2)

    answer = client(lab, "secretsmanager", config=RETRYING).describe_secret(SecretId="a")

    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert [c["fault"] for c in calls(lab)[-3:]] == ["503", "503", None]


def test_a_rule_may_ask_for_parameters(lab):
    caller = secret_named(lab, "prod/a")
    caller.create_secret(Name="test/a", SecretString="v")
    set_fault(lab, service="secretsmanager", action="*", kind="500", match={"SecretId": "^prod/"})

    caller.describe_secret(SecretId="test/a")
    assert failure(caller.describe_secret, SecretId="prod/a") == ("InternalServiceError", 500)


def test_probability_is_reproducible(lab):
    caller = secret_named(lab, "a")

    def run():
        control(lab, "DELETE", "/_lab/faults")
        set_fault(lab, service="secretsmanager", action="DescribeSecret", kind="500", probability=0.5, seed=3)
        start = control(lab, "GET", "/_lab/calls")[1]["next"]
        for _ in range(24):
            try:
                caller.describe_secret(SecretId="a")
            except ClientError:
                continue
        return [c["fault"] for c in calls(lab, start)]

    first = run()
    assert 0 < first.count("500") < 24
    assert run() == first


def test_dropped_before_has_no_effect(lab):
    caller = secret_named(lab, "a")
    set_fault(lab, service="secretsmanager", action="PutSecretValue", kind="drop-before", nth=1)

    with pytest.raises(ConnectionClosedError):
        caller.put_secret_value(SecretId="a", SecretString="v2")

    assert caller.get_secret_value(SecretId="a")["SecretString"] == "v1"
    dropped = calls(lab)[-2]
    assert (dropped["fault"], dropped["status"], dropped["error"]) == ("drop-before", None, None)


def test_dropped_after_has_its_effect(lab):
    caller = secret_named(lab, "a")
    set_fault(lab, service="secretsmanager", action="PutSecretValue", kind="drop-after", nth=1)

    with pytest.raises(ConnectionClosedError):
        caller.put_secret_value(SecretId="a", SecretString="v2")

    assert caller.get_secret_value(SecretId="a")["SecretString"] == "v2"


def test_a_drop_closes_the_connection_without_a_byte(lab):
    set_fault(lab, service="*", action="*", kind="drop-before")
    host, port = lab.endpoint.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port))
    connection.request("POST", "/", body=b"Action=DescribeDBClusters&Version=2014-10-31")

    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        connection.getresponse()


def test_error_after_the_effect_makes_a_retry_meet_what_it_made(lab):
    set_fault(lab, service="route53", action="CreateHostedZone", kind="500-after", nth=1)

    dns = client(lab, "route53", config=RETRYING)
    code, _ = failure(dns.create_hosted_zone, Name="corp.internal", CallerReference="one")

    assert code == "HostedZoneAlreadyExists"
    assert [(c["status"], c["fault"]) for c in calls(lab)] == [(500, "500-after"), (409, None)]


def test_stale_read_shows_the_world_before_the_last_change(lab):
    caller = secret_named(lab, "a")
    caller.get_secret_value(SecretId="a")
    caller.put_secret_value(SecretId="a", SecretString="v2")
    set_fault(lab, service="secretsmanager", action="GetSecretValue", kind="stale", times=1)

    assert caller.get_secret_value(SecretId="a")["SecretString"] == "v1"
    assert caller.get_secret_value(SecretId="a")["SecretString"] == "v2"
    assert [c["fault"] for c in calls(lab)[-2:]] == ["stale", None]


def test_stale_read_is_served_even_after_the_change_was_seen(lab):
    caller = secret_named(lab, "a")
    caller.get_secret_value(SecretId="a")
    caller.put_secret_value(SecretId="a", SecretString="v2")
    assert caller.get_secret_value(SecretId="a")["SecretString"] == "v2"
    set_fault(lab, service="secretsmanager", action="GetSecretValue", kind="stale", times=1)

    assert caller.get_secret_value(SecretId="a")["SecretString"] == "v1"


def test_stale_read_of_what_was_just_made_is_not_found(lab):
    caller = client(lab, "secretsmanager")
    assert failure(caller.describe_secret, SecretId="a")[0] == "ResourceNotFoundException"
    caller.create_secret(Name="a", SecretString="v1")
    set_fault(lab, service="secretsmanager", action="DescribeSecret", kind="stale", times=1)

    assert failure(caller.describe_secret, SecretId="a")[0] == "ResourceNotFoundException"
    assert caller.describe_secret(SecretId="a")["Name"] == "a"


def test_stale_without_an_older_answer_does_not_strike(lab):
    caller = secret_named(lab, "a")
    set_fault(lab, service="secretsmanager", action="GetSecretValue", kind="stale")

    assert caller.get_secret_value(SecretId="a")["SecretString"] == "v1"
    [rule] = control(lab, "GET", "/_lab/faults")[1]
    assert (rule["matched"], rule["hits"]) == (1, 0)


def test_delay_outlasts_an_impatient_client_and_still_takes_effect(lab):
    caller = secret_named(lab, "a")
    set_fault(lab, service="secretsmanager", action="PutSecretValue", kind="delay", seconds=1.5, nth=1)
    impatient = client(lab, "secretsmanager", config=Config(read_timeout=0.3, retries={"total_max_attempts": 2}))

    token = "t" * 32
    written = impatient.put_secret_value(SecretId="a", SecretString="v2", ClientRequestToken=token)

    assert written["ResponseMetadata"]["RetryAttempts"] == 1
    assert caller.get_secret_value(SecretId="a")["VersionId"] == token


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ({"kind": "throttle"}, "list"),
        ([{"kind": "nonsense"}], "kind"),
        ([{"kind": "code"}], "needs a 'code'"),
        ([{"kind": "delay"}], "seconds"),
        ([{"kind": "500", "nth": 0}], "whole number"),
        ([{"kind": "500", "nth": 1, "times": 2}], "exclude"),
        ([{"kind": "500", "probability": 2}], "probability"),
        ([{"kind": "500", "match": {"SecretId": "("}}], "regular expression"),
        ([{"kind": "500", "acton": "GetSecretValue"}], "acton"),
    ],
)
def test_a_rule_that_cannot_be_obeyed_is_refused_whole(lab, rules, complaint):
    status, document = control(lab, "POST", "/_lab/faults", rules)

    assert status == 400
    assert complaint in document["error"]
    assert control(lab, "GET", "/_lab/faults")[1] == []


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("rds", "describe_source_regions", {}),
        ("route53", "test_dns_answer", {"HostedZoneId": "Z1", "RecordName": "a.b", "RecordType": "A"}),
        ("secretsmanager", "validate_resource_policy", {"ResourcePolicy": "{}"}),
    ],
)
def test_what_is_not_implemented_is_said_so_and_not_retried(lab, service, operation, parameters):
    assert failure(getattr(client(lab, service, config=RETRYING), operation), **parameters) == ("NotImplemented", 501)
    assert len(calls(lab)) == 1


def test_parallel_calls_are_all_served(lab):
    def make(number):
        client(lab, "secretsmanager").create_secret(Name=f"s{number}", SecretString="v")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(40)))

    assert [c["status"] for c in calls(lab)] == [200] * 40
