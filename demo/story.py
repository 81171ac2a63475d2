"""The demo's story: a database, an application, a mistake, and the way back."""

import contextlib
import json
import time
from datetime import UTC, datetime

from . import narration, tables, verdict
from .client import LoanClient
from .loanserve import CLUSTER, RECORD, SECRET, TTL_SECONDS, Loanserve, connect

# A retention job whose year should have been 2016.
_MISTAKE = "DELETE FROM loans WHERE opened_on < '2026-01-01'"

# Long enough to be watched, where AWS takes a quarter of an hour and more.
DELAYS = {"restore": 6.0, "instance": 5.0}
_PLAN = "loans.plan.json"
_WRITES_FIRST = 50
_WRITES_AFTER = 100


def tell(lab, tool):
    """Tells the story to its end; whether all that it claims is true."""
    started = time.monotonic()
    narration.title("1. The database and its application")
    source = Loanserve(lab)
    source.create()
    lab.set_delays(**DELAYS)
    source.write_profile(tool.home / "daybreak.toml", watch="8s", newest_within="5s")
    login, value, version = _secret(lab)
    place = f"{login['host']}:{login['port']}"
    narration.say(f"""{CLUSTER} runs in the lab: the AWS API on this machine, with a real PostgreSQL behind it.
        A client writes payments to it all the while. Who it is the secret {SECRET} says, which it rereads once a
        second; where its database is, the name {RECORD}, which its resolver remembers for {TTL_SECONDS} s.""")
    with LoanClient(lab, RECORD) as client:
        if not client.await_writes(_WRITES_FIRST, place):
            raise RuntimeError("the client cannot write to the source")
        undamaged = tables.read(login, lab.ca, source.seeded)
        narration.say(_counts(undamaged))

        narration.title("2. The mistake")
        moment = _damage(login, lab.ca)
        damaged = tables.read(login, lab.ca, source.seeded)
        narration.say(_counts(damaged))
        before = verdict.Before(undamaged, damaged, source.standing(), value, version)

        _look(tool, source, moment)
        code, result, began = _recover(tool, moment)
        if code != 0:
            narration.say(f"daybreak ended with exit code {code}: the demo failed.")
            return False
        client.await_writes(_WRITES_AFTER, f"{result['target']['endpoint']}:{result['target']['port']}")
        ended = time.monotonic()
    # The client has stopped; what it wrote can be compared with what is there.
    story = verdict.Story(moment.timestamp(), result, before, client.writes(), source.seeded, began, ended)
    return _close(story, *verdict.examine(story, lab, source), time.monotonic() - started)


def _secret(lab):
    current = lab.client("secretsmanager").get_secret_value(SecretId=SECRET)
    return json.loads(current["SecretString"]), current["SecretString"], current["VersionId"]


def _counts(content):
    counts = ", ".join(f"{table} {number:,}" for table, (number, _) in content.rows.items())
    return f"Rows without the client's: {counts}."


def _damage(login, ca):
    """Makes the mistake; the last full second before it."""
    # In mid-second, so that the second before is over and none of it in doubt.
    time.sleep(1.5 - time.time() % 1)
    with contextlib.closing(connect(login, ca)) as connection, connection.transaction():
        narration.command(f'psql -c "{_MISTAKE}"')
        deleted = connection.execute(_MISTAKE).rowcount
        at = connection.execute("SELECT now()").fetchone()[0]
    narration.output(f"DELETE {deleted}")
    narration.say(f"""At {at:%H:%M:%S.%f} UTC a retention job was started with the wrong year (2026 for 2016). Loans
        are gone, and with them, by their foreign keys, payments and documents. The client goes on writing.""")
    return at.astimezone(UTC).replace(microsecond=0)


def _look(tool, source, moment):
    narration.title("3. What can be restored, and what it takes")
    source.await_restorable(moment)
    narration.command(f"daybreak windows loans --to {_time(moment)}")
    narration.output(tool.text("windows", "loans", "--to", _time(moment)))
    narration.command(f"daybreak plan loans --to {_time(moment)}")
    outline, left_out = narration.outline(tool.text("plan", "loans", "--to", _time(moment), "--save", _PLAN))
    narration.output(outline)
    narration.output(f"[{left_out} lines left out here: each call with its parameters and its undo,")
    narration.output(" and every setting of the target beside the source's]")


def _recover(tool, moment):
    narration.title("4. The recovery")
    narration.say(f"""To the second before the mistake, with nothing left to ask. The lab takes {DELAYS["restore"]:.0f} s
        for the restore and {DELAYS["instance"]:.0f} s for the instance; AWS takes minutes to hours.""")
    arguments = ("recover", "loans", "--to", _time(moment), "--yes")
    narration.command(f"daybreak {' '.join(arguments)}")
    began = time.monotonic()
    code = tool.show(*arguments)
    result = tool.result("report")["result"] if code == 0 else None
    return code, result, began


def _close(story, claims, back, seconds):
    result = story.result
    narration.title("5. What came of it")
    for claim in claims:
        narration.claim(claim.text, claim.holds, claim.detail)
    narration.output("")
    narration.fact("rows brought back", f"{back:,}")
    narration.fact("RTO achieved", f"{result['rto_seconds']:.1f} s, run's start to application served")
    narration.fact("RPO achieved", f"{result['rpo_seconds']:.2f} s, newest data to time asked for")
    narration.fact("client could not write for", f"{story.gap():.2f} s")
    narration.fact("the whole story took", f"{seconds:.0f} s")
    narration.output("")
    if all(claim.holds for claim in claims):
        narration.say("""All of it was examined and is true. `daybreak report` prints the evidence of a run,
            `daybreak rollback` would move the application back. The lab and its data are removed now.""")
        return True
    narration.say("NOT ALL OF IT IS TRUE: see the lines marked NO.")
    return False


def _time(moment: datetime):
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
