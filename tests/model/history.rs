//! One history: a random recipe, executed by processes that die, are stopped, are overtaken and hear people's words; then
//! faults stop, and it must come to the end that an undisturbed run comes to.

use std::sync::Arc;

use daybreak::run::{
    executor::{Advance, Executor},
    journal::{Journal, JournalError},
    plan::Plan,
    record::Scope,
    state::Next,
    step::Until,
    store::StoreError,
};
use jiff::SignedDuration;

use crate::{
    ending::{end, reread, settle},
    fate::{Stop, poll, stop},
    ledger::Word,
    process::Process,
    recipe::{UNTILS, actor, holder, recipe},
    site::{Site, run},
    step::ModelStep,
    tally::Seen,
};

/// All that a person can say.
const WORDS: [Word; 6] = [
    Word::Allow(Until::Cutover),
    Word::Allow(Until::Validated),
    Word::Allow(Until::Restored),
    Word::TurnBack(Scope::Cutover),
    Word::TurnBack(Scope::Everything),
    Word::Retry,
];

/// Lives one history. Panics when a promise is broken.
pub(crate) fn live(site: &Arc<Site>) {
    let plan = {
        let mut inner = site.inner();
        let plan = recipe(&mut inner.choices);
        inner.parts = vec![0; plan.steps.len()];
        inner.settling = plan.steps.iter().map(|_| inner.choices.below(3)).collect();
        plan
    };
    site.tell(|| format!("the run's deadline: {:?}", plan.deadline_seconds));
    for planned in &plan.steps {
        site.tell(|| format!("{} s for {:?}", planned.deadline_seconds, planned.step));
    }
    let until = UNTILS[usize::from(site.inner().choices.below(3))];
    begin(site, &plan, until);
    let processes = 1 + site.inner().choices.below(3);
    for _ in 0..processes {
        // Whoever had the run is gone, or its lease has run out.
        site.inner().expired = true;
        execute(&Process::start(site), 0);
    }
    site.calm();
    settle(site);
    end(site);
    reread(site);
}

/// Begins the run, as often as it takes until its first record is durable. It is executed once, all the same.
fn begin(site: &Arc<Site>, plan: &Plan<ModelStep>, until: Until) {
    loop {
        site.inner().expired = true;
        let process = Process::start(site);
        let now = site.inner().now;
        let (written, stop) = (!site.inner().records.is_empty(), stop());
        let holder = holder();
        let begun = Journal::begin(Arc::new(process.clone()), plan.clone(), until, actor(), &holder, now);
        match poll(&process, &stop, 1, begun) {
            Some(Err(JournalError::ExecutedBefore { .. })) => {
                assert!(written, "refused as executed before, and there is nothing");
                return;
            }
            Some(Ok(journal)) => {
                assert!(!written, "a plan was executed twice");
                if site.chosen(|choices| choices.rarely(500)) {
                    run_on(&process, &stop, journal, 0);
                    return;
                }
            }
            Some(Err(JournalError::Store(StoreError::Io { .. }))) | None => {}
            Some(Err(error)) => panic!("begin: {error:?}"),
        }
    }
}

pub(crate) async fn open(process: &Process) -> Result<Journal<ModelStep>, JournalError> {
    Journal::open(Arc::new(process.clone()), &run(), &holder()).await
}

/// Opens the run and goes on with it until it rests, is stopped, fails, or the process dies.
pub(crate) fn execute(process: &Process, depth: u8) {
    let stop = stop();
    match poll(process, &stop, depth, open(process)) {
        Some(Ok(journal)) => run_on(process, &stop, journal, depth),
        Some(Err(JournalError::Store(StoreError::Held { .. }))) => process.site().count(Seen::HeldOff),
        Some(Err(JournalError::Store(StoreError::Io { .. }))) | None => {}
        Some(Err(error)) => panic!("open: {error:?}"),
    }
}

