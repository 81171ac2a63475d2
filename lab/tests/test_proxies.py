"""Proxies: one target each, real logins with their secrets, and clients that are led to it, wait for it, or are cut off."""

import json
import threading

import pytest
from clients import failure
from instances import Instances
from labs import MASTER, PASSWORD, Database, until


@pytest.fixture(scope="module")
def rds(shared_lab):
    """The client of a lab with clusters ``here`` (two instances) and ``hereafter``, and an RDS instance ``plain``."""
    for name in ("here", "hereafter"):
        shared_lab.create_cluster(name)
        shared_lab.create_writer(name)
    shared_lab.create_writer("here", "here-2")
    Instances(shared_lab).create("plain")
    return shared_lab.rds


def secret(lab, name, password=PASSWORD):
    """The ARN of a secret with the master user's name and a password."""
    value = json.dumps({"username": MASTER, "password": password})
    return lab.client("secretsmanager").create_secret(Name=name, SecretString=value)["ARN"]


class Proxy:
    """A proxy without a target."""

    def __init__(self, lab, name, *secrets, subnets=None):
        self.lab, self.named = lab, {"DBProxyName": name}
        if subnets is None:
            subnets = [subnet["SubnetId"] for subnet in lab.client("ec2").describe_subnets()["Subnets"][:2]]
        made = lab.rds.create_db_proxy(
            **self.named, EngineFamily="POSTGRESQL", RoleArn="arn:aws:iam::123456789012:role/proxy",
            Auth=[{"SecretArn": one, "IAMAuth": "DISABLED"} for one in secrets], VpcSubnetIds=subnets,
        )["DBProxy"]  # fmt: skip
        assert made["Status"] == "creating"
        until(lambda: self.described["Status"] == "available", f"proxy {name}")

    @property
    def described(self):
        return self.lab.rds.describe_db_proxies(**self.named)["DBProxies"][0]

    @property
    def database(self):
        """A way into the database through the proxy."""
        return Database(self.described["Endpoint"], 5432, MASTER, PASSWORD, self.lab.ca)

    def lead(self, **to):
        return self.lab.rds.register_db_proxy_targets(**self.named, **to)["DBProxyTargets"]

    def release(self, **what):
        self.lab.rds.deregister_db_proxy_targets(**self.named, **what)

    @property
    def targets(self):
        found = self.lab.rds.describe_db_proxy_targets(**self.named)["Targets"]
        return sorted((one["Type"], one["RdsResourceId"], one["TargetHealth"]["State"]) for one in found)

    def await_state(self, state):
        until(lambda: {one[2] for one in self.targets} == {state}, f"targets {state}")


@pytest.fixture(scope="module")
def proxy(shared_lab, rds):
    return Proxy(shared_lab, "front", secret(shared_lab, "front"))


def landed(database):
    """The port at which a login lands."""
    done = database.psql("SELECT inet_server_addr() || ':' || inet_server_port()")
    return done.stdout.strip() if done.returncode == 0 else done.stderr


def test_a_proxy_is_given_another_cluster(shared_lab, rds, proxy):
    begun = proxy.lead(DBClusterIdentifiers=["here"])
    assert [one["TargetHealth"]["State"] for one in begun] == ["REGISTERING"] * 3
    until(lambda: proxy.targets == [
        ("RDS_INSTANCE", "here-1", "AVAILABLE"), ("RDS_INSTANCE", "here-2", "AVAILABLE"),
        ("TRACKED_CLUSTER", "here", "AVAILABLE"),
    ], "the targets")  # fmt: skip
    told = rds.describe_db_proxy_targets(**proxy.named)["Targets"]
    assert {one["RdsResourceId"]: one.get("Role") for one in told} == {
        "here": None, "here-1": "READ_WRITE", "here-2": "READ_ONLY",
    }  # fmt: skip
    (group,) = rds.describe_db_proxy_target_groups(**proxy.named)["TargetGroups"]
    assert (group["TargetGroupName"], group["IsDefault"]) == ("default", True)

    again = failure(rds.register_db_proxy_targets, **proxy.named, DBClusterIdentifiers=["here"])
    assert again[0] == "DBProxyTargetAlreadyRegisteredFault"
    second = failure(rds.register_db_proxy_targets, **proxy.named, DBClusterIdentifiers=["hereafter"])
    assert second == ("NotImplemented", 501)
    wrong = failure(rds.deregister_db_proxy_targets, **proxy.named, DBClusterIdentifiers=["hereafter"])
    assert wrong == ("DBProxyTargetNotFoundFault", 404)
    proxy.release(DBClusterIdentifiers=["here"])
    assert proxy.targets == []
    proxy.lead(DBInstanceIdentifiers=["plain"])
    until(lambda: proxy.targets == [("RDS_INSTANCE", "plain", "AVAILABLE")], "the target")
    proxy.release(DBInstanceIdentifiers=["plain"])


