//! Are the tables there: those of the source, and those the profile names?

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use tokio_postgres::types::Type;

use super::outcome::{Asked, Outcome, count, list};
use super::prove::World;
use super::table_name::TableName;
use crate::pg::Error;
use crate::pg::snapshot::Taken;

/// A table as the catalog has it.
struct Table {
    oid: u32,
    name: TableName,
    /// The name as SQL quotes it.
    shown: String,
    /// Whether its rows are not in the WAL, and so not in any recovery.
    unlogged: bool,
    /// When its catalog row was last written, if the server keeps commit timestamps that far back.
    written: Option<Timestamp>,
}

pub(super) async fn check(world: &World<'_>, lane: &Taken<'_>) -> Outcome {
    let (here, elsewhere) = match (tables(lane).await, other_databases(lane).await) {
        (Ok(here), Ok(elsewhere)) => (here, elsewhere),
        (Err(error), _) | (_, Err(error)) => return Outcome::of_error(&error, Asked::ByDaybreak),
    };
    let there = match &world.source {
        Ok(source) => tables(&source.take().await).await.map_err(|error| error.to_string()),
        Err(reason) => Err(reason.clone()),
    };
    let mut notes = notes(&here, &elsewhere);
    let mut missing: Vec<String> = Vec::new();
    for wanted in &world.request.tables {
        match TableName::parse(wanted) {
            Some(name) if here.iter().any(|table| name.names(&table.name)) => {}
            Some(_) => missing.push(format!("{wanted} (of the profile)")),
            None => missing.push(format!("`{wanted}`, which is no table name,")),
        }
    }
    match there {
        Ok(there) => {
            let compared = Compared::new(&here, &there, world.request.requested_time);
            missing.extend(compared.missing);
            notes.extend(compared.notes);
        }
        Err(reason) if world.request.tables.is_empty() => {
            let reason = format!("there is nothing to compare with: {reason}; the profile names no tables either");
            return Outcome::unchecked(reason).with_found(count(here.len(), "table")).with_notes(&notes);
        }
        Err(reason) => notes.push(format!("only the profile's tables were looked for: {reason}")),
    }
    let found = count(here.len(), "table");
    if missing.is_empty() {
        Outcome::passed(found).with_notes(&notes)
    } else {
        Outcome::failed(format!("missing: {}", list(&missing))).with_found(found).with_notes(&notes)
    }
}

/// What is worth knowing of the target's tables, whatever they are compared with.
fn notes(here: &[Table], elsewhere: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    let unlogged: Vec<&str> = here.iter().filter(|table| table.unlogged).map(|table| table.shown.as_str()).collect();
    if !unlogged.is_empty() {
        notes.push(format!("unlogged, so empty after any recovery: {}", list(&unlogged)));
    }
    if !elsewhere.is_empty() {
        notes.push(format!("other databases of this cluster were not looked into: {}", list(elsewhere)));
    }
    notes
}

/// The target's tables against the source's.
struct Compared {
    missing: Vec<String>,
    notes: Vec<String>,
}

impl Compared {
    fn new(here: &[Table], there: &[Table], requested: Option<Timestamp>) -> Self {
        // A physical restore keeps the oids, so a renamed table is found again.
        let names: HashSet<&TableName> = here.iter().map(|table| &table.name).collect();
        let oids: HashMap<u32, &Table> = here.iter().map(|table| (table.oid, table)).collect();
        let source_names: HashSet<&TableName> = there.iter().map(|table| &table.name).collect();
        let source_oids: HashSet<u32> = there.iter().map(|table| table.oid).collect();

        let (mut missing, mut renamed, mut later) = (Vec::new(), Vec::new(), Vec::new());
        for table in there.iter().filter(|table| !names.contains(&table.name)) {
            if let Some(before) = oids.get(&table.oid).filter(|before| !source_names.contains(&before.name)) {
                renamed.push(format!("{} is {} in the source", before.shown, table.shown));
            } else if requested.is_some_and(|requested| table.written.is_some_and(|written| written > requested)) {
                later.push(table.shown.clone());
            } else {
                missing.push(table.shown.clone());
            }
        }
        let dropped: Vec<&str> = here
            .iter()
            .filter(|table| !source_names.contains(&table.name) && !source_oids.contains(&table.oid))
            .map(|table| table.shown.as_str())
            .collect();

        let mut notes = Vec::new();
        if !missing.is_empty() && requested.is_some() {
            notes.push(
                "had they been created since the requested time this would be as it should be, but the source keeps no \
                 commit timestamp that says so"
                    .to_owned(),
            );
        }
        if !renamed.is_empty() {
            notes.push(format!("renamed since: {}", list(&renamed)));
        }
        if !later.is_empty() {
            notes.push(format!("in the source only, made after the requested time: {}", list(&later)));
        }
        if !dropped.is_empty() {
            notes.push(format!("no longer in the source, perhaps the very damage: {}", list(&dropped)));
        }
        Self { missing, notes }
    }
}

