"""Read replicas stream real rows, and take writes once they are promoted."""

import signal
import subprocess

import pytest
from clients import failure
from instances import ROWS, Instances, largest_lag
from labs import MASTER, PASSWORD, Database, until

OTHER_REGION = "eu-central-1"


@pytest.fixture(scope="module")
def here(shared_lab):
    return Instances(shared_lab)


@pytest.fixture(scope="module")
def source(here):
    """An instance ``shop`` with three rows."""
    database = here.create("shop")
    database.rows("CREATE TABLE orders AS SELECT generate_series(1, 3) AS id;")
    return database


def replicate(instances, source, name, **settings):
    """Creates a read replica and returns a way into it."""
    instances.rds.create_db_instance_read_replica(
        SourceDBInstanceIdentifier=source, DBInstanceIdentifier=name, **settings
    )
    return instances.database(name)


def await_rows(database, expected):
    until(lambda: database.rows(ROWS) == [expected], f"the rows {expected}")


def test_a_replica_streams_and_is_promoted_with_what_it_has(here, source):
    replica = replicate(here, "shop", "shop-r")
    source.rows("INSERT INTO orders VALUES (4);")
    await_rows(replica, "{1,2,3,4}")
    described = here.described("shop-r")
    assert described["ReadReplicaSourceDBInstanceIdentifier"] == "shop"
    assert described["StatusInfos"][0]["Status"] == "replicating" and described["StatusInfos"][0]["Normal"]
    assert "shop-r" in here.described("shop")["ReadReplicaDBInstanceIdentifiers"]
    assert "LatestRestorableTime" not in described
    assert "read-only transaction" in replica.psql("INSERT INTO orders VALUES (9);").stderr
    assert here.lab.post("/_lab/replication", {"instance": "shop-r", "state": "paused"})[0] == 200
    source.rows("INSERT INTO orders VALUES (5);")

    here.rds.promote_read_replica(DBInstanceIdentifier="shop-r", BackupRetentionPeriod=3)

    promoted = here.awaited("shop-r")
    assert replica.rows("INSERT INTO orders VALUES (6) RETURNING id;") == ["6"]
    assert replica.rows(ROWS) == ["{1,2,3,4,6}"]
    assert source.rows(ROWS) == ["{1,2,3,4,5}"]
    assert promoted["Endpoint"] == described["Endpoint"]
    assert promoted["BackupRetentionPeriod"] == 3 and "LatestRestorableTime" in promoted
    assert "ReadReplicaSourceDBInstanceIdentifier" not in promoted and promoted["StatusInfos"] == []
    assert here.described("shop")["ReadReplicaDBInstanceIdentifiers"] == []
    assert failure(here.rds.promote_read_replica, DBInstanceIdentifier="shop-r")[0] == "InvalidDBInstanceState"
    source.rows("DELETE FROM orders WHERE id > 3;")


def test_a_paused_replica_lags_and_catches_up(here, source):
    replica = replicate(here, "shop", "shop-late")
    source.rows("INSERT INTO orders VALUES (6); DELETE FROM orders WHERE id = 6;")
    until(lambda: replica.rows("SELECT pg_last_xact_replay_timestamp() IS NOT NULL;") == ["t"], "a replayed commit")
    assert here.lab.post("/_lab/replication", {"instance": "shop-late", "state": "paused"})[0] == 200
    source.rows("INSERT INTO orders VALUES (7);")
    lag = "SELECT clock_timestamp() - pg_last_xact_replay_timestamp() > '2 s';"

    until(lambda: replica.rows(lag) == ["t"], "the lag to grow")

    until(lambda: largest_lag(here.lab, "ReplicaLag", "DBInstanceIdentifier", "shop-late") > 2, "the metric to grow")
    assert replica.rows(ROWS) == ["{1,2,3}"]
    assert here.lab.post("/_lab/replication", {"instance": "shop-late", "state": "streaming"})[0] == 200
    await_rows(replica, "{1,2,3,7}")
    source.rows("DELETE FROM orders WHERE id > 3;")
    assert here.lab.post("/_lab/replication", {"instance": "shop-late", "state": "broken"})[0] == 200
    (told,) = here.described("shop-late")["StatusInfos"]
    assert (told["Status"], told["Normal"]) == ("error", False)


def test_a_replica_in_another_region_is_named_by_arn(here, source):
    away = Instances(here.lab, OTHER_REGION)
    arn = here.described("shop")["DBInstanceArn"]
    name = {"DBInstanceIdentifier": "shop-far"}
    refused = failure(away.rds.create_db_instance_read_replica, SourceDBInstanceIdentifier="shop", **name)
    assert refused[0] == "DBInstanceNotFound"

    await_rows(replicate(away, arn, "shop-far"), "{1,2,3}")

    assert away.described("shop-far")["ReadReplicaSourceDBInstanceIdentifier"] == arn


