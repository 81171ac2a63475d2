"""The lender's production in the lab: cluster, writer, schema and data, the secret that leads there, daybreak's profile."""

import contextlib
import json
import secrets
import time
from pathlib import Path

import psycopg

DATABASE = "loans"
CLUSTER = "loanserve-prod-aurora"
WRITER = "loanserve-prod-aurora-1"
SECRET = "prod/loans/db"
ZONE = "loanserve.internal"
RECORD = f"db.{ZONE}"
TTL_SECONDS = 1
# The login of an application that is not the owner of its tables.
SHOP_SECRET = "prod/loans/shop"
PROXY = "loans-proxy"
TABLES = ("users", "loans", "payments", "documents", "audit_logs")
# Those opened in 2026, which loanserve.sql numbers last.
RECENT_LOANS = range(18_001, 20_001)

_SQL = Path(__file__).with_name("loanserve.sql")
_POLL_SECONDS = 0.1
_DEADLINE_SECONDS = 60

_PROFILE = """\
[databases.loans]
cluster = "{cluster}"
region = "{region}"

[databases.loans.restore]
quarantine_security_groups = ["{quarantine}"]

[databases.loans.connect]
secret = "{secret}"
ca = "{ca}"

[databases.loans.proof]
newest = "SELECT max(updated_at) FROM payments"
newest_within = "{newest_within}"

[[databases.loans.checks]]
name = "loans are there"
query = "SELECT count(*) FROM loans"
expect = "= 20000"

[[databases.loans.checks]]
name = "every payment has its audit entry"
query = '''SELECT count(*) FROM payments p WHERE p.id > 60000 AND NOT EXISTS
    (SELECT FROM audit_logs a WHERE a.event = 'payment' AND a.detail ->> 'reference' = p.reference::text)'''
expect = "= 0"

{pointers}
"""

_WATCH = """\
[databases.loans.watch]
for = "{watch}"
interval = "1s"
"""

_SECRET_POINTER = """\
[databases.loans.cutover]
secret = "{secret}"
"""
_RECORD_POINTER = """\
[databases.loans.cutover.dns]
zone = "{zone}"
record = "{record}"
resolver = "{resolver}"
"""


