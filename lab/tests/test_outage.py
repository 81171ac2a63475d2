"""While a Region is away, what is promoted or restored in another one works, and what needs the lost one fails."""

import pytest
from clients import failure
from instances import Instances
from labs import MASTER, PASSWORD, Database, until
from test_global_clusters import AWAY, HERE, Global

ROWS = "SELECT array_agg(id ORDER BY id) FROM orders;"
UNREACHABLE = ("InternalFailure", 500)


@pytest.fixture
def outage(shared_lab):
    """Takes a Region away in a manner; it is back at the end of the test."""
    yield lambda state, region=HERE: shared_lab.post("/_lab/regions", {region: state})
    assert shared_lab.post("/_lab/regions", {HERE: "up"}) == (200, {})


def restorable_and_snapshot(rds, cluster, lab):
    """Waits until a promoted cluster can be restored, and takes a snapshot of it; its way back."""

    def told():
        return rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"][0]

    until(lambda: "LatestRestorableTime" in told(), "a window")
    rds.create_db_cluster_snapshot(DBClusterIdentifier=cluster, DBClusterSnapshotIdentifier=f"{cluster}-shot")
    rds.restore_db_cluster_to_point_in_time(
        SourceDBClusterIdentifier=cluster, DBClusterIdentifier=f"{cluster}-again", UseLatestRestorableTime=True
    )

    def made():
        return rds.describe_db_clusters(DBClusterIdentifier=f"{cluster}-again")["DBClusters"][0]

    until(lambda: made()["Status"] == "available", "the restore")
    rds.create_db_instance(
        DBInstanceIdentifier=f"{cluster}-again-1", DBClusterIdentifier=f"{cluster}-again",
        Engine="aurora-postgresql", DBInstanceClass="db.r6g.large",
    )  # fmt: skip
    until(lambda: "Endpoint" in made(), "an instance")
    return Database(made()["Endpoint"], made()["Port"], MASTER, PASSWORD, lab.ca)


@pytest.mark.parametrize("state", ["down", "hang"])
def test_a_replica_is_promoted_without_its_source(shared_lab, outage, state):
    here, away = Instances(shared_lab), Instances(shared_lab, AWAY)
    here.create(f"lost-{state}").rows("CREATE TABLE orders AS SELECT 1 AS id;")
    source = here.awaited(f"lost-{state}")["DBInstanceArn"]
    away.rds.create_db_instance_read_replica(
        DBInstanceIdentifier=f"kept-{state}", SourceDBInstanceIdentifier=source, DBInstanceClass="db.m6g.large"
    )
    replica = away.database(f"kept-{state}")
    until(lambda: replica.psql(ROWS).stdout == "{1}\n", "the rows")
    outage(state)

    away.rds.promote_read_replica(DBInstanceIdentifier=f"kept-{state}", BackupRetentionPeriod=3)

    until(lambda: "ReadReplicaSourceDBInstanceIdentifier" not in away.described(f"kept-{state}"), "the promotion")
    promoted = away.awaited(f"kept-{state}")
    assert promoted["BackupRetentionPeriod"] == 3
    replica.rows("INSERT INTO orders VALUES (2);")
    until(lambda: "LatestRestorableTime" in away.described(f"kept-{state}"), "a window")
    away.await_restorable(f"kept-{state}", replica.now())
    again = away.restore(
        f"again-{state}", SourceDBInstanceIdentifier=f"kept-{state}", UseLatestRestorableTime=True
    )
    assert again.rows(ROWS) == ["{1,2}"]


@pytest.mark.parametrize("state", ["down", "hang"])
def test_a_secondary_is_detached_without_its_primary(shared_lab, outage, state):
    world = Global(shared_lab, f"torn-{state}")
    world.await_rows(AWAY, "{1,2,3}")
    rds, name = world.rds[AWAY], {"GlobalClusterIdentifier": f"torn-{state}"}
    here, away = world.arn(HERE), world.arn(AWAY)
    outage(state)
    switchover = failure(rds.switchover_global_cluster, TargetDbClusterIdentifier=away, **name)
    primary = failure(rds.remove_from_global_cluster, DbClusterIdentifier=here, **name)
    assert switchover[0] == "InvalidDBClusterStateFault" and primary == UNREACHABLE

    rds.remove_from_global_cluster(DbClusterIdentifier=away, **name)
    world.awaited(AWAY)

    world.database(AWAY).rows("INSERT INTO orders VALUES (4);")
    assert [one["DBClusterArn"] for one in world.described()["GlobalClusterMembers"]] == [here]
    again = restorable_and_snapshot(rds, f"torn-{state}-{AWAY}", shared_lab)
    assert again.rows(ROWS) in (["{1,2,3}"], ["{1,2,3,4}"])
    outage("up")
    assert world.database(HERE).rows(ROWS) == ["{1,2,3}"]


