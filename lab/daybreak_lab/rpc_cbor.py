"""Smithy RPC v2 CBOR, the one protocol in which the SDK for Rust speaks to CloudWatch, for services that speak JSON.

A request is handed on as the JSON one of the same meaning, and its answer is encoded by the service's model: a double
is a double even where JSON has a whole number, a timestamp is tag 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import cbor2
from moto.core.utils import get_service_model

from daybreak_lab.answers import Answer, error_answer
from daybreak_lab.identify import rewind

_PROTOCOL = "rpc-v2-cbor"
_CONTENT_TYPE = "application/cbor"
_MODELS = {"GraniteServiceVersion20100801": "cloudwatch"}
_PATH = re.compile(r"/service/(?:[^/]+\.)?([^/.]+)/operation/([A-Za-z0-9]+)")
_EPOCH_TAG = 1
_JSON = "application/x-amz-json-1.0"


@dataclass(frozen=True)
class Spoken:
    """A request as the services read it, and how its answer is to be put for the one who asked."""

    environ: dict
    body: bytes
    answer: Callable[[Answer], Answer]
    refusal: Answer | None = None
    """What is wrong with the request itself, if it cannot be read."""


def understand(environ: dict, body: bytes) -> Spoken:
    """The request, translated if it is in CBOR; any other is as it was."""
    found = _PATH.fullmatch(environ.get("PATH_INFO", ""))
    if environ.get("HTTP_SMITHY_PROTOCOL") != _PROTOCOL or not found or found[1] not in _MODELS:
        return Spoken(environ, body, lambda answer: answer)
    service, operation = found.groups()
    refusal = None
    try:
        asked = cbor2.loads(body) if body else {}
        text = json.dumps(asked, default=_as_json).encode()
    except (cbor2.CBORDecodeError, TypeError, ValueError) as error:
        text = b"{}"
        refusal = error_answer("json", service, 400, "SerializationException", f"The request is no CBOR: {error}")
    read = dict(
        environ,
        PATH_INFO="/",
        RAW_URI="/",
        REQUEST_URI="/",
        CONTENT_TYPE=_JSON,
        CONTENT_LENGTH=str(len(text)),
        HTTP_X_AMZ_TARGET=f"{service}.{operation}",
    )
    rewind(read, text)
    return Spoken(read, text, lambda answer: _encoded(answer, _MODELS[service], operation), refusal)


def _as_json(value: Any) -> Any:
    """What JSON has no type of its own for: timestamps are seconds there, what is undefined is null."""
    if isinstance(value, datetime):
        return value.timestamp()
    if value is cbor2.undefined:
        return None
    raise TypeError(f"a {type(value).__name__} has no place here")


def _encoded(answer: Answer, model_name: str, operation: str) -> Answer:
    kept = [(n, v) for n, v in answer.headers if n.lower() not in {"content-type", "content-length"}]
    document = json.loads(answer.body or b"{}")
    if answer.succeeded:
        model = get_service_model(model_name)
        shape = model.operation_model(operation).output_shape
        document = _shaped(document, shape) if shape is not None else {}
    else:
        code = str(document.get("__type", "InternalFailure")).split("#")[-1]
        document = {"__type": f"com.amazonaws.{model_name}#{code}", "message": document.get("message", "")}
        if not any(n.lower() == "x-amzn-query-error" for n, _ in kept):
            kept.append(("x-amzn-query-error", f"{code};{'Receiver' if answer.status >= 500 else 'Sender'}"))
    headers = [*kept, ("Content-Type", _CONTENT_TYPE), ("smithy-protocol", _PROTOCOL)]
    return Answer(answer.status, headers, cbor2.dumps(document))


def _shaped(value: Any, shape: Any) -> Any:
    """A JSON value with the types that the model gives it."""
    if shape.type_name == "structure":
        return {n: _shaped(v, shape.members[n]) for n, v in value.items() if n in shape.members and v is not None}
    if shape.type_name == "list":
        return [_shaped(item, shape.member) for item in value]
    if shape.type_name == "map":
        return {key: _shaped(item, shape.value) for key, item in value.items()}
    if shape.type_name in {"float", "double"}:
        return float(value)
    if shape.type_name == "timestamp":
        return cbor2.CBORTag(_EPOCH_TAG, float(value))
    return value
