"""The endpoints of a cluster as DescribeDBClusterEndpoints shows them: its own two, and custom ones."""

import random
import string
from typing import Any

from moto.rds import models

from .cluster import DBCluster
from .transition import Transition

CUSTOM = "CUSTOM"


class OwnEndpoint:
    """The writer or reader endpoint that every cluster has. It has no identifier and no ARN."""

    db_cluster_endpoint_identifier = None
    db_cluster_endpoint_arn = None
    db_cluster_endpoint_resource_identifier = None
    custom_endpoint_type = None

    def __init__(self, cluster: DBCluster, endpoint_type: str) -> None:
        self._cluster = cluster
        self.endpoint_type = endpoint_type
        self.static_members: list[str] = []
        self.excluded_members: list[str] = []

    @property
    def db_cluster_identifier(self) -> str:
        return self._cluster.resource_id

    @property
    def endpoint(self) -> str | None:
        writer = self.endpoint_type == "WRITER"
        return self._cluster.endpoint if writer else self._cluster.reader_endpoint

    @property
    def status(self) -> str:
        if self.endpoint_type == "WRITER" and self._cluster.is_secondary:
            return "inactive"
        return "available" if self._cluster.served else "creating"


class DBClusterEndpoint(models.RDSBaseModel):
    """A custom endpoint. It keeps to its cluster through renames, and to its members through theirs."""

    resource_type = "cluster-endpoint"
    endpoint_type = CUSTOM

    def __init__(
        self, backend: Any, identifier: str, cluster: DBCluster, custom_type: str, tags: list[dict[str, str]]
    ) -> None:
        super().__init__(backend)
        self.identifier = identifier
        self.cluster = cluster
        self.custom_endpoint_type = custom_type
        self.tags = tags
        letters = random.choices(string.ascii_uppercase + string.digits, k=26)
        self.db_cluster_endpoint_resource_identifier = f"cluster-endpoint-{''.join(letters)}"
        self.static: list[Any] = []
        self.excluded: list[Any] = []
        self._status = "creating"
        self.transition: Transition | None = None

    @property
    def resource_id(self) -> str:
        return self.identifier

    @property
    def db_cluster_endpoint_identifier(self) -> str:
        return self.identifier

    @property
    def db_cluster_endpoint_arn(self) -> str:
        return self.arn

    @property
    def db_cluster_identifier(self) -> str:
        return self.cluster.resource_id

    @property
    def status(self) -> str:
        # Like the cluster's own endpoints it is not there before an instance is.
        return "creating" if self._status == "available" and not self.cluster.served else self._status

    @status.setter
    def status(self, value: str) -> None:
        self._status = value

    @property
    def endpoint(self) -> str | None:
        """The cluster's address: its instances share one server."""
        return self.cluster.reader_endpoint

    @property
    def static_members(self) -> list[str]:
        return self._names(self.static)

    @property
    def excluded_members(self) -> list[str]:
        return self._names(self.excluded)

    def _names(self, instances: list[Any]) -> list[str]:
        present = [one for one in self.cluster._members if one in instances]
        return [one.resource_id for one in present]
