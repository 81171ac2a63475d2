//! The application connects to a proxy: it lets go of the source, takes the target, and gives it back; nobody is left without a
//! database, wherever the process dies.

use std::time::Duration;

use daybreak::{
    recovery::{dry_run::dry_run, freshness, promotion::Wanted},
    run::{
        clock::Clock,
        record::{Outcome, Scope},
        state::{Direction, Stage},
        step::{Step as _, Until},
    },
    steps::{
        proxy::{await_target, rehearse, release, take},
        step::Step,
        target::TargetName,
    },
};

use crate::{
    promotions::{planned_by, scene as promotable},
    support::{BY_PROXY, DNS, FENCE, Fault, SOURCE, Scene, Source, actor, proxies::PROXY, source::INSTANCE_CONFIG},
    ways::{into_another_region, of_a_deleted_cluster},
};

const TO: &str = "2026-11-20T14:22:05Z";
const TARGET: &str = "loans-prod-db-k3fa";

fn source() -> String {
    format!("cluster {SOURCE}")
}

fn target() -> String {
    format!("cluster {TARGET}")
}

fn elsewhere() -> TargetName {
    TargetName::cluster("billing")
}

fn calls(scene: &Scene) -> Vec<String> {
    scene.cloud.changes().into_iter().filter(|call| call.ends_with("DBProxyTargets")).collect()
}

#[tokio::test]
async fn a_plan_says_what_moves_who_waits_and_that_the_name_stays() {
    let scene = Scene::by_proxy(&format!("{DNS}{FENCE}"));
    let plan = scene.plan().await;
    let steps: Vec<String> = plan.steps.iter().map(|planned| planned.step.id().0).collect();
    let place = |id: &str| steps.iter().position(|step| step == id).unwrap();
    assert_eq!(steps[place(rehearse::ID)..][..2], [rehearse::ID, "lift-quarantine"], "{steps:?}");
    let around = ["list-writers", "fence", "admit-writers", release::ID, take::ID, "move-record"];
    assert_eq!(steps[place("list-writers")..][..6], around, "{steps:?}");
    assert_eq!(steps[place(await_target::ID)..][..3], [await_target::ID, "await-record", "watch"], "{steps:?}");
    let warnings = plan.brief.warnings.join("\n");
    for said in [
        "its clients wait for up to 120 s (ConnectionBorrowTimeout)",
        "keep loans-proxy.proxy-x.example and its certificate; a name of your own in front of it fails sslmode=verify-full",
    ] {
        assert!(warnings.contains(said), "{warnings}");
    }
    assert!(!warnings.contains("go on leading to the source"), "{warnings}");
    let policies: Vec<&str> = plan.brief.policies.iter().map(|policy| policy.bundle.as_str()).collect();
    assert!(policies.contains(&"cutover-proxy"), "{policies:?}");
    assert_eq!(plan.brief.pointers().as_deref(), Some("proxy loans-proxy and record db.corp.example"));
    let plan = serde_json::to_string(&plan).unwrap();
    assert!(!plan.contains("hunter2"), "no password is in a plan");
}

#[tokio::test]
async fn the_proxy_is_moved_in_two_calls_and_awaited_until_it_is_reached() {
    let scene = Scene::by_proxy("");
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    assert_eq!(scene.cloud.proxy_led_to(), [None, Some(target())]);
    assert_eq!(calls(&scene), ["DeregisterDBProxyTargets", "RegisterDBProxyTargets"]);
    let state = scene.state().await;
    let output: serde_json::Value = state.outputs.of(await_target::ID).unwrap();
    assert_eq!(output["landed"]["address"], serde_json::json!(Source::Cluster.target_host()));
    assert!(scene.servers.probes() > 0, "the watch asks through the proxy");

    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.proxy_led_to(), [None, Some(target()), None, Some(source())]);
    let how = |state: &daybreak::run::state::RunState<Step>, step| state.step(step).unwrap().undone.clone().unwrap();
    let state = scene.state().await;
    assert_eq!(how(&state, release::ID), format!("proxy {PROXY} leads to {} again", source()));
    assert_eq!(how(&state, rehearse::ID), format!("proxy {PROXY} reaches {}", source()));
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered), "and it can be moved again");
}

