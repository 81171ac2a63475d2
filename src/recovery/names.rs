//! The names of what a recovery makes: `SOURCE-db-xxxx` and its instances `…-1`, `…-2`.

use crate::run::id::RunId;

/// The longest identifier that RDS allows for a cluster or an instance.
const LONGEST: usize = 63;
/// Room for `-1` to `-16`, since an Aurora cluster has at most 16 instances.
const INSTANCE_ROOM: usize = 3;

/// The identifier of the target, a cluster or an instance, cut so that a cluster's instances' fit too.
pub fn target(source: &str, run: &RunId) -> String {
    cut(source, run, "", INSTANCE_ROOM)
}

/// `NAME-db-xxxx` with `end`, cut so that as many characters still fit behind it.
fn cut(name: &str, run: &RunId, end: &str, spare: usize) -> String {
    let suffix = format!("-db-{}{end}", run.suffix());
    // Identifiers are ASCII; a cut must not leave a double hyphen.
    let stem: String = name.chars().take(LONGEST - spare - suffix.len()).collect();
    format!("{}{suffix}", stem.trim_end_matches('-'))
}

/// The name under which a run puts the source aside: `SOURCE-aside-xxxx`. RDS allows 63 characters for it.
pub fn aside(source: &str, run: &RunId) -> String {
    let suffix = format!("-aside-{}", run.suffix());
    let stem: String = source.chars().take(LONGEST - suffix.len()).collect();
    format!("{}{suffix}", stem.trim_end_matches('-'))
}

/// The identifier of the target's instance `number`, from 1.
pub fn target_instance(cluster: &str, number: usize) -> String {
    format!("{cluster}-{number}")
}

/// The name of the copy that a run makes of a snapshot. RDS allows 63 characters for it.
pub fn snapshot_copy(source: &str, run: &RunId) -> String {
    cut(source, run, "-copy", 0)
}

/// The name of the copy that a run keeps of what only `cluster` had. RDS allows 63 characters for it.
pub fn kept_snapshot(cluster: &str, run: &RunId) -> String {
    cut(cluster, run, "-kept", 0)
}

/// The name of the snapshot of a target that the application was moved to. RDS allows 63 characters for it.
pub fn cutover_snapshot(target: &str) -> String {
    format!("{target}-cutover")
}

/// The name of a custom endpoint like `endpoint`, which keeps its own.
pub fn custom_endpoint(endpoint: &str, run: &RunId) -> String {
    cut(endpoint, run, "", 0)
}

/// The name of the snapshot that a deleted target leaves. RDS allows 255 characters for it.
pub fn final_snapshot(cluster: &str) -> String {
    format!("{cluster}-final")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> RunId {
        "20261120-142205-k3fa".parse().unwrap()
    }

    #[test]
    fn a_target_is_named_after_its_source_and_run() {
        let cluster = target("loanserve-prod-aurora", &run());
        assert_eq!(cluster, "loanserve-prod-aurora-db-k3fa");
        assert_eq!(target_instance(&cluster, 1), "loanserve-prod-aurora-db-k3fa-1");
    }

    #[test]
    fn a_source_put_aside_is_named_after_itself_and_the_run() {
        assert_eq!(aside("loans", &run()), "loans-aside-k3fa");
        assert_eq!(aside(&"a".repeat(63), &run()).len(), LONGEST);
        let hyphen_at_the_cut = format!("{}-{}", "a".repeat(51), "b".repeat(11));
        assert!(!aside(&hyphen_at_the_cut, &run()).contains("--"));
        assert_ne!(aside("loans", &run()), target("loans", &run()));
    }

    #[test]
    fn long_names_are_cut_to_what_rds_allows() {
        let cluster = target(&"a".repeat(63), &run());
        assert_eq!(target_instance(&cluster, 16).len(), LONGEST);
        let hyphen_at_the_cut = format!("{}-{}", "a".repeat(51), "b".repeat(11));
        assert_eq!(snapshot_copy(&"a".repeat(63), &run()).len(), LONGEST);
        assert!(!snapshot_copy(&hyphen_at_the_cut, &run()).contains("--"));
        assert_eq!(custom_endpoint(&"a".repeat(63), &run()).len(), LONGEST);
        assert!(!target(&hyphen_at_the_cut, &run()).contains("--"));
    }
}
