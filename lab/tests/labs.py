"""A lab as the tests see it: a process started through its door, and the clusters in it."""

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import boto3
from botocore.config import Config

UP = Path(__file__).parents[1] / "up"
PASSWORD = "correct-horse-1"
MASTER = "master"
DATABASE = "loans"
_DEADLINE_SECONDS = 60
# Removing the files of dozens of clusters takes its time on a busy disk.
_STOP_SECONDS = 300
_ONCE = Config(retries={"total_max_attempts": 1})


def until(condition, what):
    """Polls condition until it is true and returns its value; fails after a minute, naming what was awaited."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline, f"timed out waiting for {what}"
        time.sleep(0.01)
    return value


def processes_under(directory):
    """The ids of all processes that work in directory or name it: the lab's, its servers' and their children's."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            where = os.readlink(entry / "cwd")
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if where.startswith(f"{directory}/") or f"{directory}/".encode() in command:
            found.append(int(entry.name))
    return found


def wait_for_end(pids):
    """Returns those of the processes that have not ended after a minute."""
    left = {}
    for pid in pids:
        try:
            left[os.pidfd_open(pid)] = pid
        except ProcessLookupError:
            continue
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while left and time.monotonic() < deadline:
        for ended in select.select(list(left), [], [], max(0, deadline - time.monotonic()))[0]:
            os.close(ended)
            del left[ended]
    return list(left.values())


class Lab:
    """A running lab."""

    def __init__(self, *arguments, command=(), environment=None):
        self.process = subprocess.Popen(
            [*command, str(UP), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            text=True,
        )
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise AssertionError(f"the lab did not start: {self.process.stderr.read()}")
        self.ready = json.loads(line)
        self.endpoint = self.ready["endpoint"]
        self.region = self.ready["region"]
        self.ca = self.ready["ca"]
        self.pid = self.ready["pid"]
        self.home = Path(self.ca).parent
        self.rds = self.client("rds")

    def client(self, service, **options):
        """An SDK client of the lab that never retries."""
        credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        defaults = {"endpoint_url": self.endpoint, "region_name": self.region, "config": _ONCE, **credentials}
        return boto3.client(service, **(defaults | options))

    def post(self, path, document):
        """Status and document that a control endpoint of the lab answers with."""
        request = urllib.request.Request(self.endpoint + path, data=json.dumps(document).encode(), method="POST")
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def stop(self, number=signal.SIGTERM):
        """Ends the lab by a signal; its exit code, what it wrote after the ready line, and processes left over."""
        pids = processes_under(self.home)
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=_STOP_SECONDS)
        left = wait_for_end(pids)
        # A killed lab cannot remove its directory.
        shutil.rmtree(self.home, ignore_errors=True)
        return self.process.returncode, out, err, left

    def cluster(self, identifier):
        """The cluster as DescribeDBClusters shows it."""
        return self.rds.describe_db_clusters(DBClusterIdentifier=identifier)["DBClusters"][0]

    def await_cluster(self, identifier, status="available"):
        """Waits for the cluster's status and returns the cluster."""
        until(lambda: self.cluster(identifier)["Status"] == status, f"{identifier} {status}")
        return self.cluster(identifier)

    def create_cluster(self, identifier, **settings):
        """Creates a cluster without instances and waits until it is available."""
        self.rds.create_db_cluster(
            DBClusterIdentifier=identifier,
            Engine="aurora-postgresql",
            **{
                "MasterUsername": MASTER,
                **({} if settings.get("ManageMasterUserPassword") else {"MasterUserPassword": PASSWORD}),
                "DatabaseName": DATABASE,
                **settings,
            },
        )
        return self.await_cluster(identifier)

    def create_writer(self, cluster, identifier=None, **settings):
        """Creates an instance, waits until it is available, and returns a way into the cluster's database."""
        identifier = identifier or f"{cluster}-1"
        self.rds.create_db_instance(
            DBInstanceIdentifier=identifier,
            DBClusterIdentifier=cluster,
            Engine="aurora-postgresql",
            **{"DBInstanceClass": "db.r6g.large", **settings},
        )
        self.await_instance(identifier)
        return self.database(cluster)

    def await_instance(self, identifier, status="available"):
        """Waits for the instance's status and returns the instance."""

        def described():
            found = self.rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
            return found if found["DBInstanceStatus"] == status else None

        return until(described, f"{identifier} {status}")

    def restore(self, source, target, **settings):
        """Restores source into target, waits for it, makes a writer, and returns a way into its database."""
        self.rds.restore_db_cluster_to_point_in_time(
            SourceDBClusterIdentifier=source, DBClusterIdentifier=target, **settings
        )
        self.await_cluster(target)
        return self.create_writer(target)

    def delete_instance(self, identifier):
        """Deletes an instance and waits until it is gone."""
        self.rds.delete_db_instance(DBInstanceIdentifier=identifier, SkipFinalSnapshot=True)

        def gone():
            listed = self.rds.describe_db_instances()["DBInstances"]
            return identifier not in [one["DBInstanceIdentifier"] for one in listed]

        until(gone, f"the end of {identifier}")

    def delete_cluster(self, identifier):
        """Deletes a cluster and waits until it is gone."""
        self.rds.delete_db_cluster(DBClusterIdentifier=identifier, SkipFinalSnapshot=True)

        def gone():
            listed = self.rds.describe_db_clusters()["DBClusters"]
            return identifier not in [one["DBClusterIdentifier"] for one in listed]

        until(gone, f"the end of {identifier}")

    def database(self, cluster, user=MASTER, password=PASSWORD):
        """A way into the cluster's database."""
        described = self.cluster(cluster)
        return Database(described["Endpoint"], described["Port"], user, password, self.ca)

    def await_restorable(self, cluster, moment):
        """Waits until the cluster can be restored to moment."""
        until(lambda: self.cluster(cluster)["LatestRestorableTime"] >= moment, f"{cluster} restorable to {moment}")


class Database:
    """psql against a cluster, over verified TLS."""

    def __init__(self, address, port, user, password, ca):
        self.address, self.port, self.user, self.password, self.ca = address, port, user, password, ca

    def psql(self, sql, mode="verify-full", ca=None, database=DATABASE):
        """Runs SQL and returns the finished process. The password goes through a file of this user's only."""
        target = f"host={self.address} port={self.port} user={self.user} dbname={database} connect_timeout=10"
        tls = f" sslmode={mode}" + (f" sslrootcert={ca or self.ca}" if mode.startswith("verify") else "")
        with tempfile.NamedTemporaryFile("w", prefix="pgpass-") as passfile:
            passfile.write(f"*:*:*:*:{self.password}\n")
            passfile.flush()
            return subprocess.run(
                ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", target + tls],
                input=sql,
                capture_output=True,
                text=True,
                env={"PATH": os.environ["PATH"], "PGPASSFILE": passfile.name},
                check=False,
            )

    def rows(self, sql):
        """The lines that SQL yields; fails with what PostgreSQL said."""
        done = self.psql(sql)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def now(self):
        """The server's clock."""
        text = self.rows("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US');")[0]
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
