//! Source and target swap names: two renames, with nothing under the name in between. Wherever they are interrupted the name ends
//! at one of the two, and never at nobody.

use std::time::Duration;

use daybreak::{
    aws::rds::model::Tag,
    config::Config,
    recovery::{
        dry_run,
        inventory::{Inventory, Region},
        leftovers::Verdict,
        refusal::Refusal,
        sighting,
    },
    run::{
        clock::Clock,
        executor::Advance,
        interrupt::Interrupt,
        record::{Outcome, Scope},
        state::{Direction, Stage},
        step::Until,
    },
    steps::{
        renaming::{
            rename_source,
            rename_target::{self, Renamed},
        },
        step::Step,
        watch::Watch,
    },
};

use jiff::SignedDuration;

use crate::support::{ACCOUNT, Fault, SOURCE, Scene, actor};

const ASIDE: &str = "loans-prod-aside-k3fa";
const TARGET: &str = "loans-prod-db-k3fa";

fn endpoint() -> String {
    format!("{SOURCE}.cluster.example")
}

/// The resource id of whoever is called so.
fn called(scene: &Scene, name: &str) -> Option<String> {
    scene.cloud.who_is_called().into_iter().find(|(called, _)| called == name).map(|(_, id)| id)
}

fn is_source(id: Option<String>) -> bool {
    id.as_deref() == Some("cluster-SOURCE")
}

/// Whether the names are as they were: the source's, and, where there is one, the target's own.
fn as_before(scene: &Scene) -> bool {
    is_source(called(scene, SOURCE)) && called(scene, ASIDE).is_none()
}

fn swapped(scene: &Scene) -> bool {
    is_source(called(scene, ASIDE))
        && called(scene, SOURCE).is_some_and(|id| id != "cluster-SOURCE")
        && called(scene, TARGET).is_none()
}

#[tokio::test]
async fn the_target_takes_the_sources_name_and_gives_it_back() {
    let scene = Scene::swapping(true);
    let before = scene.what_exists();
    assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    assert!(swapped(&scene), "{:?}", scene.cloud.who_is_called());
    let renamed: Renamed = scene.state().await.outputs.of(rename_target::ID).unwrap();
    assert_eq!((renamed.identifier.as_str(), renamed.endpoint), (SOURCE, endpoint()));
    assert_eq!(renamed.landed.instance.as_deref(), Some("loans-prod-db-k3fa-1"));
    assert_eq!(renamed.certified_as, Some(format!("{TARGET}.cluster.example")), "the certificate stays");
    // What comes after the watch is done to the target under its new name, and never to the source.
    let exists = scene.what_exists().join("\n");
    assert!(exists.contains("loans-prod: roles"), "{exists}");
    let taken = scene.cloud.snapshots().into_iter().map(|snapshot| (snapshot.identifier, snapshot.cluster));
    assert_eq!(taken.collect::<Vec<_>>(), [(format!("{TARGET}-cutover"), SOURCE.to_owned())]);
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert!(as_before(&scene), "{:?}", scene.cloud.who_is_called());
    let after = scene.what_exists();
    for line in &before {
        assert!(after.contains(line), "{line} is not in {after:#?}");
    }
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered));
    assert!(swapped(&scene));
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Ended(Outcome::Undone));
    assert_eq!(scene.what_exists(), before);
}

#[tokio::test]
async fn a_swap_is_in_the_plan_with_all_that_it_means() {
    let scene = Scene::swapping(false);
    let plan = scene.plan().await;
    let ids: Vec<String> = plan.steps.iter().map(|planned| daybreak::run::step::Step::id(&planned.step).0).collect();
    let place = |id: &str| ids.iter().position(|step| step == id).unwrap_or_else(|| panic!("{id} in {ids:?}"));
    assert!(place("prove") < place(rename_source::ID));
    assert_eq!(place(rename_source::ID) + 1, place(rename_target::ID));
    assert!(!ids.iter().any(|id| id.contains("scaling")), "scaling goes by the name: {ids:?}");
    let warnings = plan.brief.warnings.join("\n");
    for said in [
        "in between nothing bears the name loans-prod",
        "verify-full",
        "stays with loans-prod-aside-k3fa: rds-db:connect",
        "instances keep their names",
        "the readers of loans-prod are scaled by its name",
        "the old writer is not fenced",
    ] {
        assert!(warnings.contains(said), "{said} is not in {warnings}");
    }
    assert_eq!(plan.brief.pointers().as_deref(), Some("the name loans-prod"));
    let bundle = plan.brief.policies.iter().find(|policy| policy.bundle == "cutover-rename").unwrap();
    assert!(bundle.actions.iter().any(|action| action == "rds:ModifyDBCluster"));
    let watch = plan.steps.iter().any(|planned| matches!(&planned.step, Step::Watch(Watch { .. })));
    assert!(watch);
}

