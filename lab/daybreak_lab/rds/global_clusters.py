"""Global Databases: making them, adding and removing members."""

import secrets
from datetime import datetime
from typing import Any

from moto.rds import models

from . import errors, settings
from .cluster import ENGINE, DBCluster
from .failover import Failover
from .filters import select
from .global_cluster import GlobalCluster
from .transition import done

_HOME = "us-east-1"
"""The Region whose backend keeps the records; every Region shows them."""


_MEMBER_FILTERS = {"region": ("region",), "db-cluster-id": ("arn", "resource_id")}


class GlobalClusters(Failover):
    """CreateGlobalCluster, members, DeleteGlobalCluster."""

    @property
    def home(self) -> Any:
        """The backend that keeps the account's global clusters."""
        return models.rds_backends[self.account_id][_HOME]

    def create_global_cluster(self, kwargs: Any) -> GlobalCluster:
        params = {key: settings.plain(value) for key, value in kwargs.items() if value is not None}
        identifier = errors.check_identifier(params["global_cluster_identifier"], "GlobalClusterIdentifier")
        if identifier in self.home.global_clusters:
            raise errors.RDSClientError(
                "GlobalClusterAlreadyExistsFault", f"Global cluster {identifier} already exists."
            )
        source = self._global_source(params) if params.get("source_db_cluster_identifier") else None
        if source is not None:
            params |= {name: getattr(source, name) for name in ("engine", "engine_version", "storage_encrypted")}
            params["database_name"] = source.database_name
        else:
            if not params.get("engine"):
                raise errors.invalid_value(
                    "When creating standalone global cluster, value for engineName should be specified"
                )
            self._check_engine(params)
            params["engine_version"] = params.get("engine_version") or self.plane.versions.default(self.region_name)
        made = GlobalCluster(self.home, identifier, params)
        self.home.global_clusters[identifier] = made
        if source is not None:
            made.join(source)
        self.plane.meter.watch(made)

        def settle(_: BaseException | None, __: datetime) -> None:
            made.status = "available"

        self.begin(made, "creating", "modify", done(), settle)
        return made

    def _global_source(self, params: dict[str, Any]) -> DBCluster:
        arn = params["source_db_cluster_identifier"]
        if not arn.startswith("arn:"):
            raise errors.invalid_value("Malformed db cluster arn")
        if params.get("engine"):
            raise errors.invalid_combination(
                "When creating global cluster from existing db cluster, value for engineName should not be specified "
                "since it will be inherited from source cluster"
            )
        source = self.member(arn)
        if source.status != "available" or source.global_cluster or source.replication_source_identifier:
            raise errors.cluster_state(f"DB cluster {source.resource_id} can't become part of a global cluster.")
        if source.manage_master_user_password:
            raise errors.invalid_combination(
                "A cluster that manages its master password in Secrets Manager can't be part of a global cluster."
            )
        return source

    def member(self, arn: str) -> DBCluster:
        """The cluster of that ARN in whichever Region. Raises DBClusterNotFoundFault."""
        region = arn.split(":")[3] if arn.startswith("arn:") else self.region_name
        return models.rds_backends[self.account_id][region].cluster(arn)

    def global_cluster(self, identifier: str) -> GlobalCluster:
        """The global cluster of that name. Raises GlobalClusterNotFoundFault."""
        found = self.home.global_clusters.get(identifier)
        if found is None:
            raise errors.RDSClientError("GlobalClusterNotFoundFault", f"Global cluster {identifier} not found.")
        return found

    def describe_global_clusters(
        self, identifier: str | None = None, filters: dict[str, list[str]] | None = None
    ) -> list[GlobalCluster]:
        """The account's global clusters; the filters ``region`` and ``db-cluster-id`` are of their members."""
        listed = [self.global_cluster(identifier)] if identifier else list(self.home.global_clusters.values())
        wanted = dict(filters or {})
        for name, attributes in _MEMBER_FILTERS.items():
            if (values := wanted.pop(name, None)) is not None:
                chosen = {name: values}
                listed = [found for found in listed if select(found.members, chosen, {name: attributes})]
        return select(listed, wanted, {})

    def modify_global_cluster(self, params: dict[str, Any]) -> GlobalCluster:
        """Changes the deletion protection, the one setting of a global cluster that the lab lets change."""
        found = self.global_cluster(params["global_cluster_identifier"])
        for name in params.keys() - {"global_cluster_identifier", "deletion_protection"}:
            errors.not_in_lab(f"ModifyGlobalCluster with {name}")
        found.deletion_protection = bool(params.get("deletion_protection"))
        return found

    def delete_global_cluster(self, global_cluster_identifier: str) -> GlobalCluster:
        found = self.global_cluster(global_cluster_identifier)
        if found.deletion_protection:
            raise errors.invalid_combination("Cannot delete a protected global cluster.")
        if found.members:
            raise self.global_state(f"Global cluster {found.arn} is not empty.")
        del self.home.global_clusters[found.identifier]
        self.plane.meter.forget(found)
        found.status = "deleting"
        return found

    @staticmethod
    def global_state(message: str) -> errors.RDSClientError:
        """An InvalidGlobalClusterStateFault."""
        return errors.RDSClientError("InvalidGlobalClusterStateFault", message)

    def create_db_cluster(self, kwargs: Any) -> DBCluster:
        if not kwargs.get("global_cluster_identifier"):
            return super().create_db_cluster(kwargs)
        found = self.global_cluster(kwargs["global_cluster_identifier"])
        if found.status != "available":
            raise self.global_state(f"Global cluster {found.identifier} is {found.status}.")
        if found.writer is None:
            cluster = super().create_db_cluster({k: v for k, v in kwargs.items() if k != "global_cluster_identifier"})
            found.join(cluster)
            return cluster
        return self._create_secondary(found, {key: settings.plain(value) for key, value in kwargs.items()})

    def _create_secondary(self, found: GlobalCluster, params: dict[str, Any]) -> DBCluster:
        identifier = self.check_new_cluster(params["db_cluster_identifier"])
        writer = found.writer
        self.check_reachable(writer.region)
        self.refuse_credentials(params)
        if params["engine"] != ENGINE or params.get("engine_version") not in (None, writer.engine_version):
            raise errors.invalid_combination("A secondary has engine and version of its global cluster.")
        if self.region_name in [one.region for one in found.members]:
            raise errors.invalid_combination(f"Global cluster {found.identifier} has a member in {self.region_name}.")
        if writer.status != "available":
            raise errors.cluster_not_available(writer.resource_id)
        params |= self.network(params)
        params |= {
            "engine_version": writer.engine_version,
            "master_username": writer.master_username,
            "master_user_password": secrets.token_urlsafe(16),
            "database_name": writer.database_name,
            "storage_encrypted": writer.storage_encrypted,
            "kms_key_id": self.replica_key(writer, params.get("kms_key_id")),
        }
        cluster = DBCluster(self, **{k: v for k, v in params.items() if k != "global_cluster_identifier"})
        self.clusters[identifier] = cluster
        found.join(cluster)
        volume = self.plane.new_volume(cluster.data_id, self.region_name)
        work = self.plane.submit(lambda: volume.standby.follow(writer.volume))
        self.begin(cluster, "creating", "create", work, self.settle_new_cluster(cluster, "create"))
        return cluster

    def remove_from_global_cluster(self, global_cluster_identifier: str, db_cluster_identifier: str) -> GlobalCluster:
        found, cluster = self.global_cluster(global_cluster_identifier), self.member(db_cluster_identifier)
        self.check_reachable(cluster.region)
        if cluster not in found.members:
            raise errors.invalid_value(f"{db_cluster_identifier} is not found in global cluster {found.identifier}.")
        if found.status != "available":
            raise self.global_state(f"Global cluster {found.identifier} is {found.status}.")
        if cluster is found.writer:
            if found.secondaries:
                raise self.global_state("The primary can be removed only after all secondaries are.")
            found.leave(cluster)
            return found
        if cluster.status != "available":
            raise errors.cluster_not_available(cluster.resource_id)

        def settle(error: BaseException | None, when: datetime) -> None:
            cluster.status = "available" if error is None else "incompatible-restore"
            if error is None:
                found.leave(cluster)
                self.record(cluster, "notification", "Removed from the global cluster and promoted", when)

        self.begin(cluster, "promoting", "promote", self.plane.submit(cluster.volume.standby.promote), settle)
        return found

    def delete_db_cluster(self, cluster_identifier: str, **kwargs: Any) -> DBCluster:
        if self.cluster(cluster_identifier).global_cluster is not None:
            raise errors.cluster_state(
                "This cluster is a part of a global cluster, please remove it from globalcluster first"
            )
        return super().delete_db_cluster(cluster_identifier, **kwargs)
