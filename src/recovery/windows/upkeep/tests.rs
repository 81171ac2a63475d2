//! Keys and versions: what stands in the way, what is only worth knowing, what could not be seen.

use super::*;
use crate::{
    aws::Error,
    recovery::windows::{
        testing::{ABROAD, HOME, World, at, cluster, global, instance, snapshot},
        view::View,
    },
};

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/0a1b";

/// `loans` and a snapshot of it, both encrypted with one key.
fn encrypted() -> World {
    let mut world = World::default();
    let mut live = cluster(HOME, "loans");
    live.kms_key_id = Some(KEY.to_owned());
    let mut of = snapshot(HOME, "rds:of-loans", "loans", "2026-11-20T02:11:31Z");
    (of.kms_key_id, of.storage_encrypted) = (Some(KEY.to_owned()), Some(true));
    world.region(HOME).clusters.push(live);
    world.region(HOME).cluster_snapshots.push(of);
    world
}

fn refused(service: &'static str, operation: &'static str, code: &str) -> Error {
    Error::answered(service, operation, code, "no")
}

/// Obstacles and notes of every window, by its source.
fn said(view: &View) -> Vec<(String, String, String)> {
    let windows = view.databases.iter().flat_map(|found| &found.windows);
    let mut said: Vec<_> = windows
        .map(|window| {
            assert_eq!(window.usable, window.obstacles.is_empty(), "{window:?}");
            (window.source.clone(), window.obstacles.join("; "), window.notes.join("; "))
        })
        .collect();
    said.sort();
    said
}

#[tokio::test]
async fn a_key_that_is_not_enabled_stands_in_the_way_of_all_that_it_encrypts() {
    let cases = [
        (
            "Disabled",
            None,
            "its KMS key is Disabled; if it may be used again: aws kms enable-key --key-id KEY --region eu-west-1",
        ),
        (
            "PendingDeletion",
            Some("2026-12-01T00:00:00Z"),
            "its KMS key is PendingDeletion: it goes on 2026-12-01 00:00:00 UTC, and this data with it; aws kms \
             cancel-key-deletion --key-id KEY --region eu-west-1 and then enable-key keep it",
        ),
        ("PendingImport", None, "its KMS key KEY is PendingImport: its key material must be imported again"),
        ("Unavailable", None, "its KMS key KEY is Unavailable: the key store that holds it must be connected"),
        ("Resting", None, "its KMS key KEY is Resting, not Enabled"),
    ];
    for (state, deletion, why) in cases {
        let mut world = encrypted();
        world.keys.insert(KEY.to_owned(), Ok(Key { state: state.to_owned(), deletion: deletion.map(at) }));
        let view = world.loans(None).await;
        let why = why.replace("KEY", KEY);
        let expected = ["loans", "rds:of-loans"].map(|source| (source.to_owned(), why.clone(), String::new()));
        assert_eq!(said(&view), expected, "{state}");
        assert!(view.unseen.is_empty());
    }
}

#[tokio::test]
async fn an_enabled_key_is_nothing_to_mention_and_is_asked_for_once() {
    let world = encrypted();
    let view = world.loans(None).await;
    assert!(said(&view).iter().all(|(_, obstacles, notes)| obstacles.is_empty() && notes.is_empty()), "{view:?}");
    let mut asked = world.asked.lock().expect("not poisoned").clone();
    asked.sort();
    assert_eq!(
        asked,
        ["arn:aws:kms:eu-west-1:123456789012:key/0a1b in eu-west-1", "aurora-postgresql 15.10 in eu-west-1"]
    );
}

#[tokio::test]
async fn a_key_that_is_gone_takes_the_data_with_it() {
    let mut world = encrypted();
    world.keys.insert(KEY.to_owned(), Err(refused("kms", "DescribeKey", "NotFoundException")));
    let view = world.loans(None).await;
    let why = format!("its KMS key {KEY} is not there any more, and nothing else decrypts the data");
    assert!(said(&view).iter().all(|(_, obstacles, _)| *obstacles == why), "{:?}", said(&view));
    assert!(view.unseen.is_empty(), "it was seen not to be there");
}

#[tokio::test]
async fn a_key_that_may_not_be_seen_is_said_once_and_hides_nothing() {
    let mut world = encrypted();
    world.keys.insert(KEY.to_owned(), Err(refused("kms", "DescribeKey", "AccessDeniedException")));
    let view = world.loans(None).await;
    let note = "whether its KMS key is enabled could not be seen: AccessDeniedException".to_owned();
    let expected = ["loans", "rds:of-loans"].map(|source| (source.to_owned(), String::new(), note.clone()));
    assert_eq!(said(&view), expected);
    let [unseen] = &view.unseen[..] else { panic!("{:?}", view.unseen) };
    let action = unseen.error.action();
    assert_eq!((unseen.region.as_str(), unseen.what, action.as_str()), (HOME, KEYS, "kms:DescribeKey"));
}

