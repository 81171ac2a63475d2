//! Where runs are kept, as people write it: `DIR` or `s3://BUCKET/PREFIX`.

use std::path::PathBuf;

/// A place for runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A directory of this machine.
    Directory(PathBuf),
    /// A part of an S3 bucket.
    Bucket(BucketPlace),
}

/// The keys of a bucket that begin with a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketPlace {
    /// The bucket's name.
    pub bucket: String,
    /// One or more names joined by `/`, with none at the ends.
    pub prefix: String,
}

/// A place that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place:?} is no place to keep runs: {why}")]
pub struct InvalidPlace {
    place: String,
    why: String,
}

/// The longest key below a prefix is that of a capture, `/captures/REGION/NAME/ID/RUN.json`, and S3 takes 1024 bytes for all
/// of it.
const LONGEST_PREFIX: usize = 850;

impl Place {
    /// Reads a place. Whatever looks like a URL and is none of S3 is refused, and not taken for a directory.
    pub fn parse(text: &str) -> Result<Self, InvalidPlace> {
        let invalid = |why: String| InvalidPlace { place: text.to_owned(), why };
        if text.is_empty() {
            return Err(invalid("it is empty".to_owned()));
        }
        if let Some(rest) = text.strip_prefix("s3://") {
            return bucket_place(rest).map(Self::Bucket).map_err(invalid);
        }
        let (scheme, slashes) = text.split_once(':').map_or((text, None), |(scheme, rest)| (scheme, Some(rest)));
        if slashes.is_some_and(|rest| scheme.eq_ignore_ascii_case("s3") || rest.starts_with("//")) {
            return Err(invalid("it is neither a directory nor of the form s3://BUCKET/PREFIX".to_owned()));
        }
        Ok(Self::Directory(PathBuf::from(text)))
    }
}

impl std::fmt::Display for BucketPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

fn bucket_place(rest: &str) -> Result<BucketPlace, String> {
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    check_bucket(bucket)?;
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    if prefix.is_empty() {
        return Err("a prefix must follow the bucket, as in s3://BUCKET/daybreak".to_owned());
    }
    if prefix.len() > LONGEST_PREFIX {
        return Err(format!("the prefix is longer than {LONGEST_PREFIX} bytes"));
    }
    for name in prefix.split('/') {
        match name {
            "" => return Err("a name between two slashes is empty".to_owned()),
            "." | ".." => return Err("S3 knows no `.` and `..`".to_owned()),
            _ => {}
        }
    }
    // The characters that S3's guide calls safe.
    let safe = |character: char| character.is_ascii_alphanumeric() || "!-_.*'()/".contains(character);
    match prefix.chars().find(|&character| !safe(character)) {
        Some(character) => {
            Err(format!("the prefix contains {character:?}; letters, digits and !-_.*'() are safe in S3"))
        }
        None => Ok(BucketPlace { bucket: bucket.to_owned(), prefix: prefix.to_owned() }),
    }
}

/// S3's rules for the names of general purpose buckets.
fn check_bucket(name: &str) -> Result<(), String> {
    if !(3..=63).contains(&name.len()) {
        return Err("a bucket's name has 3 to 63 characters".to_owned());
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if !name.bytes().all(|byte| plain(byte) || byte == b'.' || byte == b'-') {
        return Err("a bucket's name has lower-case letters, digits, dots and hyphens only".to_owned());
    }
    let ends = [name.bytes().next(), name.bytes().last()];
    if !ends.into_iter().flatten().all(plain) || name.contains("..") {
        return Err("a bucket's name begins and ends with a letter or digit, and has no two dots together".to_owned());
    }
    if name.parse::<std::net::Ipv4Addr>().is_ok() {
        return Err("a bucket's name is no address".to_owned());
    }
    if name.ends_with("--x-s3") {
        return Err("a directory bucket is in one zone only; runs need a general purpose bucket".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(text: &str) -> (String, String) {
        match Place::parse(text) {
            Ok(Place::Bucket(place)) => (place.bucket, place.prefix),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_bucket_and_a_prefix_are_taken_apart() {
        let is = |bucket: &str, prefix: &str| (bucket.to_owned(), prefix.to_owned());
        assert_eq!(bucket("s3://acme-state/daybreak"), is("acme-state", "daybreak"));
        assert_eq!(bucket("s3://acme-state/daybreak/"), is("acme-state", "daybreak"));
        assert_eq!(bucket("s3://acme.state.1/team-a/day_break"), is("acme.state.1", "team-a/day_break"));
    }

    #[test]
    fn a_place_is_shown_as_it_is_written() {
        let Ok(Place::Bucket(place)) = Place::parse("s3://acme-state/team-a/daybreak/") else { panic!("a bucket") };
        assert_eq!(place.to_string(), "s3://acme-state/team-a/daybreak");
    }

    #[test]
    fn all_else_is_a_directory() {
        for text in ["state", "/var/lib/daybreak", "./s3", "s3", "s3/bucket", "a:b"] {
            assert_eq!(Place::parse(text), Ok(Place::Directory(PathBuf::from(text))), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        let long = format!("s3://acme-state/{}", "p".repeat(851));
        let refused = [
            ("", "it is empty"),
            ("s3:acme-state/daybreak", "neither"),
            ("s3:/acme-state/daybreak", "neither"),
            ("S3://acme-state/daybreak", "neither"),
            ("gs://acme-state/daybreak", "neither"),
            ("https://acme-state.s3.amazonaws.com/daybreak", "neither"),
            ("s3://", "3 to 63"),
            ("s3:///daybreak", "3 to 63"),
            ("s3://ab/daybreak", "3 to 63"),
            ("s3://acme-state", "a prefix must follow"),
            ("s3://acme-state/", "a prefix must follow"),
            ("s3://acme-state//", "a prefix must follow"),
            ("s3://acme-state//daybreak", "empty"),
            ("s3://acme-state/daybreak//", "empty"),
            ("s3://acme-state/a/../b", "knows no"),
            ("s3://acme-state/./b", "knows no"),
            ("s3://acme-state/day break", "' '"),
            ("s3://acme-state/tag?versionId=1", "'?'"),
            ("s3://acme-state/d\u{e4}y", "'\u{e4}'"),
            ("s3://Acme-state/daybreak", "lower-case"),
            ("s3://acme_state/daybreak", "lower-case"),
            ("s3://-acme/daybreak", "begins and ends"),
            ("s3://acme-/daybreak", "begins and ends"),
            ("s3://acme..state/daybreak", "two dots"),
            ("s3://192.168.1.7/daybreak", "no address"),
            ("s3://acme--euw1-az1--x-s3/daybreak", "directory bucket"),
            (long.as_str(), "longer than"),
        ];
        for (text, why) in refused {
            let error = Place::parse(text).expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
