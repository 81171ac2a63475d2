//! The application follows a DNS record: moved compare-and-set, in sync, resolved; and given back exactly.

use std::time::Duration;

use daybreak::{
    aws::dns::model::RecordSet,
    recovery::{freshness, refusal::Refusal},
    run::{
        clock::Clock,
        plan::Plan,
        record::{Outcome, Scope},
        state::{Direction, Stage},
        step::{Step as _, Until},
    },
    steps::{await_record, move_record, move_secret, step::Step},
};

use crate::support::{
    CONFIG, DNS, FENCE, Fault, SOURCE, Scene, Source, Way, actor,
    dns::{RECORD, alias},
    source::INSTANCE_CONFIG,
};

const TO: &str = "2026-11-20T14:22:05Z";
const OTHER: &str = "other.cluster.example";

fn source() -> String {
    Source::Cluster.host()
}

fn target() -> String {
    Source::Cluster.target_host()
}

fn weighted(identifier: &str, host: &str, weight: i64) -> RecordSet {
    RecordSet {
        set_identifier: Some(identifier.to_owned()),
        weight: Some(weight),
        health_check_id: Some(format!("hc-{identifier}")),
        ..alias(host)
    }
}

fn named(plan: &Plan<Step>) -> Vec<String> {
    plan.steps.iter().map(|planned| planned.step.id().0).collect()
}

/// A configuration with one line more about the record.
fn with(line: &str) -> String {
    format!("{CONFIG}{DNS}    {line}\n")
}

async fn refusal(scene: &Scene, config: &str) -> Refusal {
    let refusal = scene.plan_for(config, TO).await.unwrap_err();
    assert_eq!(scene.cloud.changes(), Vec::<String>::new(), "a refusal leaves nothing behind");
    refusal
}

#[tokio::test]
async fn a_plan_says_what_moves_how_long_clients_lag_and_whom_a_certificate_refuses() {
    let scene = Scene::by_record(true);
    let plan = scene.plan().await;
    let steps = named(&plan);
    let place = |id: &str| steps.iter().position(|step| step == id).unwrap();
    assert!(place("prove") < place("stage-secret"), "{steps:?}");
    let moved = ["stage-secret", "open-ledger", move_record::ID, move_secret::ID, await_record::ID, "watch"];
    assert_eq!(steps[place("stage-secret")..][..6], moved, "{steps:?}");
    let warnings = plan.brief.warnings.join("\n");
    for said in ["for up to 1 min after record db.corp.example", "(TTL 60 s)", "(sslmode=verify-full) are refused"] {
        assert!(warnings.contains(said), "{warnings}");
    }
    let policies: Vec<&str> = plan.brief.policies.iter().map(|policy| policy.bundle.as_str()).collect();
    assert!(policies.contains(&"cutover-dns"), "{policies:?}");
    assert_eq!(plan.brief.pointers().as_deref(), Some("secret prod/loans/db and record db.corp.example"));
    let steps = named(&Scene::by_record(false).plan().await);
    assert!(!steps.iter().any(|step| step.contains("secret")), "{steps:?}");
    assert!(steps.contains(&"watch".to_owned()), "{steps:?}");
}

#[tokio::test]
async fn the_record_is_moved_in_one_exact_batch_and_waited_for_until_it_is_in_sync() {
    let scene = Scene::by_record(false);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    assert_eq!(scene.cloud.records(), [alias(&target())]);
    let moves = scene.cloud.changes().iter().filter(|call| *call == "ChangeResourceRecordSets").count();
    assert_eq!(moves, 1);
    assert!(scene.cloud.asked_for_sync() >= 2, "the first answer is that it is pending");
    assert_eq!(scene.cloud.secret_points_at(), source(), "the secret is only logged in with");
}

#[tokio::test]
async fn a_resolver_that_remembers_is_waited_for_forward_and_delays_no_way_back() {
    let scene = Scene::by_record(false);
    scene.recover(Until::Validated).await;
    scene.cloud.resolver_remembers(5);
    let began = scene.clock.now();
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered));
    assert!(scene.clock.now() > began);
    scene.cloud.resolver_remembers(1000);
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    let state = scene.state().await;
    let how = state.step(move_record::ID).unwrap().undone.clone().unwrap();
    assert_eq!(
        how,
        format!("record {RECORD} leads to {} again; resolvers may remember the target for up to 60 s", source())
    );
    assert_eq!(scene.cloud.records(), [alias(&source())]);
}