#[tokio::test]
async fn a_failing_watch_swaps_the_names_back() {
    let scene = Scene::swapping(true);
    scene.recover(Until::Validated).await;
    scene.servers.probes_fail(3);
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::RolledBack));
    assert!(as_before(&scene));
}

#[tokio::test]
async fn a_name_that_leads_to_the_source_yet_is_waited_for_forward_and_back() {
    let scene = Scene::swapping(true);
    scene.recover(Until::Validated).await;
    scene.cloud.leads_late(&endpoint(), 5);
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered));
    let fenced = scene.cloud.who_may_log_in();
    scene.cloud.leads_late(&endpoint(), 5);
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack));
    let undone = scene.state().await.step(rename_source::ID).unwrap().undone.clone().unwrap();
    assert!(undone.contains("clients of loans-prod.cluster.example land on loans-prod-1"), "{undone}");
    assert_ne!(scene.cloud.who_may_log_in(), fenced, "the fence is opened on the source");
}

#[tokio::test]
async fn a_swap_killed_anywhere_is_gone_on_with_or_taken_back() {
    let undisturbed = Scene::swapping(true);
    assert_eq!(undisturbed.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered));
    let expected = undisturbed.what_exists();
    for advances in 0.. {
        let scene = Scene::swapping(true);
        let complete = scene.die_after(scene.begin(Until::Cutover).await, advances).await;
        assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered), "killed after {advances}");
        assert_eq!(scene.what_exists(), expected, "killed after {advances}");
        let scene = Scene::swapping(true);
        scene.die_after(scene.begin(Until::Cutover).await, advances).await;
        if scene.state().await.cutover_begun() {
            assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack), "after {advances}");
            assert!(as_before(&scene), "killed after {advances}: {:?}", scene.cloud.who_is_called());
        }
        if complete {
            return;
        }
    }
}

/// A recovered run of which the way back has been asked for.
async fn turning_back() -> Scene {
    let scene = Scene::swapping(true);
    scene.recover(Until::Cutover).await;
    let mut executor = scene.executor(scene.open().await);
    executor.turn_back(Scope::Cutover, actor()).await.unwrap();
    drop(executor);
    scene
}

#[tokio::test]
async fn a_way_back_killed_anywhere_ends_like_an_undisturbed_one() {
    let undisturbed = turning_back().await;
    undisturbed.resume().await;
    let expected = undisturbed.what_exists();
    for advances in 0.. {
        let scene = turning_back().await;
        let complete = scene.die_after(scene.open().await, advances).await;
        scene.clock.absent_for(Duration::from_secs(6 * 3600));
        assert_eq!(scene.resume().await, Stage::Ended(Outcome::RolledBack), "killed after {advances}");
        assert_eq!(scene.what_exists(), expected, "killed after {advances}");
        if complete {
            return;
        }
    }
}

#[tokio::test]
async fn lost_calls_and_lost_answers_change_nothing_in_the_end() {
    let undisturbed = Scene::swapping(true);
    undisturbed.recover(Until::Cutover).await;
    let (expected, changes) = (undisturbed.what_exists(), undisturbed.cloud.changes().len());
    let back = turning_back().await;
    let before = back.cloud.changes().len();
    back.resume().await;
    let (returned, undoing) = (back.what_exists(), back.cloud.changes().len() - before);
    for fault in [Fault::LostBefore, Fault::LostAfter] {
        for nth in 0..changes {
            let scene = Scene::swapping(true);
            scene.cloud.fail(nth, fault);
            assert_eq!(scene.recover(Until::Cutover).await, Stage::Ended(Outcome::Recovered), "{fault:?} at {nth}");
            assert_eq!(scene.what_exists(), expected, "{fault:?} at {nth}");
        }
        for nth in 0..undoing {
            let scene = turning_back().await;
            scene.cloud.fail(nth, fault);
            assert_eq!(scene.resume().await, Stage::Ended(Outcome::RolledBack), "{fault:?} at {nth}");
            assert_eq!(scene.what_exists(), returned, "{fault:?} at {nth}");
        }
    }
}

/// The scene, executed until the source has been put aside.
async fn put_aside() -> Scene {
    for advances in 1.. {
        let scene = Scene::swapping(true);
        scene.die_after(scene.begin(Until::Cutover).await, advances).await;
        if scene.state().await.outputs.has(rename_source::ID) {
            return scene;
        }
    }
    unreachable!("the run ends");
}

