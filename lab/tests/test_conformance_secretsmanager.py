"""Secrets Manager where moto 5.2.5 answers otherwise than AWS.

Each test names AWS's source and what plain moto does; at an upgrade of moto they tell which
corrections are still needed.
"""

import io
import json
import uuid
import zipfile

import pytest
from clients import Account, client, failure, message

OLD, NEW, OTHER = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture
def lab(shared_lab):
    """An account of the test's own."""
    return Account(shared_lab)


@pytest.fixture
def secrets(lab):
    """A client, and a secret `app` whose current version is OLD."""
    caller = client(lab, "secretsmanager")
    caller.create_secret(Name="app", SecretString="old", ClientRequestToken=OLD)
    return caller


def stage(secrets, version, value, *labels):
    """Writes a version under labels of its own."""
    secrets.put_secret_value(
        SecretId="app", SecretString=value, ClientRequestToken=version, VersionStages=list(labels)
    )


def labels(secrets, name="app"):
    """Version id to its sorted labels, as DescribeSecret has them."""
    described = secrets.describe_secret(SecretId=name)["VersionIdsToStages"]
    return {version: sorted(stages) for version, stages in described.items()}


def move(secrets, label="AWSCURRENT", to=None, away=None):
    """Calls UpdateSecretVersionStage with what was given."""
    given = {"MoveToVersionId": to, "RemoveFromVersionId": away}
    return secrets.update_secret_version_stage(
        SecretId="app", VersionStage=label, **{k: v for k, v in given.items() if v}
    )


def test_a_plain_read_follows_awscurrent(secrets):
    """API GetSecretValue: without VersionId and VersionStage the version AWSCURRENT is returned.

    moto keeps a default version id that UpdateSecretVersionStage does not move: the old value.
    """
    stage(secrets, NEW, "new", "daybreak")
    move(secrets, to=NEW, away=OLD)

    read = secrets.get_secret_value(SecretId="app")

    assert (read["SecretString"], read["VersionId"]) == ("new", NEW)


def test_awsprevious_follows_awscurrent_there_and_back(secrets):
    """API UpdateSecretVersionStage: AWSPREVIOUS moves to the version that AWSCURRENT was removed from.

    moto agrees about the labels.
    """
    stage(secrets, NEW, "new", "daybreak")
    move(secrets, to=NEW, away=OLD)
    assert labels(secrets) == {OLD: ["AWSPREVIOUS"], NEW: ["AWSCURRENT", "daybreak"]}

    move(secrets, to=OLD, away=NEW)

    assert labels(secrets) == {OLD: ["AWSCURRENT"], NEW: ["AWSPREVIOUS", "daybreak"]}
    assert secrets.get_secret_value(SecretId="app")["SecretString"] == "old"


def test_put_leaves_the_other_labels_of_the_old_version(secrets):
    """API PutSecretValue: moves the labels that it names, and AWSPREVIOUS; no others.

    moto sets the labels of the former current version to AWSPREVIOUS alone.
    """
    move(secrets, label="golden", to=OLD)
    secrets.put_secret_value(SecretId="app", SecretString="new", ClientRequestToken=NEW)

    assert labels(secrets) == {OLD: ["AWSPREVIOUS", "golden"], NEW: ["AWSCURRENT"]}


def test_a_label_sits_on_one_version(secrets):
    """API PutSecretValue: a label attached to another version is moved to the new one.

    moto leaves a custom label on both when AWSCURRENT is among the labels given.
    """
    stage(secrets, NEW, "new", "daybreak")
    stage(secrets, OTHER, "other", "AWSCURRENT", "daybreak")

    assert labels(secrets) == {OLD: ["AWSPREVIOUS"], OTHER: ["AWSCURRENT", "daybreak"]}


def test_moving_a_custom_label_names_its_holder(secrets):
    """API UpdateSecretVersionStage: a label attached elsewhere moves only if RemoveFromVersionId names the holder.

    moto asks that of AWSCURRENT only and puts any other label on both versions.
    """
    stage(secrets, NEW, "new", "daybreak")

    assert failure(move, secrets=secrets, label="daybreak", to=OLD) == ("InvalidParameterException", 400)
    move(secrets, label="daybreak", to=OLD, away=NEW)
    assert labels(secrets) == {OLD: ["AWSCURRENT", "daybreak"]}


