"""DNS on loopback: the hosted zones as Route 53's name servers, and a VPC's resolver, would answer for them.

A change is answered with once it is INSYNC. Names of databases are addresses here, so that an alias which leads to one can
be followed to its end.
"""

from __future__ import annotations

import ipaddress
import logging
import random
import socketserver
import struct
import threading
from collections.abc import Iterator
from typing import Any

from dnslib import QTYPE, RCODE, RR, DNSError, DNSRecord
from moto.route53.models import FakeZone, RecordSet, route53_backends

_log = logging.getLogger("daybreak.lab")
_HOST = "127.0.0.1"
# Of an address that a name of RDS stands for; Aurora's own names have this one.
_ADDRESS_TTL = 5
_LONGEST_CHAIN = 8


class Unserved(Exception):
    """A record whose answer on AWS depends on what the lab does not have."""


class Zones:
    """What the zones of all accounts answer. A private zone comes before a public one of its name, as within its VPC."""

    def __init__(self, region: str, seed: int) -> None:
        self._region = region
        self._chance = random.Random(seed)

    def answer(self, request: DNSRecord) -> DNSRecord:
        """The reply to one question."""
        reply = request.reply()
        name, kind = _plain(str(request.q.qname)), QTYPE[request.q.qtype]
        try:
            known = self._chain(reply, name, kind)
        except Unserved:
            reply.header.rcode = RCODE.NOTIMP
        else:
            if not known:
                reply.header.rcode = RCODE.NXDOMAIN
        return reply

    def _chain(self, reply: DNSRecord, name: str, kind: str) -> bool:
        """Adds the records of name and of what it is an alias of; whether there is anything of that name."""
        for step in range(_LONGEST_CHAIN):
            if _is_address(name):
                if kind == "A":
                    reply.add_answer(*RR.fromZone(f"{name}. {_ADDRESS_TTL} IN A {name}"))
                return True
            zone = self._zone_of(name)
            if zone is None:
                # The lab knows nothing of the world; of an alias that leads there the alias is the answer.
                return step > 0
            records = [record for record in zone[0].served(zone[1]) if _plain(record.name) == name]
            alias = [record for record in records if record.type == "CNAME"]
            wanted = alias or [record for record in records if record.type == kind]
            if not wanted:
                return bool(records)
            chosen = self._chosen(wanted)
            for value in chosen.records:
                reply.add_answer(*RR.fromZone(f"{name}. {chosen.ttl} IN {chosen.type} {value}"))
            if not alias or kind == "CNAME":
                return True
            name = _plain(chosen.records[0])
        return True

    def _zone_of(self, name: str) -> tuple[Any, FakeZone] | None:
        """The zone that the name is in: of several the one with the longest name."""
        found = [
            (backend, zone) for backend, zone in _zones() if f".{name}".endswith(f".{_plain(zone.name)}")
        ]
        return max(found, key=lambda one: (len(_plain(one[1].name)), bool(one[1].private_zone)), default=None)

    def _chosen(self, sets: list[RecordSet]) -> RecordSet:
        """The record set that is answered with, all being healthy."""
        first = sets[0]
        if first.alias_target or first.geo_location or first.multi_value_answer:
            raise Unserved
        if first.set_identifier is None:
            return first
        if first.failover:
            return next((one for one in sets if one.failover == "PRIMARY"), first)
        if first.region:
            return next((one for one in sets if one.region == self._region), first)
        weights = [int(one.weight or 0) for one in sets]
        # Where no set has a weight, all are answered with alike.
        return self._chance.choices(sets, weights if any(weights) else None)[0]


def _zones() -> Iterator[tuple[Any, FakeZone]]:
    for account in list(route53_backends.values()):
        for backend in list(account.values()):
            for zone in list(backend.zones.values()):
                yield backend, zone


def _plain(name: str) -> str:
    return name.rstrip(".").lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


class _Udp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        packet, socket = self.request
        answered = _answered(self.server, packet)
        if answered is not None:
            socket.sendto(answered, self.client_address)


class _Tcp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while len(length := self.rfile.read(2)) == 2:
            answered = _answered(self.server, self.rfile.read(*struct.unpack("!H", length)))
            if answered is None:
                return
            self.wfile.write(struct.pack("!H", len(answered)) + answered)


def _answered(server: Any, packet: bytes) -> bytes | None:
    try:
        return server.zones.answer(DNSRecord.parse(packet)).pack()
    except DNSError as error:
        _log.warning("DNS question that cannot be read: %s", error)
        return None


class _UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True
    zones: Zones


class _TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    zones: Zones


class NameServer:
    """Answers over UDP and TCP at one port of loopback until it is closed."""

    def __init__(self, zones: Zones) -> None:
        self._servers = self._bound()
        for server in self._servers:
            server.zones = zones
            threading.Thread(target=server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """HOST:PORT."""
        host, port = self._servers[0].server_address[:2]
        return f"{host}:{port}"

    def close(self) -> None:
        """Ends both."""
        for server in self._servers:
            server.shutdown()
            server.server_close()

    @staticmethod
    def _bound() -> tuple[_UdpServer, _TcpServer]:
        while True:
            udp = _UdpServer((_HOST, 0), _Udp)
            try:
                return udp, _TcpServer(udp.server_address, _Tcp)
            except OSError:
                # The port is free for UDP alone: another one.
                udp.server_close()
