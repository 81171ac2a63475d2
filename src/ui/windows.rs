//! What can be restored, as a table and as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    table::columns,
    theme::{Theme, Tone},
};
use crate::{
    moment::{ago, ceil, show},
    recovery::windows::Window,
};

/// The windows as a table.
#[must_use]
pub fn render(windows: &[Window], theme: Theme) -> String {
    if windows.is_empty() {
        return "no restore points were found\n".to_owned();
    }
    let mut text = String::new();
    for window in windows {
        let mut rows = vec![row("source", &format!("{} in {} ({})", window.source, window.region, window.kind))];
        match (window.earliest, window.latest) {
            (Some(earliest), Some(latest)) => {
                rows.push(row("earliest", &show(ceil(earliest))));
                let age =
                    window.latest_age_seconds.map(|seconds| format!(", {} ago", ago(Duration::from_secs(seconds))));
                rows.push(row("latest", &format!("{}{}", show(latest), age.unwrap_or_default())));
            }
            _ => rows.push(row("window", "none yet: it opens when the cluster's first backup is complete")),
        }
        if let Some(days) = window.retention_days {
            rows.push(row("kept for", &ago(Duration::from_secs(u64::try_from(days).unwrap_or(0) * 86_400))));
        }
        text.push_str(&theme.paint(Tone::Heading, &window.database));
        text.push('\n');
        for line in columns(&rows) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

fn row(name: &str, value: &str) -> Vec<String> {
    vec![format!("  {name}"), value.to_owned()]
}

/// The windows as the one JSON document of `windows --output json`.
#[must_use]
pub fn json(windows: &[Window]) -> Value {
    json!({ "windows": windows })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(open: bool) -> Window {
        let time = |text: &str| open.then(|| text.parse().expect("a time"));
        Window {
            database: "loans".to_owned(),
            kind: "continuous",
            source: "loanserve-prod-aurora".to_owned(),
            region: "eu-west-1".to_owned(),
            earliest: time("2026-11-13T15:00:00Z"),
            latest: time("2026-11-20T14:56:10Z"),
            retention_days: Some(7),
            latest_age_seconds: open.then_some(230),
        }
    }

    #[test]
    fn the_table_says_from_when_to_when_and_how_fresh() {
        insta::assert_snapshot!(render(&[window(true)], Theme::plain()), @r"
        loans
          source    loanserve-prod-aurora in eu-west-1 (continuous)
          earliest  2026-11-13 15:00:00 UTC
          latest    2026-11-20 14:56:10 UTC, 3 min 50 s ago
          kept for  7 days
        ");
    }

    #[test]
    fn a_cluster_without_a_backup_has_no_window_yet() {
        insta::assert_snapshot!(render(&[window(false)], Theme::plain()), @r"
        loans
          source    loanserve-prod-aurora in eu-west-1 (continuous)
          window    none yet: it opens when the cluster's first backup is complete
          kept for  7 days
        ");
        assert_eq!(render(&[], Theme::plain()), "no restore points were found\n");
    }

    #[test]
    fn the_json_has_the_fields_that_programs_rely_on() {
        insta::assert_snapshot!(json(&[window(true)]), @r#"{"windows":[{"database":"loans","kind":"continuous","source":"loanserve-prod-aurora","region":"eu-west-1","earliest":"2026-11-13T15:00:00Z","latest":"2026-11-20T14:56:10Z","retention_days":7,"latest_age_seconds":230}]}"#);
    }
}