@pytest.mark.parametrize(
    ("to", "away"),
    [
        (NEW, NEW),
        (NEW, None),
        ("d" * 32, OLD),
        (NEW, "d" * 32),
        (None, OLD),
        (None, None),
    ],
    ids=["not the holder", "holder unnamed", "target unknown", "holder unknown", "no target", "nothing"],
)
def test_a_refused_move_changes_nothing(secrets, to, away):
    """API UpdateSecretVersionStage: the call fails if the version does not match, and AWSCURRENT cannot be removed.

    moto takes the label off first and checks the target afterwards, leaving no current version.
    """
    stage(secrets, NEW, "new", "daybreak")
    before = labels(secrets)

    assert failure(move, secrets=secrets, to=to, away=away) == ("InvalidParameterException", 400)
    assert labels(secrets) == before
    assert secrets.get_secret_value(SecretId="app")["SecretString"] == "old"


def test_the_holder_is_named_when_it_must_be(secrets):
    """AWS's message names the version that RemoveFromVersionId must reference; moto's agrees."""
    stage(secrets, NEW, "new", "daybreak")

    assert f"currently attached to version {OLD}" in message(move, secrets=secrets, to=NEW)


def test_a_repeated_put_is_one_version(secrets):
    """API PutSecretValue, ClientRequestToken: same token and value is ignored, another value fails.

    moto agrees, except that it overwrites the value of a version labelled AWSPENDING.
    """
    stage(secrets, NEW, "new", "AWSPENDING")
    stage(secrets, NEW, "new", "AWSPENDING")

    again = {"SecretId": "app", "SecretString": "else", "ClientRequestToken": NEW, "VersionStages": ["AWSPENDING"]}
    assert failure(secrets.put_secret_value, **again) == ("ResourceExistsException", 400)
    assert labels(secrets) == {OLD: ["AWSCURRENT"], NEW: ["AWSPENDING"]}
    assert secrets.get_secret_value(SecretId="app", VersionId=NEW)["SecretString"] == "new"


def test_an_update_without_a_token_is_an_update(secrets):
    """API UpdateSecret: ClientRequestToken is optional, Secrets Manager makes one.

    moto answers ResourceExistsException unless the SDK filled it in.
    """
    secrets.meta.events.register(
        "before-call.secretsmanager.UpdateSecret",
        lambda params, **_: params.update(body=json.dumps({"SecretId": "app", "SecretString": "new"}).encode()),
    )
    secrets.update_secret(SecretId="app", SecretString="new")

    assert secrets.get_secret_value(SecretId="app")["SecretString"] == "new"
    assert labels(secrets)[OLD] == ["AWSPREVIOUS"]


def test_an_update_of_the_description_makes_no_version(secrets):
    """API UpdateSecret: only a new value makes a version. moto agrees."""
    secrets.update_secret(SecretId="app", Description="the app's")

    assert labels(secrets) == {OLD: ["AWSCURRENT"]}
    assert secrets.describe_secret(SecretId="app")["Description"] == "the app's"


def test_twenty_labels_at_most(secrets):
    """User guide, quotas: 20 labels across all versions of a secret. moto has no limit."""
    stage(secrets, NEW, "new", *[f"l{i}" for i in range(19)])

    assert failure(move, secrets=secrets, label="one-more", to=NEW) == ("LimitExceededException", 400)


def test_a_value_has_65536_bytes_at_most(secrets):
    """API PutSecretValue, SecretString: maximum length 65536. moto has no limit."""
    refused = {"SecretId": "app", "SecretString": "x" * 65_537}

    assert failure(secrets.put_secret_value, **refused) == ("ValidationException", 400)
    secrets.put_secret_value(SecretId="app", SecretString="x" * 65_536)


def test_a_label_that_nobody_carries_is_not_found(secrets):
    """AWS: can't find the specified secret value for staging label. moto says the secret is missing."""
    asked = {"SecretId": "app", "VersionStage": "AWSPENDING"}

    assert failure(secrets.get_secret_value, **asked)[0] == "ResourceNotFoundException"
    assert "staging label: AWSPENDING" in message(secrets.get_secret_value, **asked)


def test_a_secret_marked_deleted_takes_no_writes(secrets):
    """User guide, deleting a secret: one scheduled for deletion cannot be used. moto lets Put and moves through."""
    secrets.delete_secret(SecretId="app")

    assert failure(secrets.put_secret_value, SecretId="app", SecretString="v")[0] == "InvalidRequestException"
    assert failure(move, secrets=secrets, label="x", to=OLD)[0] == "InvalidRequestException"


