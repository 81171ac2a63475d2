"""Cluster snapshots as the tests see them, in any Region and account of a lab."""

from labs import MASTER, PASSWORD, Database, until


def snapshot(rds, identifier, **settings):
    """The snapshot as DescribeDBClusterSnapshots shows it."""
    found = rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=identifier, **settings)
    return found["DBClusterSnapshots"][0]


def await_snapshot(rds, identifier, status="available", **settings):
    """Waits for the snapshot's status and returns the snapshot."""
    until(lambda: snapshot(rds, identifier, **settings)["Status"] == status, f"{identifier} {status}")
    return snapshot(rds, identifier, **settings)


def take(lab, cluster, identifier, **settings):
    """Takes a snapshot and waits for it."""
    lab.rds.create_db_cluster_snapshot(
        DBClusterIdentifier=cluster, DBClusterSnapshotIdentifier=identifier, **settings
    )
    return await_snapshot(lab.rds, identifier)


def restored(lab, rds, source, target, **settings):
    """Restores a snapshot, makes a writer, and returns a way into its database."""
    rds.restore_db_cluster_from_snapshot(
        SnapshotIdentifier=source, DBClusterIdentifier=target, Engine="aurora-postgresql", **settings
    )

    def cluster():
        return rds.describe_db_clusters(DBClusterIdentifier=target)["DBClusters"][0]

    until(lambda: cluster()["Status"] == "available", f"{target} available")
    rds.create_db_instance(
        DBInstanceIdentifier=f"{target}-1",
        DBClusterIdentifier=target,
        Engine="aurora-postgresql",
        DBInstanceClass="db.r6g.large",
    )
    until(lambda: "Endpoint" in cluster(), f"{target} reachable")
    return Database(cluster()["Endpoint"], cluster()["Port"], MASTER, PASSWORD, lab.ca)
