"""RDS instances as the tests see them, in any Region of a lab."""

from datetime import UTC, datetime, timedelta

from labs import DATABASE, MASTER, PASSWORD, Database, until

ROWS = "SELECT array_agg(id ORDER BY id) FROM orders;"


def largest_lag(lab, metric, dimension, identifier, region=None):
    """The largest value of the last minutes that CloudWatch has of a lag; -1 while it has none."""
    now = datetime.now(UTC)
    told = lab.client("cloudwatch", **({"region_name": region} if region else {})).get_metric_statistics(
        Namespace="AWS/RDS",
        MetricName=metric,
        Dimensions=[{"Name": dimension, "Value": identifier}],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Maximum"],
    )
    return max((one["Maximum"] for one in told["Datapoints"]), default=-1)


class Instances:
    """The RDS instances of one Region of a lab."""

    def __init__(self, lab, region=None):
        self.lab = lab
        self.rds = lab.client("rds", **({"region_name": region} if region else {}))

    def described(self, name):
        return self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]

    def awaited(self, name, status="available"):
        until(lambda: self.described(name)["DBInstanceStatus"] == status, f"{name} {status}")
        return self.described(name)

    def database(self, name, password=PASSWORD):
        endpoint = self.awaited(name)["Endpoint"]
        return Database(endpoint["Address"], endpoint["Port"], MASTER, password, self.lab.ca)

    def create(self, name, **settings):
        settings = {"MasterUserPassword": PASSWORD} | settings
        if settings.get("ManageMasterUserPassword"):
            del settings["MasterUserPassword"]
        self.rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.m6g.large",
            Engine="postgres",
            AllocatedStorage=20,
            MasterUsername=MASTER,
            DBName=DATABASE,
            **settings,
        )
        return self.database(name) if "MasterUserPassword" in settings else None

    def await_restorable(self, name, moment):
        until(lambda: self.described(name)["LatestRestorableTime"] >= moment, f"{name} restorable to {moment}")

    def restore(self, target, **settings):
        self.rds.restore_db_instance_to_point_in_time(TargetDBInstanceIdentifier=target, **settings)
        return self.database(target)

    def snapshot(self, instance, name):
        self.rds.create_db_snapshot(DBInstanceIdentifier=instance, DBSnapshotIdentifier=name)
        return self.await_snapshot(name)

    def await_snapshot(self, name, status="available"):
        def one():
            return self.rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"][0]

        until(lambda: one()["Status"] == status, f"{name} {status}")
        return one()

    def backups(self, **settings):
        return self.rds.describe_db_instance_automated_backups(**settings)["DBInstanceAutomatedBackups"]

    def gone(self, name):
        listed = [one["DBInstanceIdentifier"] for one in self.rds.describe_db_instances()["DBInstances"]]
        return name not in listed

    def delete(self, name, **settings):
        self.rds.delete_db_instance(DBInstanceIdentifier=name, **({"SkipFinalSnapshot": True} | settings))
        until(lambda: self.gone(name), f"the end of {name}")