def test_described_versions_are_the_labelled_ones(secrets):
    """API DescribeSecret, VersionIdsToStages: versions that have staging labels. moto lists all."""
    stage(secrets, NEW, "new", "daybreak")
    move(secrets, label="daybreak", away=NEW)

    assert labels(secrets) == {OLD: ["AWSCURRENT"]}
    assert secrets.get_secret_value(SecretId="app", VersionId=NEW)["SecretString"] == "new"


def test_versions_are_listed_with_what_is_true_of_them(secrets):
    """API ListSecretVersionIds: the ARN, each version's own creation date, deprecated ones only if asked.

    moto gives the name as ARN, now as the date, and lists all.
    """
    stage(secrets, NEW, "new", "daybreak")
    move(secrets, label="daybreak", away=NEW)

    listed = secrets.list_secret_version_ids(SecretId="app")
    everything = secrets.list_secret_version_ids(SecretId="app", IncludeDeprecated=True)

    described = secrets.describe_secret(SecretId="app")
    created = secrets.get_secret_value(SecretId="app")["CreatedDate"]
    assert listed["ARN"] == described["ARN"]
    assert [(v["VersionId"], v["CreatedDate"]) for v in listed["Versions"]] == [(OLD, created)]
    assert {v["VersionId"]: v.get("VersionStages") for v in everything["Versions"]} == {OLD: ["AWSCURRENT"], NEW: []}


def test_versions_are_listed_in_pages(secrets):
    """API ListSecretVersionIds, MaxResults and NextToken. moto ignores both."""
    stage(secrets, NEW, "new", "daybreak")

    first = secrets.list_secret_version_ids(SecretId="app", MaxResults=1)
    second = secrets.list_secret_version_ids(SecretId="app", MaxResults=1, NextToken=first["NextToken"])

    assert [v["VersionId"] for page in (first, second) for v in page["Versions"]] == [NEW, OLD]
    assert "NextToken" not in second


def test_versions_of_an_unknown_secret_are_not_found(secrets):
    """API ListSecretVersionIds, errors: ResourceNotFoundException. moto fails with a 500."""
    assert failure(secrets.list_secret_version_ids, SecretId="absent") == ("ResourceNotFoundException", 404)


def managed_secret(lab):
    """The ARN of a secret that RDS manages for a cluster."""
    cluster = client(lab, "rds").create_db_cluster(
        DBClusterIdentifier="managed",
        Engine="aurora-postgresql",
        MasterUsername="postgres",
        ManageMasterUserPassword=True,
    )
    return cluster["DBCluster"]["MasterUserSecret"]["SecretArn"]


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("put_secret_value", {"SecretString": "x"}),
        ("update_secret", {"SecretString": "x"}),
        ("update_secret_version_stage", {"VersionStage": "x", "MoveToVersionId": OLD}),
        ("delete_secret", {"ForceDeleteWithoutRecovery": True}),
        ("cancel_rotate_secret", {}),
    ],
)
def test_a_managed_secret_is_its_owners(lab, operation, parameters):
    """User guide, secrets managed by other services: only the owner edits them. moto lets anyone."""
    arn = managed_secret(lab)
    refused = getattr(client(lab, "secretsmanager"), operation)

    assert failure(refused, SecretId=arn, **parameters) == ("InvalidRequestException", 400)


def test_a_managed_secret_says_so(lab):
    """RDS user guide, password management: OwningService rds, rotated every 7 days. moto reports no rotation."""
    described = client(lab, "secretsmanager").describe_secret(SecretId=managed_secret(lab))

    assert described["OwningService"] == "rds"
    assert described["RotationEnabled"] is True
    assert described["RotationRules"] == {"AutomaticallyAfterDays": 7}


