//! What S3 tells about an object, in our own types.

use std::time::Duration;

/// An object with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The content.
    pub bytes: Vec<u8>,
    /// `ETag`, with its quotes: another one after every change of the content. It says nothing else; of an object encrypted
    /// with a KMS key it is no digest of the content.
    pub etag: String,
    /// Who wrote it, as its writer said (`x-amz-meta-daybreak-writer`).
    pub writer: Option<String>,
    /// How long ago it was written, in whole seconds, by S3's clock alone: the answer's `Date` less `Last-Modified`.
    pub age: Duration,
}

/// What must be true for an object to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition<'a> {
    /// There is none under the key (`If-None-Match: *`).
    Absent,
    /// The one there has this ETag (`If-Match`).
    Unchanged(&'a str),
}

/// What a conditional write came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// It is written.
    Done {
        /// The new `ETag`.
        etag: String,
    },
    /// The condition does not hold (`PreconditionFailed`; also when the object to be replaced is gone).
    Refused,
}
