"""An endpoint goes with the name: it comes back with a restored cluster, and a rename leaves it behind."""

from clients import failure
from instances import Instances
from labs import until

ROWS = "SELECT array_agg(id ORDER BY id) FROM orders;"


def rename(lab, old, new):
    lab.rds.modify_db_cluster(DBClusterIdentifier=old, NewDBClusterIdentifier=new, ApplyImmediately=True)
    until(lambda: new in [one["DBClusterIdentifier"] for one in lab.rds.describe_db_clusters()["DBClusters"]], new)
    return lab.await_cluster(new)


def test_a_deleted_cluster_comes_back_at_its_old_address(shared_lab):
    resource_id = shared_lab.create_cluster("gone")["DbClusterResourceId"]
    before = shared_lab.create_writer("gone")
    before.rows("CREATE TABLE orders AS SELECT 1 AS id;")
    shared_lab.delete_instance("gone-1")
    shared_lab.rds.delete_db_cluster(DBClusterIdentifier="gone", SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    until(lambda: not [c for c in shared_lab.rds.describe_db_clusters()["DBClusters"]
                       if c["DBClusterIdentifier"] == "gone"], "the end of gone")  # fmt: skip

    shared_lab.rds.restore_db_cluster_to_point_in_time(
        SourceDbClusterResourceId=resource_id, DBClusterIdentifier="gone", UseLatestRestorableTime=True
    )
    shared_lab.await_cluster("gone")
    after = shared_lab.create_writer("gone")

    assert after.address == before.address
    # Who kept the address and the password reaches the restored rows, under a certificate for that address.
    assert before.rows(ROWS) == ["{1}"]


def test_a_rename_swap_leads_the_old_address_to_the_new_data(shared_lab):
    shared_lab.create_cluster("prod")
    old = shared_lab.create_writer("prod")
    old.rows("CREATE TABLE orders AS SELECT 1 AS id;")
    shared_lab.await_restorable("prod", old.now())
    new = shared_lab.restore("prod", "prod-r", UseLatestRestorableTime=True)
    new.rows("INSERT INTO orders VALUES (2);")

    rename(shared_lab, "prod", "prod-old")
    assert old.psql("SELECT 1;").returncode != 0
    assert shared_lab.database("prod-old").psql(ROWS, mode="require").stdout == "{1}\n"
    rename(shared_lab, "prod-r", "prod")

    assert old.psql(ROWS, mode="require").stdout == "{1,2}\n"
    assert shared_lab.cluster("prod")["Endpoint"] == old.address
    assert new.psql("SELECT 1;").returncode != 0


def test_a_renamed_cluster_keeps_the_certificate_of_its_former_name(shared_lab):
    shared_lab.create_cluster("early")
    before = shared_lab.create_writer("early")
    rename(shared_lab, "early", "late")
    after = shared_lab.database("late")

    assert "does not match host name" in after.psql("SELECT 1;").stderr
    assert after.psql("SELECT 1;", mode="verify-ca").stdout == "1\n"
    rename(shared_lab, "late", "early")

    assert before.rows("SELECT 1;") == ["1"]


def test_an_instances_address_goes_with_its_name(shared_lab):
    plain = Instances(shared_lab)
    old = plain.create("plain")
    plain.rds.modify_db_instance(
        DBInstanceIdentifier="plain", NewDBInstanceIdentifier="plain-old", ApplyImmediately=True
    )
    until(lambda: plain.gone("plain"), "the rename")

    assert plain.database("plain-old").rows("SELECT 1;") == ["1"]
    assert old.psql("SELECT 1;").returncode != 0
    assert plain.create("plain").address == old.address


def test_a_member_is_renamed_where_it_is(shared_lab):
    shared_lab.create_cluster("family")
    database = shared_lab.create_writer("family")
    shared_lab.create_writer("family", "family-2")
    rds = shared_lab.rds
    taken = {"DBInstanceIdentifier": "family-1", "NewDBInstanceIdentifier": "Family-2", "ApplyImmediately": True}
    assert failure(rds.modify_db_instance, **taken)[0] == "DBInstanceAlreadyExists"
    rds.modify_db_instance(DBInstanceIdentifier="family-2", NewDBInstanceIdentifier="later")
    assert shared_lab.await_instance("family-2")["PendingModifiedValues"] == {"DBInstanceIdentifier": "later"}
    before = shared_lab.await_instance("family-1")["DbiResourceId"]

    rds.modify_db_instance(
        DBInstanceIdentifier="family-1", NewDBInstanceIdentifier="Family-New", ApplyImmediately=True
    )
    until(lambda: Instances(shared_lab).gone("family-1"), "the rename")

    assert shared_lab.await_instance("family-new")["DbiResourceId"] == before
    members = {one["DBInstanceIdentifier"]: one["IsClusterWriter"] for one in shared_lab.cluster("family")[
        "DBClusterMembers"]}  # fmt: skip
    assert members == {"family-new": True, "family-2": False}
    assert database.rows("SELECT 1;") == ["1"]
