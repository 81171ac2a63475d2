"""What must be true after the recovery; each claim is examined, none assumed."""

import json
from dataclasses import dataclass

from . import tables
from .client import Write, longest_gap
from .loanserve import RECORD, SECRET, TABLES, TTL_SECONDS
from .names import Resolver

# What the client must not wait longer for than its resolver remembers, and than it takes to connect.
_GAP_SECONDS = TTL_SECONDS + 1.0
_BEFORE_CUTOVER_SECONDS = 2.0


@dataclass(frozen=True)
class Claim:
    """A sentence, whether it is true, and the figures that say so."""

    text: str
    holds: bool
    detail: str


@dataclass(frozen=True)
class Before:
    """What was there before daybreak was called."""

    undamaged: tables.Content
    damaged: tables.Content
    standing: dict
    secret_value: str
    secret_version: str


@dataclass(frozen=True)
class Story:
    """What happened, for the claims to be examined."""

    requested: float
    result: dict
    before: Before
    # The client's acknowledged writes, all of them.
    writes: list[Write]
    seeded: dict[str, int]
    # The steady clock when the recovery began and when the client had written to the target for a while.
    began: float
    ended: float

    @property
    def target_place(self):
        """Where the target is, as ``host:port``."""
        return f"{self.result['target']['endpoint']}:{self.result['target']['port']}"

    def at_target(self):
        """The writes that the target acknowledged."""
        return [write for write in self.writes if write.place == self.target_place]

    def at_source(self):
        """The writes that the source acknowledged."""
        return [write for write in self.writes if write.place != self.target_place]

    def gap(self):
        """The longest time in which the client had no write acknowledged, from shortly before it moved to the end."""
        moved = min(write.steady for write in self.at_target())
        return longest_gap(self.writes, max(self.began, moved - _BEFORE_CUTOVER_SECONDS), self.ended)


def examine(story, lab, source):
    """Examines the world after the recovery; all claims, and how many rows the target has that the source lost."""
    secrets = lab.client("secretsmanager")
    current = secrets.get_secret_value(SecretId=SECRET)
    login = json.loads(current["SecretString"])
    former = secrets.get_secret_value(SecretId=SECRET, VersionId=story.before.secret_version)
    target = tables.read(login, lab.ca, story.seeded)
    left = tables.read(json.loads(former["SecretString"]), lab.ca, story.seeded)
    back = sum(target.rows[table][0] - left.rows[table][0] for table in TABLES)
    claims = [
        _proven(story.result),
        *_rows_are_back(story.before.undamaged, target),
        _writes_before(story, target),
        _nothing_after(story, target),
        _carries_on(story, target, login),
        _source_untouched(story, left, source),
        Claim(
            "the secret's former version is kept",
            former["SecretString"] == story.before.secret_value and current["VersionId"] != story.before.secret_version,
            story.before.secret_version,
        ),
        _followed(story, Resolver(lab, RECORD).leads_to()),
        Claim("the client hardly noticed", story.gap() <= _GAP_SECONDS, f"{story.gap():.2f} s without a write"),
    ]
    return claims, back


def _proven(result):
    proof = result["proof"]
    holds = result["outcome"] == "recovered" and proof["passed"] > 0 and proof["failed"] == proof["unchecked"] == 0
    detail = ", ".join(f"{proof[verdict]} {verdict}" for verdict in ("passed", "failed", "unchecked"))
    return Claim("recovered, and proven", holds, f"checks: {detail}")


def _rows_are_back(expected, found):
    for table in TABLES:
        (wanted, wanted_digest), (there, digest) = expected.rows[table], found.rows[table]
        same = (wanted, wanted_digest) == (there, digest)
        detail = f"{there:,} of {wanted:,} rows, " + ("every byte the same" if same else "CONTENT DIFFERS")
        yield Claim(f"{table} as before", same and there > 0, detail)


def _key(write):
    return (write.reference, write.loan, write.amount)


def _writes_before(story, target):
    written = {_key(write) for write in story.at_source() if write.acknowledged < story.requested}
    there = written & target.payments & target.audited
    return Claim(
        "the client's writes until that second are there",
        bool(written) and there == written,
        f"{len(there):,} of {len(written):,}",
    )


def _nothing_after(story, target):
    later = {_key(write) for write in story.at_source() if write.sent > story.requested}
    there = later & (target.payments | target.audited)
    return Claim(
        "none of its later writes to the source came along",
        bool(later) and not there,
        f"{len(there):,} of {len(later):,}",
    )


def _carries_on(story, target, login):
    written = {_key(write) for write in story.at_target()}
    there = written & target.payments & target.audited
    holds = f"{login['host']}:{login['port']}" == story.target_place and bool(written) and there == written
    return Claim("the client carries on in the target", holds, f"{len(there):,} of {len(written):,} are in it")


def _followed(story, leads_to):
    holds = leads_to == story.result["target"]["endpoint"]
    return Claim(f"{RECORD} leads to the target", holds, f"resolved as {leads_to}")


def _source_untouched(story, left, source):
    written = {_key(write) for write in story.at_source()}
    kept = left.rows == story.before.damaged.rows and written <= left.payments and written <= left.audited
    holds = kept and source.standing() == story.before.standing
    return Claim("the source is untouched", holds, f"as the DELETE left it, plus {len(written):,} writes")
