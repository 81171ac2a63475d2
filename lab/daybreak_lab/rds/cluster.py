"""An Aurora PostgreSQL cluster as DescribeDBClusters shows it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.rds import models
from moto.rds.utils import FilterDef

from .insights import checked, set_on
from .settings import maintenance_window, scaling
from .stored import Stored

if TYPE_CHECKING:
    from .cluster_endpoint import DBClusterEndpoint
    from .global_cluster import GlobalCluster

ENGINE = "aurora-postgresql"
_SMALLEST_SIZE_GIB = 1


class DBCluster(Stored, models.DBCluster):
    """moto's record of a cluster, with status, endpoint and window taken from the data plane.

    Named as moto's class is: its serializer and secrets derive names from the class name.
    """

    event_source_type = "db-cluster"
    global_cluster: "GlobalCluster | None" = None
    synchronised = True
    """Whether a secondary has, or is getting, all that its primary has."""
    SUPPORTED_FILTERS = {
        **models.DBCluster.SUPPORTED_FILTERS,
        "db-cluster-resource-id": FilterDef(["db_cluster_resource_id"], "DB Cluster Resource Ids"),
        "clone-group-id": FilterDef(["clone_group_id"], "Clone Group Ids"),
    }

    def __init__(self, backend: Any, **settings: Any) -> None:
        settings.setdefault("allocated_storage", _SMALLEST_SIZE_GIB)
        settings.setdefault("storage_type", "aurora")
        settings.setdefault("preferred_maintenance_window", maintenance_window(settings.get("preferred_backup_window")))
        super().__init__(backend, **settings)
        self.settle_in(f"*.cluster-{self.url_identifier}.{self.region}.rds.amazonaws.com")
        self.clone_group_id = settings.get("clone_group_id") or self.db_cluster_resource_id.replace("cluster-", "", 1)
        self.engine_lifecycle_support = settings.get("engine_lifecycle_support") or "open-source-rds-extended-support"
        self.future_identifier: str | None = None
        self.custom: list[DBClusterEndpoint] = []
        self.data_api = bool(settings.get("enable_http_endpoint"))
        set_on(self, checked(settings, None, backend.settings))
        self.serverless_v2_scaling_configuration = scaling(None, settings.get("serverless_v2_scaling_configuration"))
        self.awaiting_instance: str | None = None
        """SQL that is to be run once there is an instance."""
        if not self.storage_encrypted:
            self.kms_key_id = None

    @property
    def data_id(self) -> str:
        return self.db_cluster_resource_id

    @property
    def status(self) -> str:
        return self._status

    @status.setter
    def status(self, value: str) -> None:
        self._status = value

    @property
    def served(self) -> bool:
        """Whether an instance is ready, so that something accepts connections."""
        return any(member.is_ready for member in self._members)

    @property
    def is_secondary(self) -> bool:
        """Whether the cluster takes its data from another Region's."""
        return self.global_cluster is not None and self.global_cluster.writer is not self

    @property
    def global_cluster_identifier(self) -> str | None:
        return None if self.global_cluster is None else self.global_cluster.identifier

    @global_cluster_identifier.setter
    def global_cluster_identifier(self, _: str | None) -> None:
        """moto's constructor sets the parameter; membership is the global cluster's to know."""

    def designate_writer(self) -> None:
        if not self.is_secondary:
            super().designate_writer()
            return
        for member in self._members:
            member.is_cluster_writer = False

    @property
    def endpoint(self) -> str | None:
        # A secondary's writer endpoint is inactive.
        return self.host if self.served and not self.is_secondary else None

    @property
    def reader_endpoint(self) -> str | None:
        return self.host if self.served else None

    @property
    def custom_endpoints(self) -> list[str]:
        return [one.endpoint for one in self.custom if one.endpoint is not None]

    @property
    def earliest_restorable_time(self) -> datetime | None:
        return self.window[0]

    @earliest_restorable_time.setter
    def earliest_restorable_time(self, _: datetime) -> None:
        """moto's constructor sets the time of creation; the truth is in the volume."""

    @property
    def latest_restorable_time(self) -> datetime | None:
        return self.window[1]

    @property
    def pending_modified_values(self) -> dict[str, Any] | None:
        return self.pending or None

    @property
    def scaling_configuration_info(self) -> None:
        """Belongs to Serverless v1, which is no engine mode here."""

    @property
    def http_endpoint_enabled(self) -> bool:
        return self.data_api

    def save_automated_backup(self) -> None:
        """Makes no snapshot record: the volume's base backups and archive are the automated backup."""
