//! What a sweep has met: properties that hold in histories where nothing happens prove nothing.

/// Something worth having met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    Died,
    LandedAfterDeath,
    HalfDone,
    Interrupted,
    CallLeftBehind,
    TakenOver,
    LoserStopped,
    HeldOff,
    WriteFailed,
    WriteInDoubt,
    ClockJumped,
    WordTaken,
    WordRefused,
    TurnedBackByItself,
    HeldAfterFailure,
    HeldBeyondReturn,
    GaveUpWaiting,
    RunTooLate,
    UndoFailed,
    TurnedBackBeyondReturn,
    CutOverAgain,
    Recovered,
    RolledBack,
    Undone,
    EndedForward,
    EndedBack,
}

const KINDS: [Seen; 26] = [
    Seen::Died,
    Seen::LandedAfterDeath,
    Seen::HalfDone,
    Seen::Interrupted,
    Seen::CallLeftBehind,
    Seen::TakenOver,
    Seen::LoserStopped,
    Seen::HeldOff,
    Seen::WriteFailed,
    Seen::WriteInDoubt,
    Seen::ClockJumped,
    Seen::WordTaken,
    Seen::WordRefused,
    Seen::TurnedBackByItself,
    Seen::HeldAfterFailure,
    Seen::HeldBeyondReturn,
    Seen::GaveUpWaiting,
    Seen::RunTooLate,
    Seen::UndoFailed,
    Seen::TurnedBackBeyondReturn,
    Seen::CutOverAgain,
    Seen::Recovered,
    Seen::RolledBack,
    Seen::Undone,
    Seen::EndedForward,
    Seen::EndedBack,
];

/// How often each was met.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally([u64; KINDS.len()]);

impl Tally {
    pub(crate) fn count(&mut self, seen: Seen) {
        self.0[seen as usize] += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, count) in self.0.iter_mut().zip(other.0) {
            *sum += count;
        }
    }

    /// What was met fewer than `times` times.
    pub(crate) fn rarer_than(&self, times: u64) -> Vec<(Seen, u64)> {
        KINDS.into_iter().zip(self.0).filter(|(_, count)| *count < times).collect()
    }
}