#[tokio::test]
async fn a_stranger_who_takes_the_name_in_the_gap_is_waited_for_and_never_touched() {
    let scene = put_aside().await;
    scene.cloud.somebody_makes(SOURCE);
    let stage = scene.resume().await;
    assert_eq!(stage, Stage::Stuck(Direction::Back(Scope::Cutover)), "the name cannot be given back either");
    assert!(is_source(called(&scene, ASIDE)) && called(&scene, TARGET).is_some());
    assert_eq!(called(&scene, SOURCE).as_deref(), Some("cluster-THEIRS"));
    let state = scene.state().await;
    let failure = state.step(rename_source::ID).unwrap().failure.clone().unwrap();
    let hint = failure.hint.unwrap();
    assert!(failure.message.contains("cluster-THEIRS") && hint.contains("daybreak resume"), "{hint}");
    scene.cloud.somebody_renames(SOURCE, "theirs");
    assert_eq!(scene.resume().await, Stage::Ended(Outcome::RolledBack));
    assert!(as_before(&scene));
    assert_eq!(called(&scene, "theirs").as_deref(), Some("cluster-THEIRS"));
}

#[tokio::test]
async fn a_name_aside_that_is_taken_moves_nothing() {
    let scene = Scene::swapping(true);
    scene.recover(Until::Validated).await;
    scene.cloud.somebody_makes(ASIDE);
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::RolledBack));
    assert!(is_source(called(&scene, SOURCE)) && called(&scene, TARGET).is_some());
    assert_eq!(called(&scene, ASIDE).as_deref(), Some("cluster-THEIRS"));
}

#[tokio::test]
async fn a_source_that_something_else_is_done_to_keeps_the_application_waiting_for_a_minute_at_most() {
    let scene = Scene::swapping(true);
    scene.recover(Until::Validated).await;
    scene.cloud.stays(SOURCE, "backing-up");
    let began = scene.clock.now();
    let mut executor = scene.executor(scene.open().await);
    executor.allow(Until::Cutover, actor()).await.unwrap();
    let (_raise, interrupt) = Interrupt::new();
    while executor.journal().state().step(rename_source::ID).unwrap().failure.is_none() {
        if let Advance::Wait(span) = executor.advance(&interrupt).await.unwrap() {
            scene.clock.sleep(span).await;
        }
    }
    assert!(scene.clock.now().duration_since(began) < SignedDuration::from_secs(90));
    drop(executor);
    scene.cloud.stays(SOURCE, "available");
    assert_eq!(scene.resume().await, Stage::Ended(Outcome::RolledBack));
    assert!(as_before(&scene));
    assert_eq!(scene.cut_over().await, Stage::Ended(Outcome::Recovered));
}

#[tokio::test]
async fn a_source_that_somebody_renames_meanwhile_is_left_to_them() {
    let scene = Scene::swapping(true);
    scene.recover(Until::Validated).await;
    scene.cloud.somebody_renames(SOURCE, "loans-by-hand");
    // The fence is opened where the source was, and nothing is there.
    let stage = scene.cut_over().await;
    assert!(is_source(called(&scene, "loans-by-hand")), "{stage:?}");
    assert!(called(&scene, SOURCE).is_none() && called(&scene, TARGET).is_some());

    let scene = Scene::swapping(true);
    scene.recover(Until::Cutover).await;
    scene.cloud.somebody_renames(ASIDE, "loans-by-hand");
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Stuck(Direction::Back(Scope::Cutover)));
    assert!(called(&scene, SOURCE).is_some_and(|id| id != "cluster-SOURCE"), "the application keeps its database");
    scene.cloud.somebody_renames("loans-by-hand", ASIDE);
    assert_eq!(scene.resume().await, Stage::Ended(Outcome::RolledBack));
    assert!(as_before(&scene));
}

#[tokio::test]
async fn the_application_keeps_the_target_when_the_source_cannot_take_its_name_back() {
    for status in ["stopped", "inaccessible-encryption-credentials"] {
        let scene = Scene::swapping(true);
        scene.recover(Until::Cutover).await;
        scene.cloud.stays(ASIDE, status);
        assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Stuck(Direction::Back(Scope::Cutover)), "{status}");
        assert!(swapped(&scene), "{status}");
        scene.cloud.stays(ASIDE, "available");
        assert_eq!(scene.resume().await, Stage::Ended(Outcome::RolledBack), "{status}");
        assert!(as_before(&scene), "{status}");
    }
}

#[tokio::test]
async fn a_look_tells_who_bears_the_name() {
    let scene = Scene::swapping(true);
    scene.recover(Until::Cutover).await;
    let state = scene.state().await;
    let look = async || sighting::sight(&scene.world, &state, &scene.clock, Duration::from_secs(1)).await;
    let seen = look().await;
    assert_eq!(seen.name.as_ref().unwrap().side, sighting::Side::Target);
    let sighting::Answer::Found(found) = &seen.things[TARGET] else { panic!("{seen:?}") };
    assert_eq!((found.called.as_str(), &found.stranger), (SOURCE, &None));
    scene.cloud.somebody_renames(SOURCE, "elsewhere");
    let seen = look().await;
    assert_eq!(seen.name.unwrap().borne_by, Ok(None));
    scene.cloud.somebody_renames(ASIDE, SOURCE);
    assert_eq!(look().await.name.unwrap().side, sighting::Side::Source);
}

