//! What can be wrong with a configuration, and how it is told.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("read the configuration {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file was read and is not valid. `Display` lists all of its faults, one a line.
    #[error("{} has {}", .origin.display(), .faults)]
    Invalid {
        /// The file.
        origin: PathBuf,
        /// All that is wrong with it.
        faults: Faults,
    },
    /// No profile has that name, and it cannot be an identifier either.
    #[error("`{name}` is neither a profile{} nor an identifier: {reason}", in_file(.origin))]
    NoSuchDatabase {
        /// The name asked for.
        name: String,
        /// Which rule of identifiers it breaks.
        reason: String,
        /// The file searched, if there was one.
        origin: Option<PathBuf>,
        /// The profile that may have been meant.
        nearest: Option<String>,
    },
}

impl ConfigError {
    /// Advice on what to do next, a sentence for the "hint" line under the error.
    pub fn hint(&self) -> String {
        const DEFAULT: &str = "`daybreak config --default` prints every setting with its explanation";
        match self {
            Self::NoSuchDatabase { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::NoSuchDatabase { nearest: None, .. } => "`daybreak windows` lists what can be recovered".to_owned(),
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "check the path given with `--config`; without it, ./daybreak.toml is read".to_owned()
            }
            Self::Read { .. } | Self::Invalid { .. } => DEFAULT.to_owned(),
        }
    }
}

fn in_file(origin: &Option<PathBuf>) -> String {
    origin.as_ref().map(|origin| format!(" in {}", origin.display())).unwrap_or_default()
}

/// All faults of one file, in the order of its lines; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Sorts the faults by line; `None` when there are none.
    pub(super) fn collect(mut faults: Vec<Fault>) -> Option<Self> {
        faults.sort_by_key(|fault| fault.line);
        (!faults.is_empty()).then_some(Self(faults))
    }

    /// The faults, in the order of lines.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Fault> {
        self.0.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("a fault:")?,
            count => write!(f, "{count} faults:")?,
        }
        for fault in &self.0 {
            write!(f, "\n  {fault}")?;
        }
        Ok(())
    }
}

/// One fault of a configuration file.
///
/// `Display` is one line: `daybreak.toml:14: databases.loans.cutover.secert: unknown key, did
/// you mean `secret`?`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// The key path, such as `databases.loans.checks[0].expect`; empty for the file as a whole.
    pub key: String,
    /// What is wrong and, where it can be told, what to write instead.
    pub problem: String,
}

impl Fault {
    pub(super) fn new(file: &Path, line: Option<usize>, key: &str, problem: impl fmt::Display) -> Self {
        Self { file: file.to_owned(), line, key: key.to_owned(), problem: problem.to_string() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        if !self.key.is_empty() {
            write!(f, " {}:", self.key)?;
        }
        write!(f, " {}", self.problem)
    }
}