def test_a_deleted_source_leaves_promoted_replicas(here):
    source = here.create("parent")
    source.rows("CREATE TABLE orders AS SELECT 1 AS id;")
    replica = replicate(here, "parent", "child")
    await_rows(replica, "{1}")

    here.delete("parent")

    until(lambda: "ReadReplicaSourceDBInstanceIdentifier" not in here.described("child"), "the promotion")
    here.awaited("child")
    assert replica.rows("INSERT INTO orders VALUES (2) RETURNING id;") == ["2"]


def test_a_replica_needs_backups_of_its_source_and_takes_no_final_snapshot(here, source):
    here.create("unsafe", BackupRetentionPeriod=0)
    create = here.rds.create_db_instance_read_replica
    names = {"SourceDBInstanceIdentifier": "unsafe", "DBInstanceIdentifier": "never"}
    assert failure(create, **names)[0] == "InvalidDBInstanceState"
    replicate(here, "shop", "no-final")

    refused = failure(
        here.rds.delete_db_instance, DBInstanceIdentifier="no-final", FinalDBSnapshotIdentifier="no-final-1"
    )

    assert refused[0] == "InvalidParameterCombination"
    here.delete("no-final")


def test_an_aurora_replica_cluster_streams_from_its_instance_and_is_promoted(here, source):
    lab = here.lab
    lab.rds.create_db_cluster(
        DBClusterIdentifier="shop-aurora",
        Engine="aurora-postgresql",
        ReplicationSourceIdentifier=here.described("shop")["DBInstanceArn"],
    )
    assert lab.await_cluster("shop-aurora")["ReplicationSourceIdentifier"] == here.described("shop")["DBInstanceArn"]
    assert here.described("shop")["ReadReplicaDBClusterIdentifiers"] == ["shop-aurora"]
    replica = lab.create_writer("shop-aurora")
    source.rows("INSERT INTO orders VALUES (8);")
    await_rows(replica, "{1,2,3,8}")
    assert "read-only transaction" in replica.psql("INSERT INTO orders VALUES (9);").stderr
    last = failure(lab.rds.delete_db_instance, DBInstanceIdentifier="shop-aurora-1")
    assert last[0] == "InvalidDBClusterStateFault"

    lab.rds.promote_read_replica_db_cluster(DBClusterIdentifier="shop-aurora")

    assert lab.cluster("shop-aurora")["Status"] == "promoting"
    promoted = lab.await_cluster("shop-aurora")
    assert "ReplicationSourceIdentifier" not in promoted and promoted["LatestRestorableTime"]
    assert replica.rows("INSERT INTO orders VALUES (9) RETURNING id;") == ["9"]
    assert replica.rows(ROWS) == ["{1,2,3,8,9}"]
    again = failure(lab.rds.promote_read_replica_db_cluster, DBClusterIdentifier="shop-aurora")
    assert again[0] == "InvalidDBClusterStateFault"
    assert failure(lab.rds.promote_read_replica, DBInstanceIdentifier="shop-aurora-1")[0] == "InvalidDBInstanceState"


def test_a_failover_makes_the_chosen_reader_the_writer_and_cuts_connections(here):
    lab = here.lab
    lab.create_cluster("pair")
    database = lab.create_writer("pair")
    alone = failure(lab.rds.failover_db_cluster, DBClusterIdentifier="pair")
    assert alone[0] == "InvalidDBClusterStateFault"
    for name in ("pair-2", "pair-3"):
        lab.create_writer("pair", name)
    foreign = failure(
        lab.rds.failover_db_cluster, DBClusterIdentifier="pair", TargetDBInstanceIdentifier="pair-1"
    )
    assert foreign[0] == "InvalidParameterValue"
    session = held_session(database)

    lab.rds.failover_db_cluster(DBClusterIdentifier="pair", TargetDBInstanceIdentifier="pair-3")

    assert lab.cluster("pair")["Status"] == "failing-over"
    assert session.wait(60) != 0
    members = lab.await_cluster("pair")["DBClusterMembers"]
    assert [one["DBInstanceIdentifier"] for one in members if one["IsClusterWriter"]] == ["pair-3"]
    assert database.rows("SELECT 1;") == ["1"]


def test_no_standby_outlives_a_killed_lab(start_lab):
    lab = start_lab("--lag", "0.4")
    instances = Instances(lab)
    instances.create("origin").rows("CREATE TABLE orders AS SELECT 1 AS id;")
    await_rows(replicate(instances, "origin", "copy"), "{1}")

    assert lab.stop(signal.SIGKILL)[3] == []


def held_session(database):
    """A session that sleeps in the server until it is cut."""
    target = f"host={database.address} port={database.port} user={MASTER} dbname=postgres sslmode=require"
    process = subprocess.Popen(
        ["psql", "-Xq", "-d", target, "-c", "SELECT pg_sleep(600)"],
        env={"PATH": "/usr/bin:/bin", "PGPASSWORD": PASSWORD, "PGAPPNAME": "held"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'held' AND wait_event = 'PgSleep';"
    watcher = Database(database.address, database.port, MASTER, PASSWORD, database.ca)
    until(lambda: watcher.rows(sleeping) == ["1"], "the session")
    return process
