"""The roles of databases are pending before they are active; the Data API's switch is remembered."""

import pytest
from clients import control, failure
from instances import Instances
from labs import until

IMPORT = {"RoleArn": "arn:aws:iam::123456789012:role/import", "FeatureName": "s3Import"}
EXPORT = {"RoleArn": "arn:aws:iam::123456789012:role/export", "FeatureName": "s3Export"}
HERE = {"DBClusterIdentifier": "here"}


@pytest.fixture(scope="module")
def rds(shared_lab):
    """The client of a lab with a cluster ``here`` and an RDS instance ``plain``."""
    shared_lab.create_cluster("here")
    Instances(shared_lab).create("plain")
    # Long enough to be seen pending on a busy machine.
    assert control(shared_lab, "POST", "/_lab/delays", {"role": 1.0})[0] == 200
    return shared_lab.rds


def roles(lab, cluster):
    return [(r["RoleArn"], r.get("FeatureName"), r["Status"]) for r in lab.cluster(cluster)["AssociatedRoles"]]


def entry(role, status):
    return (role["RoleArn"], role["FeatureName"], status)


def test_a_clusters_role_is_pending_then_active_then_gone(shared_lab, rds):
    rds.add_role_to_db_cluster(**HERE, **IMPORT)
    assert roles(shared_lab, "here") == [entry(IMPORT, "PENDING")]
    until(lambda: roles(shared_lab, "here") == [entry(IMPORT, "ACTIVE")], "the role")
    rds.add_role_to_db_cluster(**HERE, **EXPORT)

    assert failure(rds.add_role_to_db_cluster, **HERE, **IMPORT)[0] == "DBClusterRoleAlreadyExists"
    rds.remove_role_from_db_cluster(**HERE, **IMPORT)
    until(lambda: roles(shared_lab, "here") == [entry(EXPORT, "ACTIVE")], "the end of the role")
    assert failure(rds.remove_role_from_db_cluster, **HERE, **IMPORT) == ("DBClusterRoleNotFound", 404)
    rds.remove_role_from_db_cluster(**HERE, **EXPORT)
    until(lambda: roles(shared_lab, "here") == [], "the end of the roles")


def test_a_cluster_has_at_most_five_roles(shared_lab, rds):
    shared_lab.create_cluster("full")
    for feature in ("Bedrock", "Comprehend", "Lambda", "SageMaker", "s3Import"):
        rds.add_role_to_db_cluster(DBClusterIdentifier="full", RoleArn=IMPORT["RoleArn"], FeatureName=feature)

    refused = failure(rds.add_role_to_db_cluster, DBClusterIdentifier="full", **EXPORT)

    assert refused[0] == "DBClusterRoleQuotaExceeded"


def test_a_role_may_turn_out_to_be_invalid(shared_lab, rds):
    shared_lab.create_cluster("distrusted")
    assert control(shared_lab, "POST", "/_lab/delays", {"outcomes": {"role": "INVALID"}})[0] == 200
    rds.add_role_to_db_cluster(DBClusterIdentifier="distrusted", **IMPORT)
    assert control(shared_lab, "POST", "/_lab/delays", {"outcomes": {}})[0] == 200

    until(lambda: roles(shared_lab, "distrusted") == [entry(IMPORT, "INVALID")], "the role")


def test_a_restore_takes_the_roles_it_is_given(shared_lab, rds):
    rds.restore_db_cluster_to_point_in_time(
        SourceDBClusterIdentifier="here", DBClusterIdentifier="given", UseLatestRestorableTime=True,
        AssociatedRoles=[IMPORT, {"RoleArn": EXPORT["RoleArn"]}],
    )  # fmt: skip
    assert {status for *_, status in roles(shared_lab, "given")} == {"PENDING"}
    shared_lab.await_cluster("given")

    expected = [entry(IMPORT, "ACTIVE"), (EXPORT["RoleArn"], None, "ACTIVE")]
    until(lambda: roles(shared_lab, "given") == expected, "the roles")


def test_an_instances_role_is_pending_then_active_then_gone(shared_lab, rds):
    one = {"DBInstanceIdentifier": "plain"}

    def found():
        return Instances(shared_lab).described("plain")["AssociatedRoles"]

    rds.add_role_to_db_instance(**one, **IMPORT)
    assert [role["Status"] for role in found()] == ["PENDING"]
    until(lambda: found() == [IMPORT | {"Status": "ACTIVE"}], "the role")
    assert failure(rds.add_role_to_db_instance, **one, **IMPORT)[0] == "DBInstanceRoleAlreadyExists"
    rds.remove_role_from_db_instance(**one, **IMPORT)
    until(lambda: found() == [], "the end of the role")
    assert failure(rds.remove_role_from_db_instance, **one, **IMPORT) == ("DBInstanceRoleNotFound", 404)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"DBClusterIdentifier": "absent"}, "DBClusterNotFoundFault"),
        ({"FeatureName": "Teleport"}, "InvalidParameterValue"),
    ],
)
def test_refused_roles(rds, parameters, expected):
    assert failure(rds.add_role_to_db_cluster, **(HERE | IMPORT | parameters))[0] == expected


def test_a_role_needs_a_feature(rds):
    assert failure(rds.add_role_to_db_cluster, **HERE, RoleArn=IMPORT["RoleArn"])[0] == "InvalidParameterValue"


def test_the_data_api_is_switched_and_not_carried_over(shared_lab, rds):
    arn = shared_lab.cluster("here")["DBClusterArn"]
    assert shared_lab.cluster("here")["HttpEndpointEnabled"] is False

    answer = rds.enable_http_endpoint(ResourceArn=arn)

    assert (answer["ResourceArn"], answer["HttpEndpointEnabled"]) == (arn, True)
    assert shared_lab.cluster("here")["HttpEndpointEnabled"] is True
    assert control(shared_lab, "POST", "/_lab/delays", {"restore": 2.0})[0] == 200
    rds.restore_db_cluster_to_point_in_time(
        SourceDBClusterIdentifier="here", DBClusterIdentifier="api-restored", UseLatestRestorableTime=True
    )
    assert control(shared_lab, "POST", "/_lab/delays", {"restore": 0.3})[0] == 200
    assert shared_lab.cluster("api-restored")["HttpEndpointEnabled"] is False
    assert failure(rds.enable_http_endpoint, ResourceArn=f"{arn}-x") == ("ResourceNotFoundFault", 404)
    restoring = shared_lab.cluster("api-restored")["DBClusterArn"]
    assert failure(rds.enable_http_endpoint, ResourceArn=restoring)[0] == "InvalidResourceStateFault"
    assert rds.disable_http_endpoint(ResourceArn=arn)["HttpEndpointEnabled"] is False
    assert shared_lab.cluster("here")["HttpEndpointEnabled"] is False
