"""The lag of replicas as CloudWatch metrics."""

from datetime import datetime
from typing import Any

from moto.cloudwatch.models import MetricDatum
from moto.core.common_models import CloudWatchMetricProvider

from ..lag import Place, Point, measure_replica
from ..plane import Plane


class LagMetrics(CloudWatchMetricProvider):
    """What moto's CloudWatch asks for its metrics besides those put there."""

    plane: Plane | None = None

    @classmethod
    def get_cloudwatch_metrics(cls, account_id: str, region: str) -> list[MetricDatum]:  # type: ignore[override]
        """The lags measured in an account and Region."""
        if cls.plane is None:
            return []
        further = cls.plane.unconfirmed.is_("global_lag_dimensions", "cluster-and-source-region")
        return [_datum(point, further) for point in cls.plane.meter.points(account_id, region)]


def _datum(point: Point, further: bool) -> MetricDatum:
    dimensions = [{"Name": point.dimension, "Value": point.identifier}]
    if further and point.source_region is not None:
        dimensions.append({"Name": "SourceRegion", "Value": point.source_region})
    return MetricDatum("AWS/RDS", point.metric, point.value, dimensions, point.at, point.unit)


class ReplicaLag:
    """The lag of a read replica, or of an Aurora replica cluster, of an RDS instance."""

    def __init__(self, record: Any) -> None:
        self._record = record
        self._cluster = record.resource_type == "cluster"

    def measure(self, now: datetime) -> list[Point]:
        """One point, while the record is a replica."""
        record = self._record
        if record.data_id not in record.plane.volumes:
            return []
        place = Place(record.account_id, record.region, record.resource_id, record.volume)
        if self._cluster:
            return measure_replica(place, "RDSToAuroraPostgreSQLReplicaLag", "DBClusterIdentifier", now)
        return measure_replica(place, "ReplicaLag", "DBInstanceIdentifier", now)
