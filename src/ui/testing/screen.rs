//! A buffer that is a screen, and a clock set by hand.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;

use super::story::after;
use crate::{
    run::clock::Clock,
    ui::{printer::Terminal, words::width},
};

/// A buffer that can be read while it is written to.
#[derive(Clone, Default)]
pub(crate) struct Screen(Arc<Mutex<Vec<u8>>>);

impl Screen {
    /// What was written so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no writer panicked").clone()).expect("UTF-8")
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A terminal without colour, in ASCII.
pub(crate) fn terminal(width: usize) -> Terminal {
    Terminal { stdout_tty: true, stderr_tty: true, stdin_tty: true, width, colour: false, unicode: false }
}

/// A clock set by hand.
pub(crate) struct HandClock(Mutex<Timestamp>);

impl HandClock {
    /// Stands `seconds` after the run began.
    pub(crate) fn at(seconds: i64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(after(seconds))))
    }

    /// Moves to `seconds` after the run began.
    pub(crate) fn set(&self, seconds: i64) {
        *self.0.lock().expect("no holder panicked") = after(seconds);
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no holder panicked")
    }

    fn awake(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, _: Duration) {}

    fn jitter(&self) -> f64 {
        0.0
    }
}

/// Whether `line` holds a word so long that no line of `columns` has room for it beside a label.
pub(crate) fn has_long_word(line: &str, columns: usize) -> bool {
    line.split(' ').any(|word| width(word) > columns / 2)
}
