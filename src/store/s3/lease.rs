//! The lease of a run as one object: taken, renewed and given up by compare-and-set on its ETag.
//!
//! A holder renews it every [`RENEWAL`]; one that was not renewed for [`EXPIRY`] may be taken over. The age is S3's to say, by
//! its own clock on both ends, so that no laptop's clock matters. Whoever replaces the object first has the lease, and the other
//! one finds out when it renews, which it does before every change of the world.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    sync::Mutex,
    task::AbortHandle,
    time::{self, MissedTickBehavior},
};

use super::{
    keys::{self, failed},
    nonce::nonce,
    note::Note,
    process::Process,
};
use crate::{
    aws::s3::{
        Objects,
        model::{Condition, Object, Put},
    },
    run::{
        id::RunId,
        store::{Heard, Holder, Lease, StoreError},
    },
    store::place::BucketPlace,
};

/// How long after its last renewal a lease may be taken over.
pub(super) const EXPIRY: Duration = Duration::from_secs(30);

/// How often a holder renews its lease.
pub(super) const RENEWAL: Duration = Duration::from_secs(10);

/// How soon a renewal that failed is tried again, after the SDK's own repetitions.
const AGAIN: Duration = Duration::from_secs(2);

/// How long the end of a command may wait for its lease to be given up.
const FAREWELL: Duration = Duration::from_secs(5);

/// How often a replacement is tried against others who replace the object at the same time.
const ROUNDS: usize = 5;

/// Takes the lease of `run`, if it is free, expired, or of a process of this machine that is dead.
pub(super) async fn take(
    objects: Arc<dyn Objects>,
    place: &BucketPlace,
    run: &RunId,
    holder: &Holder,
) -> Result<S3Lease, StoreError> {
    let key = keys::lease(place, run);
    let token = nonce();
    let note = Note { holder: holder.clone(), process: Process::this(), free: false, token: token.clone(), beat: 0 };
    let error = |error| failed(format!("take the lease of run {run} in"), place, &key, error);
    let mut by = "others".to_owned();
    for _ in 0..ROUNDS {
        let found = objects.get(&key).await.map_err(error)?;
        let condition = match &found {
            None => Condition::Absent,
            // The answer to the write below was lost, and its repetition refused.
            Some(object) if object.writer.as_ref() == Some(&token) => {
                return Ok(S3Lease::hold(objects, place, run, key, token, note, object.etag.clone()));
            }
            Some(object) => {
                if let Some(heard) = holds(object) {
                    return Err(StoreError::Held {
                        run: run.clone(),
                        by: Note::who(&object.bytes),
                        heard: Some(heard),
                    });
                }
                by = Note::who(&object.bytes);
                Condition::Unchanged(&object.etag)
            }
        };
        if let Put::Done { etag } = objects.put(&key, &note.to_bytes(), &token, condition).await.map_err(error)? {
            return Ok(S3Lease::hold(objects, place, run, key, token, note, etag));
        }
    }
    Err(StoreError::Held { run: run.clone(), by, heard: None })
}

/// The sign of life of a holder who must be left the lease.
fn holds(object: &Object) -> Option<Heard> {
    let note = Note::parse(&object.bytes);
    let given_up = note.as_ref().is_some_and(|note| note.free);
    let dead = note.and_then(|note| note.process).is_some_and(|process| process.is_dead());
    // Ages are in whole seconds, so that one second more makes it certain.
    let free_in = (EXPIRY + Duration::from_secs(1)).saturating_sub(object.age);
    (!given_up && !dead && !free_in.is_zero()).then_some(Heard { ago: object.age, free_in })
}

/// A lease that is held, and renews itself.
pub(super) struct S3Lease {
    held: Arc<Held>,
    renewal: AbortHandle,
}