#[tokio::test]
async fn a_record_changed_meanwhile_is_refused_and_left_as_it_is() {
    let changes: [fn() -> Vec<RecordSet>; 3] =
        [|| vec![alias(OTHER)], || vec![RecordSet { ttl: Some(61), ..alias(&Source::Cluster.host()) }], Vec::new];
    for change in changes {
        let scene = Scene::by_record(true);
        scene.recover(Until::Validated).await;
        scene.cloud.set_records(change());
        assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::RolledBack));
        assert_eq!(scene.cloud.records(), change());
        assert_eq!(scene.cloud.secret_points_at(), source(), "all move, or none does");
        let failure = scene.history().await.state.step(move_record::ID).unwrap().clone();
        assert!(failure.undone.is_some(), "{failure:?}");
    }
}

#[tokio::test]
async fn a_rollback_gives_back_exactly_the_former_set_and_touches_no_other() {
    let scene = Scene::by_record(true);
    let sets = vec![weighted("blue", &source(), 10), weighted("green", OTHER, 0)];
    scene.cloud.set_records(sets.clone());
    let config = with("set_identifier = \"blue\"");
    let plan = scene.plan_for(&config, TO).await.unwrap();
    let warnings = plan.brief.warnings.join("\n");
    for said in ["health check hc-blue", "only blue is moved: green leads to other.cluster.example, weight 0"] {
        assert!(warnings.contains(said), "{warnings}");
    }
    let mut executor = scene.executor(scene.begin_with(plan, Until::Cutover).await);
    scene.drive(&mut executor).await.unwrap();
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::Recovered));
    drop(executor);
    assert_eq!(scene.cloud.records(), [weighted("blue", &target(), 10), weighted("green", OTHER, 0)]);
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.records(), sets);
    assert_eq!(scene.cloud.secret_points_at(), source());
}

#[tokio::test]
async fn of_several_sets_the_resolver_may_give_another_one() {
    let scene = Scene::by_record(false);
    scene.cloud.set_records(vec![weighted("blue", &source(), 1), weighted("green", OTHER, 9)]);
    scene.cloud.resolver_prefers("green");
    let plan = scene.plan_for(&with("set_identifier = \"blue\""), TO).await.unwrap();
    let mut executor = scene.executor(scene.begin_with(plan, Until::Cutover).await);
    scene.drive(&mut executor).await.unwrap();
    let state = executor.journal().state();
    assert_eq!(state.stage, Stage::Ended(Outcome::Recovered));
    let output: serde_json::Value = state.outputs.of(await_record::ID).unwrap();
    assert_eq!((output["resolved"].as_str(), output["host"].as_str()), (Some(OTHER), Some(target().as_str())));
}

#[tokio::test]
async fn a_denied_change_moves_neither_the_record_nor_the_secret() {
    let undisturbed = Scene::by_record(true);
    undisturbed.recover(Until::Cutover).await;
    let nth = undisturbed.cloud.changes().iter().position(|call| call == "ChangeResourceRecordSets").unwrap();
    let scene = Scene::by_record(true);
    scene.cloud.fail(nth, Fault::Denied);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert_eq!((scene.cloud.record_leads_to(), scene.cloud.secret_points_at()), (source(), source()));
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered));
    assert_eq!((scene.cloud.record_leads_to(), scene.cloud.secret_points_at()), (target(), target()));
}

#[tokio::test]
async fn a_resolver_that_cannot_be_asked_holds_the_run_and_delays_no_way_back() {
    let scene = Scene::by_record(false);
    scene.recover(Until::Validated).await;
    scene.cloud.resolver_is_silent(true);
    assert_eq!(scene.cut_over().await, Stage::Stuck(Direction::Forward));
    assert_eq!(scene.cloud.record_leads_to(), target());
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.record_leads_to(), source());
}

#[tokio::test]
async fn a_way_back_leaves_alone_what_somebody_else_wrote_unless_it_leads_to_the_target() {
    let scene = Scene::by_record(false);
    scene.recover(Until::Cutover).await;
    scene.cloud.set_records(vec![alias(OTHER)]);
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.records(), [alias(OTHER)]);

    let scene = Scene::by_record(false);
    scene.recover(Until::Cutover).await;
    let theirs = RecordSet { ttl: Some(5), ..alias(&target()) };
    scene.cloud.set_records(vec![theirs.clone()]);
    assert!(matches!(scene.turn_back(Scope::Cutover).await, Stage::Stuck(_)));
    assert_eq!(scene.cloud.records(), [theirs]);
    scene.cloud.set_records(vec![alias(&source())]);
    assert_eq!(scene.resume().await, Stage::Ended(Outcome::RolledBack));
}

