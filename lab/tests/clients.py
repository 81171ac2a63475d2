"""What the tests of the lab's AWS side share: clients with any key, and readable failures."""

import json
import urllib.error
import urllib.request
import uuid

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ONCE = Config(retries={"total_max_attempts": 1})


class Account:
    """An AWS account of its own in a shared lab, so that tests do not see each other's resources."""

    def __init__(self, lab):
        self.endpoint, self.region = lab.endpoint, lab.region
        self.number = f"{uuid.uuid4().int % 10**12:012d}"
        role = f"arn:aws:iam::{self.number}:role/test"
        made = lab.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        self.credentials = made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]


def client(lab, service, credentials=None, config=ONCE):
    """An SDK client of a lab or account, by default one that never retries."""
    key, secret, token = (*(credentials or lab.credentials), None)[:3]
    return boto3.client(
        service,
        endpoint_url=lab.endpoint,
        region_name=lab.region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=config,
    )


def failure(operation, **parameters):
    """Code and HTTP status of the error that an SDK call fails with."""
    with pytest.raises(ClientError) as caught:
        operation(**parameters)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def message(operation, **parameters):
    """Message of the error that an SDK call fails with."""
    with pytest.raises(ClientError) as caught:
        operation(**parameters)
    return caught.value.response["Error"]["Message"]


def control(lab, method, path, document=None):
    """Calls a control endpoint and returns its status and document."""
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(lab.endpoint + path, data=body, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
