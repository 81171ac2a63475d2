"""Switchover and failover of a Global Database, and what becomes of a primary that was left behind."""

from datetime import datetime
from typing import Any

from moto.core.utils import utcnow

from . import errors
from .cluster import DBCluster
from .global_cluster import GlobalCluster
from .global_clusters import GlobalClusters


class GlobalFailover(GlobalClusters):
    """SwitchoverGlobalCluster and FailoverGlobalCluster."""

    def switchover_global_cluster(self, global_cluster_identifier: str, target: str) -> GlobalCluster:
        found, cluster = self._sides(global_cluster_identifier, target)
        former = found.writer
        if self.plane.regions.away(former.region) or former.status != "available":
            raise errors.cluster_state(f"The primary DB cluster {former.resource_id} is not available.")
        others = [one for one in found.secondaries if one is not cluster]

        def work() -> None:
            old, new = former.volume, cluster.volume
            listener = old.listener
            old.fence()
            # All that is committed must be on the other side before that is opened, however long it takes.
            new.standby.await_all(old, self.plane.pause)
            for one in (former, *others):
                one.volume.standby.reserve(new)
            old.halt()
            new.standby.promote()
            old.listener = listener
            old.standby.turn(new)
            for one in others:
                self._reattach(one, cluster)

        self._begin_change(found, cluster, "switching-over", self.plane.submit(work), data_loss=False)
        self._begin_status(former, "failing-over", found)
        return found

    def failover_global_cluster(
        self, global_cluster_identifier: str, target: str, allow_data_loss: bool = False, switchover: bool = False
    ) -> GlobalCluster:
        if allow_data_loss and switchover:
            raise errors.invalid_combination("AllowDataLoss and Switchover can't be used together.")
        if not allow_data_loss:
            return self.switchover_global_cluster(global_cluster_identifier, target)
        found, cluster = self._sides(global_cluster_identifier, target)
        former, others = found.writer, [one for one in found.secondaries if one is not cluster]
        listener = former.volume.listener

        def work() -> None:
            # The old primary is fenced, as far as it can be reached.
            former.volume.close()
            cluster.volume.standby.promote()
            for one in others:
                one.volume.standby.follow(cluster.volume)

        def after() -> None:
            former.synchronised = False
            if self.plane.regions.away(former.region):
                former.volume.on_return = lambda: former.backend.arrivals.append(rejoin)
            else:
                rejoin()

        def rejoin() -> None:
            former.backend.rejoin(former, found, listener)

        self._begin_change(found, cluster, "failing-over", self.plane.submit(work), data_loss=True, after=after)
        return found

    def _sides(self, identifier: str, target: str) -> tuple[GlobalCluster, DBCluster]:
        """The global cluster and the secondary to be promoted. Raises unless both are fit."""
        found = self.global_cluster(identifier)
        if not target.startswith("arn:"):
            raise errors.invalid_value("Malformed db cluster arn")
        cluster = self.member(target)
        if found.status != "available":
            raise self.global_state(f"Global cluster {found.identifier} is {found.status}.")
        if cluster not in found.secondaries:
            raise errors.cluster_state(f"{target} is no secondary DB cluster of {found.identifier}.")
        if cluster.status != "available" or not cluster.served or self.plane.regions.away(cluster.region):
            raise errors.cluster_state(f"DB cluster {cluster.resource_id} is not available, or has no instance.")
        if not cluster.synchronised:
            raise errors.cluster_state(f"DB cluster {cluster.resource_id} is being resynchronised.")
        return found, cluster

    def _begin_change(
        self, found: GlobalCluster, cluster: DBCluster, status: str, work: Any, *, data_loss: bool, after: Any = None
    ) -> None:
        former = found.writer
        found.failover_state = {
            "Status": status,
            "FromDbClusterArn": former.arn,
            "ToDbClusterArn": cluster.arn,
            "IsDataLossAllowed": data_loss,
        }

        def settle(error: BaseException | None, when: datetime) -> None:
            found.status, found.failover_state = "available", None
            cluster.status = "available"
            if error is not None:
                cluster.backend.record(cluster, "global-failover", f"Global {status} failed. {error}", when)
                return
            found.swap(cluster)
            cluster.backend.record(cluster, "global-failover", f"Global {status} to DB cluster completed", when)
            if after is not None:
                after()

        cluster.status = "promoting"
        self.begin(found, status, "failover", work, settle)

    def _begin_status(self, cluster: DBCluster, status: str, found: GlobalCluster) -> None:
        """Gives a cluster a status that lasts as long as the global cluster's change."""
        work = found.transition.work

        def settle(_: BaseException | None, __: datetime) -> None:
            cluster.status = "available"

        self.begin(cluster, status, "failover", work, settle)

    @staticmethod
    def _reattach(cluster: DBCluster, upstream: DBCluster) -> None:
        """Lets another secondary follow the new primary; one that lagged is built anew."""
        standby = cluster.volume.standby
        if standby.streaming:
            standby.turn(upstream.volume)
        else:
            standby.follow(upstream.volume)

    def rejoin(self, former: DBCluster, found: GlobalCluster, listener: Any) -> None:
        """Saves what the new primary never got in a snapshot, and adds the old primary again on a new volume."""
        identifier = f"rds:unplanned-global-failover-{former.resource_id}-{utcnow():%Y-%m-%d-%H-%M}"
        volume = former.volume

        def work() -> None:
            with volume.started():
                image = self.plane.new_image(volume, volume.mark())
            self.arrivals.append(lambda: self.list_snapshot(former, identifier, image, "automated"))
            volume.listener = listener
            volume.standby.follow(found.writer.volume)

        def settle(error: BaseException | None, when: datetime) -> None:
            former.status = "available" if error is None else "incompatible-restore"
            former.synchronised = error is None
            words = "Resynchronised with" if error is None else f"Unable to resynchronise ({error}) with"
            self.record(former, "global-failover", f"{words} the primary DB cluster", when)

        self.begin(former, "modifying", "failover", self.plane.submit(work), settle)