struct Held {
    objects: Arc<dyn Objects>,
    place: BucketPlace,
    run: RunId,
    key: String,
    /// The writer of every version of the object that is ours.
    token: String,
    /// The object as it was last written. Whoever replaces it holds this.
    last: Mutex<Last>,
    /// Who took the lease over.
    lost: OnceLock<String>,
}

struct Last {
    note: Note,
    etag: String,
}

impl S3Lease {
    fn hold(
        objects: Arc<dyn Objects>,
        place: &BucketPlace,
        run: &RunId,
        key: String,
        token: String,
        note: Note,
        etag: String,
    ) -> Self {
        let (place, run) = (place.clone(), run.clone());
        let last = Mutex::new(Last { note, etag });
        let held = Arc::new(Held { objects, place, run, key, token, last, lost: OnceLock::new() });
        let renewal = tokio::spawn(keep(held.clone())).abort_handle();
        Self { held, renewal }
    }
}

/// Renews the lease until it is lost. What fails here is not told: the next confirmation meets it, too.
async fn keep(held: Arc<Held>) {
    let mut ticks = time::interval(RENEWAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick comes at once, and the lease has just been taken.
    ticks.tick().await;
    loop {
        ticks.tick().await;
        match held.replace(false).await {
            Ok(()) => {}
            Err(StoreError::Lost { .. }) => return,
            Err(_) => ticks.reset_after(AGAIN),
        }
    }
}

impl Held {
    /// Writes the next version of the object, if the last one is still there.
    async fn replace(&self, free: bool) -> Result<(), StoreError> {
        let error = |error| failed(format!("renew the lease of run {} in", self.run), &self.place, &self.key, error);
        let mut last = self.last.lock().await;
        if let Some(lost) = self.lost() {
            return Err(lost);
        }
        for _ in 0..ROUNDS {
            let next = Note { free, beat: last.note.beat + 1, ..last.note.clone() };
            let (bytes, unchanged) = (next.to_bytes(), Condition::Unchanged(&last.etag));
            let put = self.objects.put(&self.key, &bytes, &self.token, unchanged).await.map_err(error)?;
            if let Put::Done { etag } = put {
                *last = Last { note: next, etag };
                return Ok(());
            }
            let found = self.objects.get(&self.key).await.map_err(error)?;
            let ours = found.as_ref().filter(|object| object.writer.as_ref() == Some(&self.token));
            match (ours.and_then(|object| Some((Note::parse(&object.bytes)?, object))), &found) {
                // The write went through just now, and only its answer was lost.
                (Some((note, object)), _) if note == next && object.age < RENEWAL => {
                    *last = Last { note, etag: object.etag.clone() };
                    return Ok(());
                }
                // An earlier one did, of which no answer ever came.
                (Some((note, object)), _) => *last = Last { note, etag: object.etag.clone() },
                (None, Some(other)) => return Err(self.lose(Note::who(&other.bytes))),
                (None, None) => return Err(self.lose("somebody who removed its lease".to_owned())),
            }
        }
        let refused = std::io::Error::other("S3 refused the ETag that it had just given");
        Err(StoreError::Io {
            doing: format!("renew the lease of run {} in", self.run),
            place: format!("s3://{}/{}", self.place.bucket, self.key),
            source: refused,
        })
    }

    fn lose(&self, by: String) -> StoreError {
        StoreError::Lost { run: self.run.clone(), by: self.lost.get_or_init(|| by).clone() }
    }

    fn lost(&self) -> Option<StoreError> {
        self.lost.get().map(|by| StoreError::Lost { run: self.run.clone(), by: by.clone() })
    }
}

#[async_trait]
impl Lease for S3Lease {
    async fn confirm(&self) -> Result<(), StoreError> {
        self.held.replace(false).await
    }

    fn lost(&self) -> Option<StoreError> {
        self.held.lost()
    }

    async fn release(self: Box<Self>) {
        self.renewal.abort();
        // A lease that cannot be given up expires.
        let _ = time::timeout(FAREWELL, self.held.replace(true)).await;
    }
}

impl Drop for S3Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}
