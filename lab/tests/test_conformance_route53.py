"""Route 53 where moto 5.2.5 answers otherwise than AWS.

Each test names AWS's source and what plain moto does; at an upgrade of moto they tell which
corrections are still needed.
"""

import pytest
from botocore.exceptions import ClientError
from clients import Account, client, failure, message


@pytest.fixture
def lab(shared_lab):
    """An account of the test's own."""
    return Account(shared_lab)


class Zone:
    """A hosted zone `corp.internal` and the changes made to it."""

    def __init__(self, lab):
        self.dns = client(lab, "route53")
        made = self.dns.create_hosted_zone(Name="corp.internal", CallerReference="first")
        self.id = made["HostedZone"]["Id"]
        self.creation = made["ChangeInfo"]

    def change(self, *changes):
        """Submits one batch of (action, record) and returns its ChangeInfo."""
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": record} for action, record in changes]}
        return self.dns.change_resource_record_sets(HostedZoneId=self.id, ChangeBatch=batch)["ChangeInfo"]

    def refused(self, *changes):
        """Submits a batch that must fail as a whole, and returns the error's message."""
        before = self.records()
        with pytest.raises(ClientError) as caught:
            self.change(*changes)
        error = caught.value.response["Error"]
        assert error["Code"] == "InvalidChangeBatch"
        assert self.records() == before
        return error["Message"]

    def records(self):
        """(name, type, set identifier) to (TTL, values) of all but the zone's own records."""
        listed = self.dns.list_resource_record_sets(HostedZoneId=self.id)["ResourceRecordSets"]
        return {
            (r["Name"], r["Type"], r.get("SetIdentifier")): (
                r.get("TTL"),
                sorted(v["Value"] for v in r.get("ResourceRecords", [])),
            )
            for r in listed
            if r["Type"] not in {"SOA", "NS"}
        }


@pytest.fixture
def zone(lab):
    return Zone(lab)


