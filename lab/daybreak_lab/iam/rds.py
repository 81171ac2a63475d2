"""Which permissions an RDS call needs: the Service Authorization Reference, as a table.

An action needs itself on every resource that it names or falls back to, and its dependent
actions (tagging, final snapshots, keys, managed passwords, roles) where it would use them.
"""

from __future__ import annotations

from typing import Any

from moto.kms.models import kms_backends
from moto.rds.exceptions import RDSClientError
from moto.rds.models import RDSBackend, rds_backends

from daybreak_lab.iam import proxies
from daybreak_lab.iam.conditions import Context
from daybreak_lab.iam.policy import Need
from daybreak_lab.identify import Call
from daybreak_lab.rds.cluster_snapshots import CLUSTER_SNAPSHOT

# Parameter to the type in the ARN of what it names.
_NAMED = {
    "DBClusterIdentifier": "cluster",
    "SourceDBClusterIdentifier": "cluster",
    "NewDBClusterIdentifier": "cluster",
    "ReplicationSourceIdentifier": "cluster",
    "TargetDbClusterIdentifier": "cluster",
    "DbClusterIdentifier": "cluster",
    "SourceDbClusterResourceId": "cluster-auto-backup",
    "DBInstanceIdentifier": "db",
    "SourceDBInstanceIdentifier": "db",
    "TargetDBInstanceIdentifier": "db",
    "NewDBInstanceIdentifier": "db",
    "DBClusterSnapshotIdentifier": "cluster-snapshot",
    "SourceDBClusterSnapshotIdentifier": "cluster-snapshot",
    "TargetDBClusterSnapshotIdentifier": "cluster-snapshot",
    "DBSnapshotIdentifier": "snapshot",
    "SourceDBSnapshotIdentifier": "snapshot",
    "TargetDBSnapshotIdentifier": "snapshot",
    "SourceDbiResourceId": "auto-backup",
    "SourceDBInstanceAutomatedBackupsArn": "auto-backup",
    "DBInstanceAutomatedBackupsArn": "auto-backup",
    "SourceDBInstanceArn": "db",
    "DBClusterParameterGroupName": "cluster-pg",
    "DBParameterGroupName": "pg",
    "DBInstanceParameterGroupName": "pg",
    "OptionGroupName": "og",
    "DBSubnetGroupName": "subgrp",
    "GlobalClusterIdentifier": "global-cluster",
    "DBClusterEndpointIdentifier": "cluster-endpoint",
    "SubscriptionName": "es",
    "ResourceName": "any",
    "ResourceArn": "any",
}
# What a listing is of: unfiltered it needs the wildcard form of this type.
_LISTED = {
    "DescribeDBClusters": "cluster",
    "DescribeDBInstances": "db",
    "DescribeDBClusterSnapshots": "cluster-snapshot",
    "DescribeDBSnapshots": "snapshot",
    "DescribeDBClusterAutomatedBackups": "cluster-auto-backup",
    "DescribeDBInstanceAutomatedBackups": "auto-backup",
    "DescribeDBClusterParameterGroups": "cluster-pg",
    "DescribeDBParameterGroups": "pg",
    "DescribeDBSubnetGroups": "subgrp",
    "DescribeDBClusterEndpoints": "cluster-endpoint",
    "DescribeGlobalClusters": "global-cluster",
    "DescribeOptionGroups": "og",
    "DescribeEventSubscriptions": "es",
}
_RESTORES_CLUSTER = {"RestoreDBClusterToPointInTime", "RestoreDBClusterFromSnapshot"}
_RESTORES_INSTANCE = {"RestoreDBInstanceToPointInTime", "RestoreDBInstanceFromDBSnapshot"}
# The deletions that may take a final snapshot: the type of that, and the permission to make one.
_FINAL_SNAPSHOTS = {
    "DeleteDBCluster": ("cluster-snapshot", "rds:CreateDBClusterSnapshot"),
    "DeleteDBInstance": ("snapshot", "rds:CreateDBSnapshot"),
}
# The parameter that names what an action makes; the request's tags go onto that.
_MADE = {
    "CreateDBCluster": "DBClusterIdentifier",
    "RestoreDBClusterToPointInTime": "DBClusterIdentifier",
    "RestoreDBClusterFromSnapshot": "DBClusterIdentifier",
    "CreateDBInstance": "DBInstanceIdentifier",
    "CreateDBClusterSnapshot": "DBClusterSnapshotIdentifier",
    "CopyDBClusterSnapshot": "TargetDBClusterSnapshotIdentifier",
    "CreateDBSnapshot": "DBSnapshotIdentifier",
    "CopyDBSnapshot": "TargetDBSnapshotIdentifier",
    "RestoreDBInstanceToPointInTime": "TargetDBInstanceIdentifier",
    "RestoreDBInstanceFromDBSnapshot": "DBInstanceIdentifier",
    "CreateDBInstanceReadReplica": "DBInstanceIdentifier",
    "CreateGlobalCluster": "GlobalClusterIdentifier",
    "CreateDBSubnetGroup": "DBSubnetGroupName",
    "CreateDBClusterParameterGroup": "DBClusterParameterGroupName",
    "CreateDBParameterGroup": "DBParameterGroupName",
    "CreateDBClusterEndpoint": "DBClusterEndpointIdentifier",
    "CreateEventSubscription": "SubscriptionName",
}
# The actions with a RoleArn that is passed to RDS.
_PASSING = {
    "AddRoleToDBCluster", "RemoveRoleFromDBCluster", "AddRoleToDBInstance", "RemoveRoleFromDBInstance", "CreateDBProxy",
}  # fmt: skip
_SECRET_KEY_ACTIONS = ("CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKey")
_TAG_KEYS = {
    "cluster": "rds:cluster-tag",
    "db": "rds:db-tag",
    "cluster-snapshot": "rds:cluster-snapshot-tag",
    "snapshot": "rds:snapshot-tag",
    "cluster-pg": "rds:cluster-pg-tag",
    "pg": "rds:pg-tag",
    "og": "rds:og-tag",
    "subgrp": "rds:subgrp-tag",
    "es": "rds:es-tag",
}


