"""Puts the lab's backend, records and operations in the place of moto's; to be called before the first request."""

from moto.core.responses import ActionResult, PaginatedResult
from moto.rds import models
from moto.rds.responses import RDSResponse

from ..plane import Plane
from . import (
    answers_access,
    answers_around,
    answers_endpoints,
    answers_instances,
    answers_replicas,
    answers_snapshots,
    answers_versions,
)
from .backend import LabRDSBackend
from .cluster import DBCluster
from .cluster_snapshots import DBClusterSnapshot
from .instance import DBInstanceClustered
from .metrics import LagMetrics
from .proxy import DBProxy
from .secret import MasterUserSecret
from .wire import filters, install_paging

_ANSWERS = (
    answers_snapshots, answers_instances, answers_replicas, answers_versions, answers_endpoints, answers_access,
    answers_around,
)  # fmt: skip


def _backend(response: RDSResponse) -> LabRDSBackend:
    """The caller's backend, with every status in every Region brought up to date first."""
    account = models.rds_backends[response.current_account]
    backend = account[response.region]
    assert isinstance(backend, LabRDSBackend)
    for regional in list(account.values()):
        regional.settle()
    return backend


def _describe_db_clusters(response: RDSResponse) -> ActionResult:
    identifier, chosen = response.params.get("DBClusterIdentifier"), filters(response)
    clusters = response.backend.describe_db_clusters(db_cluster_identifier=identifier, filters=chosen)
    return PaginatedResult({"DBClusters": clusters})


def _describe_db_instances(response: RDSResponse) -> ActionResult:
    identifier, chosen = response.params.get("DBInstanceIdentifier"), filters(response)
    return PaginatedResult({"DBInstances": response.backend.describe_db_instances(identifier, filters=chosen)})


def _describe_events(response: RDSResponse) -> ActionResult:
    filters(response)
    return PaginatedResult({"Events": response.backend.describe_events(**response.params)})


def _delete_db_cluster(response: RDSResponse) -> ActionResult:
    params = response.params
    cluster = response.backend.delete_db_cluster(
        params["DBClusterIdentifier"],
        snapshot_name=params.get("FinalDBSnapshotIdentifier"),
        skip_final_snapshot=bool(params.get("SkipFinalSnapshot")),
        delete_automated_backups=params.get("DeleteAutomatedBackups") is not False,
    )
    return ActionResult({"DBCluster": cluster})


def _describe_db_cluster_automated_backups(response: RDSResponse) -> ActionResult:
    identifier, resource_id = response.params.get("DBClusterIdentifier"), response.params.get("DbClusterResourceId")
    backups = response.backend.describe_db_cluster_automated_backups(identifier, resource_id, filters(response))
    return PaginatedResult({"DBClusterAutomatedBackups": backups})


def _delete_db_cluster_automated_backup(response: RDSResponse) -> ActionResult:
    backup = response.backend.delete_db_cluster_automated_backup(response.params["DbClusterResourceId"])
    return ActionResult({"DBClusterAutomatedBackup": backup})


def install(plane: Plane) -> None:
    """Makes moto serve RDS from this data plane."""
    LabRDSBackend.plane = plane
    LagMetrics.plane = plane
    install_paging()
    models.rds_backends.backend = LabRDSBackend
    # moto's own code refers to these by their module globals.
    models.DBCluster = DBCluster
    models.DBInstanceClustered = DBInstanceClustered
    models.DBClusterSnapshot = DBClusterSnapshot
    models.MasterUserSecret = MasterUserSecret
    models.DBProxy = DBProxy
    RDSResponse.backend = property(_backend)
    RDSResponse.describe_db_clusters = _describe_db_clusters
    RDSResponse.describe_db_instances = _describe_db_instances
    RDSResponse.describe_events = _describe_events
    RDSResponse.describe_db_cluster_automated_backups = _describe_db_cluster_automated_backups
    RDSResponse.delete_db_cluster_automated_backup = _delete_db_cluster_automated_backup
    RDSResponse.delete_db_cluster = _delete_db_cluster
    for answers in _ANSWERS:
        for name, answer in answers.OPERATIONS.items():
            setattr(RDSResponse, name, answer)
