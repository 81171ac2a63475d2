//! What the machine gives: the clock, chance, a name, signals, and the place where state is kept.

use std::{
    env, fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use super::error::CliError;
use crate::{
    run::{clock::Clock, interrupt::Interrupt, plan::Actor, store::Holder},
    store::place::Place,
};

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// A clock that counts from now.
    pub(super) fn start() -> Self {
        Self { origin: Instant::now() }
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn awake(&self) -> Duration {
        self.origin.elapsed()
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }

    fn jitter(&self) -> f64 {
        fastrand::f64()
    }
}

/// `user@host`.
pub(super) fn who() -> String {
    let user = env::var("USER")
        .or_else(|_| env::var("LOGNAME"))
        .unwrap_or_else(|_| format!("uid-{}", rustix::process::getuid().as_raw()));
    format!("{user}@{}", rustix::system::uname().nodename().to_string_lossy())
}

/// This process, as the holder of a lease.
pub(super) fn holder() -> Holder {
    Holder { who: who(), pid: std::process::id() }
}

/// The person at the keyboard, with the identity AWS sees where it was asked for.
pub(super) fn actor(identity: Option<String>) -> Actor {
    Actor { who: who(), identity, version: env!("CARGO_PKG_VERSION").to_owned() }
}

/// Where runs are kept: `--state`, or the XDG state directory.
pub(super) fn state_place(given: Option<&str>) -> Result<Place, CliError> {
    if let Some(given) = given {
        return Ok(Place::parse(given)?);
    }
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local").join("state")))
        .map(|state| Place::Directory(state.join("daybreak")))
        .ok_or_else(|| {
            CliError::usage("there is no place to keep the run's state: HOME is not set").hint("--state DIR")
        })
}

/// What signals ask for.
pub(super) struct Signals {
    /// The first one: finish the current call, record it, stop.
    pub(super) interrupt: Interrupt,
    /// The second one: leave at once. The journal makes that safe, too.
    pub(super) abandon: Interrupt,
}

/// Listens for SIGINT, SIGTERM and SIGHUP, but for those that whoever started the process has it ignore, as `nohup` does.
pub(super) fn signals() -> std::io::Result<Signals> {
    let (raise, interrupt) = Interrupt::new();
    let (leave, abandon) = Interrupt::new();
    let ignored = fs::read_to_string("/proc/self/status").map(|status| ignored_signals(&status)).unwrap_or_default();
    for (kind, name) in
        [(SignalKind::interrupt(), "SIGINT"), (SignalKind::terminate(), "SIGTERM"), (SignalKind::hangup(), "SIGHUP")]
    {
        if ignored >> (kind.as_raw_value() - 1) & 1 == 1 {
            continue;
        }
        let (raise, leave): (watch::Sender<_>, watch::Sender<_>) = (raise.clone(), leave.clone());
        let mut signals = signal(kind)?;
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                let again = raise.borrow().is_some();
                let _ = if again { leave.send(Some(name)) } else { raise.send(Some(name)) };
            }
        });
    }
    Ok(Signals { interrupt, abandon })
}

/// The signals that a process ignores, by its `/proc/PID/status`: bit n - 1 is signal n. None where that cannot be told.
fn ignored_signals(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_ignores_is_read_from_its_status() {
        assert_eq!(ignored_signals("Name:\tdaybreak\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n"), 0x1001);
        assert_eq!(ignored_signals("Name:\tdaybreak\n"), 0);
        assert_eq!(ignored_signals("SigIgn:\tnonsense\n"), 0);
    }
}
