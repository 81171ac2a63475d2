//! Are the tables there: those of the source, and those the profile names?

use std::collections::{HashMap, HashSet};

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::outcome::{Asked, Listing, Outcome, count};
use super::parting::{Parting, Writer, Written};
use super::prove::World;
use super::source::Source;
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
    /// The transaction that made it.
    maker: Writer,
}

pub(super) async fn check(world: &World<'_>, source: Source, lane: &Taken<'_>) -> Outcome {
    let (here, elsewhere) = match (tables(lane).await, other_databases(lane).await) {
        (Ok(here), Ok(elsewhere)) => (here, elsewhere),
        (Err(error), _) | (_, Err(error)) => return Outcome::of_error(&error, Asked::ByDaybreak),
    };
    let compared = match source {
        Ok(visit) => compare(&here, lane, &visit.take().await).await.map_err(|error| error.to_string()),
        Err(reason) => Err(reason),
    };
    let wanted = &world.request.tables;
    let mut listing = Listing::default();
    let mut notes = notes(&mut listing, &here, &elsewhere);
    let (mut faults, mut doubts) = (Vec::new(), Vec::new());
    match compared {
        Ok(compared) => {
            faults.extend(listing.named("missing", &compared.missing));
            doubts.extend(
                listing.named("only in the source, made before or since the restored moment", &compared.undecided),
            );
            notes.extend(compared.notes(&mut listing));
        }
        Err(reason) if wanted.is_empty() => {
            doubts.push(format!("there is nothing to compare with: {reason}; the profile names no tables either"));
        }
        Err(reason) => notes.push(format!("only the profile's tables were looked for: {reason}")),
    }
    if here.is_empty() && !elsewhere.is_empty() {
        // A login to the wrong database finds none of the profile's tables either.
        let database = &world.target.landed().database;
        doubts.push(format!(
            "database {database} has no tables at all while the cluster has others: `connect.database` of the profile \
             says which to look into"
        ));
    } else {
        faults.extend(listing.named("missing of the profile's", &absent(wanted, &here)));
    }
    let outcome = match (faults.is_empty(), doubts.is_empty()) {
        (false, _) => {
            notes.extend(doubts);
            Outcome::failed(faults.join("; "))
        }
        (true, false) => Outcome::unchecked(doubts.join("; ")),
        (true, true) => Outcome::passed(""),
    };
    outcome.with_found(count(here.len(), "table")).with_notes(&notes).with_items(listing)
}

/// Returns the profile's tables that are not here.
fn absent(wanted: &[String], here: &[Table]) -> Vec<String> {
    let mut absent = Vec::new();
    for wanted in wanted {
        match TableName::parse(wanted) {
            Some(name) if here.iter().any(|table| name.names(&table.name)) => {}
            Some(_) => absent.push(wanted.clone()),
            None => absent.push(format!("`{wanted}`, which is no table name")),
        }
    }
    absent
}

/// What is worth knowing of the target's tables, whatever they are compared with.
fn notes(listing: &mut Listing, here: &[Table], elsewhere: &[String]) -> Vec<String> {
    let unlogged: Vec<&str> = here.iter().filter(|table| table.unlogged).map(|table| table.shown.as_str()).collect();
    let notes = [
        listing.named("unlogged, so empty after any recovery", &unlogged),
        listing.named("other databases of this cluster were not looked into", elsewhere),
    ];
    notes.into_iter().flatten().collect()
}

/// The target's tables against the source's.
#[derive(Debug, Default, PartialEq, Eq)]
struct Compared {
    missing: Vec<String>,
    undecided: Vec<String>,
    later: Vec<String>,
    renamed: Vec<String>,
    dropped: Vec<String>,
}

async fn compare(here: &[Table], target: &Taken<'_>, source: &Taken<'_>) -> Result<Compared, Error> {
    let there = tables(source).await?;
    let makers: Vec<Writer> = only_there(here, &there).map(|table| table.maker).collect();
    if makers.is_empty() {
        return Ok(Compared::new(here, &there, |_| Written::Unknown));
    }
    let parting = Parting::learn(target, source, &makers).await?;
    Ok(Compared::new(here, &there, |maker| parting.of_source(maker)))
}

