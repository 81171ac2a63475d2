//! What befalls a process wherever it pauses: it dies, is asked to stop, is frozen while another takes the run over, or the
//! clock jumps.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use daybreak::run::interrupt::Interrupt;
use jiff::SignedDuration;
use tokio::sync::watch;

use crate::{history::execute, process::Process, tally::Seen};

/// The request to stop a process, with its sender.
pub(crate) struct Stop {
    raise: watch::Sender<Option<&'static str>>,
    pub(crate) interrupt: Interrupt,
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

/// The request that nobody has made yet.
pub(crate) fn stop() -> Stop {
    let (raise, interrupt) = Interrupt::new();
    Stop { raise, interrupt }
}

/// Polls `future` to its end; at each pause something may befall the process. None when it died there.
pub(crate) fn poll<T>(process: &Process, stop: &Stop, depth: u8, future: impl Future<Output = T>) -> Option<T> {
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
