"""What the tables hold, to be compared."""

import contextlib
from dataclasses import dataclass

from .loanserve import TABLES, connect


@dataclass(frozen=True)
class Content:
    """What a database holds: each table's own rows by number and digest, and the client's writes."""

    rows: dict[str, tuple[int, str]]
    payments: frozenset
    audited: frozenset


def read(login, ca, seeded):
    """Reads all tables in one snapshot. ``seeded`` says up to which id a table's rows are its own."""
    with contextlib.closing(connect(login, ca)) as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        rows = {
            table: connection.execute(
                f"SELECT count(*), coalesce(md5(string_agg(t::text, E'\\n' ORDER BY id)), '') "
                f"FROM {table} AS t WHERE id <= %s",
                (seeded[table],),
            ).fetchone()
            for table in TABLES
        }
        payments = connection.execute(
            "SELECT reference, loan_id, amount::int FROM payments WHERE id > %s", (seeded["payments"],)
        ).fetchall()
        audited = connection.execute(
            "SELECT (detail ->> 'reference')::uuid, loan_id, (detail ->> 'amount')::int FROM audit_logs "
            "WHERE id > %s AND event = 'payment'",
            (seeded["audit_logs"],),
        ).fetchall()
        return Content(rows, frozenset(payments), frozenset(audited))
