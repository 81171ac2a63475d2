"""Users, roles and policies for the tests of a lab that enforces IAM."""

import json
import uuid

import pytest
from clients import client
from labs import Lab

ADMIN = ("lab-admin", "lab-admin")
HERE = "123456789012"


@pytest.fixture(scope="module")
def iam_lab():
    """A lab that enforces IAM."""
    lab = Lab("--iam", "--lag", "0.2")
    lab.credentials = ADMIN
    lab.rds = client(lab, "rds")
    yield lab
    _, _, err, left = lab.stop()
    assert (err, left) == ("", [])


class User:
    """A user with inline policies, and clients with its key."""

    def __init__(self, lab, *statements, name=None):
        self.lab, self.name = lab, name or f"user-{uuid.uuid4().hex[:8]}"
        self.iam = client(lab, "iam")
        self.arn = self.iam.create_user(UserName=self.name)["User"]["Arn"]
        self.key = self.iam.create_access_key(UserName=self.name)["AccessKey"]
        self.credentials = self.key["AccessKeyId"], self.key["SecretAccessKey"]
        if statements:
            self.may(*statements)

    def may(self, *statements):
        """Puts the statements in place of the user's inline policy."""
        self.iam.put_user_policy(UserName=self.name, PolicyName="inline", PolicyDocument=policy(*statements))

    def client(self, service):
        return client(self.lab, service, self.credentials)


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **others):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **others}


def deny(action, resource="*", **others):
    return {**allow(action, resource, **others), "Effect": "Deny"}


def when(operator, key, *values):
    """The condition block of one operator and key."""
    return {"Condition": {operator: {key: list(values) if len(values) != 1 else values[0]}}}


def rds_arn(lab, kind, name):
    return f"arn:aws:rds:{lab.region}:{HERE}:{kind}:{name}"


def secret(lab, **others):
    """A new secret's name and ARN."""
    name = f"secret-{uuid.uuid4().hex[:8]}"
    return name, client(lab, "secretsmanager").create_secret(Name=name, SecretString="v", **others)["ARN"]
