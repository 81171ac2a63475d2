"""Calls that are held without an answer, and rules for one caller only."""

import concurrent.futures
import http.client
import signal
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError
from clients import Account, client, control
from labs import until

PUT = """
import boto3, sys
from botocore.config import Config
once = Config(retries={"total_max_attempts": 1})
caller = boto3.client("secretsmanager", endpoint_url=sys.argv[1], region_name="eu-west-1",
    aws_access_key_id=sys.argv[2], aws_secret_access_key=sys.argv[3], aws_session_token=sys.argv[4], config=once)
caller.put_secret_value(SecretId="a", SecretString="v2")
"""


@pytest.fixture
def lab(shared_lab):
    """An account with a secret `a`, and no faults."""
    account = Account(shared_lab)
    client(account, "secretsmanager").create_secret(Name="a", SecretString="v1")
    control(account, "DELETE", "/_lab/calls")
    yield account
    control(account, "DELETE", "/_lab/faults")


def hold(lab, kind, **rule):
    """Holds a call, by default the next one that changes a secret; the key that the rule is for."""
    rule = {"service": "secretsmanager", "kind": kind, "reads": False, "nth": 1, **rule}
    if "identity" not in rule:
        rule["identity"] = lab.credentials[0]
    status, document = control(lab, "POST", "/_lab/faults", [rule])
    assert status == 200, document
    return rule["identity"]


def held(lab, key):
    """The calls of a key that are held, awaited."""
    return until(lambda: control(lab, "GET", f"/_lab/held?identity={key}&milliseconds=1000")[1], "a call to be held")


def value(lab):
    """The secret as it is now."""
    return client(lab, "secretsmanager").get_secret_value(SecretId="a")["SecretString"]


def last(lab):
    """The last call that put a value."""
    calls = control(lab, "GET", "/_lab/calls")[1]["calls"]
    puts = [call for call in calls if call["action"] == "PutSecretValue"]
    return (puts[-1]["fault"], puts[-1]["status"]) if puts else None


@pytest.mark.parametrize(
    ("kind", "while_held", "journalled"),
    [("hold-before", "v1", ("hold-before", None)), ("hold-after", "v2", ("hold-after", 200))],
)
def test_a_killed_client_leaves_the_effect_that_the_call_had_by_then(lab, kind, while_held, journalled):
    key = hold(lab, kind)
    caller = subprocess.Popen([sys.executable, "-c", PUT, lab.endpoint, *lab.credentials])
    [call] = held(lab, key)
    assert (call["service"], call["action"], call["resource"]) == ("secretsmanager", "PutSecretValue", "a")
    assert value(lab) == while_held

    caller.kill()
    assert caller.wait() == -signal.SIGKILL

    until(lambda: not control(lab, "GET", f"/_lab/held?identity={key}&milliseconds=0")[1], "the call to be let go")
    until(lambda: last(lab) == journalled, "the call in the journal")
    assert value(lab) == while_held


@pytest.mark.parametrize("kind", ["hold-before", "hold-after"])
def test_a_call_is_let_go_with_its_rule_and_answered(lab, kind):
    key = hold(lab, kind)
    put = client(lab, "secretsmanager").put_secret_value
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(put, SecretId="a", SecretString="v2")
        held(lab, key)
        control(lab, "DELETE", f"/_lab/faults?identity={key}")
        assert answer.result()["ResponseMetadata"]["HTTPStatusCode"] == 200

    assert value(lab) == "v2"
    assert last(lab) == (kind, 200)


def test_others_are_served_while_a_call_is_held(lab):
    key = hold(lab, "hold-before")
    caller = subprocess.Popen([sys.executable, "-c", PUT, lab.endpoint, *lab.credentials])
    held(lab, key)

    client(lab, "secretsmanager").put_secret_value(SecretId="a", SecretString="v3")

    assert value(lab) == "v3"
    caller.kill()
    caller.wait()


def test_the_lab_ends_while_a_call_is_held(start_lab):
    lab = start_lab()
    hold(lab, "hold-before", service="rds", identity="AKIDX", reads=True)
    host, port = lab.endpoint.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port))
    signed = "AWS4-HMAC-SHA256 Credential=AKIDX/20250101/eu-west-1/rds/aws4_request, SignedHeaders=host, Signature=0"
    form = {"Authorization": signed, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/", body=b"Action=DescribeDBClusters&Version=2014-10-31", headers=form)
    held(lab, "AKIDX")

    code, _, err, left = lab.stop()

    assert (code, err, left) == (0, "", [])
    with pytest.raises((http.client.HTTPException, OSError)):
        connection.getresponse()


def test_a_rule_for_one_caller_strikes_no_other(lab, shared_lab):
    caller = client(Account(shared_lab), "secretsmanager")
    caller.create_secret(Name="a", SecretString="theirs")
    key = lab.credentials[0]
    status, _ = control(lab, "POST", "/_lab/faults", [{"kind": "500", "identity": key}])
    assert status == 200

    assert caller.get_secret_value(SecretId="a")["SecretString"] == "theirs"
    with pytest.raises(ClientError):
        client(lab, "secretsmanager").get_secret_value(SecretId="a")
    [rule] = control(lab, "GET", f"/_lab/faults?identity={key}")[1]
    assert (rule["identity"], rule["matched"], rule["hits"]) == (key, 1, 1)
    assert control(lab, "GET", "/_lab/faults?identity=nobody")[1] == []


def test_rules_and_calls_of_one_caller_are_listed_and_removed_apart(lab):
    key = lab.credentials[0]
    control(lab, "POST", "/_lab/faults", [{"kind": "500", "identity": key}, {"kind": "503", "identity": "another"}])

    _, left = control(lab, "DELETE", f"/_lab/faults?identity={key}")

    assert [rule["identity"] for rule in left] == ["another"]
    value(lab)
    _, all_calls = control(lab, "GET", "/_lab/calls")
    identity = all_calls["calls"][-1]["identity"]
    assert control(lab, "GET", f"/_lab/calls?identity={identity}")[1]["calls"] == all_calls["calls"]
    assert control(lab, "GET", "/_lab/calls?identity=nobody")[1]["calls"] == []


def test_a_rule_may_ask_for_calls_that_read_or_that_change(lab):
    control(lab, "POST", "/_lab/faults", [{"kind": "500", "identity": lab.credentials[0], "reads": False}])
    caller = client(lab, "secretsmanager")

    assert value(lab) == "v1"
    with pytest.raises(ClientError):
        caller.put_secret_value(SecretId="a", SecretString="v2")


@pytest.mark.parametrize("rule", [{"kind": "500", "identity": 1}, {"kind": "500", "reads": "no"}])
def test_callers_and_effects_are_checked(lab, rule):
    assert control(lab, "POST", "/_lab/faults", [rule])[0] == 400
