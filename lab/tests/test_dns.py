"""Hosted zones are answered for on loopback, as Route 53 would."""

import socket
import struct

import pytest
from clients import client
from dnslib import QTYPE, RCODE, DNSRecord
from labs import until


class Zone:
    """A hosted zone of the shared lab, with the changes made to it."""

    numbers = iter(range(1000))

    def __init__(self, lab, name=None, **settings):
        self.dns = client(lab, "route53", ("test", "test"))
        number = next(self.numbers)
        self.name = name or f"zone{number}.internal"
        made = self.dns.create_hosted_zone(Name=self.name, CallerReference=f"dns-{number}", **settings)
        self.id = made["HostedZone"]["Id"]

    def submit(self, *changes):
        """Submits one batch of (action, record) and returns the change's id."""
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": record} for action, record in changes]}
        answer = self.dns.change_resource_record_sets(HostedZoneId=self.id, ChangeBatch=batch)
        return answer["ChangeInfo"]["Id"]

    def is_in_sync(self, change):
        """Whether the change has reached the name servers."""
        return self.dns.get_change(Id=change)["ChangeInfo"]["Status"] == "INSYNC"

    def change(self, *changes):
        """The same as submit, waited for."""
        change = self.submit(*changes)
        until(lambda: self.is_in_sync(change), "the change to be in sync")

    def alias(self, value, host="db", ttl=60, **others):
        """A CNAME of the zone."""
        values = [{"Value": value}]
        return {"Name": f"{host}.{self.name}", "Type": "CNAME", "TTL": ttl, "ResourceRecords": values, **others}


def ask(lab, name, kind="A", tcp=False):
    """Code and records (type, value, TTL) of the answer."""
    host, port = lab.ready["dns"].rsplit(":", 1)
    packet = DNSRecord.question(name, kind).send(host, int(port), tcp=tcp, timeout=10)
    answer = DNSRecord.parse(packet)
    records = [(QTYPE[record.rtype], str(record.rdata).rstrip("."), record.ttl) for record in answer.rr]
    return RCODE[answer.header.rcode], records


@pytest.mark.parametrize("tcp", [False, True])
def test_an_alias_is_followed_to_a_databases_address(shared_lab, tcp):
    zone = Zone(shared_lab)
    zone.change(("CREATE", zone.alias("127.99.0.7")))

    answer = ask(shared_lab, f"DB.{zone.name}", tcp=tcp)

    assert answer == ("NOERROR", [("CNAME", "127.99.0.7", 60), ("A", "127.99.0.7", 5)])


def test_an_alias_of_an_alias_is_followed_and_one_that_leaves_the_lab_is_not(shared_lab):
    zone = Zone(shared_lab)
    zone.change(
        ("CREATE", zone.alias(f"db.{zone.name}", host="app", ttl=30)), ("CREATE", zone.alias("far.example.com"))
    )

    expected = [("CNAME", f"db.{zone.name}", 30), ("CNAME", "far.example.com", 60)]
    assert ask(shared_lab, f"app.{zone.name}") == ("NOERROR", expected)
    assert ask(shared_lab, f"app.{zone.name}", "CNAME") == ("NOERROR", expected[:1])


def test_a_circle_of_aliases_ends(shared_lab):
    zone = Zone(shared_lab)
    zone.change(
        ("CREATE", zone.alias(f"b.{zone.name}", host="a")), ("CREATE", zone.alias(f"a.{zone.name}", host="b"))
    )

    code, records = ask(shared_lab, f"a.{zone.name}")

    assert (code, len(records)) == ("NOERROR", 8)


