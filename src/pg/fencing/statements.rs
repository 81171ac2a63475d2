//! The statements that change roles, for psql and for daybreak alike.

/// A name as an SQL identifier.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Makes the marker.
pub(super) fn make_marker(marker: &str) -> String {
    format!("CREATE ROLE {} NOLOGIN", quoted(marker))
}

/// Shuts a role out, under the marker.
pub(super) fn shut_out(role: &str, marker: &str) -> String {
    let role = quoted(role);
    format!("GRANT {} TO {role}; ALTER ROLE {role} NOLOGIN", quoted(marker))
}

/// Puts the seal on the marker.
pub(super) fn seal(marker: &str) -> String {
    format!("COMMENT ON ROLE {} IS 'sealed'", quoted(marker))
}

/// Takes the seal from the marker.
pub(super) fn break_seal(marker: &str) -> String {
    format!("COMMENT ON ROLE {} IS NULL", quoted(marker))
}

/// Lets a role in.
pub(super) fn let_in(role: &str) -> String {
    format!("ALTER ROLE {} LOGIN", quoted(role))
}

/// Removes the marker from all that bear it.
pub(super) fn drop_marker(marker: &str) -> String {
    format!("DROP ROLE IF EXISTS {}", quoted(marker))
}

/// Keeps on the marker what was set before.
pub(super) fn remember(marker: &str, text: &str) -> String {
    format!("COMMENT ON ROLE {} IS E'{}'", quoted(marker), text.replace('\\', "\\\\").replace('\'', "''"))
}

/// Has new transactions of a role read only, under the marker.
pub(super) fn hold(role: &str, database: &str, marker: &str) -> String {
    let (role, database) = (quoted(role), quoted(database));
    format!(
        "GRANT {} TO {role}; ALTER ROLE {role} IN DATABASE {database} SET default_transaction_read_only = on",
        quoted(marker)
    )
}

/// Gives a role the setting that it had.
pub(super) fn release(role: &str, database: &str, before: Option<&str>) -> String {
    let (role, database) = (quoted(role), quoted(database));
    match before {
        Some(value) => {
            let value = value.replace('\'', "''");
            format!("ALTER ROLE {role} IN DATABASE {database} SET default_transaction_read_only = '{value}'")
        }
        None => format!("ALTER ROLE {role} IN DATABASE {database} RESET default_transaction_read_only"),
    }
}

/// Ends the probation of these roles and removes its marker: for whoever does it by hand.
#[must_use]
pub fn release_by_hand<'a>(roles: impl IntoIterator<Item = &'a str>, database: &str, marker: &str) -> String {
    let mut statements: Vec<String> = roles.into_iter().map(|role| release(role, database, None)).collect();
    statements.push(drop_marker(marker));
    statements.join("; ")
}

/// Lets these roles in and removes the marker: for whoever does it by hand.
#[must_use]
pub fn let_in_by_hand<'a>(roles: impl IntoIterator<Item = &'a str>, marker: &str) -> String {
    let mut statements: Vec<String> = roles.into_iter().map(let_in).collect();
    statements.push(drop_marker(marker));
    statements.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_its_own_quotes() {
        assert_eq!(shut_out("a\"b", "m"), r#"GRANT "m" TO "a""b"; ALTER ROLE "a""b" NOLOGIN"#);
        assert_eq!(
            let_in_by_hand(["app", "Batch"], "daybreak-fence-x"),
            r#"ALTER ROLE "app" LOGIN; ALTER ROLE "Batch" LOGIN; DROP ROLE IF EXISTS "daybreak-fence-x""#
        );
    }
}
