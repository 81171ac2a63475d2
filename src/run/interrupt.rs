//! The request to stop: raised by a signal, heard between and during looks.

use tokio::sync::watch;

/// A request to stop, raised once, by a signal.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<Option<&'static str>>);

impl Interrupt {
    /// A request that can be raised through the sender, with the name of what raised it.
    pub fn new() -> (watch::Sender<Option<&'static str>>, Self) {
        let (sender, receiver) = watch::channel(None);
        (sender, Self(receiver))
    }

    /// What raised it, if anything has.
    pub fn by(&self) -> Option<&'static str> {
        *self.0.borrow()
    }

    /// Returns once it is raised; never, when nobody can raise it any more.
    pub async fn raised(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(Option::is_some).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
