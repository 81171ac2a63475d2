"""The application's resolver: it asks the lab's name server, and remembers an answer for as long as that says."""

import time

from dnslib import CNAME, DNSRecord

_ANSWER_SECONDS = 5


class Resolver:
    """Where a name leads. Used by one thread."""

    def __init__(self, lab, name):
        host, port = lab.dns.rsplit(":", 1)
        self._server = (host, int(port))
        self._name = name
        self._leads_to = None
        self._until = 0.0

    def leads_to(self):
        """The host that the name is an alias of."""
        if self._leads_to is None or time.monotonic() >= self._until:
            answer = DNSRecord.parse(DNSRecord.question(self._name, "A").send(*self._server, timeout=_ANSWER_SECONDS))
            alias = next(record for record in answer.rr if isinstance(record.rdata, CNAME))
            self._leads_to = str(alias.rdata.label).rstrip(".")
            self._until = time.monotonic() + alias.ttl
        return self._leads_to