#[tokio::test]
async fn an_instance_is_followed_by_proxy_too() {
    let scene = Scene::of(Source::Instance);
    scene.cloud.add_proxy(Some(TargetName::instance(SOURCE)));
    let config = INSTANCE_CONFIG.replace("[databases.loans.cutover]\n    secret = \"prod/loans/db\"\n", BY_PROXY);
    assert_ne!(config, INSTANCE_CONFIG);
    let plan = scene.plan_for(&config, TO).await.unwrap();
    let mut executor = scene.executor(scene.begin_with(plan, Until::Cutover).await);
    scene.drive(&mut executor).await.unwrap();
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::Recovered));
    assert_eq!(scene.cloud.proxy_leads_to(), Some(format!("instance {TARGET}")));
}

#[tokio::test]
async fn killed_after_any_advance_it_leads_to_the_target_in_the_end() {
    let undisturbed = Scene::by_proxy(FENCE);
    assert_eq!(undisturbed.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    let (expected, changes) = (undisturbed.what_exists(), undisturbed.cloud.changes().len());
    for advances in 0.. {
        let scene = Scene::by_proxy(FENCE);
        let mut executor = scene.executor(scene.begin(Until::Cutover).await);
        let complete = scene.advance_often(&mut executor, advances).await;
        drop(executor);
        scene.clock.absent_for(Duration::from_secs(3600));
        assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered), "killed after {advances}");
        assert_eq!(scene.what_exists(), expected, "killed after {advances}");
        assert!(scene.cloud.changes().len() <= changes + 1, "killed after {advances}: {:?}", scene.cloud.changes());
        if complete {
            return;
        }
    }
}

#[tokio::test]
async fn turned_back_after_any_advance_it_leads_to_the_source_in_the_end() {
    let mut gaps = 0;
    for advances in 0.. {
        let scene = Scene::by_proxy(FENCE);
        scene.recover(Until::Validated).await;
        let mut executor = scene.executor(scene.open().await);
        executor.allow(Until::Cutover, actor()).await.unwrap();
        let complete = scene.advance_often(&mut executor, advances).await;
        drop(executor);
        gaps += u32::from(scene.cloud.proxy_leads_to().is_none());
        scene.clock.absent_for(Duration::from_secs(3600));
        if scene.state().await.cutover_begun() {
            assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack), "after {advances}");
        }
        assert_eq!(scene.cloud.proxy_leads_to(), Some(source()), "turned back after {advances}");
        if complete {
            break;
        }
    }
    assert!(gaps >= 2, "it was turned back in the gap, too");
}

/// A recovered run of which the way back has been asked for.
async fn turning_back() -> Scene {
    let scene = Scene::by_proxy(FENCE);
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    let mut executor = scene.executor(scene.open().await);
    executor.turn_back(Scope::Cutover, actor()).await.unwrap();
    drop(executor);
    scene
}

#[tokio::test]
async fn a_way_back_killed_anywhere_or_with_any_answer_lost_ends_like_an_undisturbed_one() {
    let undisturbed = turning_back().await;
    let before = undisturbed.cloud.changes().len();
    assert_eq!(undisturbed.resume().await, Stage::Ended(Outcome::RolledBack));
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
async fn a_lost_call_or_a_lost_answer_changes_nothing_in_the_end() {
    let undisturbed = Scene::by_proxy("");
    assert_eq!(undisturbed.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    let (expected, made) = (undisturbed.what_exists(), undisturbed.cloud.changes());
    let own = made.iter().enumerate().filter(|(_, call)| call.ends_with("DBProxyTargets")).map(|(nth, _)| nth);
    for (nth, fault) in own.flat_map(|nth| [(nth, Fault::LostBefore), (nth, Fault::LostAfter)]) {
        let scene = Scene::by_proxy("");
        scene.cloud.fail(nth, fault);
        assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered), "{fault:?} at {nth}");
        assert_eq!(scene.what_exists(), expected, "{fault:?} at {nth}");
    }
}

#[tokio::test]
async fn a_denied_call_leaves_the_application_on_the_source() {
    let undisturbed = Scene::by_proxy("");
    undisturbed.recover(Until::Cutover).await;
    let made = undisturbed.cloud.changes();
    for call in ["DeregisterDBProxyTargets", "RegisterDBProxyTargets"] {
        let nth = made.iter().position(|made| made == call).unwrap();
        let scene = Scene::by_proxy("");
        scene.cloud.fail(nth, Fault::Denied);
        assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::RolledBack), "{call}");
        assert_eq!(scene.cloud.proxy_leads_to(), Some(source()), "{call}");
        assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered), "{call}");
        assert_eq!(scene.cloud.proxy_leads_to(), Some(target()), "{call}");
    }
}

