"""IAM enforcement: signatures, policies, and the words of a refusal."""

import urllib.error
import urllib.request
import uuid

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from clients import client, control, failure, message
from identities import HERE, User, allow, deny, iam_lab, policy, rds_arn, secret, when

lab = iam_lab


def test_an_unknown_key_is_refused_in_each_protocols_words(lab):
    unknown = ("AKIAAAAAAAAAAAAAAAAA", "s")

    assert failure(client(lab, "rds", unknown).describe_db_clusters) == ("InvalidClientTokenId", 403)
    assert failure(client(lab, "route53", unknown).list_hosted_zones) == ("InvalidClientTokenId", 403)
    assert failure(client(lab, "secretsmanager", unknown).list_secrets) == ("UnrecognizedClientException", 400)
    assert failure(client(lab, "s3", unknown).list_buckets) == ("InvalidAccessKeyId", 403)


def test_a_wrong_secret_key_is_refused_in_each_protocols_words(lab):
    user = User(lab, allow("*"))
    forged = (user.credentials[0], "not-the-secret")

    assert failure(client(lab, "rds", forged).describe_db_clusters) == ("SignatureDoesNotMatch", 403)
    assert failure(client(lab, "secretsmanager", forged).list_secrets) == ("InvalidSignatureException", 400)
    assert failure(client(lab, "rds", ("lab-admin", "guessed")).describe_db_clusters)[0] == "SignatureDoesNotMatch"