/// Another account's key that this one cannot see is not taken for one that is gone.
#[tokio::test]
async fn a_key_of_another_account_is_not_called_gone() {
    let theirs = "arn:aws:kms:eu-west-1:999999999999:key/theirs";
    let mut world = World::default();
    let mut live = cluster(HOME, "loans");
    live.kms_key_id = Some(theirs.to_owned());
    let mut shared = snapshot(HOME, "theirs", "loans", "2026-11-20T02:11:31Z");
    shared.kms_key_id = Some(theirs.to_owned());
    (shared.kind, shared.arn) =
        (Some("shared".to_owned()), "arn:aws:rds:eu-west-1:999999999999:cluster-snapshot:theirs".to_owned());
    world.region(HOME).clusters.push(live);
    world.region(HOME).cluster_snapshots.push(shared);
    world.keys.insert(theirs.to_owned(), Err(refused("kms", "DescribeKey", "NotFoundException")));
    for (source, obstacles, notes) in said(&world.loans(None).await) {
        assert_eq!(obstacles, "", "{source}");
        assert!(notes.contains("could not be seen: NotFoundException"), "{source}: {notes}");
    }
}

#[tokio::test]
async fn a_version_that_is_gone_stands_in_the_way_of_what_must_name_it() {
    let mut world = encrypted();
    world.versions.insert("15.10".to_owned(), Ok(Offer::Unlisted));
    let view = world.loans(None).await;
    let [(_, live, note), (_, snapshot, _)] = &said(&view)[..] else { panic!("{view:?}") };
    assert_eq!((live.as_str(), note.contains("does not list aurora-postgresql 15.10 any more")), ("", true), "{note}");
    assert!(snapshot.starts_with("eu-west-1 has no aurora-postgresql 15.10 any more, which the restore must name"));
}

#[tokio::test]
async fn a_deprecated_version_is_worth_knowing() {
    let mut world = encrypted();
    world.versions.insert("15.10".to_owned(), Ok(Offer::Listed("deprecated".to_owned())));
    for (source, obstacles, notes) in said(&world.loans(None).await) {
        assert_eq!(obstacles, "", "{source}");
        assert!(notes.contains("eu-west-1 has aurora-postgresql 15.10 as deprecated"), "{source}: {notes}");
    }
}

#[tokio::test]
async fn versions_that_may_not_be_seen_are_said_and_judge_nothing() {
    let mut world = encrypted();
    world.region(HOME).instances.push(instance(HOME, "loans"));
    let denied = refused("rds", "DescribeDBEngineVersions", "AccessDenied");
    world.versions.insert("15.10".to_owned(), Err(denied.clone()));
    world.versions.insert("16.4".to_owned(), Err(denied));
    let view = world.loans(None).await;
    assert!(said(&view).iter().all(|(_, obstacles, _)| !obstacles.contains("any more")), "{view:?}");
    let unseen: Vec<String> = view.unseen.iter().map(|one| format!("{} {}", one.what, one.error.action())).collect();
    assert_eq!(unseen, ["engine versions rds:DescribeDBEngineVersions"]);
}

/// A secondary runs already, and has a key of its own region.
#[tokio::test]
async fn what_is_promoted_needs_its_key_and_no_version() {
    let key = "arn:aws:kms:eu-central-1:123456789012:key/abroad";
    let mut world = World::default();
    world.region(HOME).global_clusters.push(global("loans", "loans-dr"));
    let mut secondary = cluster(ABROAD, "loans-dr");
    (secondary.kms_key_id, secondary.engine_version) = (Some(key.to_owned()), Some("15.3".to_owned()));
    (secondary.earliest_restorable_time, secondary.latest_restorable_time) = (None, None);
    secondary.global_cluster_identifier = Some("world".to_owned());
    world.region(ABROAD).clusters.push(secondary);
    world.keys.insert(key.to_owned(), Ok(Key { state: "Disabled".to_owned(), deletion: None }));
    world.versions.insert("15.3".to_owned(), Ok(Offer::Unlisted));
    let view = world.loans(None).await;
    let mut windows = view.databases.iter().flat_map(|found| &found.windows);
    let found = windows.find(|window| window.kind == Kind::GlobalSecondary).expect("the secondary");
    assert!(found.obstacles.iter().any(|why| why.contains("--region eu-central-1")), "{found:?}");
    assert!(!found.obstacles.iter().chain(&found.notes).any(|text| text.contains("15.3")), "{found:?}");
}
