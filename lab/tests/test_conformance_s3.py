"""S3 as daybreak uses it: conditions of writes, Regions, ETags, and the quirks that tests can switch on."""

import hashlib
from email.utils import parsedate_to_datetime

import pytest
from clients import client, control, failure

KEY = "daybreak/lease"


@pytest.fixture(scope="module")
def lab(shared_lab):
    """A lab with credentials of its own."""
    shared_lab.credentials = ("state", "state")
    return shared_lab


def bucket(lab, name, region="eu-west-1"):
    """A client and the name of a new bucket in a Region."""
    lab.region, before = region, lab.region
    caller = client(lab, "s3")
    lab.region = before
    caller.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    return caller


def put(caller, name, body, **conditions):
    """Writes the object and returns its ETag."""
    return caller.put_object(Bucket=name, Key=KEY, Body=body, **conditions)["ETag"]


def test_writes_keep_their_conditions(lab):
    """API PutObject: If-None-Match and If-Match fail with 412. moto agrees."""
    s3 = bucket(lab, "conditions")
    first = put(s3, "conditions", b"1", IfNoneMatch="*")
    refused = ("PreconditionFailed", 412)
    assert failure(s3.put_object, Bucket="conditions", Key=KEY, Body=b"2", IfNoneMatch="*") == refused
    put(s3, "conditions", b"2", IfMatch=first)
    assert failure(s3.put_object, Bucket="conditions", Key=KEY, Body=b"3", IfMatch=first) == refused
    assert s3.get_object(Bucket="conditions", Key=KEY)["Body"].read() == b"2"


def test_a_bucket_is_in_one_region(lab):
    """S3 guide, redirects: 301 and x-amz-bucket-region; moto serves it from anywhere."""
    far = bucket(lab, "far", "eu-central-1")
    put(far, "far", b"1")
    near = client(lab, "s3")
    # boto3 follows the redirect by itself.
    put(near, "far", b"2")
    calls = control(lab, "GET", "/_lab/calls")[1]["calls"]
    assert [call["status"] for call in calls if call["action"] == "PutObject"][-3:] == [200, 301, 200]
    assert far.head_bucket(Bucket="far")["BucketRegion"] == "eu-central-1"
    assert far.get_object(Bucket="far", Key=KEY)["Body"].read() == b"2"


def test_the_etag_of_an_encrypted_object_is_no_digest(lab):
    """API Object: with SSE-KMS the ETag is no MD5 digest, and the same content gets another one; moto gives the MD5."""
    s3 = bucket(lab, "encrypted")
    digest = f'"{hashlib.md5(b"1").hexdigest()}"'
    assert put(s3, "encrypted", b"1") == digest
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket="encrypted", ServerSideEncryptionConfiguration={"Rules": [rule]})
    etags = {put(s3, "encrypted", b"1"), put(s3, "encrypted", b"1"), digest}
    assert len(etags) == 3
    assert s3.get_object(Bucket="encrypted", Key=KEY)["ETag"] in etags - {digest}


def test_a_buckets_clock_can_be_ahead(lab):
    """The age of an object is Date less Last-Modified: by moving the clock it grows without waiting."""
    s3 = bucket(lab, "ahead")
    put(s3, "ahead", b"1")

    def age():
        got = s3.get_object(Bucket="ahead", Key=KEY)
        now = parsedate_to_datetime(got["ResponseMetadata"]["HTTPHeaders"]["date"])
        return (now - got["LastModified"]).total_seconds()

    assert age() < 30
    assert control(lab, "POST", "/_lab/bucket", {"bucket": "ahead", "ahead_seconds": 60})[0] == 200
    assert 60 <= age() < 90
    put(s3, "ahead", b"2")
    assert age() < 30


def test_a_bucket_can_overlook_conditions(lab):
    """As stores do that speak S3's language and do not know the header."""
    s3 = bucket(lab, "overlooking")
    assert control(lab, "POST", "/_lab/bucket", {"bucket": "overlooking", "ignores_conditions": True})[0] == 200
    put(s3, "overlooking", b"1", IfNoneMatch="*")
    put(s3, "overlooking", b"2", IfNoneMatch="*")
    put(s3, "overlooking", b"3", IfMatch='"0"')
    assert s3.get_object(Bucket="overlooking", Key=KEY)["Body"].read() == b"3"


@pytest.mark.parametrize(
    "document", [{}, {"bucket": 1}, {"bucket": "b", "ahead": 1}, {"bucket": "b", "ahead_seconds": "1"}]
)
def test_quirks_are_checked(lab, document):
    """A control endpoint says what it does not understand."""
    assert control(lab, "POST", "/_lab/bucket", document)[0] == 400
