"""The application: it writes a payment and its audit entry all the while. Who it is the secret says; where its database is, the
secret says, too, or a DNS record."""

import contextlib
import json
import random
import threading
import time
import uuid
from dataclasses import dataclass

import psycopg

from .loanserve import RECENT_LOANS, SECRET, connect
from .names import Resolver

_REREAD_SECONDS = 1.0
_WRITE_SECONDS = 0.02
_RETRY_SECONDS = 0.1
_JOIN_SECONDS = 30

_PLACE = "SELECT host(inet_server_addr()) || ':' || inet_server_port()"
_PAYMENT = "INSERT INTO payments (loan_id, reference, amount) VALUES (%s, %s, %s)"
_AUDIT = """INSERT INTO audit_logs (loan_id, event, detail)
    VALUES (%s, 'payment', jsonb_build_object('reference', %s::uuid, 'amount', %s::numeric))"""


@dataclass(frozen=True)
class Write:
    """A transaction that the database acknowledged: what, when by the wall clock and the steady one, and where."""

    reference: uuid.UUID
    loan: int
    amount: int
    sent: float
    acknowledged: float
    steady: float
    place: str


class SecretReader(threading.Thread):
    """Rereads the secret once a second, and at once when asked to."""

    def __init__(self, lab, secret):
        super().__init__(daemon=True)
        self._client = lab.client("secretsmanager")
        self._secret = secret
        self._asked = threading.Event()
        self._stopping = False
        self.login = self._read()

    def run(self):
        while not self._stopping:
            self._asked.wait(_REREAD_SECONDS)
            self._asked.clear()
            # The last answer serves until there is a new one.
            with contextlib.suppress(Exception):
                self.login = self._read()

    def reread(self):
        """Asks for a reading now."""
        self._asked.set()

    def stop(self):
        """Ends the thread."""
        self._stopping = True
        self._asked.set()
        self.join(_JOIN_SECONDS)

    def _read(self):
        return json.loads(self._client.get_secret_value(SecretId=self._secret)["SecretString"])


class LoanClient(threading.Thread):
    """Writes until it is stopped, and remembers every acknowledged write."""

    def __init__(self, lab, record=None, secret=SECRET, proxy=None):
        super().__init__(daemon=True)
        self._ca = lab.ca
        self._secret = SecretReader(lab, secret)
        self._resolver = None if record is None else Resolver(lab, record)
        # Host and port of a proxy, which stay while it leads elsewhere.
        self._proxy = proxy
        self._random = random.Random(1)
        self._stopping = threading.Event()
        self._connection = None
        self._connected_to = None
        self._place = None
        self._writes = []
        # How often a write or a connection failed.
        self.failures = 0

    def __enter__(self):
        self._secret.start()
        self.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        if self.ident is not None:
            self.join(_JOIN_SECONDS)
        self._secret.stop()

    def writes(self):
        """The acknowledged writes so far, oldest first."""
        return list(self._writes)

    def await_writes(self, count, place, seconds=_JOIN_SECONDS):
        """Waits for ``count`` more acknowledged writes at ``place`` (``host:port``); false if they do not come."""
        seen = len(self._writes)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if sum(write.place == place for write in self._writes[seen:]) >= count:
                return True
            time.sleep(_WRITE_SECONDS)
        return False

    def run(self):
        while not self._stopping.wait(_WRITE_SECONDS):
            try:
                self._follow()
                self._write()
            except (psycopg.Error, OSError):
                self.failures += 1
                self._leave()
                self._secret.reread()
                self._stopping.wait(_RETRY_SECONDS)
        self._leave()

    def _follow(self):
        login = self._secret.login
        if self._resolver is not None:
            login = login | {"host": self._resolver.leads_to()}
        if self._proxy is not None:
            login = login | {"host": self._proxy[0], "port": self._proxy[1]}
        if self._connection is None or login != self._connected_to:
            self._leave()
            self._connection = connect(login, self._ca)
            self._connected_to = login
            # A proxy hides which database it leads to.
            self._place = self._connection.execute(_PLACE).fetchone()[0]

    def _write(self):
        loan = self._random.choice(RECENT_LOANS)
        amount = self._random.randint(50, 450)
        reference = uuid.uuid4()
        sent = time.time()
        with self._connection.transaction():
            self._connection.execute(_PAYMENT, (loan, reference, amount))
            self._connection.execute(_AUDIT, (loan, reference, amount))
        self._writes.append(Write(reference, loan, amount, sent, time.time(), time.monotonic(), self._place))

    def _leave(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def longest_gap(writes, start, end):
    """The longest time without an acknowledged write between two moments of the steady clock, in seconds."""
    moments = [start, *(write.steady for write in writes if start < write.steady < end), end]
    return max(later - earlier for earlier, later in zip(moments, moments[1:], strict=False))
