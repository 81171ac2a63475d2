//! The keys of a bucket, and errors about them.

use crate::{
    aws,
    run::{
        id::RunId,
        store::{Document, StoreError},
    },
    store::place::BucketPlace,
};

/// The name of the first record: a run without it never began.
const FIRST: &str = "000000.json";

/// Below all runs.
pub(super) fn runs(place: &BucketPlace) -> String {
    format!("{}/runs/", place.prefix)
}

/// Below one run.
pub(super) fn run(place: &BucketPlace, run: &RunId) -> String {
    format!("{}{run}/", runs(place))
}

pub(super) fn record(place: &BucketPlace, of: &RunId, number: u64) -> String {
    format!("{}{number:06}.json", run(place, of))
}

pub(super) fn document(place: &BucketPlace, document: &Document) -> String {
    format!("{}/{}", place.prefix, document.path())
}

pub(super) fn lease(place: &BucketPlace, of: &RunId) -> String {
    format!("{}lease", run(place, of))
}

pub(super) fn probe(place: &BucketPlace) -> String {
    format!("{}/probe", place.prefix)
}

/// The number of the record under a key below `run`, if it is one.
pub(super) fn number(below: &str, key: &str) -> Option<u64> {
    let stem = key.strip_prefix(below)?.strip_suffix(".json")?;
    let digits = stem.len() >= 6 && stem.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| stem.parse().ok()).flatten()
}

/// The run whose first record is under a key below `runs`.
pub(super) fn begun(below: &str, key: &str) -> Option<RunId> {
    let (run, name) = key.strip_prefix(below)?.split_once('/')?;
    (name == FIRST).then(|| run.parse().ok()).flatten()
}

/// A call about `key` that failed.
pub(super) fn failed(doing: String, place: &BucketPlace, key: &str, error: aws::Error) -> StoreError {
    StoreError::Service {
        doing,
        place: format!("s3://{}/{key}", place.bucket),
        hint: error.hint(),
        source: Box::new(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_made() {
        let place = BucketPlace { bucket: "acme-state".to_owned(), prefix: "team/daybreak".to_owned() };
        let id: RunId = "20261120-142205-k3fa".parse().expect("a run");
        let below = run(&place, &id);
        assert_eq!(record(&place, &id, 7), "team/daybreak/runs/20261120-142205-k3fa/000007.json");
        for number in [0, 7, 999_999, 1_000_000] {
            assert_eq!(super::number(&below, &record(&place, &id, number)), Some(number));
        }
        assert_eq!(begun(&runs(&place), &record(&place, &id, 0)), Some(id.clone()));
        assert_eq!(begun(&runs(&place), &record(&place, &id, 1)), None);
        assert_eq!(number(&below, &lease(&place, &id)), None);
        for foreign in ["7.json", "+00007.json", "000007.json.bak", "old/000007.json", "000007"] {
            assert_eq!(number(&below, &format!("{below}{foreign}")), None, "{foreign}");
        }
    }
}
