//! How long steps usually take: the median over earlier runs of the same database.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    recovery::{recipe::CLONE, windows::window::Earlier},
    run::{clock::elapsed, journal::History, record::Entry, step::StepId},
    steps::{promotion::promote, step::Step},
};

/// The median duration of each step that was completed in any of `histories` of `database`, by step id. Steps during which
/// the executor was away do not count: their duration is not the provider's.
#[must_use]
pub fn expected(histories: &[History<Step>], database: &str) -> BTreeMap<StepId, Duration> {
    let mut durations: BTreeMap<StepId, Vec<Duration>> = BTreeMap::new();
    for history in histories.iter().filter(|history| history.state.plan.database == database) {
        for (step, duration) in undisturbed(history) {
            durations.entry(step).or_default().push(duration);
        }
    }
    durations.into_iter().filter_map(|(step, durations)| Some((step, median(durations)?))).collect()
}

/// How long restores of each source took, from the restore's start to its writer's end, oldest first; the copy of a snapshot
/// into another region is not counted, nor is a clone. How long promotions took is among them. Those during which the executor was away do not count.
#[must_use]
pub fn restores(histories: &[History<Step>]) -> Earlier {
    let mut durations = Earlier::new();
    for history in histories {
        let completed = undisturbed(history);
        let of = |id: &str| completed.iter().find(|(step, _)| step.0 == id).map(|(_, duration)| *duration);
        let of_cluster = || Some(of("restore-cluster")? + of("create-writer")?);
        let plan = &history.state.plan;
        let brief = &plan.brief;
        // A failover within a cluster is no promotion of any window.
        let of_promotion = || of(promote::ID).filter(|_| brief.source.identifier != brief.target.identifier);
        if let Some(duration) = of("restore-instance").or_else(of_cluster).or_else(of_promotion)
            && plan.recipe != CLONE
        {
            let of = (brief.source.identifier.clone(), brief.window.kind.alike());
            durations.entry(of).or_default().push(duration);
        }
    }
    durations
}

/// Each completed step with its duration, but for those that were interrupted or tried again.
fn undisturbed(history: &History<Step>) -> Vec<(StepId, Duration)> {
    let mut started = None;
    let mut completed = Vec::new();
    for record in &history.records {
        match &record.entry {
            Entry::Started { step } => started = Some((step, record.at)),
            Entry::Finished { step, .. } => {
                if let Some((of, at)) = started.take()
                    && of == step
                {
                    completed.push((step.clone(), elapsed(at, record.at)));
                }
            }
            Entry::Noted { .. } | Entry::Awaiting { .. } => {}
            _ => started = None,
        }
    }
    completed
}

/// The middle of `durations`; of an even number the longer of the two, since a promise kept early does no harm.
fn median(mut durations: Vec<Duration>) -> Option<Duration> {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{steps::window::Kind, ui::testing::Story};

    fn restored_in(seconds: i64) -> History<Step> {
        Story::begun().done("restore-cluster", 0, seconds).history()
    }

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn is_the_median_of_the_same_database() {
        let mut other = restored_in(9_999);
        other.state.plan.database = "payments".to_owned();
        let histories = [restored_in(500), restored_in(90), restored_in(480), other];
        assert_eq!(expected(&histories, "loans"), [(StepId::from("restore-cluster"), seconds(480))].into());
        assert_eq!(
            expected(&[restored_in(10), restored_in(20)], "loans")[&StepId::from("restore-cluster")],
            seconds(20)
        );
        assert!(expected(&[], "loans").is_empty());
    }

    #[test]
    fn an_interrupted_step_tells_nothing_about_the_provider() {
        let history = Story::begun()
            .then(0, Story::started("restore-cluster"))
            .then(10, Entry::Interrupted { by: "SIGINT".to_owned() })
            .then(9_000, Story::finished("restore-cluster"))
            .done("create-writer", 9_000, 9_300)
            .history();
        assert_eq!(expected(&[history], "loans"), [(StepId::from("create-writer"), seconds(300))].into());
    }

    #[test]
    fn a_restore_lasts_until_its_writer_is_there() {
        let whole = Story::begun().done("restore-cluster", 0, 500).done("create-writer", 500, 800).history();
        let cluster = whole.state.plan.brief.source.identifier.clone();
        let restored = restores(&[whole.clone(), restored_in(90), whole]);
        let of = (cluster, Kind::Continuous);
        assert_eq!(restored, [(of, vec![seconds(800), seconds(800)])].into(), "one has no writer yet");
    }

    #[test]
    fn a_promotion_counts_for_what_replicated() {
        let mut promoted = Story::begun().done("restore-cluster", 0, 90).history();
        promoted.state.plan.brief.window.kind = Kind::Replica;
        for record in &mut promoted.records {
            if let Entry::Started { step } | Entry::Finished { step, .. } = &mut record.entry {
                *step = StepId::from(promote::ID);
            }
        }
        let of = (promoted.state.plan.brief.source.identifier.clone(), Kind::Replica);
        assert_eq!(restores(std::slice::from_ref(&promoted)), [(of.clone(), vec![seconds(90)])].into());
        promoted.state.plan.brief.target.identifier = of.0;
        assert!(restores(&[promoted]).is_empty(), "a reader of the cluster itself");
    }

    #[test]
    fn notes_and_waits_do_not_disturb() {
        let history = Story::begun()
            .then(1, Story::started("restore-cluster"))
            .then(2, Story::awaiting("restore-cluster", "cluster loans-db is creating"))
            .then(9, Story::finished("restore-cluster"))
            .history();
        assert_eq!(expected(&[history], "loans")[&StepId::from("restore-cluster")], seconds(8));
        let history = Story::begun().proven().history();
        assert_eq!(expected(&[history], "loans")[&StepId::from("prove")], seconds(42));
    }
}