/// What cleanup would say of whoever is called so.
async fn judged(scene: &Scene, name: &str) -> Option<(Verdict, String)> {
    let (config, region) = (Config::default(), "eu-west-1".to_owned());
    let regions = [Region { name: region.clone(), world: scene.world.clone(), listed: true }];
    let inventory = Inventory {
        store: &scene.store,
        config: &config,
        account: ACCOUNT,
        regions: &regions,
        default_region: &region,
    };
    let found = inventory.leftovers(scene.clock.now()).await.unwrap();
    found.into_iter().find(|leftover| leftover.name == name).map(|leftover| (leftover.verdict, leftover.reason))
}

#[tokio::test]
async fn cleanup_never_takes_what_bears_the_name_and_takes_the_target_once_it_does_not() {
    let scene = Scene::swapping(true);
    scene.recover(Until::Cutover).await;
    let kept = (Verdict::Kept, "the application uses it: it bears the name loans-prod".to_owned());
    assert_eq!(judged(&scene, SOURCE).await, Some(kept));
    assert_eq!(judged(&scene, ASIDE).await, None, "the source is nothing that a run left");
    // Whoever tags the source like a target does not make one of it.
    scene.cloud.edit_cluster(ASIDE, |cluster| cluster.tags.push(Tag::new("daybreak:run", "20261120-150000-k3fa")));
    assert_eq!(judged(&scene, ASIDE).await.unwrap().0, Verdict::Kept);
    scene.cloud.edit_cluster(ASIDE, |cluster| cluster.tags.retain(|tag| tag.key != "daybreak:run"));
    scene.turn_back(Scope::Cutover).await;
    let may_go = judged(&scene, TARGET).await.unwrap();
    assert_eq!(may_go.0, Verdict::Removable);
    assert!(may_go.1.contains("the name loans-prod leads to loans-prod"), "{}", may_go.1);
    assert_eq!(judged(&scene, SOURCE).await, None);
}

#[tokio::test]
async fn a_cutover_is_looked_through_beforehand() {
    let scene = Scene::swapping(true);
    scene.recover(Until::Validated).await;
    let state = scene.state().await;
    let found = dry_run::dry_run(&scene.world, &state, scene.clock.now()).await;
    assert!(found.is_ready(), "{found:?}");
    scene.cloud.somebody_makes(ASIDE);
    let found = dry_run::dry_run(&scene.world, &state, scene.clock.now()).await;
    assert!(found.obstacles.iter().any(|obstacle| obstacle.contains(ASIDE)), "{found:?}");
    scene.cloud.somebody_renames(ASIDE, "theirs");
    scene.cloud.somebody_renames(SOURCE, "by-hand");
    let found = dry_run::dry_run(&scene.world, &state, scene.clock.now()).await;
    assert!(found.obstacles.iter().any(|one| one.contains("no cluster bears the name loans-prod")), "{found:?}");
}

#[tokio::test]
async fn a_source_whose_name_cannot_be_swapped_is_refused_beforehand() {
    type Case = (&'static str, fn(&Scene));
    let cases: [Case; 3] = [
        ("it belongs to the global database world", |scene| {
            scene.cloud.edit_cluster(SOURCE, |cluster| cluster.global_cluster_identifier = Some("world".to_owned()));
        }),
        ("it replicates to or from copy", |scene| {
            scene.cloud.edit_cluster(SOURCE, |cluster| cluster.read_replicas = vec!["copy".to_owned()]);
        }),
        ("it has no endpoint", |scene| scene.cloud.edit_cluster(SOURCE, |cluster| cluster.endpoint = None)),
    ];
    for (why, change) in cases {
        let scene = Scene::swapping(false);
        change(&scene);
        let refusal: Refusal = scene.choose(Until::Validated).await.unwrap_err();
        assert!(refusal.to_string().contains(why), "{refusal} is not: {why}");
        assert!(refusal.hint().is_some(), "{refusal}");
    }
}

#[tokio::test]
async fn a_fence_needs_the_roles_that_nothing_else_tells() {
    let scene = Scene::swapping(true);
    let config = scene.way.config.replace("    roles = [\"app\", \"batch\"]\n", "");
    let refusal = scene.plan_for(&config, "2026-11-20T14:22:05Z").await.unwrap_err();
    assert!(refusal.to_string().contains("nothing says whom the application logs in as"), "{refusal}");
    assert!(refusal.hint().unwrap().contains("roles under [databases.loans.fence]"));
}
