"""A Global Database streams to another Region, switches over without loss, and fails over with a loss that is told."""

import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from clients import failure
from instances import largest_lag
from labs import MASTER, PASSWORD, Database, until

HERE, AWAY = "eu-west-1", "eu-central-1"
ROWS = "SELECT array_agg(id ORDER BY id) FROM orders;"
LAG = "SELECT rpo_lag_in_msec FROM aurora_global_db_status() WHERE aws_region = '{}';"


class Global:
    """A global cluster with a member in each of two Regions, each with one instance."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.rds = {region: lab.client("rds", region_name=region) for region in (HERE, AWAY)}
        lab.create_cluster(f"{name}-{HERE}")
        self.database(HERE, create=True).rows("CREATE TABLE orders AS SELECT generate_series(1, 3) AS id;")
        self.rds[HERE].create_global_cluster(
            GlobalClusterIdentifier=name, SourceDBClusterIdentifier=self.cluster(HERE)["DBClusterArn"]
        )
        self.settled()
        self.rds[AWAY].create_db_cluster(
            DBClusterIdentifier=f"{name}-{AWAY}", Engine="aurora-postgresql", GlobalClusterIdentifier=name
        )
        self.awaited(AWAY)
        self.database(AWAY, create=True)

    def cluster(self, region):
        found = self.rds[region].describe_db_clusters(DBClusterIdentifier=f"{self.name}-{region}")
        return found["DBClusters"][0]

    def arn(self, region):
        return self.cluster(region)["DBClusterArn"]

    def awaited(self, region, status="available"):
        until(lambda: self.cluster(region)["Status"] == status, f"{region} {status}")

    def database(self, region, create=False):
        """A way into the member's database."""
        if create:
            self.rds[region].create_db_instance(
                DBInstanceIdentifier=f"{self.name}-{region}-1",
                DBClusterIdentifier=f"{self.name}-{region}",
                Engine="aurora-postgresql",
                DBInstanceClass="db.r6g.large",
            )
            until(lambda: "ReaderEndpoint" in self.cluster(region), f"an instance in {region}")
        found = self.cluster(region)
        return Database(found["ReaderEndpoint"], found["Port"], MASTER, PASSWORD, self.lab.ca)

    def described(self, region=AWAY):
        return self.rds[region].describe_global_clusters(GlobalClusterIdentifier=self.name)["GlobalClusters"][0]

    def settled(self, region=AWAY):
        until(lambda: self.described(region)["Status"] == "available", f"{self.name} available")
        return self.described(region)

    def writer(self, region=AWAY):
        (arn,) = [one["DBClusterArn"] for one in self.described(region)["GlobalClusterMembers"] if one["IsWriter"]]
        return arn.split(":")[3]

    def replicate(self, region, state):
        status, _ = self.lab.post("/_lab/replication", {"cluster": f"{self.name}-{region}", "state": state})
        assert status == 200

    def regions(self, **states):
        status, answer = self.lab.post("/_lab/regions", {name.replace("_", "-"): to for name, to in states.items()})
        assert status == 200, answer

    def await_rows(self, region, expected):
        database = self.database(region)
        until(lambda: database.rows(ROWS) == [expected], f"{expected} in {region}")


@pytest.fixture(scope="module")
def world(shared_lab):
    return Global(shared_lab, "world")


def test_a_secondary_streams_and_its_lag_is_told(world):
    first, second = world.database(HERE), world.database(AWAY)
    world.await_rows(AWAY, "{1,2,3}")
    members = world.described()["GlobalClusterMembers"]

    assert "read-only transaction" in second.psql("INSERT INTO orders VALUES (9);").stderr
    assert [(one["IsWriter"], one["SynchronizationStatus"]) for one in members] == [
        (True, "connected"), (False, "connected"),
    ]  # fmt: skip
    assert "Endpoint" not in world.cluster(AWAY) and "LatestRestorableTime" not in world.cluster(AWAY)
    assert [one["IsClusterWriter"] for one in world.cluster(AWAY)["DBClusterMembers"]] == [False]
    until(lambda: first.rows(LAG.format(HERE)) == ["-1"], "the status on the primary")
    world.replicate(AWAY, "paused")
    for database in (first, second):
        until(lambda one=database: int((one.rows(LAG.format(AWAY)) or ["0"])[0]) > 2000, "a lag of two seconds")
    metric = (world.lab, "AuroraGlobalDBRPOLag", "DBClusterIdentifier", f"world-{AWAY}", AWAY)
    until(lambda: largest_lag(*metric) > 2000, "the metric to grow")
    first.rows("INSERT INTO orders VALUES (4);")
    assert second.rows(ROWS) == ["{1,2,3}"]
    world.replicate(AWAY, "streaming")
    world.await_rows(AWAY, "{1,2,3,4}")
    until(lambda: int(second.rows(LAG.format(AWAY))[0]) < 2000, "the lag to shrink")


