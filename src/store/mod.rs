//! Where journals live.
//!
//! [`directory`] keeps them under a directory of this machine, [`s3`] in a bucket, where other machines can go on with them.
//! [`place`] is how people name either. Every store passes the same tests, in `tests/engine`.

pub mod directory;
pub mod place;
pub mod s3;
