"""FailoverDBCluster: another instance of a cluster becomes the writer, and every connection is lost."""

from datetime import datetime
from typing import Any

from . import errors
from .cluster import DBCluster
from .replicas import Replicas


class Failover(Replicas):
    """Failover within a cluster."""

    def failover_db_cluster(
        self, db_cluster_identifier: str, target_db_instance_identifier: str | None = None, **_: Any
    ) -> DBCluster:
        cluster = self.cluster(db_cluster_identifier)
        if cluster.status != "available":
            raise errors.cluster_not_available(cluster.resource_id)
        readers = [one for one in cluster.members if not one.is_cluster_writer]
        ready = [one for one in readers if one.is_ready]
        if target_db_instance_identifier is not None:
            target = self.instance(target_db_instance_identifier)
            if target not in cluster.members:
                raise errors.invalid_value(
                    f"Cannot find target instance {target_db_instance_identifier} in DB cluster {cluster.resource_id}."
                )
            if target.is_cluster_writer:
                raise errors.invalid_value(f"{target_db_instance_identifier} is the writer of the DB cluster already.")
            if target not in ready:
                raise errors.instance_state(f"Instance {target_db_instance_identifier} is not in available state.")
        elif ready:
            target = min(ready, key=lambda one: one.promotion_tier)
        else:
            raise errors.cluster_state(
                f"DB cluster {cluster.resource_id} needs an available reader to fail over to."
            )
        former = cluster.writer
        self.record(cluster, "failover", f"Started cross AZ failover to DB instance: {target.resource_id}")

        def settle(error: BaseException | None, when: datetime) -> None:
            cluster.status = "available"
            if error is not None:
                self.record(cluster, "failover", f"Failover failed. {error}", when)
                return
            if former is not None:
                former.is_cluster_writer = False
            target.is_cluster_writer = True
            self.record(cluster, "failover", f"Completed failover to DB instance: {target.resource_id}", when)

        self.begin(cluster, "failing-over", "failover", self.plane.submit(cluster.volume.restart), settle)
        return cluster
