//! The source's session, held open by those who still have a question for it.
//!
//! Its snapshot holds back the cleaning up of a cluster that may be serving production, so it ends
//! with the last question to the source and not with the slowest answer of the target.

use std::convert::Infallible;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::pg::snapshot::{Snapshot, Taken};

/// A right to ask the source, or why it cannot be asked.
pub(super) type Source = Result<Visit, String>;

/// One asker's hold on the source. Dropped after the last question, or with it.
#[derive(Clone)]
pub(super) struct Visit {
    // Dropped in this order: who sees every sender gone owns the snapshot alone.
    snapshot: Arc<Snapshot>,
    _present: mpsc::Sender<Infallible>,
}

impl Visit {
    /// Waits for the source's session.
    pub(super) async fn take(&self) -> Taken<'_> {
        self.snapshot.take().await
    }
}

/// Whoever closes the source.
pub(super) struct Closer {
    snapshot: Arc<Snapshot>,
    visits: mpsc::Receiver<Infallible>,
}

/// Opens the source to visits.
pub(super) fn open(snapshot: Snapshot) -> (Visit, Closer) {
    let (present, visits) = mpsc::channel(1);
    let snapshot = Arc::new(snapshot);
    (Visit { snapshot: Arc::clone(&snapshot), _present: present }, Closer { snapshot, visits })
}

impl Closer {
    /// Logs out of the source once every visit is over.
    pub(super) async fn close(mut self) {
        // Nothing is ever sent, so this ends when the last sender is dropped.
        if self.visits.recv().await.is_none()
            && let Some(snapshot) = Arc::into_inner(self.snapshot)
        {
            snapshot.close().await;
        }
    }
}
