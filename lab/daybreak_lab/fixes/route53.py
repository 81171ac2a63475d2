"""Route 53: change batches that are all-or-nothing and exact, and changes that can be followed.

AWS's rules are from the API reference of ChangeResourceRecordSets and GetChange; the error
texts are those that the service is known to send.
"""

from __future__ import annotations

import functools
import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.route53 import models, responses, urls
from moto.route53.exceptions import InvalidActionValue, InvalidInput, Route53ClientError
from moto.route53.utils import validate_domain_name

from daybreak_lab.delays import Delays

_ID_LETTERS = string.ascii_uppercase + string.digits
_MAKING_CHANGES = (
    "associate_vpc_with_hosted_zone",
    "change_resource_record_sets",
    "create_hosted_zone",
    "delete_hosted_zone",
    "disassociate_vpc_from_hosted_zone",
)


def install(delays: Delays) -> None:
    """Puts the corrected models in moto's place. Call before the first request."""
    CorrectedBackend.delays = delays
    models.route53_backends.backend = CorrectedBackend
    response = responses.Route53
    response.get_change = _get_change
    for name in _MAKING_CHANGES:
        operation = getattr(response, name)
        if not hasattr(operation, "__wrapped__"):
            setattr(response, name, _recording_change(operation))


def _invalid_batch(problem: str) -> Route53ClientError:
    return Route53ClientError("InvalidChangeBatch", f"[{problem}]")


@dataclass(frozen=True)
class _Change:
    submitted: datetime
    in_sync: datetime
    comment: str | None

    def info(self, identifier: str) -> dict[str, Any]:
        return {
            "Id": f"/change/{identifier}",
            "Status": "PENDING" if utcnow() < self.in_sync else "INSYNC",
            "SubmittedAt": self.submitted,
            "Comment": self.comment,
        }


@dataclass(frozen=True)
class _Replaced:
    """The records of a zone that the name servers answer with until a change is in sync."""

    until: datetime
    records: list[models.RecordSet]


class CorrectedBackend(models.Route53Backend):
    """moto's backend with change batches done over."""

    delays: Delays

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.changes: dict[str, _Change] = {}
        self._replaced: dict[str, list[_Replaced]] = {}

    @property
    def _url_module(self) -> Any:
        # moto derives the module of the routes from the class's own, which is not ours.
        return urls

    def record_change(self, comment: str | None) -> dict[str, Any]:
        """Notes that something was changed and returns its ChangeInfo under a new id."""
        identifier = "C" + "".join(secrets.choice(_ID_LETTERS) for _ in range(20))
        self.changes[identifier] = _Change(utcnow(), self._in_sync(), comment)
        return self.changes[identifier].info(identifier)

    def served(self, zone: models.FakeZone) -> list[models.RecordSet]:
        """The records that the zone's name servers answer with: changes that are not in sync are not among them."""
        now = utcnow()
        pending = (replaced.records for replaced in self._replaced.get(zone.id, []) if now < replaced.until)
        return next(pending, zone.rrsets)

    def _in_sync(self) -> datetime:
        return utcnow() + timedelta(seconds=self.delays.seconds("dns"))

    def change_info(self, identifier: str) -> dict[str, Any]:
        """ChangeInfo of a recorded change. Raises NoSuchChange."""
        identifier = identifier.removeprefix("/change/")
        if identifier not in self.changes:
            raise Route53ClientError("NoSuchChange", f"Could not find resource with ID: {identifier}")
        return self.changes[identifier].info(identifier)

    def create_hosted_zone(
        self, name: str, private_zone: bool, caller_reference: str | None = None, **others: Any
    ) -> models.FakeZone:
        """CreateHostedZone; a CallerReference is used once."""
        if caller_reference and any(z.caller_reference == caller_reference for z in self.zones.values()):
            raise Route53ClientError(
                "HostedZoneAlreadyExists",
                f"A hosted zone has already been created with the specified caller reference: {caller_reference}",
            )
        return super().create_hosted_zone(name, private_zone, caller_reference, **others)

    def change_resource_record_sets(self, zoneid: str, change_list: list[dict[str, Any]]) -> None:
        """ChangeResourceRecordSets: applies the whole batch in order, or raises and applies nothing."""
        zone = self.get_hosted_zone(zoneid)
        records = list(zone.rrsets)
        for change in change_list:
            action, wanted = change["Action"], change["ResourceRecordSet"]
            if action not in {"CREATE", "UPSERT", "DELETE"}:
                raise InvalidActionValue(action)
            validate_domain_name(wanted["Name"], code="InvalidChangeBatch")
            record = _record(wanted, zone)
            _apply(action, record, records)
        _check_coexistence(records, zone)
        now = utcnow()
        still = [replaced for replaced in self._replaced.get(zone.id, []) if now < replaced.until]
        self._replaced[zone.id] = [*still, _Replaced(self._in_sync(), zone.rrsets)]
        zone.rrsets = records


