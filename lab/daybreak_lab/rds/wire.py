"""What the answers of all operations share: reading filters and page sizes."""

from typing import Any

from moto.core.utils import get_pagination_model

from . import errors

_PAGE_SIZES = range(20, 101)
_TOLD_APART_BY = {
    "DescribeDBClusters": ["db_cluster_resource_id"],
    "DescribeDBClusterSnapshots": ["arn"],
    "DescribeDBSnapshots": ["arn"],
    "DescribeDBClusterAutomatedBackups": ["db_cluster_automated_backups_arn"],
    "DescribeDBInstanceAutomatedBackups": ["db_instance_automated_backups_arn"],
    "DescribeGlobalClusters": ["arn"],
    "DescribeDBProxies": ["arn"],
    "DescribeDBProxyTargets": ["RdsResourceId", "Type"],
    "DescribeDBProxyTargetGroups": ["arn"],
    "DescribeEventSubscriptions": ["arn"],
    "DescribeDBClusterEndpoints": ["db_cluster_identifier", "endpoint_type", "db_cluster_endpoint_identifier"],
    "DescribeEvents": ["date", "source_arn"],
}


def install_paging() -> None:
    """Tells moto's paginator what to write into the markers of operations that it does not know how to page."""
    model = get_pagination_model("rds")
    for operation, attributes in _TOLD_APART_BY.items():
        model[operation]["unique_attribute"] = attributes


def filters(response: Any) -> dict[str, list[str]]:
    """The request's filters, having checked its page size. Raises InvalidParameterValue for one out of range."""
    size = response.params.get("MaxRecords")
    if size is not None and size not in _PAGE_SIZES:
        raise errors.invalid_value(f"Invalid value {size} for MaxRecords. Must be between 20 and 100")
    return {one["Name"]: one["Values"] for one in response.params.get("Filters", [])}
