//! Tables, and the statements that find in them what was written since.

use tokio_postgres::types::Type;

use super::{ELSEWHERE, Form};
use crate::pg::{Error, session::Session};

/// A table that has rows of its own.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) oid: u32,
    /// As SQL names it.
    pub(super) name: String,
    /// Why its rows cannot be told.
    pub(super) untold: Option<String>,
    /// Whether a restored copy has none of its rows.
    pub(super) unlogged: bool,
}

/// All tables, by name.
pub(super) async fn list(session: &Session) -> Result<Vec<Relation>, Error> {
    let doing = "list the tables";
    let rows = session.rows(doing, include_str!("../sql/ledger_tables.sql"), &[]).await?;
    let read = |row: &tokio_postgres::Row| {
        let elsewhere: bool = row.try_get("elsewhere")?;
        Ok(Relation {
            oid: row.try_get("oid")?,
            name: row.try_get("name")?,
            untold: if elsewhere { Some(ELSEWHERE.to_owned()) } else { row.try_get("untold")? },
            unlogged: row.try_get("unlogged")?,
        })
    };
    rows.iter().map(|row| read(row).map_err(|error| Error::statement(doing, error))).collect()
}

/// Which transactions count, by ids in 64 bits.
#[derive(Debug, Clone, Default)]
pub(super) struct Lens {
    /// The server's next transaction id: no row was written by one from there on.
    pub(super) next: i64,
    /// From this one on all count.
    pub(super) from: i64,
    /// And these before.
    pub(super) besides: Vec<i64>,
    /// From this one on those before are told one by one.
    pub(super) apart: i64,
    /// These may count.
    pub(super) doubtful: Vec<i64>,
}

impl Lens {
    /// The transaction that wrote a row, in 64 bits: the last one with the row's 32.
    pub(super) fn full(&self) -> String {
        let last = self.next - 1;
        format!("{last} - ({last} - xmin::text::bigint) % 4294967296")
    }

    fn counts(&self) -> String {
        format!("x >= {} OR x = ANY ({})", self.from, array(&self.besides))
    }

    /// How many rows of `table` count, under the id 0, and how many were written by each other transaction from `apart` on, with
    /// the places of a few of them.
    pub(super) fn count(&self, table: &str) -> String {
        format!(
            "SELECT CASE WHEN {counts} THEN 0 ELSE x END AS id, count(*) AS rows, \
             ARRAY[min(place), max(place), substr(min(md5(place) || place), 33), substr(max(md5(place) || place), 33)] AS places \
             FROM (SELECT {full} AS x, ctid::text AS place FROM ONLY {table} WHERE xmin::text::bigint >= 3) w \
             WHERE x >= {low} OR {counts} GROUP BY 1",
            counts = self.counts(),
            full = self.full(),
            low = self.from.min(self.apart)
        )
    }

    /// The rows of `table` at these places, with a digest.
    pub(super) fn at(&self, table: &str, places: &[&str]) -> String {
        let places: Vec<String> = places.iter().map(|place| format!("\"{place}\"")).collect();
        format!(
            "SELECT {full} AS id, t.ctid::text AS place, pg_catalog.md5(pg_catalog.to_jsonb(t)::text) AS digest \
             FROM ONLY {table} t WHERE t.ctid = ANY ('{{{places}}}'::tid[])",
            full = self.full(),
            places = places.join(",")
        )
    }

    /// The rows of `table` that count or may, each in the form of `text`.
    pub(super) fn rows(&self, table: &str, text: &str) -> String {
        let doubtful = array(&self.doubtful);
        format!(
            "SELECT x AS id, NOT ({counts}) AS doubtful, line \
             FROM (SELECT {full} AS x, {text} AS line FROM ONLY {table} t WHERE xmin::text::bigint >= 3) w \
             WHERE {counts} OR x = ANY ({doubtful})",
            counts = self.counts(),
            full = self.full()
        )
    }
}

fn array(ids: &[i64]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    format!("'{{{}}}'::bigint[]", ids.join(","))
}

/// The expression that makes of a row `t` its text.
pub(super) async fn text(session: &Session, relation: &Relation, form: Form) -> Result<String, Error> {
    if form == Form::Json {
        return Ok("pg_catalog.to_jsonb(t)::text".to_owned());
    }
    let doing = format!("list the columns of {}", relation.name);
    let rows = session.rows(&doing, include_str!("../sql/ledger_columns.sql"), &[(&relation.oid, Type::OID)]).await?;
    let read = |row: &tokio_postgres::Row| Ok((row.try_get("name")?, row.try_get("always")?));
    let columns: Vec<(String, bool)> =
        rows.iter().map(|row| read(row).map_err(|error| Error::statement(&doing, error))).collect::<Result<_, _>>()?;
    Ok(insert(&relation.name, &columns))
}

/// An expression for the INSERT of a row.
fn insert(table: &str, columns: &[(String, bool)]) -> String {
    if columns.is_empty() {
        return literal(&format!("INSERT INTO {table} DEFAULT VALUES;"));
    }
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let overriding = if columns.iter().any(|(_, always)| *always) { " OVERRIDING SYSTEM VALUE" } else { "" };
    let head = literal(&format!("INSERT INTO {table} ({}){overriding} VALUES (", names.join(", ")));
    let values: Vec<String> = names.iter().map(|name| format!("pg_catalog.quote_nullable(t.{name}::text)")).collect();
    format!("{head} || {} || ');'", values.join(" || ', ' || "))
}

fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_statement() {
        let columns = [("\"it's\"".to_owned(), false), ("id".to_owned(), true)];
        assert_eq!(
            insert("public.\"a\\b\"", &columns),
            r#"E'INSERT INTO public."a\\b" ("it''s", id) OVERRIDING SYSTEM VALUE VALUES (' || pg_catalog.quote_nullable(t."it's"::text) || ', ' || pg_catalog.quote_nullable(t.id::text) || ');'"#
        );
        assert_eq!(insert("t", &[]), "E'INSERT INTO t DEFAULT VALUES;'");
    }

    #[test]
    fn an_id_is_the_last_one_that_ends_in_the_rows_bits() {
        let lens = Lens { next: (5 << 32) + 100, ..Lens::default() };
        assert_eq!(lens.full(), "21474836579 - (21474836579 - xmin::text::bigint) % 4294967296");
        let full = |xmin: i64| 21_474_836_579 - (21_474_836_579 - xmin) % 4_294_967_296;
        assert_eq!(
            (full(99), full(100)),
            ((5 << 32) + 99, (4 << 32) + 100),
            "what is to come was not: it is an epoch old"
        );
    }
}
