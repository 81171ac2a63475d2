"""The Data API's switch: recorded, for the API itself is not served."""

from typing import Any

from . import errors
from .cluster import DBCluster
from .roles import Roles


class DataApi(Roles):
    """EnableHttpEndpoint and DisableHttpEndpoint."""

    def switch_http_endpoint(self, resource_arn: str, enabled: bool) -> dict[str, Any]:
        """Enables or disables the HTTP endpoint of a cluster."""
        cluster = self._by_arn(resource_arn)
        if cluster.status != "available":
            raise errors.RDSClientError(
                "InvalidResourceStateFault", f"DB cluster {cluster.resource_id} is not in available state."
            )
        cluster.data_api = enabled
        return {"ResourceArn": cluster.arn, "HttpEndpointEnabled": enabled}

    def _by_arn(self, arn: str) -> DBCluster:
        for cluster in self.clusters.values():
            if cluster.arn.lower() == arn.lower():
                return cluster
        raise errors.RDSClientError("ResourceNotFoundFault", f"The resource {arn} was not found.")
