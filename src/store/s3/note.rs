//! What the lease object says.

use serde::{Deserialize, Serialize};

use super::process::Process;
use crate::run::store::Holder;

/// The content of a lease object. No two are the same bytes: the ETag of an object that is not encrypted follows from them alone,
/// and a takeover on the condition that nothing has changed must fail when anything has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    /// Who holds, or last held, the lease.
    pub(super) holder: Holder,
    /// The same as a process, where its machine can tell.
    pub(super) process: Option<Process>,
    /// Whether the holder has given it up.
    pub(super) free: bool,
    /// Another one for every taking of the lease; it is the object's writer, too.
    pub(super) token: String,
    /// Counts the renewals since.
    pub(super) beat: u64,
}

impl Note {
    /// The bytes of the object.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Strings, numbers and booleans cannot fail to be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads an object; `None` when it is none of this version, and only its age counts.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// Who holds the lease that `bytes` say, for people.
    pub(super) fn who(bytes: &[u8]) -> String {
        Self::parse(bytes).map_or_else(|| "another process".to_owned(), |note| note.holder.to_string())
    }
}
