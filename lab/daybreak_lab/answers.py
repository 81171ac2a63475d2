"""Buffered HTTP answers, and AWS error bodies in the shape of each protocol.

The shapes are those of the Smithy AWS protocols: query and rest-xml share one `ErrorResponse`
document, S3 and EC2 have their own, awsJson carries the code in `__type`, restJson in a header.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from xml.sax.saxutils import escape

_EMPTY_STATUSES = {204, 304}
_XML_CODE = re.compile(rb"<Code>([^<]+)</Code>")


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer: nothing is streamed, so its length is always known."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def succeeded(self) -> bool:
        """Whether the status is below 400."""
        return self.status < 400

    def send(self, environ: dict, start_response) -> list[bytes]:
        """Answers a WSGI request; the length is set so that a kept-alive connection stays in step."""
        headers = [
            (name, value)
            for name, value in self.headers
            if name.lower() not in {"connection", "transfer-encoding"}
        ]
        if not any(name.lower() == "date" for name, _ in headers):
            headers.append(("Date", formatdate(usegmt=True)))
        head = environ["REQUEST_METHOD"] == "HEAD"
        if self.status not in _EMPTY_STATUSES and not head:
            headers = [(n, v) for n, v in headers if n.lower() != "content-length"]
            headers.append(("Content-Length", str(len(self.body))))
        start_response(f"{self.status} {_phrase(self.status)}", headers)
        return [] if head or self.status in _EMPTY_STATUSES else [self.body]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def json_answer(status: int, document: object) -> Answer:
    """An answer of the lab's own control endpoints."""
    body = json.dumps(document, indent=1).encode() + b"\n"
    return Answer(status, [("Content-Type", "application/json")], body)


def error_answer(protocol: str, service: str, status: int, code: str, message: str) -> Answer:
    """An AWS error in the given protocol.

    `protocol` is the service model's name for it (`query`, `ec2`, `json`, `rest-json`,
    `rest-xml`), `service` the IAM prefix, which tells S3 from the other rest-xml services.
    """
    request_id = str(uuid.uuid4())
    headers = [("x-amzn-RequestId", request_id)]
    if protocol in {"json", "rest-json"}:
        content_type = "application/x-amz-json-1.1" if protocol == "json" else "application/json"
        headers += [("Content-Type", content_type), ("x-amzn-ErrorType", code)]
        body = json.dumps({"__type": code, "message": message}).encode()
        return Answer(status, headers, body)
    code, message = escape(code), escape(message)
    error = f"<Code>{code}</Code><Message>{message}</Message>"
    if service == "s3":
        document = f"<Error>{error}<RequestId>{request_id}</RequestId></Error>"
    elif protocol == "ec2":
        document = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    else:
        side = "Receiver" if status >= 500 else "Sender"
        document = (
            f"<ErrorResponse><Error><Type>{side}</Type>{error}</Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    headers.append(("Content-Type", "application/xml" if protocol == "rest-xml" else "text/xml"))
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{document}'.encode()
    return Answer(status, headers, body)


def denied_code(protocol: str) -> tuple[str, int]:
    """Code and HTTP status with which a service of this protocol refuses an action."""
    if protocol == "ec2":
        return "UnauthorizedOperation", 403
    if protocol in {"json", "rest-json"}:
        return "AccessDeniedException", 400
    return "AccessDenied", 403


def error_code(answer: Answer) -> str | None:
    """The AWS error code that an answer carries, or None for a success or an unknown body."""
    if answer.succeeded:
        return None
    for name, value in answer.headers:
        if name.lower() == "x-amzn-errortype":
            return value.split(":")[0]
    found = _XML_CODE.search(answer.body)
    if found:
        return found.group(1).decode()
    try:
        document = json.loads(answer.body)
    except ValueError:
        return None
    kind = document.get("__type") if isinstance(document, dict) else None
    return kind.split("#")[-1] if isinstance(kind, str) else None