def test_a_hanging_primary_is_left_behind(shared_lab, outage):
    world = Global(shared_lab, "stuck")
    world.await_rows(AWAY, "{1,2,3}")
    target = world.arn(AWAY)
    outage("hang")

    world.rds[AWAY].failover_global_cluster(
        GlobalClusterIdentifier="stuck", TargetDbClusterIdentifier=target, AllowDataLoss=True
    )

    world.settled()
    world.database(AWAY).rows("INSERT INTO orders VALUES (4);")
    again = restorable_and_snapshot(world.rds[AWAY], f"stuck-{AWAY}", shared_lab)
    assert again.rows("SELECT count(*) >= 3 FROM orders;") == ["t"]


def test_a_reader_takes_over_while_another_region_is_away(shared_lab, outage):
    rds = shared_lab.client("rds", region_name=AWAY)
    rds.create_db_cluster(
        DBClusterIdentifier="local", Engine="aurora-postgresql", MasterUsername=MASTER, MasterUserPassword=PASSWORD
    )

    def told():
        return rds.describe_db_clusters(DBClusterIdentifier="local")["DBClusters"][0]

    until(lambda: told()["Status"] == "available", "local")
    for name in ("local-1", "local-2"):
        rds.create_db_instance(
            DBInstanceIdentifier=name, DBClusterIdentifier="local", Engine="aurora-postgresql",
            DBInstanceClass="db.r6g.large",
        )  # fmt: skip
    all_up = {"available"}
    until(
        lambda: {one["DBInstanceStatus"] for one in rds.describe_db_instances(
            Filters=[{"Name": "db-cluster-id", "Values": ["local"]}])["DBInstances"]} == all_up, "the instances",
    )  # fmt: skip
    outage("hang")

    rds.failover_db_cluster(DBClusterIdentifier="local")

    until(lambda: told()["Status"] == "available", "the failover")
    writers = [one["DBInstanceIdentifier"] for one in told()["DBClusterMembers"] if one["IsClusterWriter"]]
    assert writers == ["local-2"]


def test_nothing_is_brought_from_a_region_that_is_away(shared_lab, outage):
    here, away = Instances(shared_lab), shared_lab.client("rds", region_name=AWAY)
    shared_lab.create_cluster("mute")
    here.rds.create_db_cluster_snapshot(DBClusterIdentifier="mute", DBClusterSnapshotIdentifier="mute-shot")
    shot = here.rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier="mute-shot")["DBClusterSnapshots"][0]
    here.create("silent").rows("CREATE TABLE orders AS SELECT 1 AS id;")
    source = here.awaited("silent")["DBInstanceArn"]
    here.await_restorable("silent", here.database("silent").now())
    away.start_db_instance_automated_backups_replication(SourceDBInstanceArn=source)
    outage("down")

    copy = {"TargetDBClusterSnapshotIdentifier": "c"}
    copied = failure(
        away.copy_db_cluster_snapshot, SourceDBClusterSnapshotIdentifier=shot["DBClusterSnapshotArn"], **copy
    )
    replica = failure(
        away.create_db_instance_read_replica, DBInstanceIdentifier="r", SourceDBInstanceIdentifier=source
    )
    assert copied == replica == UNREACHABLE
    # What is there already serves.
    (backup,) = Instances(shared_lab, AWAY).backups(DBInstanceIdentifier="silent")
    restored = Instances(shared_lab, AWAY).restore(
        "silent-restored", SourceDBInstanceAutomatedBackupsArn=backup["DBInstanceAutomatedBackupsArn"],
        UseLatestRestorableTime=True, DBInstanceClass="db.m6g.large",
    )  # fmt: skip
    assert restored.rows(ROWS) == ["{1}"]