def test_refused_proxy_calls(rds, proxy):
    absent = {"DBProxyName": "absent"}

    for operation in (rds.describe_db_proxies, rds.describe_db_proxy_targets, rds.describe_db_proxy_target_groups,
                      rds.delete_db_proxy, rds.register_db_proxy_targets):  # fmt: skip
        assert failure(operation, **absent) == ("DBProxyNotFoundFault", 404)
    unknown = failure(rds.register_db_proxy_targets, **proxy.named, DBClusterIdentifiers=["absent"])
    assert unknown[0] == "DBClusterNotFoundFault"
    other = failure(rds.describe_db_proxy_targets, **proxy.named, TargetGroupName="other")
    assert other[0] == "DBProxyTargetGroupNotFoundFault"


def test_a_target_of_another_vpc_is_refused(shared_lab, rds):
    ec2 = shared_lab.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    apart = Proxy(shared_lab, "apart", secret(shared_lab, "apart"), subnets=[subnet])
    assert apart.described["VpcId"] == vpc
    assert failure(rds.register_db_proxy_targets, **apart.named, DBClusterIdentifiers=["here"])[0] == (
        "InvalidParameterCombination"
    )


def test_clients_are_led_to_the_target_cut_off_and_queued_for_the_next(shared_lab, proxy):
    proxy.lead(DBClusterIdentifiers=["here"])
    here, hereafter = shared_lab.database("here"), shared_lab.database("hereafter")
    assert landed(proxy.database) == landed(here), "a client may come before the target is available"
    wrong = Database(proxy.database.address, 5432, MASTER, "wrong", shared_lab.ca)
    assert "password authentication failed" in landed(wrong)
    plain = proxy.database.psql("SELECT 1", mode="disable")
    assert plain.returncode == 2 and "requires TLS" in plain.stderr
    large = proxy.database.psql("SELECT length(repeat('x', 5000000)), repeat('y', 3000000)")
    assert large.returncode == 0 and large.stdout.startswith("5000000|yyy") and len(large.stdout) > 3_000_000

    ended = threading.Event()
    cut = []

    def hold():
        cut.append(proxy.database.psql("SELECT 'held'; SELECT pg_sleep(600)"))
        ended.set()

    holder = threading.Thread(target=hold)
    holder.start()
    until(lambda: "1" in here.psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(600)%' AND pid <> "
                                   "pg_backend_pid()").stdout, "a session")  # fmt: skip
    proxy.release(DBClusterIdentifiers=["here"])
    assert ended.wait(60)
    holder.join()
    assert cut[0].returncode == 2, cut[0]

    queued = []
    waiting = threading.Thread(target=lambda: queued.append(landed(proxy.database)))
    waiting.start()
    proxy.lead(DBClusterIdentifiers=["hereafter"])
    waiting.join(60)
    assert queued == [landed(hereafter)]
    proxy.release(DBClusterIdentifiers=["hereafter"])


def test_a_client_waits_for_no_longer_than_the_borrow_timeout(rds, proxy):
    rds.modify_db_proxy_target_group(
        **proxy.named, TargetGroupName="default", ConnectionPoolConfig={"ConnectionBorrowTimeout": 1}
    )
    (group,) = rds.describe_db_proxy_target_groups(**proxy.named)["TargetGroups"]
    assert group["ConnectionPoolConfig"]["ConnectionBorrowTimeout"] == 1
    assert "Timed-out waiting to acquire database connection" in landed(proxy.database)


def test_a_target_is_available_once_it_takes_the_proxys_passwords(shared_lab, rds):
    good, stale = secret(shared_lab, "good"), secret(shared_lab, "stale", "as-it-was-before")
    proxy = Proxy(shared_lab, "strict", good, stale)
    proxy.lead(DBClusterIdentifiers=["here"])
    proxy.await_state("UNAVAILABLE")
    health = [one["TargetHealth"] for one in rds.describe_db_proxy_targets(**proxy.named)["Targets"]]
    assert {one["Reason"] for one in health} == {"AUTH_FAILURE"}
    assert all(MASTER in one["Description"] and "as-it-was" not in one["Description"] for one in health)
    shared_lab.client("secretsmanager").put_secret_value(
        SecretId=stale, SecretString=json.dumps({"username": MASTER, "password": PASSWORD})
    )
    proxy.await_state("AVAILABLE")
    assert landed(proxy.database) == landed(shared_lab.database("here"))


def test_an_end_of_the_proxy_ends_its_endpoint(shared_lab, rds):
    proxy = Proxy(shared_lab, "brief", secret(shared_lab, "brief"))
    database = proxy.database
    proxy.lead(DBInstanceIdentifiers=["plain"])
    proxy.await_state("AVAILABLE")
    assert landed(database) == landed(Instances(shared_lab).database("plain"))
    rds.delete_db_proxy(**proxy.named)

    def gone():
        return "brief" not in [one["DBProxyName"] for one in rds.describe_db_proxies()["DBProxies"]]

    until(gone, "the end of the proxy")
    assert failure(rds.describe_db_proxies, **proxy.named) == ("DBProxyNotFoundFault", 404)
    assert "refused" in landed(database)