def needs(call: Call, account: str, context: Context) -> list[Need]:
    """Every permission that the call needs; all must be granted."""
    return _Request(call, account, context).needs()


class _Request:
    def __init__(self, call: Call, account: str, context: Context) -> None:
        self.call = call
        self.account = account
        self.parameters = call.parameters
        self.context = {**context, **_request_conditions(call.parameters)}
        self.backend: RDSBackend = rds_backends[account][call.region]

    def needs(self) -> list[Need]:
        action = f"rds:{self.call.action}"
        own = [self._need(action, arn) for arn in self._resources()]
        return own + self._tagging() + self._snapshot() + self._keys() + self._managed_password() + self._roles()

    def _arn(self, kind: str, name: str) -> str:
        if name.startswith("arn:"):
            return name
        region = "" if kind == "global-cluster" else self.call.region
        # RDS keeps all names in lower case.
        return f"arn:aws:rds:{region}:{self.account}:{kind}:{name.lower()}"

    def _resources(self) -> list[str]:
        if (around := proxies.resources(self.call, self.backend, self._arn)) is not None:
            return around
        listed = _LISTED.get(self.call.action)
        named = {
            name: self._arn(kind, self.parameters[name])
            for name, kind in _NAMED.items()
            if isinstance(self.parameters.get(name), str) and self.parameters[name]
        }
        if "SnapshotIdentifier" in self.parameters:
            named["SnapshotIdentifier"] = self._arn("cluster-snapshot", self.parameters["SnapshotIdentifier"])
        if listed is not None:
            own = [arn for arn in named.values() if f":{listed}:" in arn]
            return own or [self._arn(listed, "*")]
        if self.call.reads and not self.call.action.startswith("ListTags"):
            return sorted(named.values()) or ["*"]
        if self.call.action in _RESTORES_CLUSTER:
            source = self._source()
            family = _family(source)
            named.setdefault("DBClusterParameterGroupName", self._arn("cluster-pg", f"default.{family}"))
            options = family.replace("postgresql", "postgresql-")
            named.setdefault("OptionGroupName", self._arn("og", f"default:{options}"))
            named.setdefault("DBSubnetGroupName", self._arn("subgrp", "default"))
        if self.call.action in _RESTORES_INSTANCE:
            major = self.backend.plane.versions.installed.split(".")[0]
            named.setdefault("DBParameterGroupName", self._arn("pg", f"default.postgres{major}"))
            named.setdefault("OptionGroupName", self._arn("og", f"default:postgres-{major}"))
            named.setdefault("DBSubnetGroupName", self._arn("subgrp", "default"))
        return list(dict.fromkeys(named.values())) or ["*"]

    def _source(self) -> Any:
        """The cluster or snapshot that a restore reads, None if it is not to be found."""
        if snapshot := self.parameters.get("SnapshotIdentifier"):
            try:
                return self.backend.snapshot(CLUSTER_SNAPSHOT, snapshot)
            except RDSClientError:
                return None
        name = self.parameters.get("SourceDBClusterIdentifier", "").split(":")[-1].lower()
        if name:
            return self.backend.clusters.get(name)
        resource_id = self.parameters.get("SourceDbClusterResourceId")
        clusters = list(self.backend.clusters.values())
        return next((c for c in clusters if resource_id and c.db_cluster_resource_id == resource_id), None)

    def _need(self, action: str, arn: str, extra: Context | None = None) -> Need:
        tags = {t["Key"]: t["Value"] for t in self._tags_of(arn)}
        context = {**self.context, **(extra or {})}
        key = _TAG_KEYS.get(arn.split(":")[5] if arn.count(":") > 5 else "")
        for name, value in tags.items():
            context[f"aws:resourcetag/{name.lower()}"] = [value]
            if key:
                context[f"{key}/{name.lower()}"] = [value]
        return Need(action, arn, context)

    def _tags_of(self, arn: str) -> list[dict[str, str]]:
        if "*" in arn or arn.count(":") < 6:
            return []
        region = arn.split(":")[3] or self.call.region
        try:
            return rds_backends[self.account][region].list_tags_for_resource(arn) or []
        except Exception:  # moto and the lab differ in what they raise for what does not exist
            return []

    def _tagging(self) -> list[Need]:
        made = _MADE.get(self.call.action)
        if self.call.action == "CreateDBProxy" and self.parameters.get("Tags"):
            # Its ARN will hold an id that nobody knows yet.
            return [self._need("rds:AddTagsToResource", self._arn("db-proxy", "*"), {"rds:tagsfromrequest": ["true"]})]
        if made is None or not isinstance(self.parameters.get(made), str):
            return []
        given = bool(self.parameters.get("Tags"))
        inherits = self.call.action == "RestoreDBClusterToPointInTime" and not given
        source = self._source() if inherits else None
        inherited = source is not None and bool(self._tags_of(self._arn("cluster", source.db_cluster_identifier)))
        if not given and not inherited:
            return []
        kind = _NAMED[made]
        origin = {"rds:tagsfromrequest": [str(given).lower()]}
        return [self._need("rds:AddTagsToResource", self._arn(kind, self.parameters[made]), origin)]

    def _snapshot(self) -> list[Need]:
        name = self.parameters.get("FinalDBSnapshotIdentifier")
        if self.call.action not in _FINAL_SNAPSHOTS or not name:
            return []
        kind, permission = _FINAL_SNAPSHOTS[self.call.action]
        arn = self._arn(kind, name)
        own = [self._need("rds:DeleteDBCluster", arn)] if kind == "cluster-snapshot" else []
        return [*own, self._need(permission, arn)]

    def _keys(self) -> list[Need]:
        if self.call.action not in _RESTORES_CLUSTER | {"CreateDBCluster", "CopyDBClusterSnapshot"}:
            return []
        key = self.parameters.get("KmsKeyId")
        if key is None and self.call.action in _RESTORES_CLUSTER:
            source = self._source()
            key = source.kms_key_id if source is not None and source.storage_encrypted else None
        arn = self._key_arn(key)
        if arn is None:
            return []
        through = {
            "kms:viaservice": [f"rds.{self.call.region}.amazonaws.com"],
            "kms:grantisforawsresource": ["true"],
        }
        return [Need(f"kms:{name}", arn, {**self.context, **through}) for name in ("CreateGrant", "DescribeKey")]

    def _key_arn(self, key: str | None) -> str | None:
        """ARN of a customer managed key; one of AWS's own, as `aws/rds`, needs no permission of the caller."""
        if not key:
            return None
        try:
            found = kms_backends[self.account][self.call.region].describe_key(key)
        except KeyError:
            # A key of another account or Region; one that exists nowhere is for RDS to refuse.
            return key if key.startswith("arn:") else None
        return None if any(alias.startswith("alias/aws/") for alias in found.aliases) else found.arn

    def _managed_password(self) -> list[Need]:
        if self.parameters.get("ManageMasterUserPassword") is not True:
            return []
        kind = "cluster" if "Cluster" in self.call.action else "db"
        secret = f"arn:aws:secretsmanager:{self.call.region}:{self.account}:secret:rds!{kind}-*"
        actions = ["CreateSecret", "TagResource", *(["RotateSecret"] if self.call.action.startswith("Modify") else [])]
        needs = [Need(f"secretsmanager:{action}", secret, self.context) for action in actions]
        if (key := self._key_arn(self.parameters.get("MasterUserSecretKmsKeyId"))) is not None:
            through = {**self.context, "kms:viaservice": [f"secretsmanager.{self.call.region}.amazonaws.com"]}
            needs += [Need(f"kms:{action}", key, through) for action in _SECRET_KEY_ACTIONS]
        return needs

    def _roles(self) -> list[Need]:
        passed = [(self.parameters.get("MonitoringRoleArn"), "monitoring.rds.amazonaws.com")]
        passed += [(r.get("RoleArn"), "rds.amazonaws.com") for r in self.parameters.get("AssociatedRoles") or []]
        if self.call.action in _PASSING:
            passed.append((self.parameters.get("RoleArn"), "rds.amazonaws.com"))
        return [
            Need("iam:PassRole", arn, {**self.context, "iam:passedtoservice": [service]})
            for arn, service in passed
            if arn
        ]