async fn tables(lane: &Taken<'_>) -> Result<Vec<Table>, Error> {
    let doing = "read the catalog of tables";
    let rows = lane.rows(doing, include_str!("../sql/tables.sql"), &[]).await?;
    let table = |row: &tokio_postgres::Row| -> Result<Table, tokio_postgres::Error> {
        Ok(Table {
            oid: row.try_get("oid")?,
            name: TableName { schema: Some(row.try_get("schema")?), table: row.try_get("name")? },
            shown: row.try_get("shown")?,
            unlogged: row.try_get("unlogged")?,
            written: row.try_get("written")?,
        })
    };
    rows.iter().map(|row| table(row).map_err(|error| Error::statement(doing, error))).collect()
}

/// Returns the databases of the cluster that hold people's data and are not the one logged in to.
async fn other_databases(lane: &Taken<'_>) -> Result<Vec<String>, Error> {
    // `postgres` is where one logs in for want of another, `rdsadmin` AWS's own.
    let own = ["postgres", "rdsadmin"];
    let doing = "read the catalog of databases";
    let sql = "SELECT pg_catalog.quote_ident(datname) FROM pg_catalog.pg_database WHERE datallowconn \
               AND NOT datistemplate AND datname <> pg_catalog.current_database() AND datname <> ALL ($1) ORDER BY 1";
    let rows = lane.rows(doing, sql, &[(&own.as_slice(), Type::TEXT_ARRAY)]).await?;
    rows.iter().map(|row| row.try_get(0).map_err(|error| Error::statement(doing, error))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(oid: u32, name: &str, written: Option<i64>) -> Table {
        Table {
            oid,
            name: TableName { schema: Some("public".into()), table: name.into() },
            shown: format!("public.{name}"),
            unlogged: false,
            written: written.map(|second| Timestamp::constant(second, 0)),
        }
    }

    fn compared(here: &[Table], there: &[Table]) -> Compared {
        Compared::new(here, there, Some(Timestamp::constant(1_000, 0)))
    }

    #[test]
    fn a_table_of_the_source_that_is_not_here_is_missing() {
        let compared = compared(&[table(1, "users", None)], &[table(1, "users", None), table(2, "loans", None)]);
        assert_eq!(compared.missing, ["public.loans"]);
        assert!(compared.notes[0].contains("no commit timestamp"));
    }

    #[test]
    fn one_made_after_the_requested_time_is_not() {
        let compared = compared(&[], &[table(2, "loans", Some(1_001)), table(3, "users", Some(1_000))]);
        assert_eq!(compared.missing, ["public.users"]);
        assert!(compared.notes.iter().any(|note| note.contains("made after") && note.contains("public.loans")));
    }

    #[test]
    fn a_renamed_table_is_found_by_its_oid() {
        let compared = compared(&[table(7, "loans", None)], &[table(7, "loans_old", None)]);
        assert!(compared.missing.is_empty());
        assert_eq!(compared.notes, ["renamed since: public.loans is public.loans_old in the source"]);
    }

    #[test]
    fn a_dropped_table_is_worth_a_note() {
        let compared = compared(&[table(7, "loans", None)], &[]);
        assert!(compared.missing.is_empty());
        assert!(compared.notes[0].contains("public.loans"));
    }
}