#[tokio::test]
async fn failing_probes_bring_the_record_back() {
    let scene = Scene::by_record(true);
    scene.recover(Until::Validated).await;
    scene.servers.probes_fail(3);
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::RolledBack));
    assert_eq!((scene.cloud.records(), scene.cloud.secret_points_at()), (vec![alias(&source())], source()));
}

/// A recovered run of which the way back has been asked for.
async fn turning_back() -> Scene {
    let scene = Scene::by_record(true);
    scene.recover(Until::Cutover).await;
    let mut executor = scene.executor(scene.open().await);
    executor.turn_back(Scope::Cutover, actor()).await.unwrap();
    drop(executor);
    scene
}

#[tokio::test]
async fn a_way_back_killed_anywhere_or_with_any_answer_lost_ends_like_an_undisturbed_one() {
    let undisturbed = turning_back().await;
    let before = undisturbed.cloud.changes().len();
    undisturbed.resume().await;
    let (expected, changes) = (undisturbed.what_exists(), undisturbed.cloud.changes().len() - before);
    for advances in 0.. {
        let scene = turning_back().await;
        let mut executor = scene.executor(scene.open().await);
        let complete = scene.advance_often(&mut executor, advances).await;
        drop(executor);
        scene.clock.absent_for(Duration::from_secs(6 * 3600));
        assert_eq!(scene.resume().await, Stage::Ended(Outcome::RolledBack), "killed after {advances}");
        assert_eq!(scene.what_exists(), expected, "killed after {advances}");
        if complete {
            break;
        }
    }
    for (fault, nth) in
        [Fault::LostBefore, Fault::LostAfter].into_iter().flat_map(|fault| (0..changes).map(move |nth| (fault, nth)))
    {
        let scene = turning_back().await;
        scene.cloud.fail(nth, fault);
        assert_eq!(scene.resume().await, Stage::Ended(Outcome::RolledBack), "{fault:?} at {nth}");
        assert_eq!(scene.what_exists(), expected, "{fault:?} at {nth}");
    }
}

#[tokio::test]
async fn the_secret_goes_first_on_the_way_back_and_the_fence_opens_last() {
    let config = Box::leak(format!("{CONFIG}{DNS}{FENCE}").into_boxed_str());
    let make = || Scene::that(Way { config, before: |scene| scene.cloud.client_connects(), ..Way::default() });
    let scene = make();
    let who = |scene: &Scene| -> Vec<String> { scene.cloud.who_may_log_in() };
    let before = who(&scene);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    assert_ne!(who(&scene), before);
    let moved = scene.cloud.changes();
    let place = |calls: &[String], call: &str| calls.iter().position(|made| made == call).unwrap();
    assert!(place(&moved, "ChangeResourceRecordSets") < place(&moved, "UpdateSecretVersionStage"), "{moved:?}");
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    let back = &scene.cloud.changes()[moved.len()..];
    assert!(place(back, "UpdateSecretVersionStage") < place(back, "ChangeResourceRecordSets"), "{back:?}");
    assert_eq!((scene.cloud.records(), scene.cloud.secret_points_at()), (vec![alias(&source())], source()));
    let after = who(&scene);
    assert!(before.iter().all(|role| after.contains(role)), "{after:?}");
}

#[tokio::test]
async fn an_instance_is_followed_by_record_too() {
    let scene = Scene::of(Source::Instance);
    let plan = scene.plan_for(&format!("{INSTANCE_CONFIG}{DNS}"), TO).await.unwrap();
    let mut executor = scene.executor(scene.begin_with(plan, Until::Cutover).await);
    scene.drive(&mut executor).await.unwrap();
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::Recovered));
    assert_eq!(scene.cloud.record_leads_to(), Source::Instance.target_host());
}