def _family(source: Any) -> str:
    """Parameter group family of a cluster, such as `aurora-postgresql15`."""
    version = str(getattr(source, "engine_version", "") or "15")
    return f"aurora-postgresql{version.split('.', 1)[0]}"


def _request_conditions(parameters: dict[str, Any]) -> Context:
    context: Context = {}
    tags = parameters.get("Tags") or []
    if tags:
        context["aws:tagkeys"] = [tag["Key"] for tag in tags]
    for tag in tags:
        for prefix in ("aws:requesttag", "rds:req-tag"):
            context[f"{prefix}/{tag['Key'].lower()}"] = [tag.get("Value", "")]
    if parameters.get("TagKeys"):
        context["aws:tagkeys"] = list(parameters["TagKeys"])
    for name, key in (
        ("DBInstanceClass", "rds:databaseclass"),
        ("DBClusterInstanceClass", "rds:databaseclass"),
        ("Engine", "rds:databaseengine"),
        ("DatabaseName", "rds:databasename"),
        ("PubliclyAccessible", "rds:publiclyaccessible"),
        ("AllocatedStorage", "rds:storagesize"),
        ("StorageEncrypted", "rds:storageencrypted"),
        ("ManageMasterUserPassword", "rds:managemasteruserpassword"),
    ):
        if name in parameters:
            value = parameters[name]
            context[key] = [str(value).lower() if isinstance(value, bool) else str(value)]
    return context
