//! The four things that a person asks of a run, and where they lead.

/// What a person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Operation {
    Recover,
    Cutover,
    Rollback,
    Cancel,
}

impl Operation {
    pub(crate) const ALL: [Self; 4] = [Self::Recover, Self::Cutover, Self::Rollback, Self::Cancel];

    /// Where a run is after it.
    pub(crate) fn end(self) -> State {
        match self {
            Self::Recover | Self::Cutover => State::Recovered,
            Self::Rollback => State::RolledBack,
            Self::Cancel => State::Nothing,
        }
    }
}

/// Where the ground's latest run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// There is no run, or all that it made is gone.
    Nothing,
    Recovered,
    RolledBack,
}
