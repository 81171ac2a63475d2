"""RDS proxies: made, given a target and listed. Behind a proxy's endpoint stands a forwarder to its target's writer."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from moto.rds import models
from moto.rds.exceptions import DBProxyNotFoundFault

from . import errors, proxy_health
from .proxy import DBProxy, ProxyTarget
from .subscriptions import EventSubscriptions
from .transition import done

_GROUP = "default"


class Proxies(EventSubscriptions):
    """Proxies, their one target group, and its target."""

    def transient(self) -> Iterable[Any]:
        return [*super().transient(), *self.db_proxies.values()]

    def proxy(self, name: str, group: str | None = None) -> DBProxy:
        """The proxy of that name. Raises DBProxyNotFoundFault, or for a target group it has not."""
        found = self.db_proxies.get(name)
        if found is None:
            raise DBProxyNotFoundFault(name)
        if group not in (None, _GROUP):
            raise errors.RDSClientError("DBProxyTargetGroupNotFoundFault", f"Target group {group} not found.")
        return found

    def create_db_proxy(self, **settings: Any) -> DBProxy:
        made = super().create_db_proxy(**settings)

        def settle(_: BaseException | None, __: datetime) -> None:
            made.status = "available"

        self.begin(made, "creating", "proxy", done(), settle)
        return made

    def delete_db_proxy(self, proxy_name: str) -> DBProxy:
        proxy = self.proxy(proxy_name)

        def settle(_: BaseException | None, __: datetime) -> None:
            self.db_proxies.pop(proxy_name, None)

        proxy.release()
        proxy.forwarder.close()
        self.begin(proxy, "deleting", "proxy", done(), settle)
        return proxy

    def register_db_proxy_targets(
        self, db_proxy_name: str, target_group_name: str | None, db_cluster_identifiers: list[str],
        db_instance_identifiers: list[str],
    ) -> list[dict[str, Any]]:  # fmt: skip
        proxy = self.proxy(db_proxy_name, target_group_name)
        named = [*db_cluster_identifiers, *db_instance_identifiers]
        if len(named) != 1:
            raise errors.invalid_combination("Exactly one DB cluster or DB instance must be specified.")
        record: Any = self.cluster(named[0]) if db_cluster_identifiers else self.plain_instance(named[0])
        if proxy.status != "available":
            raise errors.RDSClientError("InvalidDBProxyStateFault", f"DB proxy {db_proxy_name} is {proxy.status}.")
        current = self._target_of(proxy)
        if current is not None and current.record is record:
            raise errors.RDSClientError(
                "DBProxyTargetAlreadyRegisteredFault", f"{named[0]} is already registered with {db_proxy_name}."
            )
        if current is not None:
            errors.not_in_lab("A second target of a DB proxy")
        if record.status == "creating":
            words = f"{record.resource_id} is in an unsupported state - CREATING."
            raise errors.cluster_state(words) if db_cluster_identifiers else errors.instance_state(words)
        vpc = self.settings.subnet_group(record.db_subnet_group_name).vpc_id if db_cluster_identifiers else record.vpc_id
        if vpc != proxy.vpc_id:
            words = f"{record.resource_id} is in {vpc}, and DB proxy {db_proxy_name} in {proxy.vpc_id}."
            raise errors.invalid_combination(words)
        proxy.target = target = ProxyTarget(record)
        proxy.forwarder.expect(target)
        self.plane.submit(lambda: proxy_health.register(proxy, target))
        return target.shown

    def _target_of(self, proxy: DBProxy) -> ProxyTarget | None:
        """The proxy's target, unless that is gone."""
        target = proxy.target
        present = [*self.clusters.values(), *self.databases.values()]
        if target is not None and target.record not in present:
            proxy.release()
            return None
        return target

    def deregister_db_proxy_targets(
        self, db_proxy_name: str, target_group_name: str | None, db_cluster_identifiers: list[str],
        db_instance_identifiers: list[str],
    ) -> None:  # fmt: skip
        proxy = self.proxy(db_proxy_name, target_group_name)
        target = self._target_of(proxy)
        for named, clusters in ((db_cluster_identifiers, True), (db_instance_identifiers, False)):
            for name in named:
                if target is None or (target.is_cluster, target.record.resource_id) != (clusters, name.lower()):
                    raise errors.RDSClientError(
                        "DBProxyTargetNotFoundFault", f"{name} is not registered with {db_proxy_name}."
                    )
                proxy.release()
                target = None

    def describe_db_proxy_targets(self, proxy_name: str, group: str | None = None) -> list[dict[str, Any]]:
        target = self._target_of(self.proxy(proxy_name, group))
        return [] if target is None else target.shown

    def describe_db_proxy_target_groups(
        self, proxy_name: str, group: str | None = None
    ) -> list[models.DBProxyTargetGroup]:
        return list(self.proxy(proxy_name, group).proxy_target_groups.values())

    def modify_db_proxy_target_group(self, proxy_name: str, config: dict[str, Any]) -> models.DBProxyTargetGroup:
        self.proxy(proxy_name)
        return super().modify_db_proxy_target_group(proxy_name, config)