fn run_on(process: &Process, stop: &Stop, journal: Journal<ModelStep>, depth: u8) {
    let site = process.site();
    let mut executor = Executor::new(journal, process, process, process);
    compare(process, &executor);
    for _ in 0..200 {
        if site.chosen(|choices| choices.rarely(60)) && !speak(process, stop, &mut executor, depth) {
            break;
        }
        let advanced = match stop.interrupt.by() {
            Some(by) => {
                if !executor.is_resting() {
                    site.count(Seen::Interrupted);
                    let interrupted = poll(process, stop, depth, executor.interrupted(by));
                    let _: Result<(), bool> = may_go_on(process, interrupted);
                }
                break;
            }
            None => {
                site.inner().processes[process.number()].answer = None;
                let advanced = poll(process, stop, depth, executor.advance(&stop.interrupt));
                may_go_on(process, advanced)
            }
        };
        compare(process, &executor);
        match advanced {
            Ok(Advance::Moved) | Err(true) => {}
            Err(false) => break,
            Ok(Advance::Interrupted) => {
                assert!(stop.interrupt.by().is_some());
                site.count(Seen::CallLeftBehind);
            }
            Ok(Advance::Wait(span)) => {
                let mut inner = site.inner();
                inner.awake += span;
                inner.now += SignedDuration::try_from(span).unwrap();
            }
            Ok(Advance::Resting) => {
                assert!(executor.is_resting());
                if site.chosen(|choices| choices.rarely(500)) || !speak(process, stop, &mut executor, depth) {
                    break;
                }
            }
        }
    }
    if site.chosen(|choices| choices.rarely(500)) {
        poll(process, stop, depth, executor.into_journal().close());
    }
}

/// Whether a process can go on after `done`: not when it died or was overtaken; perhaps, when the store failed.
fn may_go_on<T>(process: &Process, done: Option<Result<T, JournalError>>) -> Result<T, bool> {
    let site = process.site();
    match done {
        Some(Ok(done)) => Ok(done),
        None => Err(false),
        Some(Err(JournalError::Overtaken { .. })) => {
            assert!(process.is_behind() || !process.holds_lease(), "stopped for an executor that is not there");
            site.count(Seen::LoserStopped);
            Err(false)
        }
        Some(Err(JournalError::Store(StoreError::Io { .. }))) => Err(site.chosen(|choices| choices.rarely(300))),
        Some(Err(error)) => panic!("{error:?}"),
    }
}

/// A person's word, at whatever time: taken when it may be said, and otherwise refused without a trace. Whether the process
/// can go on.
fn speak(process: &Process, stop: &Stop, executor: &mut Executor<'_, ModelStep>, depth: u8) -> bool {
    let site = process.site();
    let word = site.chosen(|choices| WORDS.get(usize::from(choices.below(6))).copied());
    let Some(word) = word else { return true };
    say(process, stop, executor, depth, word)
}

pub(crate) fn say(
    process: &Process,
    stop: &Stop,
    executor: &mut Executor<'_, ModelStep>,
    depth: u8,
    word: Word,
) -> bool {
    let site = process.site();
    let (may, behind, before) = {
        let inner = site.inner();
        (inner.ledger.may(word), inner.is_behind(process.number()), inner.records.len())
    };
    site.tell(|| format!("process {} is told {word:?}", process.number()));
    let said = async {
        match word {
            Word::Allow(until) => executor.allow(until, actor()).await,
            Word::TurnBack(scope) => executor.turn_back(scope, actor()).await,
            Word::Retry => executor.retry(actor()).await,
        }
    };
    match poll(process, stop, depth, said) {
        Some(Err(JournalError::Illegal { .. })) => {
            assert!(!may || behind, "{word:?} was refused");
            assert!(behind || site.inner().records.len() == before || depth == 0 && process.is_behind());
            site.count(Seen::WordRefused);
            true
        }
        said => {
            if matches!(said, Some(Ok(()))) {
                assert!(may, "{word:?} was taken");
                site.count(Seen::WordTaken);
            }
            may_go_on(process, said).map_or_else(|go_on| go_on, |()| true)
        }
    }
}

/// What the executor holds true is what the stored bytes say, and what comes next follows from it alone.
pub(crate) fn compare(process: &Process, executor: &Executor<'_, ModelStep>) {
    let inner = process.site().inner();
    if inner.is_behind(process.number()) {
        return;
    }
    let history = executor.journal().history();
    assert_eq!(history.records.len(), inner.records.len());
    assert_eq!(Some(&history.digest), inner.digest.as_ref());
    let replayed = inner.replayed.as_ref().expect("there is a first record");
    assert!(history.state == *replayed, "replayed: {replayed:?}\nheld: {:?}", history.state);
    assert_eq!(history.state.next(), replayed.next());
    assert_eq!(executor.is_resting(), replayed.next() == Next::Rest);
}
