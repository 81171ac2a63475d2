//! How much a server takes on, so that one can be compared with another.

use std::collections::BTreeMap;

use super::error::Error;
use super::session::Session;

/// A server's limits by name, of those that an application meets: connections, locks, workers and memory of `pg_settings`, and the
/// connection limit of the database logged in to, where it has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capacity(pub BTreeMap<String, Limit>);

/// One limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its value in that unit.
    pub value: i64,
    /// `unit` of `pg_settings`, such as `8kB`; empty where it is a number of things.
    pub unit: String,
}

/// How a server's limit differs from another one's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Less {
    /// The limit.
    pub name: String,
    /// Its value here, in words.
    pub has: String,
    /// Its value there, in words.
    pub wanted: String,
}

impl Limit {
    fn words(&self) -> String {
        if self.unit.is_empty() { self.value.to_string() } else { format!("{} x {}", self.value, self.unit) }
    }
}

impl Capacity {
    /// The limits that are lower here than on `other`, or that there are only here. Units are the same on servers of one version.
    #[must_use]
    pub fn less_than(&self, other: &Self) -> Vec<Less> {
        let less = |(name, limit): (&String, &Limit)| {
            let there = other.0.get(name);
            let wanted = match there {
                Some(there) if limit.unit == there.unit && limit.value < there.value => there.words(),
                Some(_) => return None,
                // Only a database's connection limit is told where it is set; without it there is none.
                None if name.starts_with("connection limit") => "none".to_owned(),
                None => return None,
            };
            Some(Less { name: name.clone(), has: limit.words(), wanted })
        };
        self.0.iter().filter_map(less).collect()
    }
}

/// Asks the server for its limits.
pub(super) async fn capacity(session: &Session) -> Result<Capacity, Error> {
    let doing = "ask the server for its limits";
    let cell = |error| Error::statement(doing, error);
    let mut limits = BTreeMap::new();
    for row in session.rows(doing, include_str!("sql/capacity.sql"), &[]).await? {
        let limit = Limit { value: row.try_get("value").map_err(cell)?, unit: row.try_get("unit").map_err(cell)? };
        limits.insert(row.try_get("name").map_err(cell)?, limit);
    }
    Ok(Capacity(limits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(limits: &[(&str, i64, &str)]) -> Capacity {
        let limit = |(name, value, unit): &(&str, i64, &str)| {
            ((*name).to_owned(), Limit { value: *value, unit: (*unit).to_owned() })
        };
        Capacity(limits.iter().map(limit).collect())
    }

    #[test]
    fn what_is_lower_is_told_with_both_values() {
        let source = of(&[("max_connections", 1000, ""), ("work_mem", 4096, "kB"), ("shared_buffers", 100, "8kB")]);
        let same = source.less_than(&source);
        assert_eq!(same, []);
        let target = of(&[("max_connections", 500, ""), ("work_mem", 8192, "kB"), ("shared_buffers", 50, "8kB")]);
        let less = target.less_than(&source);
        let words: Vec<_> = less.iter().map(|less| format!("{} {} {}", less.name, less.has, less.wanted)).collect();
        assert_eq!(words, ["max_connections 500 1000", "shared_buffers 50 x 8kB 100 x 8kB"]);
    }

    #[test]
    fn a_connection_limit_that_the_other_has_not_is_less() {
        let target = of(&[("connection limit of database loans", 10, "")]);
        assert_eq!(target.less_than(&of(&[])).len(), 1);
        assert_eq!(of(&[]).less_than(&target), []);
    }
}
