//! Whether a bucket keeps the conditions of writes. Amazon S3 does; of the stores that speak its language some refuse a
//! condition, and some overlook it, which would let two executors write the same record.

use super::{
    keys::{self, failed},
    nonce::nonce,
};
use crate::{
    aws::{
        ErrorKind,
        s3::{
            Objects,
            model::{Condition, Put},
        },
    },
    run::store::StoreError,
    store::place::BucketPlace,
};

const CONTENT: &[u8] = b"daybreak writes this object to see whether the bucket keeps the conditions of writes\n";

/// An ETag that no object has.
const NEVER: &str = "\"00000000000000000000000000000000\"";

/// Tries both conditions on an object of its own, and reads it back. The object stays, and serves the next probe.
pub(super) async fn probe(objects: &dyn Objects, place: &BucketPlace) -> Result<(), StoreError> {
    let key = keys::probe(place);
    let unfit = |why: &str| StoreError::Unfit { place: place.to_string(), why: why.to_owned() };
    let put = async |condition| {
        objects.put(&key, CONTENT, &nonce(), condition).await.map_err(|error| match error.kind {
            ErrorKind::Unsupported => unfit("it does not implement conditional writes"),
            _ => failed("write".to_owned(), place, &key, error),
        })
    };
    if matches!(put(Condition::Absent).await?, Put::Done { .. })
        && matches!(put(Condition::Absent).await?, Put::Done { .. })
    {
        return Err(unfit("it overwrites what must not exist yet (it overlooks If-None-Match)"));
    }
    if matches!(put(Condition::Unchanged(NEVER)).await?, Put::Done { .. }) {
        return Err(unfit("it overwrites what has changed meanwhile (it overlooks If-Match)"));
    }
    let read = objects.get(&key).await.map_err(|error| failed("read".to_owned(), place, &key, error))?;
    match read {
        Some(object) if object.bytes == CONTENT && object.writer.is_some() => Ok(()),
        Some(_) => Err(unfit("an object does not read as it was written")),
        None => Err(unfit("an object that was written is not there")),
    }
}
