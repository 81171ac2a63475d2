"""The backend that takes the place of moto's: databases with data, and a refusal for what would have none."""

from typing import Any

from moto.rds import models, urls
from moto.rds.utils import split_arn

from .. import events
from . import errors
from .cluster_snapshots import CLUSTER_SNAPSHOT
from .db_snapshots import DB_SNAPSHOT
from .proxies import Proxies


class LabRDSBackend(Proxies):
    """moto's backend for one account and Region, with clusters and instances that hold real data."""

    @property
    def _url_module(self) -> Any:
        # moto derives this from the class's module, which is not its own here.
        return urls

    def describe_events(self, **params: Any) -> list[Any]:
        if params.get("source_identifier") is not None and params.get("source_type") is None:
            raise errors.invalid_combination("Cannot specify source identifier without source type")
        return events.select(self.events, params)

    def _get_resource_for_tagging(self, arn: str) -> Any:
        if ":cluster-endpoint:" in arn:
            # moto does not know the type.
            return self.cluster_endpoint(split_arn(arn)[3])
        if ":global-cluster:" in arn:
            return self.global_cluster(arn.rsplit(":", 1)[-1])
        resource = super()._get_resource_for_tagging(arn)
        if resource is None:
            _, _, resource_type, name = split_arn(arn)
            if resource_type == "db":
                raise errors.instance_not_found(name)
            if resource_type == "cluster":
                raise errors.cluster_not_found(name)
            for kind, type_ in ((CLUSTER_SNAPSHOT, "cluster-snapshot"), (DB_SNAPSHOT, "snapshot")):
                if resource_type == type_:
                    raise errors.RDSClientError(kind.not_found, f"{kind.noun} {name} not found.")
        return resource

    def describe_db_subnet_groups(self, subnet_group_name: str | None) -> list[models.DBSubnetGroup]:
        if subnet_group_name is not None:
            return [self.settings.subnet_group(subnet_group_name)]
        self.settings.subnet_group(None)
        return list(self.subnet_groups.values())

    def describe_db_cluster_parameter_groups(self, group_name: str | None) -> list[models.DBClusterParameterGroup]:
        # Makes the engine's default group, which moto does not know.
        self.settings.cluster_parameter_group(None)
        if group_name is not None:
            self.settings.cluster_parameter_group(group_name)
        return super().describe_db_cluster_parameter_groups(group_name)

    def start_db_cluster(self, *_: Any, **__: Any) -> Any:
        errors.not_in_lab("StartDBCluster")

    def stop_db_cluster(self, *_: Any, **__: Any) -> Any:
        errors.not_in_lab("StopDBCluster")

    def start_db_instance(self, *_: Any, **__: Any) -> Any:
        errors.not_in_lab("StartDBInstance")

    def stop_db_instance(self, *_: Any, **__: Any) -> Any:
        errors.not_in_lab("StopDBInstance")

    def start_export_task(self, *_: Any, **__: Any) -> Any:
        errors.not_in_lab("StartExportTask")

    def reboot_db_instance(self, *_: Any, **__: Any) -> Any:
        errors.not_in_lab("RebootDBInstance")

    def create_blue_green_deployment(self, *_: Any, **__: Any) -> Any:
        errors.not_in_lab("CreateBlueGreenDeployment")