def test_what_is_not_there_is_told_apart_from_what_has_no_address(shared_lab):
    zone = Zone(shared_lab)
    text = {"Name": f"db.{zone.name}", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"a text"'}]}
    zone.change(("CREATE", text))

    assert ask(shared_lab, f"db.{zone.name}") == ("NOERROR", [])
    assert ask(shared_lab, f"db.{zone.name}", "TXT") == ("NOERROR", [("TXT", '"a text"', 60)])
    assert ask(shared_lab, f"other.{zone.name}") == ("NXDOMAIN", [])
    assert ask(shared_lab, "db.example.com") == ("NXDOMAIN", [])


def test_a_change_is_answered_with_once_it_is_in_sync(start_lab):
    lab = start_lab()
    zone = Zone(lab)
    zone.change(("CREATE", zone.alias("127.99.0.1")))
    assert lab.post("/_lab/delays", {"dns": 3600})[0] == 200

    first = zone.submit(("UPSERT", zone.alias("127.99.0.2")))
    zone.submit(("UPSERT", zone.alias("127.99.0.3")))

    assert not zone.is_in_sync(first)
    assert ask(lab, f"db.{zone.name}")[1][0] == ("CNAME", "127.99.0.1", 60)
    # What is submitted now overtakes nothing: the name servers get changes in their order.
    assert lab.post("/_lab/delays", {"dns": 0})[0] == 200
    zone.submit(("UPSERT", zone.alias("127.99.0.4")))
    assert ask(lab, f"db.{zone.name}")[1][0] == ("CNAME", "127.99.0.1", 60)


def test_weights_decide_and_where_there_are_none_all_are_alike(shared_lab):
    zone = Zone(shared_lab)

    def weighted(first, second):
        sets = [
            ("UPSERT", zone.alias(f"127.99.0.{number}", SetIdentifier=f"s{number}", Weight=weight))
            for number, weight in [(1, first), (2, second)]
        ]
        zone.change(*sets)
        return {ask(shared_lab, f"db.{zone.name}")[1][0][1] for _ in range(40)}

    assert weighted(0, 10) == {"127.99.0.2"}
    assert weighted(10, 0) == {"127.99.0.1"}
    assert weighted(10, 10) == {"127.99.0.1", "127.99.0.2"}
    assert weighted(0, 0) == {"127.99.0.1", "127.99.0.2"}


def test_the_primary_and_the_own_region_are_answered_with(shared_lab):
    zone = Zone(shared_lab)
    zone.change(
        ("CREATE", zone.alias("127.99.0.2", host="f", SetIdentifier="b", Failover="SECONDARY")),
        ("CREATE", zone.alias("127.99.0.1", host="f", SetIdentifier="a", Failover="PRIMARY")),
        ("CREATE", zone.alias("127.99.0.3", host="l", SetIdentifier="a", Region="us-east-1")),
        ("CREATE", zone.alias("127.99.0.4", host="l", SetIdentifier="b", Region="eu-west-1")),
    )

    assert ask(shared_lab, f"f.{zone.name}")[1][0][1] == "127.99.0.1"
    assert ask(shared_lab, f"l.{zone.name}")[1][0][1] == "127.99.0.4"


def test_routing_by_place_is_not_made_up(shared_lab):
    zone = Zone(shared_lab)
    place = {"SetIdentifier": "a", "GeoLocation": {"CountryCode": "IE"}}
    zone.change(("CREATE", zone.alias("127.99.0.1", **place)))

    assert ask(shared_lab, f"db.{zone.name}") == ("NOTIMP", [])


def test_a_private_zone_comes_before_a_public_one_and_a_longer_name_before_a_shorter(shared_lab):
    public = Zone(shared_lab, "twice.internal")
    within = {"HostedZoneConfig": {"PrivateZone": True}, "VPC": {"VPCRegion": "eu-west-1", "VPCId": "vpc-1"}}
    private = Zone(shared_lab, "twice.internal", **within)
    inner = Zone(shared_lab, "inner.twice.internal")
    public.change(("CREATE", public.alias("127.99.0.1")), ("CREATE", public.alias("127.99.0.1", host="db.inner")))
    private.change(("CREATE", private.alias("127.99.0.2")))
    inner.change(("CREATE", inner.alias("127.99.0.3")))

    assert ask(shared_lab, "db.twice.internal")[1][0][1] == "127.99.0.2"
    assert ask(shared_lab, "db.inner.twice.internal")[1][0][1] == "127.99.0.3"


def test_what_is_no_question_gets_no_answer_and_stops_nothing(shared_lab):
    host, port = shared_lab.ready["dns"].rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(struct.pack("!H", 3) + b"\x00\x01\x02")
        assert connection.recv(1) == b""

    assert ask(shared_lab, "db.example.com")[0] == "NXDOMAIN"