class Loanserve:
    """The database and what belongs to it, made by ``create``."""

    def __init__(self, lab):
        self._lab = lab
        self._rds = lab.client("rds")
        self._quarantine = None
        # The highest id of each table's own data; what the client writes lies above.
        self.seeded = {}

    def create(self):
        """Makes cluster, writer and secret, loads the data, and takes a base backup."""
        ec2 = self._lab.client("ec2")
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        groups = [
            ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
            for name in ("loanserve-app", "loanserve-quarantine")
        ]
        self._quarantine = groups[1]
        password = secrets.token_urlsafe(24)
        self._rds.create_db_cluster(
            DBClusterIdentifier=CLUSTER,
            Engine="aurora-postgresql",
            MasterUsername="loanserve",
            MasterUserPassword=password,
            DatabaseName=DATABASE,
            VpcSecurityGroupIds=[groups[0]],
            EnableCloudwatchLogsExports=["postgresql"],
            DeletionProtection=True,
            Tags=[{"Key": "env", "Value": "production"}],
        )
        self._await("the cluster", lambda: self.cluster(CLUSTER)["Status"] == "available")
        self._rds.create_db_instance(
            DBInstanceIdentifier=WRITER,
            DBClusterIdentifier=CLUSTER,
            Engine="aurora-postgresql",
            DBInstanceClass="db.r6g.large",
        )
        self._await("the writer", lambda: self._instance(WRITER)["DBInstanceStatus"] == "available")
        cluster = self.cluster(CLUSTER)
        login = {
            "engine": "postgres",
            "host": cluster["Endpoint"],
            "port": cluster["Port"],
            "username": "loanserve",
            "password": password,
            "dbname": DATABASE,
        }
        self._lab.client("secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps(login))
        self._name(login["host"])
        self._load(login)
        self._lab.back_up(CLUSTER)

    def by_secret(self, secret=SECRET):
        """The part of a profile whose application follows a secret."""
        return _SECRET_POINTER.format(secret=secret)

    def by_record(self):
        """The part of a profile whose application follows the record."""
        return _RECORD_POINTER.format(zone=ZONE, record=RECORD, resolver=self._lab.dns)

    def admit_shop(self):
        """Makes the role ``shop``, which writes what the client writes, and its secret."""
        secrets_manager = self._lab.client("secretsmanager")
        login = json.loads(secrets_manager.get_secret_value(SecretId=SECRET)["SecretString"])
        password = secrets.token_urlsafe(24)
        with contextlib.closing(connect(login, self._lab.ca)) as connection:
            connection.execute(f"CREATE ROLE shop LOGIN PASSWORD '{password}'")
            connection.execute("GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO shop")
            connection.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO shop")
        value = json.dumps(login | {"username": "shop", "password": password})
        secrets_manager.create_secret(Name=SHOP_SECRET, SecretString=value)

    def fence_of_shop(self):
        """The part of a profile that fences ``shop``."""
        return f'[databases.loans.fence]\nroles = ["shop"]\nsecret = "{SECRET}"\n'

    def zone(self):
        """The id of the record's hosted zone."""
        zones = self._lab.client("route53").list_hosted_zones_by_name(DNSName=ZONE)["HostedZones"]
        return next(zone["Id"] for zone in zones if zone["Name"] == f"{ZONE}.")

    def by_proxy(self):
        """The part of a profile whose application connects to the proxy."""
        return f'[databases.loans.cutover]\nproxy = "{PROXY}"\n'

    def add_proxy(self):
        """Makes a proxy that logs in as ``shop``; where its clients connect."""
        secret = self._lab.client("secretsmanager").describe_secret(SecretId=SHOP_SECRET)["ARN"]
        ec2 = self._lab.client("ec2")
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
        self._rds.create_db_proxy(
            DBProxyName=PROXY,
            EngineFamily="POSTGRESQL",
            RoleArn="arn:aws:iam::123456789012:role/proxy",
            Auth=[{"SecretArn": secret, "IAMAuth": "DISABLED"}],
            VpcSubnetIds=[subnet["SubnetId"] for subnet in subnets[:2]],
        )
        self._await("the proxy", lambda: self._proxy()["Status"] == "available")
        self._rds.register_db_proxy_targets(DBProxyName=PROXY, DBClusterIdentifiers=[CLUSTER])
        self._await("the proxy's targets", self._proxy_serves)
        return self._proxy()["Endpoint"], 5432

    def _proxy(self):
        return self._rds.describe_db_proxies(DBProxyName=PROXY)["DBProxies"][0]

    def _proxy_serves(self):
        targets = self._rds.describe_db_proxy_targets(DBProxyName=PROXY)["Targets"]
        return bool(targets) and all(target["TargetHealth"]["State"] == "AVAILABLE" for target in targets)

    def write_profile(self, path, watch, newest_within, pointers):
        """Writes daybreak's configuration for this database.

        ``watch`` is how long it watches after the cutover, ``newest_within`` how long before the time asked for the
        newest payment may be, ``pointers`` what the application follows. Without ``watch`` they say what is watched, too.
        """
        path.write_text(
            _PROFILE.format(
                cluster=CLUSTER,
                region=self._lab.region,
                quarantine=self._quarantine,
                secret=SECRET,
                pointers=pointers + ("" if watch is None else _WATCH.format(watch=watch)),
                ca=self._lab.ca,
                newest_within=newest_within,
            )
        )

    def _name(self, host):
        """Gives the database a name of the application's own, which leads to its endpoint."""
        dns = self._lab.client("route53")
        zone = dns.create_hosted_zone(Name=ZONE, CallerReference=ZONE)["HostedZone"]["Id"]
        alias = {"Name": RECORD, "Type": "CNAME", "TTL": TTL_SECONDS, "ResourceRecords": [{"Value": host}]}
        batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": alias}]}
        change = dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)["ChangeInfo"]["Id"]
        self._await("the record", lambda: dns.get_change(Id=change)["ChangeInfo"]["Status"] == "INSYNC")

    def cluster(self, identifier):
        """The cluster as DescribeDBClusters shows it."""
        return self._rds.describe_db_clusters(DBClusterIdentifier=identifier)["DBClusters"][0]

    def await_restorable(self, moment):
        """Waits until the source can be restored to ``moment``."""
        self._await("the restorable time", lambda: self.cluster(CLUSTER)["LatestRestorableTime"] >= moment)

    def standing(self):
        """All that describes the source but for its window, which moves by itself."""
        moving = ("LatestRestorableTime", "EarliestRestorableTime")
        return {key: value for key, value in self.cluster(CLUSTER).items() if key not in moving}

    def remove(self, cluster):
        """Deletes a cluster and its instances, as an operator would afterwards."""
        described = self.cluster(cluster)
        if described["DeletionProtection"]:
            self._rds.modify_db_cluster(DBClusterIdentifier=cluster, DeletionProtection=False, ApplyImmediately=True)
            self._await("the modification", lambda: self.cluster(cluster)["Status"] == "available")
        for member in described["DBClusterMembers"]:
            self._rds.delete_db_instance(DBInstanceIdentifier=member["DBInstanceIdentifier"], SkipFinalSnapshot=True)
        self._rds.delete_db_cluster(DBClusterIdentifier=cluster, SkipFinalSnapshot=True)
        self._await("the deletion", lambda: not self._exists(cluster))

    def _instance(self, identifier):
        return self._rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]

    def _exists(self, cluster):
        try:
            self.cluster(cluster)
        except self._rds.exceptions.DBClusterNotFoundFault:
            return False
        return True

    def _load(self, login):
        with contextlib.closing(connect(login, self._lab.ca)) as connection:
            connection.execute(_SQL.read_text())
            for table in TABLES:
                self.seeded[table] = connection.execute(f"SELECT max(id) FROM {table}").fetchone()[0]

    @staticmethod
    def _await(what, condition):
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {_DEADLINE_SECONDS} s for {what}")
            time.sleep(_POLL_SECONDS)


def connect(login, ca):
    """A connection by what the secret says, in autocommit."""
    return psycopg.connect(
        host=login["host"],
        port=login["port"],
        user=login["username"],
        password=login["password"],
        dbname=login["dbname"],
        sslmode="verify-full",
        sslrootcert=ca,
        connect_timeout=2,
        options="-c statement_timeout=10000 -c timezone=UTC",
        autocommit=True,
    )