def record(name, *values, kind="CNAME", ttl=60, **others):
    """A record set."""
    return {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": v} for v in values], **others}


DB = ("db.corp.internal.", "CNAME", None)
OLD = record("db.corp.internal", "old.example.com")
NEW = record("db.corp.internal", "new.example.com")


def test_create_fails_if_the_record_exists(zone):
    """API ChangeResourceRecordSets: CREATE makes a record that must not exist.

    moto adds a second record of the name if the value differs.
    """
    zone.change(("CREATE", OLD))

    assert "it already exists" in zone.refused(("CREATE", NEW))
    assert zone.records() == {DB: (60, ["old.example.com"])}


@pytest.mark.parametrize(
    "stale",
    [
        NEW,
        record("db.corp.internal", "old.example.com", ttl=61),
        record("db.corp.internal", "old.example.com", SetIdentifier="blue", Weight=1),
    ],
    ids=["value", "TTL", "set identifier"],
)
def test_delete_needs_the_exact_record(zone, stale):
    """API ChangeResourceRecordSets: to delete, every value must be specified as it is.

    moto accepts any value that the record ever had, and deletes by name.
    """
    zone.change(("UPSERT", NEW))
    zone.change(("UPSERT", OLD))

    zone.refused(("DELETE", stale))


def test_delete_of_what_is_not_there_is_refused(zone):
    """AWS: tried to delete resource record set but it was not found. moto says InvalidInput."""
    assert "was not found" in zone.refused(("DELETE", OLD))


def test_compare_and_set_moves_the_record(zone):
    """API ChangeResourceRecordSets: DELETE and CREATE in one batch are one atomic change."""
    zone.change(("CREATE", OLD))
    zone.change(("DELETE", OLD), ("CREATE", NEW))

    assert zone.records() == {DB: (60, ["new.example.com"])}


def test_compare_and_set_that_compares_wrong_changes_nothing(zone):
    """As above: the whole batch fails if the record is not what was expected. moto deletes and creates."""
    zone.change(("CREATE", record("db.corp.internal", "somebody-elses.example.com")))

    assert "do not match the current values" in zone.refused(("DELETE", OLD), ("CREATE", NEW))


def test_a_batch_is_all_or_nothing(zone):
    """API ChangeResourceRecordSets: if one change is invalid, none is made. moto keeps the earlier ones."""
    zone.change(("CREATE", OLD))

    zone.refused(
        ("CREATE", record("api.corp.internal", "api.example.com")),
        ("CREATE", NEW),
    )


def test_deleting_one_weighted_record_leaves_the_others(zone):
    """API ChangeResourceRecordSets, SetIdentifier: tells records of one name and type apart.

    moto deletes every record of that identifier, whatever its name.
    """
    blue = {"SetIdentifier": "blue", "Weight": 100}
    zone.change(
        ("CREATE", record("db.corp.internal", "a.example.com", **blue)),
        ("CREATE", record("db.corp.internal", "b.example.com", SetIdentifier="green", Weight=0)),
        ("CREATE", record("api.corp.internal", "c.example.com", **blue)),
    )
    zone.change(("DELETE", record("db.corp.internal", "a.example.com", **blue)))

    assert sorted(zone.records()) == [
        ("api.corp.internal.", "CNAME", "blue"),
        ("db.corp.internal.", "CNAME", "green"),
    ]


def test_simple_and_weighted_records_do_not_mix(zone):
    """Developer guide, weighted records: not together with a simple one of the name and type. moto mixes them."""
    zone.change(("CREATE", OLD))

    zone.refused(("CREATE", record("db.corp.internal", "x.example.com", SetIdentifier="blue", Weight=1)))


def test_a_cname_stands_alone_and_not_at_the_apex(zone):
    """Developer guide, CNAME: none at the zone apex, none beside other records, one value. moto accepts all."""
    zone.change(("CREATE", record("a.corp.internal", "10.0.0.1", kind="A")))

    assert "apex" in zone.refused(("CREATE", record("corp.internal", "x.example.com")))
    assert "conflicts" in zone.refused(("CREATE", record("a.corp.internal", "x.example.com")))
    zone.refused(("CREATE", record("two.corp.internal", "x.example.com", "y.example.com")))


@pytest.mark.parametrize("name", ["db.example.com", "notcorp.internal"])
def test_a_record_belongs_to_its_zone(zone, name):
    """AWS: RRSet is not permitted in zone. moto takes any name that ends like the zone's."""
    assert "is not permitted in zone" in zone.refused(("CREATE", record(name, "x.example.com")))


def test_names_are_compared_without_case_and_final_dot(zone):
    """Developer guide, DNS name format: case and a final dot do not matter. moto compares letters."""
    zone.change(("CREATE", OLD))

    assert "already exists" in zone.refused(("CREATE", record("DB.Corp.Internal.", "new.example.com")))


def test_values_may_come_in_any_order(zone):
    """API ChangeResourceRecordSets: the values of a record are a set. moto compares them as a list."""
    name = "a.corp.internal"
    zone.change(("CREATE", record(name, "10.0.0.1", "10.0.0.2", kind="A")))
    zone.change(("DELETE", record(name, "10.0.0.2", "10.0.0.1", kind="A")))

    assert zone.records() == {}


def test_a_change_is_pending_and_then_insync_under_its_own_id(zone):
    """API GetChange: PENDING until propagated, then INSYNC; each change has its id.

    moto gives every change one constant id and says INSYNC at once.
    """
    first, second = zone.change(("CREATE", OLD)), zone.change(("DELETE", OLD))
    assert len({zone.creation["Id"], first["Id"], second["Id"]}) == 3
    assert first["Status"] == "PENDING"

    waiter = zone.dns.get_waiter("resource_record_sets_changed")
    waiter.wait(Id=first["Id"], WaiterConfig={"Delay": 1, "MaxAttempts": 30})

    assert zone.dns.get_change(Id=first["Id"])["ChangeInfo"]["Status"] == "INSYNC"


def test_an_unknown_change_is_no_change(zone):
    """API GetChange, errors: NoSuchChange. moto says INSYNC of any id."""
    assert failure(zone.dns.get_change, Id="C0000000000000000000") == ("NoSuchChange", 404)


def test_a_caller_reference_is_used_once(zone):
    """API CreateHostedZone: a CallerReference used before gives HostedZoneAlreadyExists. moto makes another zone."""
    again = {"Name": "corp.internal", "CallerReference": "first"}

    assert failure(zone.dns.create_hosted_zone, **again) == ("HostedZoneAlreadyExists", 409)
    assert "first" in message(zone.dns.create_hosted_zone, **again)


def test_the_zones_own_records_stay(zone):
    """AWS: a hosted zone must contain SOA and NS records for itself. moto deletes them."""
    listed = zone.dns.list_resource_record_sets(HostedZoneId=zone.id)["ResourceRecordSets"]
    own = next(r for r in listed if r["Type"] == "NS")

    zone.refused(("DELETE", own))