#[tokio::test]
async fn answers_from_before_a_change_are_waited_out() {
    let scene = Scene::by_proxy("");
    scene.recover(Until::Validated).await;
    let mut executor = scene.executor(scene.open().await);
    executor.allow(Until::Cutover, actor()).await.unwrap();
    while calls(&scene).is_empty() {
        scene.cloud.proxy_looks_are_stale(3);
        assert!(!scene.advance_often(&mut executor, 1).await);
    }
    scene.drive(&mut executor).await.unwrap();
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::Recovered));
    assert_eq!(calls(&scene), ["DeregisterDBProxyTargets", "RegisterDBProxyTargets"]);
}

#[tokio::test]
async fn a_password_that_the_target_does_not_take_changes_nothing_and_says_the_way_out() {
    let scene = Scene::by_proxy(FENCE);
    scene.recover(Until::Validated).await;
    let (made, may_log_in) = (scene.cloud.changes(), scene.cloud.who_may_log_in());
    assert!(dry_run(&scene.world, &scene.state().await, scene.clock.now()).await.is_ready());
    scene.servers.refuses_passwords(Some(&Source::Cluster.target_host()));
    let looked = dry_run(&scene.world, &scene.state().await, scene.clock.now()).await;
    assert!(looked.obstacles.iter().any(|what| what.contains("as proxy loans-proxy will")), "{looked:?}");
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::RolledBack));
    assert_eq!((scene.cloud.changes(), scene.cloud.who_may_log_in()), (made, may_log_in), "not even the quarantine");
    let history = scene.history().await;
    let failure = history.state.step(rehearse::ID).unwrap();
    assert!(failure.undone.is_some(), "{failure:?}");
    let told = format!("{:?}", history.records);
    for said in [
        "give role app there the password",
        "aws secretsmanager list-secret-version-ids --secret-id",
        "--include-deprecated --region eu-west-1",
    ] {
        assert!(told.contains(said), "{told}");
    }
    scene.servers.refuses_passwords(None);
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered));
}

#[tokio::test]
async fn a_target_that_the_proxy_does_not_reach_is_given_up_and_the_source_given_back() {
    for reason in ["AUTH_FAILURE", "UNREACHABLE"] {
        let scene = Scene::by_proxy("");
        scene.recover(Until::Validated).await;
        scene.cloud.proxy_does_not_reach(Some(reason));
        assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::RolledBack), "{reason}");
        assert_eq!(scene.cloud.proxy_leads_to(), Some(source()), "{reason}");
        let state = scene.state().await;
        let how = state.step(rehearse::ID).unwrap().undone.clone().unwrap();
        assert!(how.contains(&format!("leads to {} again, and does not reach it", source())), "{how}");
        assert!(how.contains(reason), "{how}");
    }
}

#[tokio::test]
async fn a_proxy_that_somebody_else_has_moved_is_left_alone() {
    let scene = Scene::by_proxy(FENCE);
    scene.recover(Until::Validated).await;
    scene.cloud.set_proxy_target(Some(elsewhere()));
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::RolledBack));
    assert_eq!((scene.cloud.proxy_leads_to(), calls(&scene)), (Some("cluster billing".to_owned()), Vec::new()));
    let told = format!("{:?}", scene.history().await.records);
    assert!(told.contains("somebody changed proxy loans-proxy meanwhile: it leads to cluster billing"), "{told}");

    let scene = Scene::by_proxy("");
    scene.recover(Until::Cutover).await;
    scene.cloud.set_proxy_target(Some(elsewhere()));
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.proxy_leads_to(), Some("cluster billing".to_owned()));

    // In the gap: nobody's target is taken away, forward or back.
    let scene = Scene::by_proxy("");
    scene.recover(Until::Validated).await;
    let mut executor = scene.executor(scene.open().await);
    executor.allow(Until::Cutover, actor()).await.unwrap();
    while scene.cloud.proxy_leads_to().is_some() {
        assert!(!scene.advance_often(&mut executor, 1).await);
    }
    scene.cloud.set_proxy_target(Some(elsewhere()));
    scene.drive(&mut executor).await.unwrap();
    assert_eq!(executor.journal().state().stage, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.proxy_leads_to(), Some("cluster billing".to_owned()));
}

