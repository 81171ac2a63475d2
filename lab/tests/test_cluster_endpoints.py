"""Custom endpoints of clusters: unique by name, true about their members, gone with their cluster."""

import pytest
from clients import control, failure
from labs import until

HERE = {"DBClusterIdentifier": "here"}


@pytest.fixture(scope="module")
def rds(shared_lab):
    """The client of a lab whose cluster ``here`` has two instances."""
    shared_lab.create_cluster("here")
    shared_lab.create_writer("here")
    shared_lab.create_writer("here", "here-2")
    return shared_lab.rds


def listed(rds, **asked):
    return rds.describe_db_cluster_endpoints(**asked)["DBClusterEndpoints"]


def awaited(rds, name, status="available"):
    def one():
        (found,) = listed(rds, DBClusterEndpointIdentifier=name)
        return found if found["Status"] == status else None

    return until(one, f"{name} {status}")


def create(rds, name, cluster="here", kind="READER", **settings):
    made = rds.create_db_cluster_endpoint(
        DBClusterIdentifier=cluster, DBClusterEndpointIdentifier=name, EndpointType=kind, **settings
    )
    assert made["Status"] == "creating"
    return awaited(rds, name)


def test_every_cluster_has_a_writer_and_a_reader_endpoint(shared_lab, rds):
    own = listed(rds, **HERE, Filters=[{"Name": "db-cluster-endpoint-type", "Values": ["writer", "reader"]}])

    assert [(one["EndpointType"], one["Status"]) for one in own] == [("WRITER", "available"), ("READER", "available")]
    assert own[0]["Endpoint"] == shared_lab.cluster("here")["Endpoint"]
    assert all("DBClusterEndpointIdentifier" not in one for one in own)


def test_endpoints_are_creating_until_there_is_an_instance(shared_lab, rds):
    shared_lab.create_cluster("bare")

    assert [one["Status"] for one in listed(rds, DBClusterIdentifier="bare")] == ["creating", "creating"]


def test_a_custom_endpoint_is_made_changed_and_deleted(shared_lab, rds):
    tags = [{"Key": "team", "Value": "reporting"}]

    made = create(rds, "Reports", StaticMembers=["here-2"], Tags=tags)

    assert made["DBClusterEndpointIdentifier"] == "reports" and made["DBClusterIdentifier"] == "here"
    assert (made["EndpointType"], made["CustomEndpointType"]) == ("CUSTOM", "READER")
    assert (made["StaticMembers"], made["ExcludedMembers"]) == (["here-2"], [])
    assert made["DBClusterEndpointArn"].endswith(":cluster-endpoint:reports")
    assert made["DBClusterEndpointResourceIdentifier"].startswith("cluster-endpoint-")
    assert rds.list_tags_for_resource(ResourceName=made["DBClusterEndpointArn"])["TagList"] == tags
    assert shared_lab.cluster("here")["CustomEndpoints"] == [made["Endpoint"]]

    changed = rds.modify_db_cluster_endpoint(
        DBClusterEndpointIdentifier="reports", EndpointType="ANY", ExcludedMembers=["here-1"]
    )
    assert changed["Status"] == "modifying"
    after = awaited(rds, "reports")
    assert (after["CustomEndpointType"], after["StaticMembers"], after["ExcludedMembers"]) == ("ANY", [], ["here-1"])

    assert rds.delete_db_cluster_endpoint(DBClusterEndpointIdentifier="reports")["Status"] == "deleting"
    until(lambda: "CustomEndpoints" not in shared_lab.cluster("here") or not shared_lab.cluster("here")[
        "CustomEndpoints"], "the end of reports")  # fmt: skip


