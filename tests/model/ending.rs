//! Faults stop, and every history comes to the end that an undisturbed run comes to.

use std::sync::Arc;

use daybreak::run::{
    drive::{Drive, drive},
    executor::Executor,
    journal,
    record::{Outcome, Scope},
    state::Stage,
    step::{Undo, Until},
};

use crate::{
    fate::{poll, stop},
    history::{compare, open, say},
    ledger::{Mark, Phase, Told, Word},
    process::Process,
    site::{Site, run},
    step::ModelStep,
    tally::Seen,
};

/// Goes on without faults until the run rests and is not stuck; then on to one of its ends, as a person chooses.
pub(crate) fn settle(site: &Arc<Site>) {
    let stage = resume(site, None);
    let (word, wanted) = {
        let mut inner = site.inner();
        // The choice is made whether or not faults happen.
        let back = inner.choices.rarely(500);
        let cutover = inner.ledger.may(Word::TurnBack(Scope::Cutover));
        match (stage, back) {
            (Stage::Stopped(_) | Stage::Ended(Outcome::RolledBack), false) => (Some(Word::Allow(Until::Cutover)), None),
            (Stage::Ended(Outcome::Undone), _) | (_, false) => (None, None),
            (_, true) if cutover => (Some(Word::TurnBack(Scope::Cutover)), Some(Outcome::RolledBack)),
            (_, true) => (Some(Word::TurnBack(Scope::Everything)), Some(Outcome::Undone)),
        }
    };
    let Some(word) = word.filter(|word| site.inner().ledger.may(*word)) else { return };
    let stage = resume(site, Some(word));
    if let Some(wanted) = wanted {
        assert_eq!(stage, Stage::Ended(wanted));
    }
    if stage == Stage::Ended(Outcome::RolledBack) && wanted.is_some() {
        assert_eq!(resume(site, Some(Word::TurnBack(Scope::Everything))), Stage::Ended(Outcome::Undone));
    }
}

/// Executes without faults until the run rests; a stuck run is tried again.
fn resume(site: &Arc<Site>, mut word: Option<Word>) -> Stage {
    for _ in 0..4 {
        site.inner().expired = true;
        let (process, stop) = (Process::start(site), stop());
        let journal = poll(&process, &stop, 1, open(&process)).unwrap().unwrap();
        let mut executor = Executor::new(journal, &process, &process, &process);
        if let Some(word) = word.take() {
            assert!(say(&process, &stop, &mut executor, 1, word));
        } else if matches!(executor.journal().state().stage, Stage::Stuck(_)) {
            assert!(say(&process, &stop, &mut executor, 1, Word::Retry));
        }
        let driven = poll(&process, &stop, 1, drive(&mut executor, &process, &stop.interrupt)).unwrap().unwrap();
        assert_eq!(driven, Drive::Rested);
        compare(&process, &executor);
        let history = poll(&process, &stop, 1, executor.into_journal().close()).unwrap();
        if !matches!(history.state.stage, Stage::Stuck(_)) {
            return history.state.stage;
        }
    }
    panic!("without faults, and still stuck");
}

/// The stored bytes, read as a whole, are what was replayed as they were written one by one.
pub(crate) fn reread(site: &Arc<Site>) {
    let process = Process::start(site);
    let read = poll(&process, &stop(), 1, journal::read::<ModelStep>(&process, &run())).unwrap().unwrap();
    let inner = site.inner();
    assert!(Some(&read.state) == inner.replayed.as_ref(), "a journal read is not the journal written");
    assert_eq!(read.records.len(), inner.records.len());
}

/// The world at the end is that of a run in which nothing ever went wrong.
pub(crate) fn end(site: &Site) {
    let mut inner = site.inner();
    let inner = &mut *inner;
    let full = |told: &Told| inner.parts[told.step.index] == told.step.parts;
    let empty = |told: &Told| inner.parts[told.step.index] == 0;
    let steps = &inner.ledger.steps;
    match inner.ledger.phase {
        Phase::Ended(Outcome::Recovered) => assert!(steps.iter().all(full), "recovered, and not all is there"),
        Phase::Stopped => assert!(
            steps.iter().all(|told| if told.mark == Mark::Finished { full(told) } else { empty(told) }),
            "stopped, and not exactly what is finished is there"
        ),
        Phase::Ended(Outcome::RolledBack) => assert!(
            steps.iter().all(|told| match (told.step.until, told.step.reversibility) {
                (Until::Cutover, Undo::Reversible) => empty(told),
                (Until::Cutover, _) => true,
                _ => full(told),
            }),
            "rolled back, and not exactly the target is there"
        ),
        Phase::Ended(Outcome::Undone) => assert!(
            steps.iter().all(|told| told.step.reversibility != Undo::Reversible || empty(told)),
            "undone, and something is left"
        ),
        phase => panic!("at the end: {phase:?}"),
    }
    let phase = inner.ledger.phase;
    inner.count(if matches!(phase, Phase::Ended(Outcome::Undone | Outcome::RolledBack)) {
        Seen::EndedBack
    } else {
        Seen::EndedForward
    });
}