def signed(lab, credentials, body, stamp=None):
    """A signed DescribeDBClusters, as headers for a plain HTTP request."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", lab.endpoint + "/", headers=headers, data=body)
    auth = SigV4Auth(Credentials(*credentials), "rds", lab.region)
    auth.add_auth(request)
    if stamp is not None:
        request.headers.replace_header("X-Amz-Date", stamp)
    return dict(request.headers)


def posted(lab, headers, body):
    """Status of a plain HTTP request."""
    request = urllib.request.Request(lab.endpoint + "/", data=body.encode(), headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_signature_covers_the_body_and_the_time(lab):
    user = User(lab, allow("rds:*"))
    body = "Action=DescribeDBClusters&Version=2014-10-31"
    headers = signed(lab, user.credentials, body)

    assert posted(lab, headers, body)[0] == 200
    status, text = posted(lab, headers, body + "&MaxRecords=20")
    assert status == 403 and "<Code>SignatureDoesNotMatch</Code>" in text
    status, text = posted(lab, signed(lab, user.credentials, body, "20200101T000000Z"), body)
    assert status == 403 and "Signature expired" in text


def test_an_unsigned_call_is_refused(lab):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, text = posted(lab, headers, "Action=DescribeDBClusters&Version=2014-10-31")

    assert status == 403 and "<Code>MissingAuthenticationToken</Code>" in text


def test_an_inactive_key_is_refused(lab):
    user = User(lab, allow("*"))
    user.iam.update_access_key(UserName=user.name, AccessKeyId=user.credentials[0], Status="Inactive")

    assert failure(user.client("rds").describe_db_clusters)[0] == "InvalidClientTokenId"


def test_without_a_policy_nothing_is_allowed_and_aws_says_why(lab):
    user = User(lab)
    target = rds_arn(lab, "cluster", "prod")

    assert failure(user.client("rds").delete_db_cluster, DBClusterIdentifier="prod", SkipFinalSnapshot=True) == (
        "AccessDenied",
        403,
    )
    assert message(user.client("rds").delete_db_cluster, DBClusterIdentifier="prod", SkipFinalSnapshot=True) == (
        f"User: {user.arn} is not authorized to perform: rds:DeleteDBCluster on resource: {target} "
        "because no identity-based policy allows the rds:DeleteDBCluster action"
    )
    assert failure(user.client("secretsmanager").list_secrets) == ("AccessDeniedException", 400)
    assert failure(user.client("s3").list_buckets) == ("AccessDenied", 403)
    assert failure(user.client("ec2").describe_vpcs) == ("UnauthorizedOperation", 403)


def test_an_explicit_deny_is_named_and_outweighs(lab):
    user = User(lab, allow("*"), deny("rds:Describe*"))

    assert message(user.client("rds").describe_db_clusters).endswith(
        "with an explicit deny in an identity-based policy"
    )


def test_who_am_i_is_always_answered(lab):
    user = User(lab, deny("*"))

    assert user.client("sts").get_caller_identity()["Arn"] == user.arn


def test_the_journal_names_the_denied_user(lab):
    user = User(lab)
    failure(user.client("rds").describe_db_clusters)

    entry = control(lab, "GET", "/_lab/calls")[1]["calls"][-1]
    assert (entry["identity"], entry["error"]) == (user.arn, "AccessDenied")


@pytest.mark.parametrize("pattern", ["rds:describedbclusters", "RDS:Describe*", "*", "rds:DescribeDBCluster?"])
def test_actions_match_by_wildcard_and_without_case(lab, pattern):
    user = User(lab, allow(pattern))

    user.client("rds").describe_db_clusters()


def test_an_allow_reaches_as_far_as_its_resource(lab):
    mine, other = secret(lab), secret(lab)
    arn = f"arn:aws:secretsmanager:{lab.region}:{HERE}:secret:{mine[0]}-??????"
    user = User(lab, allow("secretsmanager:GetSecretValue", arn)).client("secretsmanager")

    assert user.get_secret_value(SecretId=mine[0])["SecretString"] == "v"
    assert user.get_secret_value(SecretId=mine[1])["SecretString"] == "v"
    assert f"on resource: {other[1]}" in message(user.get_secret_value, SecretId=other[0])


def test_a_deny_reaches_as_far_as_its_resource(lab):
    mine, other = secret(lab), secret(lab)
    user = User(lab, allow("secretsmanager:*"), deny("secretsmanager:*", mine[1])).client("secretsmanager")

    user.get_secret_value(SecretId=other[0])
    assert failure(user.get_secret_value, SecretId=mine[0])[0] == "AccessDeniedException"


def test_not_resource_and_not_action(lab):
    mine, other = secret(lab), secret(lab)
    spared = {"Effect": "Deny", "Action": "secretsmanager:*", "NotResource": mine[1]}
    reads = {"Effect": "Deny", "NotAction": ["secretsmanager:Get*"], "Resource": "*"}
    user = User(lab, allow("*"), spared, reads).client("secretsmanager")

    user.get_secret_value(SecretId=mine[0])
    assert failure(user.get_secret_value, SecretId=other[0])[0] == "AccessDeniedException"
    assert failure(user.put_secret_value, SecretId=mine[0], SecretString="x")[0] == "AccessDeniedException"


def test_policies_come_from_groups_and_managed_ones_too(lab):
    user = User(lab)
    suffix = uuid.uuid4().hex[:8]
    iam = client(lab, "iam")
    iam.create_group(GroupName=f"g-{suffix}")
    iam.put_group_policy(GroupName=f"g-{suffix}", PolicyName="p", PolicyDocument=policy(allow("rds:Describe*")))
    iam.add_user_to_group(GroupName=f"g-{suffix}", UserName=user.name)
    user.client("rds").describe_db_clusters()

    managed = iam.create_policy(PolicyName=f"p-{suffix}", PolicyDocument=policy(deny("rds:Describe*")))["Policy"]["Arn"]
    iam.attach_user_policy(UserName=user.name, PolicyArn=managed)
    assert failure(user.client("rds").describe_db_clusters)[0] == "AccessDenied"

    iam.create_policy_version(PolicyArn=managed, PolicyDocument=policy(allow("rds:*")), SetAsDefault=True)
    user.client("rds").describe_db_clusters()


def test_s3_is_scoped_to_bucket_and_prefix(lab):
    bucket = f"journal-{uuid.uuid4().hex[:8]}"
    client(lab, "s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": lab.region})
    listing = allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", **when("StringLike", "s3:prefix", "runs/*"))
    user = User(lab, allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/runs/*"), listing).client("s3")

    user.put_object(Bucket=bucket, Key="runs/a b+c/ü.json", Body=b"{}", IfNoneMatch="*")
    assert user.get_object(Bucket=bucket, Key="runs/a b+c/ü.json")["Body"].read() == b"{}"
    assert user.list_objects_v2(Bucket=bucket, Prefix="runs/")["KeyCount"] == 1
    assert failure(user.list_objects_v2, Bucket=bucket) == ("AccessDenied", 403)
    assert failure(user.put_object, Bucket=bucket, Key="other", Body=b"") == ("AccessDenied", 403)
    assert failure(user.delete_object, Bucket=bucket, Key="runs/a b+c/ü.json") == ("AccessDenied", 403)