#[tokio::test]
async fn the_fence_knows_the_application_by_its_proxy_and_opens_before_the_source_is_reached() {
    let scene = Scene::by_proxy(FENCE);
    let who = scene.cloud.who_may_log_in();
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    let fenced: daybreak::steps::fence::Fenced = scene.state().await.outputs.of("fence").unwrap();
    assert!(fenced.tried.is_some_and(|tried| tried.contains("app was refused")));
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    let after = scene.cloud.who_may_log_in();
    assert!(who.iter().all(|role| after.contains(role)), "{after:?}");
    let undone: Vec<String> = scene
        .history()
        .await
        .records
        .iter()
        .filter(|record| record.entry.name() == "undo-finished")
        .map(|record| serde_json::to_value(&record.entry).unwrap())
        .filter_map(|entry| Some(entry.pointer("/step")?.as_str()?.to_owned()))
        .collect();
    let place = |step: &str| undone.iter().position(|undone| undone == step);
    assert!(place(take::ID) < place(release::ID), "{undone:?}");
    assert!(place(release::ID) < place("fence") && place("fence") < place(rehearse::ID), "{undone:?}");
}

#[tokio::test]
async fn failing_probes_bring_the_proxy_back() {
    let scene = Scene::by_proxy("");
    scene.recover(Until::Validated).await;
    scene.servers.probes_fail(3);
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.proxy_leads_to(), Some(source()));
}

#[tokio::test]
async fn with_a_record_all_move_or_none_does() {
    let scene = Scene::by_proxy(DNS);
    scene.recover(Until::Validated).await;
    let records = scene.cloud.records();
    scene.cloud.set_records(Vec::new());
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.proxy_leads_to(), Some(source()));
    scene.cloud.set_records(records);
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered));
    assert_eq!(scene.cloud.record_leads_to(), Source::Cluster.target_host());
    assert_eq!(scene.cloud.proxy_leads_to(), Some(target()));
}

#[tokio::test]
async fn a_proxy_that_cannot_be_given_back_says_what_to_type() {
    let scene = Scene::by_proxy("");
    scene.recover(Until::Cutover).await;
    scene.cloud.fail(1, Fault::Denied);
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Stuck(Direction::Back(Scope::Cutover)));
    assert_eq!(scene.cloud.proxy_leads_to(), None);
    assert_eq!(scene.resume().await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.cloud.proxy_leads_to(), Some(source()));
}

#[tokio::test]
async fn a_plan_whose_proxy_leads_elsewhere_is_not_begun() {
    let scene = Scene::by_proxy("");
    let plan = scene.plan().await;
    freshness::check(&scene.world, &plan, scene.clock.now()).await.unwrap();
    scene.cloud.set_proxy_target(Some(elsewhere()));
    let refusal = freshness::check(&scene.world, &plan, scene.clock.now()).await.unwrap_err();
    assert!(refusal.to_string().contains("proxy loans-proxy leads to cluster billing now"), "{refusal}");
}