def test_a_switchover_loses_nothing_and_can_be_taken_back(world):
    world.replicate(AWAY, "paused")
    first = world.database(HERE)
    first.rows("INSERT INTO orders VALUES (5);")
    before = first.rows(ROWS)
    switch = world.rds[HERE].switchover_global_cluster
    switch(GlobalClusterIdentifier="world", TargetDbClusterIdentifier=world.arn(AWAY))

    state = world.described()["FailoverState"]
    assert (state["Status"], state["IsDataLossAllowed"]) == ("switching-over", False)
    assert (state["FromDbClusterArn"], state["ToDbClusterArn"]) == (world.arn(HERE), world.arn(AWAY))
    busy = failure(switch, GlobalClusterIdentifier="world", TargetDbClusterIdentifier=world.arn(AWAY))
    assert busy[0] == "InvalidGlobalClusterStateFault"
    # It waits for what the secondary lacks; meanwhile nobody can write.
    until(lambda: first.psql("SELECT 1;").returncode != 0, "the fence")
    world.replicate(AWAY, "streaming")
    world.settled()

    assert world.writer() == AWAY
    second = world.database(AWAY)
    assert second.rows(ROWS) == before
    second.rows("INSERT INTO orders VALUES (6);")
    world.await_rows(HERE, before[0][:-1] + ",6}")
    assert "read-only transaction" in first.psql("INSERT INTO orders VALUES (9);").stderr
    assert [one["IsClusterWriter"] for one in world.cluster(AWAY)["DBClusterMembers"]] == [True]
    assert world.cluster(AWAY)["LatestRestorableTime"]

    switch(GlobalClusterIdentifier="world", TargetDbClusterIdentifier=world.arn(HERE))
    world.settled()
    assert world.writer() == HERE
    first.rows("DELETE FROM orders WHERE id > 3;")
    world.await_rows(AWAY, "{1,2,3}")


def test_a_failover_loses_the_lag_and_the_returning_region_gives_it_back_as_a_snapshot(shared_lab):
    world = Global(shared_lab, "storm")
    world.await_rows(AWAY, "{1,2,3}")
    former, target = world.arn(HERE), world.arn(AWAY)
    first = world.database(HERE)
    world.replicate(AWAY, "paused")
    first.rows("INSERT INTO orders VALUES (4);")
    world.regions(eu_west_1="down")
    try:
        with pytest.raises((ConnectionClosedError, EndpointConnectionError)):
            world.rds[HERE].describe_db_clusters()
        assert first.psql("SELECT 1;").returncode == 2
        planned = failure(
            world.rds[AWAY].switchover_global_cluster, GlobalClusterIdentifier="storm", TargetDbClusterIdentifier=target
        )
        assert planned[0] == "InvalidDBClusterStateFault"

        world.rds[AWAY].failover_global_cluster(
            GlobalClusterIdentifier="storm", TargetDbClusterIdentifier=target, AllowDataLoss=True
        )

        assert world.described()["FailoverState"]["IsDataLossAllowed"] is True
        members = {one["DBClusterArn"]: one for one in world.settled()["GlobalClusterMembers"]}
        assert members[target]["IsWriter"] and members[former]["SynchronizationStatus"] == "pending-resync"
        second = world.database(AWAY)
        assert second.rows(ROWS) == ["{1,2,3}"]
        second.rows("INSERT INTO orders VALUES (5);")
    finally:
        world.regions(eu_west_1="up")

    rds = world.rds[HERE]

    def saved():
        listed = rds.describe_db_cluster_snapshots(DBClusterIdentifier="storm-eu-west-1", SnapshotType="automated")
        return [one for one in listed["DBClusterSnapshots"] if one["Status"] == "available"]

    until(saved, "the snapshot of what was lost")
    (snapshot,) = saved()
    name = snapshot["DBClusterSnapshotIdentifier"]
    assert name.startswith("rds:unplanned-global-failover-storm-eu-west-1-")
    world.awaited(HERE)
    world.await_rows(HERE, "{1,2,3,5}")
    until(
        lambda: {one["SynchronizationStatus"] for one in world.described()["GlobalClusterMembers"]} == {"connected"},
        "the old primary to be resynchronised",
    )
    rds.restore_db_cluster_from_snapshot(
        SnapshotIdentifier=name, DBClusterIdentifier="storm-lost", Engine="aurora-postgresql"
    )
    shared_lab.await_cluster("storm-lost")
    assert shared_lab.create_writer("storm-lost").rows(ROWS) == ["{1,2,3,4}"]


