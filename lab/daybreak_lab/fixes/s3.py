"""S3: a bucket is in one Region, S3's clock is in its answers, and encrypted objects have ETags that are no digests.

AWS's rules are from the API reference of HeadBucket, GetObject and PutObject and the S3 guide on redirects and on entity
tags. A bucket can also be given quirks, for tests: a clock that is ahead, and ignorance of conditional writes, as some
stores have that speak S3's language.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from moto.core.utils import extract_region_from_aws_authorization, utcnow
from moto.s3 import models, responses, urls
from werkzeug.datastructures import Headers

_CONDITIONS = {"if-match", "if-none-match"}


@dataclass(frozen=True)
class Quirks:
    """What is special about a bucket."""

    ahead_seconds: float = 0
    """How far S3's clock is ahead of the lab's."""
    ignores_conditions: bool = False
    """Whether If-Match and If-None-Match of a write are overlooked."""


_quirks: dict[str, Quirks] = {}


def install() -> None:
    """Puts the corrected models in moto's place. Call before the first request."""
    models.s3_backends.backend = CorrectedBackend
    response = responses.S3Response
    for name in ("bucket_response", "key_response"):
        operation = getattr(response, name)
        if not hasattr(operation, "__wrapped__"):
            setattr(response, name, _as_s3_answers(operation))
    if not hasattr(response.put_object, "__wrapped__"):
        response.put_object = _overlooking_conditions(response.put_object)


def set_quirks(document: Any) -> dict[str, Any]:
    """Sets the quirks of a bucket as posted: those that are not named end. Raises ValueError."""
    if not isinstance(document, dict) or not isinstance(document.get("bucket"), str):
        raise ValueError('expected {"bucket": NAME, …}')
    ahead, ignores = document.get("ahead_seconds", 0), document.get("ignores_conditions", False)
    if set(document) - {"bucket", "ahead_seconds", "ignores_conditions"}:
        raise ValueError("known are bucket, ahead_seconds and ignores_conditions")
    if not isinstance(ahead, int | float) or isinstance(ahead, bool) or not isinstance(ignores, bool):
        raise ValueError("ahead_seconds is a number, ignores_conditions true or false")
    _quirks[document["bucket"]] = Quirks(ahead, ignores)
    return {"ahead_seconds": ahead, "ignores_conditions": ignores}


def _of(bucket: str | None) -> Quirks:
    return _quirks.get(bucket or "", Quirks())


class CorrectedBackend(models.S3Backend):
    """moto's backend with S3's clock and ETags."""

    @property
    def _url_module(self) -> Any:
        # moto derives the module of the routes from the class's own, which is not ours.
        return urls

    def put_object(self, bucket_name: str, *arguments: Any, **options: Any) -> models.FakeKey:
        """Writes an object, at S3's time."""
        written = super().put_object(bucket_name, *arguments, **options)
        written.last_modified = utcnow() + timedelta(seconds=_of(bucket_name).ahead_seconds)
        if (written.encryption or "").startswith("aws:kms"):
            written._etag = secrets.token_hex(16)
        return written


def _as_s3_answers(operation: Callable) -> Callable:
    @functools.wraps(operation)
    def answered(self: Any, request: Any, full_url: str, headers: Any) -> tuple[int, dict[str, Any], bytes | str]:
        # The endpoint is an address, so that buckets are in the path.
        name = request.path.lstrip("/").split("/")[0] or None
        region = _region_of(name)
        asked = extract_region_from_aws_authorization(request.headers.get("Authorization", ""))
        if region and asked and asked != region and not _creates(request):
            status, given, body = _redirected(name, region)
        else:
            status, given, body = operation(self, request, full_url, headers)
        now = utcnow() + timedelta(seconds=_of(name).ahead_seconds)
        kept = {n: v for n, v in given.items() if n.lower() != "date"}
        return status, {**kept, "Date": format_datetime(now).replace("-0000", "GMT")}, body

    return answered


def _overlooking_conditions(operation: Callable) -> Callable:
    @functools.wraps(operation)
    def put_object(self: Any) -> Any:
        if _of(self.bucket_name).ignores_conditions:
            self.headers = Headers([(n, v) for n, v in self.headers.items() if n.lower() not in _CONDITIONS])
        return operation(self)

    return put_object


def _region_of(bucket: str | None) -> str | None:
    partition, account = models.s3_backends.bucket_accounts.get(bucket, (None, None))
    if account is None:
        return None
    found = models.s3_backends[account][partition].buckets.get(bucket)
    return found.region_name if found else None


def _creates(request: Any) -> bool:
    return request.method == "PUT" and not request.query_string and request.path.strip("/").count("/") == 0


def _redirected(bucket: str, region: str) -> tuple[int, dict[str, Any], str]:
    message = (
        "The bucket you are attempting to access must be addressed using the specified endpoint. "
        "Please send all future requests to this endpoint."
    )
    endpoint = f"{bucket}.s3.{region}.amazonaws.com"
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>PermanentRedirect</Code>'
        f"<Message>{message}</Message><Endpoint>{endpoint}</Endpoint><Bucket>{escape(bucket)}</Bucket></Error>"
    )
    return 301, {"x-amz-bucket-region": region, "content-type": "application/xml"}, body
