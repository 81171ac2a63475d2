//! The only door to stdout and stderr: the result goes to one, the narration to the other.
//!
//! Writing never fails a command: when nobody reads any more (a closed pipe), the rest is dropped without a word.

use std::{
    env,
    io::{self, IsTerminal, Write},
    sync::{Mutex, PoisonError},
};

use super::theme::{Theme, Tone};

/// The width assumed where there is no terminal.
pub const DEFAULT_WIDTH: usize = 80;

/// What daybreak writes to, found out once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// A person reads stdout.
    pub stdout_tty: bool,
    /// A person reads stderr, and it can redraw: not so under `TERM=dumb` or `CI`.
    pub stderr_tty: bool,
    /// A person can be asked.
    pub stdin_tty: bool,
    /// Columns; [`DEFAULT_WIDTH`] where there is no terminal.
    pub width: usize,
    /// Colours are wanted where a person reads: not under `NO_COLOR` or `TERM=dumb`.
    pub colour: bool,
    /// The locale's encoding is UTF-8.
    pub unicode: bool,
}

impl Terminal {
    /// Looks at the standard streams and at `NO_COLOR`, `TERM`, `CI`, `LC_ALL`, `LC_CTYPE` and `LANG`.
    #[must_use]
    pub fn detect() -> Self {
        let streams = (io::stdout().is_terminal(), io::stderr().is_terminal(), io::stdin().is_terminal());
        let width = if streams.0 || streams.1 {
            crossterm::terminal::size().ok().map(|(columns, _)| usize::from(columns))
        } else {
            None
        };
        Self::of(streams, width, |name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// The same from given facts: whether stdout, stderr and stdin are terminals, the columns, and environment
    /// variables that are set and not empty.
    fn of(
        (stdout, stderr, stdin): (bool, bool, bool),
        width: Option<usize>,
        var: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let dumb = var("TERM").is_none_or(|term| term == "dumb");
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(&var).unwrap_or_default().to_ascii_lowercase();
        Self {
            stdout_tty: stdout,
            stderr_tty: stderr && !dumb && var("CI").is_none(),
            stdin_tty: stdin,
            width: width.filter(|width| *width > 0).unwrap_or(DEFAULT_WIDTH),
            colour: !dumb && var("NO_COLOR").is_none(),
            unicode: locale.contains("utf-8") || locale.contains("utf8"),
        }
    }
}

/// One stream; gone once it cannot be written to.
type Stream = Mutex<Option<Box<dyn Write + Send>>>;

/// Writes what people and programs read.
pub struct Printer {
    quiet: bool,
    verbose: bool,
    terminal: Terminal,
    out: Stream,
    err: Stream,
}

impl Printer {
    /// Writes to stdout and stderr. Quiet drops all narration but warnings and errors; verbose adds detail.
    #[must_use]
    pub fn new(quiet: bool, verbose: bool, terminal: Terminal) -> Self {
        Self::with(quiet, verbose, terminal, Box::new(io::stdout()), Box::new(io::stderr()))
    }

    /// The same with other streams.
    #[must_use]
    pub fn with(
        quiet: bool,
        verbose: bool,
        terminal: Terminal,
        out: Box<dyn Write + Send>,
        err: Box<dyn Write + Send>,
    ) -> Self {
        Self { quiet, verbose, terminal, out: Mutex::new(Some(out)), err: Mutex::new(Some(err)) }
    }

    /// What is written to.
    #[must_use]
    pub fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    /// The look of stdout.
    #[must_use]
    pub fn out(&self) -> Theme {
        Theme::new(self.terminal.colour && self.terminal.stdout_tty, self.terminal.unicode)
    }

    /// The look of stderr.
    #[must_use]
    pub fn err(&self) -> Theme {
        Theme::new(self.terminal.colour && self.terminal.stderr_tty, self.terminal.unicode)
    }

    /// Writes the command's result, or a part of it, to stdout as it is; ends the line if `text` does not.
    pub fn result(&self, text: &str) {
        write(&self.out, text);
    }

    /// Narrates, unless quiet.
    pub fn status(&self, line: &str) {
        if !self.quiet {
            write(&self.err, line);
        }
    }

    /// Narrates to those who asked for more.
    pub fn detail(&self, line: &str) {
        if self.verbose && !self.quiet {
            write(&self.err, &self.err().paint(Tone::Quiet, line));
        }
    }

    /// Says something to look at, quiet or not.
    pub fn warning(&self, line: &str) {
        let label = self.err().paint(Tone::Caution, "warning:");
        write(&self.err, &format!("{label} {line}"));
    }

    /// Says what failed, quiet or not.
    pub fn error(&self, line: &str) {
        let label = self.err().paint(Tone::Bad, "error:");
        write(&self.err, &format!("{label} {line}"));
    }

    /// Asks, on stderr, without ending the line.
    pub fn prompt(&self, question: &str) {
        write_raw(&self.err, question.as_bytes());
    }

    /// Writes to stderr, quiet or not, without a word added.
    pub fn plain(&self, line: &str) {
        write(&self.err, line);
    }

    /// Writes a live view's frame to stderr, byte for byte, unless quiet.
    pub(super) fn frame(&self, frame: &str) {
        if !self.quiet {
            write_raw(&self.err, frame.as_bytes());
        }
    }
}

fn write(stream: &Stream, text: &str) {
    if text.ends_with('\n') {
        write_raw(stream, text.as_bytes());
    } else {
        write_raw(stream, format!("{text}\n").as_bytes());
    }
}

fn write_raw(stream: &Stream, bytes: &[u8]) {
    let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(writer) = stream.as_mut()
        && writer.write_all(bytes).and_then(|()| writer.flush()).is_err()
    {
        *stream = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::testing::{Screen, terminal};

    fn of(vars: &[(&str, &str)]) -> Terminal {
        let var = |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Terminal::of((true, true, true), Some(120), var)
    }

    #[test]
    fn the_environment_decides_about_colour_redrawing_and_signs() {
        let xterm = ("TERM", "xterm-256color");
        let plain = of(&[xterm]);
        assert_eq!((plain.colour, plain.stderr_tty, plain.unicode, plain.width), (true, true, false, 120));
        assert!(!of(&[xterm, ("NO_COLOR", "1")]).colour);
        let dumb = of(&[("TERM", "dumb")]);
        assert_eq!((dumb.colour, dumb.stderr_tty, dumb.stdin_tty), (false, false, true));
        assert!(!of(&[xterm, ("CI", "true")]).stderr_tty);
        assert!(of(&[xterm, ("LANG", "en_GB.UTF-8")]).unicode);
        assert!(!of(&[xterm, ("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")]).unicode);
        assert!(of(&[xterm, ("LC_ALL", "C.utf8"), ("LANG", "C")]).unicode);
    }

    #[test]
    fn quiet_keeps_the_result_warnings_and_errors() {
        let (out, err) = (Screen::default(), Screen::default());
        let printer = Printer::with(true, true, terminal(80), Box::new(out.clone()), Box::new(err.clone()));
        printer.result("the result");
        printer.status("narration");
        printer.detail("detail");
        printer.warning("careful");
        printer.error("it failed");
        assert_eq!(out.text(), "the result\n");
        assert_eq!(err.text(), "warning: careful\nerror: it failed\n");
    }

    #[test]
    fn detail_is_for_those_who_ask() {
        for (verbose, text) in [(false, "narration\n"), (true, "narration\ndetail\n")] {
            let err = Screen::default();
            let printer = Printer::with(false, verbose, terminal(80), Box::new(io::sink()), Box::new(err.clone()));
            printer.status("narration");
            printer.detail("detail");
            assert_eq!(err.text(), text);
        }
    }

    /// A pipe that was closed after some bytes.
    struct Closing {
        open: bool,
        attempts: Screen,
    }

    impl Write for Closing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.attempts.clone().write_all(b"|")?;
            if std::mem::take(&mut self.open) { Ok(bytes.len()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_ends_the_output_quietly_and_for_good() {
        let attempts = Screen::default();
        let closing = Closing { open: true, attempts: attempts.clone() };
        let printer = Printer::with(false, false, terminal(80), Box::new(closing), Box::new(io::sink()));
        for line in ["read", "refused", "not even tried"] {
            printer.result(line);
        }
        assert_eq!(attempts.text(), "||");
    }
}