def test_a_removed_secondary_stands_alone_and_the_primary_leaves_last(shared_lab):
    world = Global(shared_lab, "parting")
    rds, name = world.rds[HERE], {"GlobalClusterIdentifier": "parting"}
    world.await_rows(AWAY, "{1,2,3}")
    early = failure(rds.remove_from_global_cluster, DbClusterIdentifier=world.arn(HERE), **name)
    member = failure(rds.delete_db_cluster, DBClusterIdentifier="parting-eu-west-1", SkipFinalSnapshot=True)
    assert early[0] == "InvalidGlobalClusterStateFault" and member[0] == "InvalidDBClusterStateFault"

    rds.remove_from_global_cluster(DbClusterIdentifier=world.arn(AWAY), **name)

    assert world.cluster(AWAY)["Status"] == "promoting"
    world.awaited(AWAY)
    assert world.database(AWAY).rows("INSERT INTO orders VALUES (4) RETURNING id;") == ["4"]
    assert world.database(HERE).rows(ROWS) == ["{1,2,3}"]
    assert failure(rds.delete_global_cluster, **name)[0] == "InvalidGlobalClusterStateFault"
    rds.remove_from_global_cluster(DbClusterIdentifier=world.arn(HERE), **name)
    again = failure(rds.remove_from_global_cluster, DbClusterIdentifier=world.arn(HERE), **name)
    assert again[0] == "InvalidParameterValue"
    rds.delete_global_cluster(**name)
    assert failure(rds.describe_global_clusters, **name)[0] == "GlobalClusterNotFoundFault"


def test_refused_calls(world):
    rds, name = world.rds[HERE], {"GlobalClusterIdentifier": "world"}
    both = {"AllowDataLoss": True, "Switchover": True}
    target = {"TargetDbClusterIdentifier": world.arn(AWAY)}
    secondary = {"DBClusterIdentifier": "third", "Engine": "aurora-postgresql", **name}

    taken = failure(rds.create_global_cluster, Engine="aurora-postgresql", **name)
    assert taken[0] == "GlobalClusterAlreadyExistsFault"
    assert failure(rds.failover_global_cluster, **name, **target, **both)[0] == "InvalidParameterCombination"
    assert failure(rds.switchover_global_cluster, GlobalClusterIdentifier="absent", **target)[0] == (
        "GlobalClusterNotFoundFault"
    )
    to_itself = {"TargetDbClusterIdentifier": world.arn(HERE)}
    assert failure(rds.switchover_global_cluster, **name, **to_itself)[0] == "InvalidDBClusterStateFault"
    assert failure(world.rds[AWAY].create_db_cluster, **secondary)[0] == "InvalidParameterCombination"
    assert failure(world.rds[AWAY].create_db_cluster, MasterUsername="m", **secondary)[0] == (
        "InvalidParameterCombination"
    )


def test_calls_to_a_hanging_region_wait_until_it_is_back(shared_lab):
    impatient = Config(read_timeout=1, retries={"total_max_attempts": 1})
    hanging = shared_lab.client("rds", region_name="ap-south-1", config=impatient)
    assert shared_lab.post("/_lab/regions", {"ap-south-1": "hang"})[0] == 200

    with pytest.raises(ReadTimeoutError):
        hanging.describe_db_clusters()

    assert shared_lab.rds.describe_db_clusters()["DBClusters"] is not None
    assert shared_lab.post("/_lab/regions", {"ap-south-1": "up"}) == (200, {})
    assert hanging.describe_db_clusters()["DBClusters"] == []
    assert shared_lab.post("/_lab/regions", {"ap-south-1": "gone"})[0] == 400
