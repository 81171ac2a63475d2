//! Points in the life of a process: daybreak is started, and stands still there, until it is killed or let go.

use std::{
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::{
    ground::Ground,
    model::Model,
    support::{Lab, daybreak::Ended},
};

/// Where; counted from the start of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    /// While the n-th call that changes something is on its way.
    Before(usize),
    /// When it has had its effect, and the process does not know.
    After(usize),
    /// As soon as the process has written so many records. It does not stand still there, and may be a little further.
    Record(usize),
    /// While the n-th call of any kind is on its way.
    AnyCall(usize),
    /// When the n-th call of any kind was served, and the answer is on its way.
    AnyAnswer(usize),
}

impl Point {
    /// The points at which an operation may have done something that is not written down, or has just written it down.
    pub(crate) fn around_changes(model: &Model) -> impl Iterator<Item = Self> {
        (1..=model.changes).flat_map(|nth| [Self::Before(nth), Self::After(nth)])
    }

    /// The rule that holds a process of `key` here; none for a point that no call marks.
    fn rule(self, key: &str) -> Option<serde_json::Value> {
        let (kind, nth, reads) = match self {
            Self::Before(nth) => ("hold-before", nth, Some(false)),
            Self::After(nth) => ("hold-after", nth, Some(false)),
            Self::AnyCall(nth) => ("hold-before", nth, None),
            Self::AnyAnswer(nth) => ("hold-after", nth, None),
            Self::Record(_) => return None,
        };
        let mut rule = json!({ "service": "*", "action": "*", "kind": kind, "identity": key, "nth": nth });
        if let Some(reads) = reads {
            rule["reads"] = json!(reads);
        }
        Some(rule)
    }
}

/// A daybreak that stands still.
pub(crate) struct Standing {
    process: Child,
    key: String,
    home: std::path::PathBuf,
}

impl Ground {
    /// Starts daybreak, which signs with `key`, and waits until it is at `point`; how it ended, where it ended before.
    pub(crate) fn stand(&self, arguments: &[String], key: &str, point: Point) -> Result<Standing, Ended> {
        let records = self.records();
        let lab = Lab::shared();
        if let Some(rule) = point.rule(key) {
            lab.faults(&json!([rule]));
        }
        let mut command = self.scene.daybreak.command(arguments);
        command.env("AWS_ACCESS_KEY_ID", key).env("AWS_SECRET_ACCESS_KEY", key);
        let process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("start daybreak");
        let mut standing = Standing { process, key: key.to_owned(), home: self.scene.daybreak.home().to_owned() };
        loop {
            if standing.process.try_wait().expect("daybreak's end").is_some() {
                return Err(standing.let_go());
            }
            match point {
                Point::Record(count) if self.records() >= records + count => return Ok(standing),
                Point::Record(_) => thread::park_timeout(Duration::from_millis(1)),
                _ if !lab.held(key).is_empty() => return Ok(standing),
                _ => {}
            }
        }
    }
}

impl Standing {
    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw).expect("a process id");
        // It has not been waited for, so its id is nobody else's.
        kill_process(pid, signal).expect("signal daybreak");
    }

    /// Kills it.
    pub(crate) fn kill(self) -> Ended {
        self.signal(Signal::KILL);
        let (key, home) = (self.key, self.home);
        let ended = Ended::of(self.process.wait_with_output().expect("daybreak's end"), &home);
        Lab::shared().forgive(&key);
        ended
    }

    /// Lets it go, and waits for its end.
    pub(crate) fn let_go(self) -> Ended {
        Lab::shared().forgive(&self.key);
        Ended::of(self.process.wait_with_output().expect("daybreak's end"), &self.home)
    }
}