def _absolute(name: str) -> str:
    return name.rstrip(".").lower() + "."


def _record(wanted: dict[str, Any], zone: models.FakeZone) -> models.RecordSet:
    name, apex = _absolute(wanted["Name"]), _absolute(zone.name)
    if name != apex and not name.endswith(f".{apex}"):
        raise _invalid_batch(f"RRSet with DNS name {name} is not permitted in zone {apex}")
    values = [record["Value"] for record in wanted.get("ResourceRecords") or []]
    if not wanted.get("AliasTarget") and (not values or wanted.get("TTL") is None):
        raise InvalidInput(
            "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
            f"TrafficPolicyInstanceId], but found none in Change with [Name={name}, Type={wanted['Type']}, "
            f"SetIdentifier={wanted.get('SetIdentifier', 'null')}]",
        )
    if wanted["Type"] == "CNAME" and len(values) > 1:
        raise _invalid_batch(f"RRSet of type CNAME with DNS name {name} must have exactly one value")
    return models.RecordSet({**wanted, "Name": name, "ResourceRecords": values})


def _key(record: models.RecordSet) -> tuple:
    return (_absolute(record.name), record.type, record.set_identifier)


def _content(record: models.RecordSet) -> tuple:
    return (
        None if record.ttl is None else int(record.ttl),
        sorted(record.records or []),
        record.alias_target,
        record.weight,
        record.region,
        record.failover,
        record.geo_location,
        record.multi_value_answer,
        record.health_check_id,
    )


def _apply(action: str, record: models.RecordSet, records: list[models.RecordSet]) -> None:
    place = next((i for i, other in enumerate(records) if _key(other) == _key(record)), None)
    naming = f"[name='{record.name}', type='{record.type}'" + (
        f", set identifier='{record.set_identifier}']" if record.set_identifier else "]"
    )
    if action == "DELETE":
        if place is None:
            raise _invalid_batch(f"Tried to delete resource record set {naming} but it was not found")
        if _content(records[place]) != _content(record):
            raise _invalid_batch(
                f"Tried to delete resource record set {naming} but the values provided do not match the current values"
            )
        del records[place]
    elif place is None:
        records.append(record)
    elif action == "CREATE":
        raise _invalid_batch(f"Tried to create resource record set {naming} but it already exists")
    else:
        records[place] = record


def _check_coexistence(records: list[models.RecordSet], zone: models.FakeZone) -> None:
    apex = _absolute(zone.name)
    kinds = {(_absolute(r.name), r.type) for r in records}
    for required in ("SOA", "NS"):
        if (apex, required) not in kinds:
            raise _invalid_batch(f"A HostedZone must contain at least one {required} record for the zone itself.")
    for record in records:
        name = _absolute(record.name)
        alike = [r for r in records if (_absolute(r.name), r.type) == (name, record.type)]
        if len(alike) > 1 and any(r.set_identifier is None for r in alike):
            raise _invalid_batch(
                f"RRSet with DNS name {name}, type {record.type}, SetIdentifier null cannot be created "
                "as other RRSets exist with the same name and type."
            )
        if record.type != "CNAME":
            continue
        if name == apex:
            raise _invalid_batch(f"RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {apex}")
        if any(other_name == name and kind != "CNAME" for other_name, kind in kinds):
            raise _invalid_batch(
                f"RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other records "
                f"with the same DNS name in zone {apex}"
            )


def _get_change(self: responses.Route53) -> ActionResult:
    return ActionResult({"ChangeInfo": self.backend.change_info(self._get_param("Id"))})


def _recording_change(operation: Any) -> Any:
    @functools.wraps(operation)
    def recorded(self: responses.Route53) -> ActionResult:
        answer = operation(self)
        comment = self._get_param("ChangeBatch.Comment") or self._get_param("Comment")
        answer.result["ChangeInfo"] = self.backend.record_change(comment)
        return answer

    return recorded