def test_custom_endpoints_are_filtered_and_paged(rds):
    for number in range(20):
        create(rds, f"page-{number:02}", kind="ANY" if number % 2 else "READER")

    chosen = listed(rds, Filters=[{"Name": "db-cluster-endpoint-custom-type", "Values": ["any"]}])
    pages = list(rds.get_paginator("describe_db_cluster_endpoints").paginate(**HERE, PaginationConfig={"PageSize": 20}))

    assert len(chosen) == 10
    assert [len(page["DBClusterEndpoints"]) for page in pages] == [20, 2]
    for number in range(20):
        rds.delete_db_cluster_endpoint(DBClusterEndpointIdentifier=f"page-{number:02}")


def test_a_custom_endpoint_follows_a_rename_and_goes_with_its_cluster(shared_lab, rds):
    shared_lab.create_cluster("moving")
    shared_lab.create_writer("moving")
    create(rds, "kept", "moving", StaticMembers=["moving-1"])
    taken = {"DBClusterEndpointIdentifier": "kept", "EndpointType": "ANY"}
    assert failure(rds.create_db_cluster_endpoint, **HERE, **taken)[0] == "DBClusterEndpointAlreadyExistsFault"

    rds.modify_db_cluster(DBClusterIdentifier="moving", NewDBClusterIdentifier="moved", ApplyImmediately=True)
    until(lambda: awaited(rds, "kept")["DBClusterIdentifier"] == "moved", "the rename")
    shared_lab.await_cluster("moved")
    rds.restore_db_cluster_to_point_in_time(
        SourceDBClusterIdentifier="moved", DBClusterIdentifier="moving", UseLatestRestorableTime=True
    )
    assert not shared_lab.await_cluster("moving").get("CustomEndpoints")
    assert len(listed(rds, DBClusterIdentifier="moving")) == 2

    shared_lab.delete_instance("moving-1")
    shared_lab.delete_cluster("moved")
    assert create(rds, "kept")["DBClusterIdentifier"] == "here"


@pytest.mark.parametrize(
    ("operation", "parameters", "expected"),
    [
        ("create", {"DBClusterIdentifier": "absent"}, "DBClusterNotFoundFault"),
        ("create", {"EndpointType": "SOME"}, "InvalidParameterValue"),
        ("create", {"EndpointType": "WRITER"}, "NotImplemented"),
        ("create", {"StaticMembers": ["absent"]}, "DBInstanceNotFound"),
        ("create", {"StaticMembers": ["here-1"], "ExcludedMembers": ["here-2"]}, "NotImplemented"),
        ("create", {"DBClusterEndpointIdentifier": "a--b"}, "InvalidParameterValue"),
        ("modify", {"DBClusterEndpointIdentifier": "absent"}, "DBClusterEndpointNotFoundFault"),
        ("delete", {"DBClusterEndpointIdentifier": "absent"}, "DBClusterEndpointNotFoundFault"),
        ("describe", {"DBClusterIdentifier": "absent"}, "DBClusterNotFoundFault"),
        ("describe", {"Filters": [{"Name": "colour", "Values": ["x"]}]}, "InvalidParameterValue"),
    ],
)
def test_refused_calls(rds, operation, parameters, expected):
    valid = {"DBClusterEndpointIdentifier": "fresh", "EndpointType": "ANY", **HERE} if operation == "create" else {}
    name = f"{operation}_db_cluster_endpoint{'s' if operation == 'describe' else ''}"

    assert failure(getattr(rds, name), **(valid | parameters))[0] == expected


def test_an_unknown_endpoint_may_be_refused_or_not_listed(shared_lab, rds):
    asked = {"DBClusterEndpointIdentifier": "absent"}

    assert failure(rds.describe_db_cluster_endpoints, **asked)[0] == "DBClusterEndpointNotFoundFault"
    assert control(shared_lab, "POST", "/_lab/unconfirmed", {"unknown_cluster_endpoint": "empty"})[0] == 200
    assert listed(rds, **asked) == []
    assert control(shared_lab, "POST", "/_lab/unconfirmed", {"unknown_cluster_endpoint": "refused"})[0] == 200
