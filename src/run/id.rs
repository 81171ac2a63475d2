//! The run's identifier: `YYYYMMDD-hhmmss-xxxx`, UTC, four base-32 letters. Sorts by time.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// RFC 4648 base-32 in lower case: letters and digits that identifiers of RDS allow.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const SUFFIX: usize = 4;

/// Names one run, everywhere: journal, tags, identifiers of what it makes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

impl RunId {
    /// A new id for a run planned at `now`; `random` supplies the four letters (only its low 20 bits count).
    pub fn new(now: Timestamp, random: u32) -> Self {
        let suffix: String = (0..SUFFIX).map(|place| LETTERS[(random >> (5 * place)) as usize & 31] as char).collect();
        let time = now.to_zoned(TimeZone::UTC).strftime("%Y%m%d-%H%M%S").to_string();
        Self(format!("{time}-{suffix}"))
    }

    /// The four letters that tell this run's names from those of other runs.
    pub fn suffix(&self) -> &str {
        &self.0[self.0.len() - SUFFIX..]
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not a run id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no run id (they look like 20261120-142205-k3fa)")]
pub struct InvalidRunId(pub String);

impl FromStr for RunId {
    type Err = InvalidRunId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = text.as_bytes();
        let well_formed = bytes.len() == 20
            && bytes.iter().enumerate().all(|(place, byte)| match place {
                8 | 15 => *byte == b'-',
                0..=14 => byte.is_ascii_digit(),
                _ => LETTERS.contains(byte),
            });
        if well_formed { Ok(Self(text.to_owned())) } else { Err(InvalidRunId(text.to_owned())) }
    }
}

impl TryFrom<String> for RunId {
    type Error = InvalidRunId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_made_from_time_and_chance_and_parses_back() {
        let id = RunId::new("2026-11-20T14:22:05Z".parse().unwrap(), 0b00001_00010_00011_00100);
        assert_eq!(id.as_str(), "20261120-142205-edcb");
        assert_eq!(id.suffix(), "edcb");
        assert_eq!(id.as_str().parse(), Ok(id));
    }

    #[test]
    fn refuses_what_could_escape_a_directory_or_an_identifier() {
        for text in
            ["", "..", "20261120-142205-EDCB", "20261120-142205-edc1", "20261120-142205-edcbb", "2026112é-14220-edcb"]
        {
            assert_eq!(text.parse::<RunId>(), Err(InvalidRunId(text.to_owned())));
        }
    }
}