/// Returns the source's tables that are in the target neither by object id, which a physical restore
/// keeps through renames and swaps, nor by name.
fn only_there<'a>(here: &[Table], there: &'a [Table]) -> impl Iterator<Item = &'a Table> {
    let names: HashSet<TableName> = here.iter().map(|table| table.name.clone()).collect();
    let oids: HashSet<u32> = here.iter().map(|table| table.oid).collect();
    there.iter().filter(move |table| !oids.contains(&table.oid) && !names.contains(&table.name))
}

impl Compared {
    fn new(here: &[Table], there: &[Table], written: impl Fn(Writer) -> Written) -> Self {
        let mut compared = Self::default();
        for table in only_there(here, there) {
            let pile = match written(table.maker) {
                Written::Before => &mut compared.missing,
                Written::Since => &mut compared.later,
                Written::Unknown => &mut compared.undecided,
            };
            pile.push(table.shown.clone());
        }
        let names: HashSet<&TableName> = there.iter().map(|table| &table.name).collect();
        let oids: HashMap<u32, &Table> = there.iter().map(|table| (table.oid, table)).collect();
        for table in here.iter().filter(|table| !names.contains(&table.name)) {
            match oids.get(&table.oid) {
                Some(now) => compared.renamed.push(format!("{} is {} in the source", table.shown, now.shown)),
                None => compared.dropped.push(table.shown.clone()),
            }
        }
        compared
    }

    fn notes(&self, listing: &mut Listing) -> Vec<String> {
        let notes = [
            ("renamed since", &self.renamed),
            ("in the source only, made since the restored moment", &self.later),
            ("no longer in the source, perhaps the very damage", &self.dropped),
        ];
        notes.into_iter().filter_map(|(what, names)| listing.named(what, names)).collect()
    }
}

async fn tables(lane: &Taken<'_>) -> Result<Vec<Table>, Error> {
    let doing = "read the catalog of tables";
    let rows = lane.rows(doing, include_str!("../sql/tables.sql"), &[]).await?;
    let table = |row: &Row| -> Result<Table, tokio_postgres::Error> {
        Ok(Table {
            oid: row.try_get("oid")?,
            name: TableName { schema: Some(row.try_get("schema")?), table: row.try_get("name")? },
            shown: row.try_get("shown")?,
            unlogged: row.try_get("unlogged")?,
            maker: row.try_get("maker")?,
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

    fn table(oid: u32, name: &str) -> Table {
        Table {
            oid,
            name: TableName { schema: Some("public".into()), table: name.into() },
            shown: format!("public.{name}"),
            unlogged: false,
            maker: Some(oid.into()),
        }
    }

    fn compared(here: &[Table], there: &[Table]) -> Compared {
        Compared::new(here, there, |maker| match maker {
            Some(..10) => Written::Before,
            Some(20..) => Written::Since,
            _ => Written::Unknown,
        })
    }

    #[test]
    fn what_only_the_source_has_is_told_apart_by_when_it_was_made() {
        let there = [table(1, "users"), table(2, "loans"), table(15, "audit"), table(25, "later")];
        let expected = Compared {
            missing: vec!["public.loans".into()],
            undecided: vec!["public.audit".into()],
            later: vec!["public.later".into()],
            ..Compared::default()
        };
        assert_eq!(compared(&[table(1, "users")], &there), expected);
    }

    #[test]
    fn a_table_renamed_or_swapped_is_found_by_its_oid() {
        let renamed = compared(&[table(7, "loans")], &[table(7, "loans_old")]);
        let words = vec!["public.loans is public.loans_old in the source".to_owned()];
        assert_eq!(renamed, Compared { renamed: words, ..Compared::default() });
        let swapped = compared(&[table(7, "loans"), table(8, "new")], &[table(7, "new"), table(8, "loans")]);
        assert_eq!(swapped, Compared::default());
        let replaced = compared(&[table(7, "loans")], &[table(7, "loans_old"), table(8, "loans")]);
        assert_eq!(replaced, Compared::default());
    }

    #[test]
    fn a_dropped_table_is_worth_a_note() {
        let dropped = compared(&[table(7, "loans")], &[]);
        assert_eq!(dropped, Compared { dropped: vec!["public.loans".into()], ..Compared::default() });
    }
}
