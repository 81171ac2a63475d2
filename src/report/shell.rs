//! Text as a shell reads it.

/// `text` as one word of a shell command.
#[must_use]
pub fn word(text: &str) -> String {
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/@+=,".contains(c)) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// An operation of the AWS API as the AWS CLI calls it: `RestoreDBClusterToPointInTime` is
/// `restore-db-cluster-to-point-in-time`.
#[must_use]
pub(super) fn api_name(operation: &str) -> String {
    let letters: Vec<char> = operation.chars().collect();
    let mut name = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        let begins = letter.is_ascii_uppercase()
            && before.is_some_and(|before| before.is_ascii_lowercase() || after.is_some_and(char::is_ascii_lowercase));
        if begins {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_split_is_quoted() {
        assert_eq!(word("prod/loans/db-AbCdEf"), "prod/loans/db-AbCdEf");
        assert_eq!(word("a b'c; d"), r"'a b'\''c; d'");
        assert_eq!(word(""), "''");
    }

    #[test]
    fn operations_are_named_as_the_aws_cli_names_them() {
        for (operation, name) in [
            ("RestoreDBClusterToPointInTime", "restore-db-cluster-to-point-in-time"),
            ("CreateDBInstance", "create-db-instance"),
            ("ModifyDBCluster", "modify-db-cluster"),
            ("AddTagsToResource", "add-tags-to-resource"),
            ("UpdateSecretVersionStage", "update-secret-version-stage"),
        ] {
            assert_eq!(api_name(operation), name);
        }
    }
}