#[tokio::test]
async fn a_plan_whose_record_has_changed_is_not_begun() {
    let scene = Scene::by_record(false);
    let plan = scene.plan().await;
    freshness::check(&scene.world, &plan, scene.clock.now()).await.unwrap();
    scene.cloud.set_records(vec![RecordSet { ttl: Some(61), ..alias(&source()) }]);
    let refusal = freshness::check(&scene.world, &plan, scene.clock.now()).await.unwrap_err();
    assert!(refusal.to_string().contains("record db.corp.example of private zone corp.example"), "{refusal}");
}

#[tokio::test]
async fn a_record_that_cannot_be_moved_is_refused_beforehand() {
    type Case = (&'static str, fn(&Scene), fn() -> String);
    let plain: fn() -> String = || format!("{CONFIG}{DNS}");
    let cases: [Case; 16] = [
        ("there is no hosted zone Z9", |_| {}, || format!("{CONFIG}{DNS}").replace("Z1", "Z9")),
        (
            "there is no hosted zone corp.elsewhere",
            |_| {},
            || format!("{CONFIG}{DNS}").replace("Z1", "corp.elsewhere").replace("db.corp.example", "db.corp.elsewhere"),
        ),
        (
            "several zones have that name: private zone corp.example (Z1), public zone corp.example (Z2)",
            |scene| scene.cloud.add_zone("Z2"),
            || format!("{CONFIG}{DNS}").replace("Z1", "corp.example"),
        ),
        (
            "it is not in private zone corp.example (Z1)",
            |_| {},
            || format!("{CONFIG}{DNS}").replace("db.corp.example", "db.other.example"),
        ),
        ("has no such record", |scene| scene.cloud.set_records(Vec::new()), plain),
        (
            "it is of type A, not a CNAME",
            |scene| scene.cloud.set_records(vec![RecordSet { kind: "A".to_owned(), ..alias("10.0.0.1") }]),
            plain,
        ),
        (
            "there are several records of that name: set blue, set green",
            |scene| {
                let host = Source::Cluster.host();
                scene.cloud.set_records(vec![weighted("blue", &host, 1), weighted("green", OTHER, 1)]);
            },
            plain,
        ),
        ("it has no set red; there is one without set identifier", |_| {}, || with("set_identifier = \"red\"")),
        (
            "it has geolocation routing, which could not be given back exactly",
            |scene| scene.cloud.records_are_beyond("geolocation routing"),
            plain,
        ),
        (
            "it leads to loans-prod.reader.example, which is not the writer's endpoint of loans-prod",
            |scene| {
                scene.cloud.edit_cluster(SOURCE, |cluster| {
                    cluster.reader_endpoint = Some("loans-prod.reader.example".to_owned());
                });
                scene.cloud.set_records(vec![alias("loans-prod.reader.example")]);
            },
            plain,
        ),
        (
            "it leads to other.cluster.example, which is cluster other, not loans-prod",
            |scene| {
                scene.cloud.somebody_makes("other");
                scene.cloud.edit_cluster("other", |cluster| cluster.endpoint = Some(OTHER.to_owned()));
                scene.cloud.set_records(vec![alias(OTHER)]);
            },
            plain,
        ),
        (
            "it leads to other.cluster.example, which is no endpoint of loans-prod",
            |scene| scene.cloud.set_records(vec![alias(OTHER)]),
            plain,
        ),
        (
            "clients remember it for 1 day, and the move of a pointer, forward or back, may take 5 min",
            |scene| {
                let day = RecordSet { ttl: Some(86_400), ..alias(&Source::Cluster.host()) };
                scene.cloud.set_records(vec![day]);
            },
            plain,
        ),
        ("cannot be resolved as clients do", |scene| scene.cloud.resolver_is_silent(true), plain),
        (
            "resolver 10.0.0.2:53 does not know it",
            |scene| {
                scene.cloud.set_records(Vec::new());
                scene.cloud.resolver_remembers(9);
                scene.cloud.set_records(vec![alias(&Source::Cluster.host())]);
            },
            || with("resolver = \"10.0.0.2\""),
        ),
        (
            "only a record is moved",
            |_| {},
            || {
                format!("{CONFIG}{DNS}{FENCE}")
                    .replace("[databases.loans.cutover]\n    secret = \"prod/loans/db\"\n", "")
            },
        ),
    ];
    for (why, change, config) in cases {
        let scene = Scene::new();
        change(&scene);
        let refusal = refusal(&scene, &config()).await;
        assert!(refusal.to_string().contains(why), "{refusal} is not: {why}");
        assert!(refusal.hint().is_some(), "{refusal}");
    }
}