#[tokio::test]
async fn a_proxy_that_cannot_be_moved_is_refused_beforehand() {
    type Case = (&'static str, fn(&Scene), fn(String) -> String);
    let own: fn(String) -> String = |config| config;
    let cases: [Case; 13] = [
        ("there is no such proxy in eu-west-1", |_| {}, |config| config.replace("loans-proxy", "absent")),
        (
            "it is modifying",
            |scene| scene.cloud.edit_proxy(|proxy| proxy.as_mut().unwrap().status = "modifying".to_owned()),
            own,
        ),
        (
            "it is for MYSQL, not for PostgreSQL",
            |scene| scene.cloud.edit_proxy(|proxy| proxy.as_mut().unwrap().engine_family = "MYSQL".to_owned()),
            own,
        ),
        ("it has no endpoint", |scene| scene.cloud.edit_proxy(|proxy| proxy.as_mut().unwrap().endpoint = None), own),
        ("it leads to nothing, not to cluster loans-prod", |scene| scene.cloud.set_proxy_target(None), own),
        (
            "it leads to cluster billing, not to cluster loans-prod",
            |scene| scene.cloud.set_proxy_target(Some(elsewhere())),
            own,
        ),
        (
            "it leads to instance loans-prod, not to cluster loans-prod",
            |scene| scene.cloud.set_proxy_target(Some(TargetName::instance(SOURCE))),
            own,
        ),
        (
            "it is in vpc-1, and the target would be in vpc-2 with subnet group apart",
            |scene| scene.cloud.add_subnet_group("apart", "vpc-2"),
            |config| format!("{config}\n[databases.loans.regions.eu-west-1]\nsubnet_group = \"apart\"\n"),
        ),
        (
            "it has no secret to log in with",
            |scene| scene.cloud.edit_proxy(|proxy| proxy.as_mut().unwrap().auth.clear()),
            own,
        ),
        (
            "it logs in with IAM",
            |scene| {
                scene.cloud.edit_proxy(|proxy| {
                    let proxy = proxy.as_mut().unwrap();
                    proxy.auth.clear();
                    proxy.default_auth_scheme = Some("IAM_AUTH".to_owned());
                });
            },
            own,
        ),
        (
            "secret prod/loans/db cannot be moved: it leads to proxy loans-proxy",
            |scene| scene.cloud.secret_is_written_by_somebody("loans-proxy.proxy-x.example"),
            |config| {
                config.replace("proxy = \"loans-proxy\"", "proxy = \"loans-proxy\"\n    secret = \"prod/loans/db\"")
            },
        ),
        ("the fence would hold only", |_| {}, |config| format!("{config}{FENCE}    roles = [\"batch\"]\n")),
        (
            "a client cannot log in through it",
            |scene| {
                scene.cloud.edit_proxy(|proxy| {
                    proxy.as_mut().unwrap().endpoint = Some("unreachable.example".to_owned());
                })
            },
            own,
        ),
    ];
    for (why, spoil, configure) in cases {
        let scene = Scene::by_proxy("");
        spoil(&scene);
        if why.starts_with("a client") {
            scene.servers.refuses_passwords(Some("unreachable.example"));
        }
        let refusal = scene.plan_for(&configure(scene.way.config.to_owned()), TO).await.unwrap_err();
        assert!(refusal.to_string().contains(why), "{why}: {refusal}");
        assert!(refusal.hint().is_some(), "{why}: no way out");
        assert_eq!(scene.cloud.changes(), Vec::<String>::new(), "a refusal leaves nothing behind");
    }
}

#[tokio::test]
async fn a_proxy_of_a_source_that_is_gone_or_elsewhere_is_left_with_words() {
    let ways = [
        (into_another_region(), "it leads to databases of eu-west-1 only"),
        (of_a_deleted_cluster(), "the source is gone"),
    ];
    for (mut scene, why) in ways {
        let named = "[databases.loans.cutover]\n    proxy = \"loans-proxy\"\n";
        let config = scene.way.config.replace("[databases.loans.cutover]\n", named);
        assert_ne!(config, scene.way.config);
        scene.way.config = Box::leak(config.into_boxed_str());
        scene.cloud.add_proxy(None);
        let plan = scene.choose(Until::Validated).await.unwrap_or_else(|refusal| panic!("{refusal}")).0;
        let told = plan.brief.warnings.join("\n");
        assert!(told.contains("proxy loans-proxy stays as it is") && told.contains(why), "{told}");
        assert!(plan.brief.proxy.is_none() && !plan.steps.iter().any(|planned| planned.step.id().0 == take::ID));
    }
}

#[tokio::test]
async fn a_promotion_leaves_the_proxy_and_says_why_and_how_it_is_moved() {
    let cases = [
        ("reader", "follows the failover by itself"),
        ("switchover", "it leads to databases of eu-west-1 only"),
        ("replica", "aws rds deregister-db-proxy-targets --db-proxy-name loans-proxy --db-instance-identifiers shop"),
    ];
    for (kind, why) in cases {
        let named = "[databases.loans.cutover]\n    proxy = \"loans-proxy\"";
        let edit = |config: String| config.replace("[databases.loans.cutover]", named);
        let plan = planned_by(&promotable(kind), kind, edit, Wanted::default()).await.unwrap();
        let told = plan.brief.warnings.join("\n");
        assert!(told.contains("proxy loans-proxy") && told.contains(why), "{kind}: {told}");
        assert!(plan.brief.proxy.is_none() && !plan.steps.iter().any(|planned| planned.step.id().0 == take::ID));
    }
}
