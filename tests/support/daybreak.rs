//! The real binary, in an environment that holds nothing of the machine's: a home of its own, no terminal, no AWS
//! configuration, UTC, 80 columns.

use std::{
    ffi::OsStr,
    fmt, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// A place to call daybreak from: its home is the working directory, and holds `daybreak.toml` and the state.
pub(crate) struct Daybreak {
    home: TempDir,
    environment: Vec<(String, String)>,
}

impl Daybreak {
    /// A place without configuration, credentials or region.
    pub(crate) fn new() -> Self {
        Self { home: TempDir::with_prefix("daybreak-home-").expect("a home"), environment: Vec::new() }
    }

    /// The same with one more environment variable; a later one of the same name prevails.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// Sets one more environment variable.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.environment.push((name.to_owned(), value.into()));
    }

    /// The same with a file in the home.
    #[must_use]
    pub(crate) fn with_file(self, name: &str, content: &str) -> Self {
        self.write(name, content);
        self
    }

    /// The working directory.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// A path in the home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file in the home.
    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file is in a directory")).expect("make the directory");
        fs::write(path, content).expect("write a file of the home");
    }

    /// The command with its environment, ready to be started.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_daybreak"));
        command
            .args(arguments)
            .current_dir(self.home())
            .env_clear()
            .env("HOME", self.home())
            .env("USER", "tester")
            .env("PATH", "/usr/bin:/bin")
            .env("TZ", "UTC")
            .env("TERM", "dumb")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs the command to its end.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Ended {
        let output = self.command(arguments).output().expect("start daybreak");
        Ended::of(output, self.home())
    }
}

/// What a process left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The exit code; none when a signal ended the process.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    home: String,
}

impl Ended {
    /// From what a process whose home was `home` left.
    pub(crate) fn new(code: Option<i32>, stdout: String, stderr: String, home: &Path) -> Self {
        Self { code, stdout, stderr, home: home.display().to_string() }
    }

    /// The same from its collected output.
    pub(crate) fn of(output: Output, home: &Path) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("daybreak writes UTF-8");
        Self::new(output.status.code(), text(output.stdout), text(output.stderr), home)
    }

    /// The result on stdout, which must be one JSON document and nothing else.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("stdout is no JSON document: {error}\n{self}"))
    }
}

/// Exit code and both streams; the home, which differs from test to test, as `~`, and no blanks at the ends of lines.
impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => writeln!(f, "exit code {code}")?,
            None => writeln!(f, "ended by a signal")?,
        }
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(f, "--- {name}")?;
                text.replace(&self.home, "~").lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()))?;
            }
        }
        Ok(())
    }
}
