//! What a journal yields as a result, stage by stage.

use serde_json::json;

use super::*;
use crate::{
    recovery::sighting::{Look, RecordSeen, Side, Sighting},
    run::{
        record::{Consequence, Entry},
        step::Until,
    },
    ui::testing::{Story, failed_proof, plan, plan_by_proxy, plan_by_record, plan_without_pointer},
};

fn result(story: Story) -> RunResult {
    RunResult::of(&story.history(), &Around::default())
}

#[test]
fn a_recovery_as_json() {
    let result = result(Story::begun().proven().moved().recovered());
    insta::assert_snapshot!(serde_json::to_string_pretty(&result).expect("JSON"), @r#"
        {
          "run": "20261120-150000-k3fa",
          "outcome": "recovered",
          "database": "loans",
          "source": {
            "family": "cluster",
            "identifier": "loanserve-prod-aurora",
            "resource_id": "cluster-SOURCE17",
            "account": "123456789012",
            "region": "eu-west-1",
            "engine": "aurora-postgresql",
            "engine_version": "15.10",
            "endpoint": "loanserve-prod-aurora.cluster-c1.eu-west-1.rds.amazonaws.com",
            "port": 5432
          },
          "target": {
            "family": "cluster",
            "identifier": "loanserve-prod-aurora-db-k3fa",
            "region": "eu-west-1",
            "resource_id": "cluster-TARGET42",
            "endpoint": "loanserve-prod-aurora-db-k3fa.cluster-c1.eu-west-1.rds.amazonaws.com",
            "port": 5432,
            "writer": "loanserve-prod-aurora-db-k3fa-1",
            "exists": true
          },
          "requested_time": "2026-11-20T14:22:05Z",
          "data_time": "2026-11-20T14:22:05Z",
          "proof": {
            "passed": 2,
            "failed": 0,
            "unchecked": 1,
            "checks": [
              {
                "name": "writer",
                "kind": "built_in",
                "query": null,
                "expect": null,
                "found": "not in recovery",
                "verdict": "passed",
                "reason": null,
                "seconds": 0.25
              },
              {
                "name": "tables",
                "kind": "built_in",
                "query": null,
                "expect": null,
                "found": null,
                "verdict": "unchecked",
                "reason": "the source cannot be read: connect to the source: timed out",
                "seconds": 0.25
              },
              {
                "name": "loans exist",
                "kind": "profile",
                "query": "SELECT count(*) FROM loans",
                "expect": ">= 1000",
                "found": "48211",
                "verdict": "passed",
                "reason": null,
                "seconds": 0.25
              }
            ]
          },
          "cutover": {
            "state": "done",
            "secrets": [
              {
                "secret": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf",
                "from_version": "v-before",
                "to_version": "v-after"
              }
            ],
            "leads_to": "loanserve-prod-aurora-db-k3fa.cluster-c1.eu-west-1.rds.amazonaws.com:5432",
            "started": "2026-11-20T15:14:21Z",
            "moved": "2026-11-20T15:14:23Z",
            "moved_back": null
          },
          "rto_seconds": 863.0,
          "rpo_seconds": 2.0,
          "steps": [
            {
              "id": "restore-cluster",
              "state": "done",
              "started": "2026-11-20T15:00:01Z",
              "ended": "2026-11-20T15:08:12Z"
            },
            {
              "id": "create-writer",
              "state": "done",
              "started": "2026-11-20T15:08:12Z",
              "ended": "2026-11-20T15:13:13Z"
            },
            {
              "id": "apply-settings",
              "state": "done",
              "started": "2026-11-20T15:13:13Z",
              "ended": "2026-11-20T15:13:23Z"
            },
            {
              "id": "prove",
              "state": "done",
              "started": "2026-11-20T15:13:23Z",
              "ended": "2026-11-20T15:14:05Z"
            },
            {
              "id": "lift-quarantine",
              "state": "done",
              "started": "2026-11-20T15:14:10Z",
              "ended": "2026-11-20T15:14:20Z"
            },
            {
              "id": "stage-secret",
              "state": "done",
              "started": "2026-11-20T15:14:20Z",
              "ended": "2026-11-20T15:14:21Z"
            },
            {
              "id": "move-secret",
              "state": "done",
              "started": "2026-11-20T15:14:21Z",
              "ended": "2026-11-20T15:14:23Z"
            },
            {
              "id": "watch",
              "state": "done",
              "started": "2026-11-20T15:14:23Z",
              "ended": "2026-11-20T15:19:23Z"
            },
            {
              "id": "tag-cluster",
              "state": "done",
              "started": "2026-11-20T15:19:23Z",
              "ended": "2026-11-20T15:19:25Z"
            },
            {
              "id": "settle",
              "state": "done",
              "started": "2026-11-20T15:19:25Z",
              "ended": "2026-11-20T15:19:40Z"
            }
          ],
          "failure": null,
          "waiting": null,
          "next": [
            "daybreak rollback 20261120-150000-k3fa",
            "daybreak report 20261120-150000-k3fa"
          ],
          "stuck": null
        }
        "#);
    let read: RunResult = serde_json::from_value(json!(result)).expect("what was written is read");
    assert_eq!(read, result);
}

#[test]
fn every_stage_has_its_outcome() {
    let until_proof = || Story::of(plan(), Until::Validated);
    for (story, outcome) in [
        (Story::begun(), "running"),
        (Story::begun().then(5, Entry::Interrupted { by: "SIGINT".to_owned() }), "interrupted"),
        (until_proof().proven().then(845, Entry::Stopped { after: Until::Validated }), "stopped"),
        (Story::rolled_back(), "rolled_back"),
        (Story::undone_restore(), "undone"),
        (Story::stuck_back(), "stuck"),
        (Story::begun().proven().moved().recovered(), "recovered"),
    ] {
        assert_eq!(json!(result(story).outcome), json!(outcome));
    }
}

#[test]
fn an_endpoint_seen_is_not_a_cluster_that_exists() {
    let exists = |story: Story| result(story).target.exists;
    assert!(!exists(Story::begun()));
    assert!(exists(Story::begun().then(1, Story::started("restore-cluster"))));
    assert!(exists(Story::rolled_back()));
    let removed = Story::of(plan(), Until::Validated)
        .proven()
        .then(845, Entry::Stopped { after: Until::Validated })
        .then(900, Story::turned_back(Scope::Everything))
        .undone("create-writer", 901, 930)
        .undone("restore-cluster", 930, 990)
        .then(990, Entry::Ended { outcome: crate::run::record::Outcome::Undone });
    let target = result(removed).target;
    assert_eq!((target.endpoint.is_some(), target.exists), (true, false));
}

#[test]
fn an_application_moved_back_was_not_recovered_in_any_time() {
    let result = result(Story::rolled_back());
    assert_eq!(result.rto_seconds, None);
    assert_eq!(result.rpo_seconds, Some(2.0));
    let cutover = result.cutover.expect("a cutover was made");
    assert_eq!(cutover.state, StepName::Undone);
    assert!(cutover.moved < cutover.moved_back, "{cutover:?}");
    assert_eq!(result.failure.map(|failure| failure.step).as_deref(), Some("watch"));
}

/// A run that moves a record, whose record has been moved.
fn by_record() -> Story {
    Story::of(plan_by_record(), Until::Cutover).proven().done("lift-quarantine", 850, 860).done("move-record", 860, 861)
}

#[test]
fn a_proxy_is_moved_when_a_client_was_seen_to_pass_through_it() {
    let moved = || {
        Story::of(plan_by_proxy(), Until::Cutover)
            .proven()
            .done("lift-quarantine", 850, 860)
            .done("rehearse-proxy", 860, 861)
            .done("release-proxy", 861, 862)
            .done("move-proxy", 862, 863)
    };
    let cutover = result(moved()).cutover.expect("it began");
    assert_eq!((cutover.proxy.as_deref(), cutover.moved), (Some("loans-proxy"), None));
    let served = result(moved().done("await-proxy", 863, 870));
    assert!(served.cutover.expect("it began").moved.is_some());
    assert_eq!(served.rto_seconds, Some(870.0));
}

#[test]
fn a_record_is_moved_when_its_clients_were_seen_to_follow_it() {
    let going = result(by_record().then(861, Story::started("await-record")));
    let cutover = going.cutover.expect("it began");
    assert_eq!((cutover.record.as_deref(), cutover.moved, going.rto_seconds), (Some("db.corp.internal"), None, None));
    let served = result(by_record().done("await-record", 861, 925));
    let cutover = served.cutover.expect("it began");
    assert!(cutover.moved.is_some() && cutover.secrets.is_empty(), "{cutover:?}");
    let host = "loanserve-prod-aurora-db-k3fa.cluster-c1.eu-west-1.rds.amazonaws.com:5432";
    assert_eq!((cutover.leads_to.as_deref(), served.rto_seconds), (Some(host), Some(925.0)));
    let back = result(
        by_record()
            .then(861, Story::started("await-record"))
            .then(870, Story::failed("await-record", "no", Consequence::TurnBack(Scope::Cutover)))
            .undone("move-record", 870, 880),
    );
    let cutover = back.cutover.expect("it began");
    assert!(cutover.moved_back.is_some() && cutover.moved.is_none(), "{cutover:?}");
}

#[test]
fn who_must_decide_is_told_where_the_record_leads() {
    let story = by_record()
        .then(861, Story::started("await-record"))
        .then(870, Story::failed("await-record", "no resolver", Consequence::Hold))
        .history();
    let told = |leads_to: Result<Option<&str>, &str>, side| {
        let leads_to = leads_to.map(|host| host.map(str::to_owned)).map_err(str::to_owned);
        let at = story.state.latest;
        let seen = Sighting {
            at,
            things: Default::default(),
            secrets: Vec::new(),
            name: None,
            record: Some(RecordSeen { leads_to, side }),
            proxy: None,
        };
        let around = Around { look: Look::Made(seen), ..Around::default() };
        RunResult::of(&story, &around).stuck.expect("it is stuck").application.sentence
    };
    assert_eq!(
        told(Ok(Some("t.example.com")), Side::Target),
        "the application is on the target loanserve-prod-aurora-db-k3fa: record db.corp.internal leads to t.example.com"
    );
    assert_eq!(
        told(Ok(None), Side::Elsewhere),
        "the application is neither on the source nor on the target: record db.corp.internal leads nowhere"
    );
    let untold = told(Err("AccessDenied"), Side::Unknown);
    assert!(untold.starts_with("by the journal, the application is on the target"), "{untold}");
    assert!(untold.ends_with("; AWS does not tell: AccessDenied"), "{untold}");
}

#[test]
fn without_a_pointer_the_proof_is_the_end_of_the_recovery() {
    let proven = result(Story::of(plan_without_pointer(), Until::Cutover).proven());
    assert_eq!((proven.rto_seconds, proven.cutover), (Some(845.0), None));
    assert_eq!(result(Story::begun().proven()).rto_seconds, None);
}

#[test]
fn a_second_cutover_starts_with_a_clean_slate() {
    let again = Story::rolled_back()
        .then(2_000, Story::allowed(Until::Cutover))
        .done("lift-quarantine", 2_000, 2_010)
        .done("stage-secret", 2_010, 2_011)
        .done("move-secret", 2_011, 2_013);
    let result = result(again);
    assert_eq!((result.failure, result.rto_seconds), (None, Some(2_013.0)));
    assert_eq!(result.cutover.expect("a cutover was made").moved_back, None);
}

#[test]
fn an_undo_that_failed_comes_before_what_led_to_it() {
    let failure = result(Story::stuck_back()).failure.expect("it failed");
    assert_eq!((failure.step.as_str(), failure.causes.len(), failure.hint.is_some()), ("move-secret", 1, true));
}

#[test]
fn a_failure_is_forgotten_once_it_is_tried_again() {
    let by = crate::run::plan::Actor { who: "ann@bastion".to_owned(), identity: None, version: "0.1.0".to_owned() };
    let held = Story::begun()
        .proven()
        .moved()
        .then(863, Story::started("watch"))
        .then(870, Story::failed("watch", "the secret was changed", Consequence::Hold));
    assert_eq!(result(held.then(900, Entry::Retried { by: by.clone() })).failure, None);
    // An undo that is tried again leaves the reason for undoing.
    let failure = result(Story::stuck_back().then(900, Entry::Retried { by })).failure.expect("the watch failed");
    assert_eq!(failure.step, "watch");
}

#[test]
fn a_failed_proof_is_evidence_too() {
    let story = Story::begun()
        .done("restore-cluster", 1, 492)
        .done("create-writer", 492, 793)
        .done("apply-settings", 793, 803)
        .then(803, Story::started("prove"))
        .then(845, Story::noted("prove", json!(failed_proof())));
    let proof = result(story).proof.expect("it was proven");
    assert_eq!((proof.passed, proof.failed, proof.unchecked), (1, 1, 1));
}

#[test]
fn data_from_after_the_requested_time_is_no_rpo() {
    let mut proof = failed_proof();
    proof.newest = Some("2026-11-20T14:22:06Z".parse().expect("a time"));
    let story = Story::begun()
        .done("restore-cluster", 1, 492)
        .done("create-writer", 492, 793)
        .done("apply-settings", 793, 803)
        .then(803, Story::started("prove"))
        .then(845, Story::noted("prove", json!(proof)));
    assert_eq!(result(story).rpo_seconds, None);
}
