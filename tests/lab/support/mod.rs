//! The lab, what is in it, and daybreak beside it.

pub(crate) mod aws;
pub(crate) mod bucket;
pub(crate) mod clients;
#[path = "../../support/contract.rs"]
pub(crate) mod contract;
#[path = "../../support/daybreak.rs"]
pub(crate) mod daybreak;
pub(crate) mod disk;
pub(crate) mod fitted;
pub(crate) mod forwarder;
pub(crate) mod http;
pub(crate) mod instance;
pub(crate) mod lab;
pub(crate) mod promotion;
pub(crate) mod proxy;
pub(crate) mod pty;
pub(crate) mod scene;
pub(crate) mod site;
pub(crate) mod source;
pub(crate) mod sql;
pub(crate) mod zone;

use std::{
    thread,
    time::{Duration, Instant},
};

use self::daybreak::Ended;
pub(crate) use self::{lab::Lab, scene::Scene, source::Source};

/// Fails unless daybreak ended with `code` and an error: on stderr in words, and on stdout nothing but the same as one
/// JSON document where JSON was asked for.
pub(crate) fn assert_refused(ended: &Ended, code: i32) {
    assert_eq!(ended.code, Some(code), "{ended}");
    assert!(ended.stderr.contains("error: "), "{ended}");
    if !ended.stdout.is_empty() {
        let error = &ended.json()["error"];
        assert_eq!(error["exit_code"], code, "{ended}");
        let message = error["message"].as_str().expect("a message");
        assert!(ended.stderr.contains(&format!("error: {message}\n")), "{ended}");
    }
}

/// Looks until `look` finds something, and returns it; panics after a minute, naming what was awaited.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "timed out waiting for {what}");
        thread::park_timeout(Duration::from_millis(10));
    }
}