def rotation_function(lab):
    """The ARN of a Lambda function that can be named for a rotation."""
    role = client(lab, "iam").create_role(RoleName="rotation", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("rotate.py", "def handler(event, context):\n    pass\n")
    return client(lab, "lambda").create_function(
        FunctionName="rotate",
        Runtime="python3.12",
        Role=role,
        Handler="rotate.handler",
        Code={"ZipFile": packed.getvalue()},
    )["FunctionArn"]


def test_a_rotation_needs_a_function(secrets):
    """API RotateSecret: without a function configured, InvalidRequestException.

    moto makes a current version without a value.
    """
    assert failure(secrets.rotate_secret, SecretId="app") == ("InvalidRequestException", 400)
    assert labels(secrets) == {OLD: ["AWSCURRENT"]}


def test_a_secret_in_mid_rotation_is_seen_to_be(secrets, lab):
    """User guide, rotation: AWSPENDING on another version than AWSCURRENT means that a rotation is under way.

    moto makes the unfinished version the default one and refuses the *finished* state instead.
    """
    secrets.rotate_secret(
        SecretId="app",
        RotationLambdaARN=rotation_function(lab),
        RotationRules={"ScheduleExpression": "rate(10 days)"},
        ClientRequestToken=NEW,
    )

    assert labels(secrets) == {OLD: ["AWSCURRENT"], NEW: ["AWSPENDING"]}
    assert secrets.get_secret_value(SecretId="app")["SecretString"] == "old"
    assert secrets.describe_secret(SecretId="app")["RotationEnabled"] is True
    assert failure(secrets.rotate_secret, SecretId="app") == ("InvalidRequestException", 400)


def test_a_finished_rotation_may_be_followed_by_another(secrets, lab):
    """User guide, rotation: AWSPENDING on the version that is AWSCURRENT means that it has finished."""
    function = rotation_function(lab)
    secrets.rotate_secret(SecretId="app", RotationLambdaARN=function, ClientRequestToken=NEW)
    stage(secrets, NEW, "new", "AWSPENDING")
    move(secrets, to=NEW, away=OLD)

    secrets.rotate_secret(SecretId="app", ClientRequestToken=OTHER)

    assert labels(secrets) == {OLD: ["AWSPREVIOUS"], NEW: ["AWSCURRENT"], OTHER: ["AWSPENDING"]}


def test_a_cancelled_rotation_is_off(secrets, lab):
    """API CancelRotateSecret turns automatic rotation off. moto agrees."""
    secrets.rotate_secret(
        SecretId="app", RotationLambdaARN=rotation_function(lab), RotationRules={"AutomaticallyAfterDays": 30}
    )
    secrets.cancel_rotate_secret(SecretId="app")

    assert secrets.describe_secret(SecretId="app")["RotationEnabled"] is False


# API, DescribeSecret: ReplicationStatus is InProgress while a replica lacks a change. moto's reads the primary.
def test_a_replica_follows_later_and_says_so(start_lab):
    lab = start_lab()
    assert lab.post("/_lab/delays", {"replica": 0})[0] == 200
    here, there = lab.client("secretsmanager"), lab.client("secretsmanager", region_name="eu-central-1")
    here.create_secret(
        Name="app", SecretString="old", ClientRequestToken=OLD, AddReplicaRegions=[{"Region": "eu-central-1"}]
    )
    arn = here.describe_secret(SecretId="app")["ARN"].replace("eu-west-1", "eu-central-1")

    def status():
        return here.describe_secret(SecretId="app")["ReplicationStatus"][0]["Status"]

    assert (status(), there.get_secret_value(SecretId=arn)["SecretString"]) == ("InSync", "old")
    assert lab.post("/_lab/delays", {"replica": 3600})[0] == 200
    here.put_secret_value(SecretId="app", SecretString="new", ClientRequestToken=NEW)
    assert (status(), there.get_secret_value(SecretId=arn)["SecretString"]) == ("InProgress", "old")
    assert lab.post("/_lab/delays", {"replica": 0})[0] == 200
    here.update_secret_version_stage(SecretId="app", VersionStage="extra", MoveToVersionId=NEW)
    assert (status(), there.get_secret_value(SecretId=arn)["SecretString"]) == ("InSync", "new")


def test_a_replica_whose_name_is_taken_has_failed(shared_lab):
    name = f"app-{uuid.uuid4()}"
    there = shared_lab.client("secretsmanager", region_name="eu-central-1")
    there.create_secret(Name=name, SecretString="theirs")
    here = shared_lab.client("secretsmanager")
    here.create_secret(Name=name, SecretString="ours", AddReplicaRegions=[{"Region": "eu-central-1"}])
    replica = here.describe_secret(SecretId=name)["ReplicationStatus"][0]
    assert replica["Status"] == "Failed"
    assert "already exists" in replica["StatusMessage"]
