//! Table names as people write them.

/// The name of a table, as the catalog spells it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct TableName {
    pub(super) schema: Option<String>,
    pub(super) table: String,
}

impl TableName {
    /// Reads `table` or `schema.table`, each part plain or in double quotes, with SQL's folding to
    /// lower case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (first, rest) = identifier(text.trim())?;
        match rest.strip_prefix('.') {
            None if rest.is_empty() => Some(Self { schema: None, table: first }),
            Some(rest) => match identifier(rest)? {
                (table, "") => Some(Self { schema: Some(first), table }),
                _ => None,
            },
            None => None,
        }
    }

    /// Says whether this names `table`; without a schema it names a table of any schema.
    pub(super) fn names(&self, table: &Self) -> bool {
        self.table == table.table && (self.schema.is_none() || self.schema == table.schema)
    }
}

/// Splits the identifier off the front of a text.
fn identifier(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let end = text.find(|c| !plain(c)).unwrap_or(text.len());
        let starts_well = text.starts_with(|c: char| c.is_alphabetic() || c == '_');
        // In a UTF-8 database only ASCII letters are folded.
        return starts_well.then(|| (text[..end].to_ascii_lowercase(), &text[end..]));
    };
    let mut name = String::new();
    loop {
        let quote = rest.find('"')?;
        name.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                name.push('"');
                rest = after;
            }
            None => return (!name.is_empty()).then_some((name, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(schema: Option<&str>, table: &str) -> Option<TableName> {
        Some(TableName { schema: schema.map(str::to_owned), table: table.to_owned() })
    }

    #[test]
    fn names_are_read_as_sql_reads_them() {
        for (text, expected) in [
            ("loans", name(None, "loans")),
            (" Lending.Loans ", name(Some("lending"), "loans")),
            ("\"Lending\".\"Loans\"", name(Some("Lending"), "Loans")),
            ("\"a\"\"b\"", name(None, "a\"b")),
            ("\"a.b\".c", name(Some("a.b"), "c")),
            ("Ärger", name(None, "Ärger")),
            ("_x$1", name(None, "_x$1")),
        ] {
            assert_eq!(TableName::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", ".", "a.", "a.b.c", "1a", "\"a", "\"\"", "a b", "a;drop table b", "\"a\"b"] {
            assert_eq!(TableName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn without_a_schema_any_will_do() {
        let table = TableName { schema: Some("lending".into()), table: "loans".into() };
        assert!(TableName { schema: None, table: "loans".into() }.names(&table));
        assert!(table.names(&table));
        assert!(!TableName { schema: Some("public".into()), table: "loans".into() }.names(&table));
    }
}
