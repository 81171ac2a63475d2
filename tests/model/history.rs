//! One history: a random recipe, executed by processes that die, are stopped, are overtaken and hear people's words; then
//! faults stop, and it must come to the end that an undisturbed run comes to.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use daybreak::run::{
    drive::{Drive, drive},
    executor::{Advance, Executor},
    interrupt::Interrupt,
    journal::{self, Journal, JournalError},
    plan::{Actor, FORMAT, Plan, Planned},
    record::{Outcome, Scope},
    state::{Next, Stage},
    step::{Undo, Until},
    store::{Holder, StoreError},
};
use jiff::SignedDuration;
use tokio::sync::watch;

use crate::{
    choices::Choices,
    ledger::{Mark, Phase, Word},
    process::Process,
    site::{Site, run},
    step::ModelStep,
    tally::Seen,
};

/// The request to stop a process, with its sender.
struct Stop {
    raise: watch::Sender<Option<&'static str>>,
    interrupt: Interrupt,
}

/// What befalls a process while it pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Nothing,
    Dies,
    IsAskedToStop,
    IsOvertaken,
    MeetsAnother,
}

const UNTILS: [Until; 3] = [Until::Restored, Until::Validated, Until::Cutover];

fn actor() -> Actor {
    Actor { who: "ann@laptop".to_owned(), identity: None, version: "0.1.0".to_owned() }
}

fn holder() -> Holder {
    Holder { who: "ann@laptop".to_owned(), pid: 1 }
}

/// A recipe of one to eight steps.
fn recipe(choices: &mut Choices) -> Plan<ModelStep> {
    let count = 1 + usize::from(choices.below(8));
    let mut untils: Vec<Until> = (0..count).map(|_| UNTILS[usize::from(choices.below(3))]).collect();
    untils.sort_unstable();
    let steps = untils.into_iter().enumerate().map(|(index, until)| {
        let reversibility = match choices.below(10) {
            0..=6 => Undo::Reversible,
            7..=8 => Undo::NothingToUndo,
            _ => Undo::PointOfNoReturn,
        };
        let parts = [1, 2, 0][usize::from(choices.below(3))];
        let deadline_seconds = [120, 60, 900][usize::from(choices.below(3))];
        Planned { deadline_seconds, step: ModelStep { index, until, reversibility, parts } }
    });
    let steps = steps.collect();
    Plan {
        format: FORMAT,
        run: run(),
        recipe: "model".to_owned(),
        database: "loans".to_owned(),
        made_at: "2026-11-20T15:00:00Z".parse().unwrap(),
        made_by: actor(),
        deadline_seconds: [None, None, Some(100), Some(400)][usize::from(choices.below(4))],
        brief: (),
        steps,
    }
}

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

fn stop() -> Stop {
    let (raise, interrupt) = Interrupt::new();
    Stop { raise, interrupt }
}

async fn open(process: &Process) -> Result<Journal<ModelStep>, JournalError> {
    Journal::open(Arc::new(process.clone()), &run(), &holder()).await
}

/// Opens the run and goes on with it until it rests, is stopped, fails, or the process dies.
fn execute(process: &Process, depth: u8) {
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
    let word = site.chosen(|choices| match choices.below(6) {
        0 => Some(Word::Allow(Until::Cutover)),
        1 => Some(Word::Allow(Until::Validated)),
        2 => Some(Word::Allow(Until::Restored)),
        3 => Some(Word::TurnBack(Scope::Cutover)),
        4 => Some(Word::TurnBack(Scope::Everything)),
        _ => Some(Word::Retry),
    });
    let Some(word) = word else { return true };
    say(process, stop, executor, depth, word)
}

fn say(process: &Process, stop: &Stop, executor: &mut Executor<'_, ModelStep>, depth: u8, word: Word) -> bool {
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

/// Polls `future` to its end; at each pause something may befall the process. None when it died there.
fn poll<T>(process: &Process, stop: &Stop, depth: u8, future: impl Future<Output = T>) -> Option<T> {
    let site = process.site();
    let mut future = pin!(future);
    let mut task = Context::from_waker(Waker::noop());
    for _ in 0..10_000 {
        site.inner().hanging = false;
        if let Poll::Ready(done) = future.as_mut().poll(&mut task) {
            return Some(done);
        }
        match befall(process, stop, depth) {
            Event::Nothing => {}
            Event::Dies => {
                site.tell(|| format!("process {} dies", process.number()));
                site.count(Seen::Died);
                return None;
            }
            Event::IsAskedToStop => {
                site.tell(|| format!("process {} is asked to stop", process.number()));
                stop.raise.send_replace(Some("SIGTERM"));
            }
            event @ (Event::IsOvertaken | Event::MeetsAnother) => {
                site.tell(|| format!("process {} {event:?}", process.number()));
                site.inner().expired = event == Event::IsOvertaken;
                if event == Event::IsOvertaken {
                    site.count(Seen::TakenOver);
                }
                execute(&process.another(), depth + 1);
            }
        }
    }
    panic!("a process never comes to an end");
}

fn befall(process: &Process, stop: &Stop, depth: u8) -> Event {
    let mut guard = process.site().inner();
    let inner = &mut *guard;
    let stopped = stop.interrupt.by().is_some();
    if inner.hanging {
        // A hanging call ends with its process, or is left behind.
        let dies = !stopped && inner.choices.rarely(300);
        return if dies {
            Event::Dies
        } else if stopped {
            Event::Nothing
        } else {
            Event::IsAskedToStop
        };
    }
    if !inner.wild || !inner.choices.rarely(25) {
        return Event::Nothing;
    }
    match inner.choices.below(8) {
        0..=2 => Event::Dies,
        3 if !stopped => Event::IsAskedToStop,
        4 if depth == 0 => Event::IsOvertaken,
        5 if depth == 0 => Event::MeetsAnother,
        6 => {
            let hours = i64::from(inner.choices.below(9)) - 4;
            inner.now += SignedDuration::from_hours(hours);
            inner.count(Seen::ClockJumped);
            inner.tell(|| format!("the clock jumps by {hours} h"));
            Event::Nothing
        }
        _ => {
            let span = [50, 130, 500][usize::from(inner.choices.below(3))];
            inner.awake += Duration::from_secs(span);
            inner.now += SignedDuration::from_secs(span as i64);
            inner.tell(|| format!("{span} s pass"));
            Event::Nothing
        }
    }
}

/// What the executor holds true is what the stored bytes say, and what comes next follows from it alone.
fn compare(process: &Process, executor: &Executor<'_, ModelStep>) {
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

/// Goes on without faults until the run rests and is not stuck; then on to one of its ends, as a person chooses.
fn settle(site: &Arc<Site>) {
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
fn reread(site: &Arc<Site>) {
    let process = Process::start(site);
    let read = poll(&process, &stop(), 1, journal::read::<ModelStep>(&process, &run())).unwrap().unwrap();
    let inner = site.inner();
    assert!(Some(&read.state) == inner.replayed.as_ref(), "a journal read is not the journal written");
    assert_eq!(read.records.len(), inner.records.len());
}

/// The world at the end is that of a run in which nothing ever went wrong.
fn end(site: &Site) {
    let mut inner = site.inner();
    let inner = &mut *inner;
    let full = |told: &crate::ledger::Told| inner.parts[told.step.index] == told.step.parts;
    let empty = |told: &crate::ledger::Told| inner.parts[told.step.index] == 0;
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
