//! What can be promoted, and which way: looked up before anything is changed.
//!
//! [`candidates`] finds all that replicates from the database, [`choose`] picks the one that was meant and the only way that is
//! valid for it, [`survey`] measures and judges, [`refusal`] says what to type instead.

pub mod candidates;
pub mod choose;
pub mod refusal;
pub mod survey;

/// What the person asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The replica, by name or ARN.
    pub replica: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The way, where it was said.
    pub how: Option<How>,
    /// What may be lost.
    pub loss: Loss,
    /// Whether the old primary may go on taking writes.
    pub old_primary_keeps_writing: bool,
}

/// The ways that have to be asked for, or can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// `SwitchoverGlobalCluster`.
    Switchover,
    /// `FailoverGlobalCluster`.
    Failover,
    /// `RemoveFromGlobalCluster`.
    Detach,
}

/// What the person lets go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Loss {
    /// Nothing.
    #[default]
    Nothing,
    /// What is measured, which is then asked about.
    Asked,
    /// Up to so many seconds.
    Seconds(u64),
    /// What cannot be measured.
    Unmeasured,
}
