"""IAM enforcement: who may assume a role, and what its session may then do."""

import uuid

import pytest
from clients import client, failure, message
from identities import HERE, User, allow, iam_lab, policy, when

lab = iam_lab


def role(lab, *statements, trust, **others):
    """A new role's ARN."""
    name = f"role-{uuid.uuid4().hex[:8]}"
    iam = client(lab, "iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust), **others)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=policy(*statements))
    return arn


def trusting(principal, **others):
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", **others}


def session(user, arn, **others):
    """Credentials of a session of a role."""
    made = user.client("sts").assume_role(RoleArn=arn, RoleSessionName="session", **others)["Credentials"]
    return made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]


def test_a_session_has_the_roles_permissions_under_its_own_name(lab):
    user = User(lab)
    arn = role(lab, allow("rds:Describe*"), trust=trusting(user.arn))
    credentials = session(user, arn)

    client(lab, "rds", credentials).describe_db_clusters()
    text = message(client(lab, "secretsmanager", credentials).list_secrets)
    assert f"User: arn:aws:sts::{HERE}:assumed-role/{arn.rsplit('/')[-1]}/session is not authorized" in text
    assert failure(client(lab, "rds", (*credentials[:2], "forged")).describe_db_clusters)[0] == "InvalidClientTokenId"
    assert failure(client(lab, "rds", credentials[:2]).describe_db_clusters)[0] == "InvalidClientTokenId"


def test_a_role_that_trusts_the_account_needs_the_users_own_permission_too(lab):
    user = User(lab)
    arn = role(lab, allow("rds:Describe*"), trust=trusting(f"arn:aws:iam::{HERE}:root"))
    wanted = {"RoleArn": arn, "RoleSessionName": "session"}

    assert failure(user.client("sts").assume_role, **wanted) == ("AccessDenied", 403)
    user.may(allow("sts:AssumeRole", arn))
    session(user, arn)


@pytest.mark.parametrize("named", ["arn:aws:iam::123456789012:user/somebody-else", "arn:aws:iam::999999999999:root"])
def test_a_role_that_does_not_trust_is_not_assumed(lab, named):
    user = User(lab, allow("sts:AssumeRole"))
    wanted = {"RoleArn": role(lab, allow("*"), trust=trusting(named)), "RoleSessionName": "session"}

    assert failure(user.client("sts").assume_role, **wanted) == ("AccessDenied", 403)


def test_a_role_that_does_not_exist_is_not_assumed(lab):
    wanted = {"RoleArn": f"arn:aws:iam::{HERE}:role/absent", "RoleSessionName": "session"}

    assert failure(User(lab, allow("*")).client("sts").assume_role, **wanted) == ("AccessDenied", 403)


def test_a_role_may_ask_for_an_external_id(lab):
    user = User(lab)
    arn = role(lab, allow("rds:*"), trust=trusting(user.arn, **when("StringEquals", "sts:ExternalId", "xyz")))

    assert failure(user.client("sts").assume_role, RoleArn=arn, RoleSessionName="session")[0] == "AccessDenied"
    session(user, arn, ExternalId="xyz")


def test_a_session_policy_narrows(lab):
    user = User(lab)
    arn = role(lab, allow("*"), trust=trusting(user.arn))
    credentials = session(user, arn, Policy=policy(allow("rds:Describe*")))

    client(lab, "rds", credentials).describe_db_clusters()
    text = message(client(lab, "secretsmanager", credentials).list_secrets)
    assert text.endswith("because no session policy allows the secretsmanager:ListSecrets action")


def test_a_permissions_boundary_narrows(lab):
    user = User(lab)
    bound = client(lab, "iam").create_policy(
        PolicyName=f"b-{uuid.uuid4().hex[:8]}", PolicyDocument=policy(allow("rds:Describe*"))
    )
    arn = role(lab, allow("*"), trust=trusting(user.arn), PermissionsBoundary=bound["Policy"]["Arn"])
    credentials = session(user, arn)

    client(lab, "rds", credentials).describe_db_clusters()
    text = message(client(lab, "secretsmanager", credentials).list_secrets)
    assert text.endswith("because no permissions boundary allows the secretsmanager:ListSecrets action")
