//! Promotions, whatever is lost and wherever the process dies: one call, one primary, and a way back where there is one.

use std::path::Path;

use daybreak::{
    aws::rds::{
        backups::model::{GlobalCluster, GlobalMember},
        model::{Instance, StatusInfo},
    },
    config::Config,
    recovery::{
        promotion::{How, Loss, Wanted, survey},
        recipe::{self, Wish},
        refusal::Refusal,
    },
    run::{
        clock::Clock,
        plan::Plan,
        record::{Outcome, Scope},
        state::{Direction, Stage},
        step::Until,
    },
    steps::step::Step,
};

use crate::support::{ACCOUNT, CONFIG, Fault, SOURCE, Scene, actor, run};

/// Each kind of promotion.
const KINDS: [&str; 6] = ["replica", "replica-cluster", "reader", "switchover", "failover", "detach"];

fn arn(kind: &str, name: &str) -> String {
    let region = if name.ends_with("-away") { "eu-central-1" } else { "eu-west-1" };
    format!("arn:aws:rds:{region}:{ACCOUNT}:{kind}:{name}")
}

/// A scene with what this kind of promotion needs.
pub(crate) fn scene(kind: &str) -> Scene {
    let scene = Scene::new();
    let cloud = &scene.cloud;
    cloud.edit_cluster(SOURCE, |cluster| cluster.arn = arn("cluster", SOURCE));
    for name in [format!("{SOURCE}-1"), format!("{SOURCE}-2")] {
        cloud.edit_instance(&name, |instance| {
            instance.arn = arn("db", &name);
            instance.address = Some(format!("{name}.example"));
        });
    }
    let member = |name: &str, is_writer| GlobalMember {
        arn: arn("cluster", name),
        is_writer,
        synchronization: Some("connected".to_owned()),
    };
    let follower = |name: &str, cluster: Option<&str>| Instance {
        identifier: name.to_owned(),
        arn: arn("db", name),
        resource_id: format!("db-{name}"),
        status: "available".into(),
        engine: "postgres".to_owned(),
        cluster: cluster.map(str::to_owned),
        address: Some(format!("{name}.example")),
        port: Some(5433),
        ..Instance::default()
    };
    // A cluster that follows another, with an instance.
    let following = |name: &str, global: Option<&str>, source: Option<&str>| {
        let mut cluster = cloud.clusters()[0].clone();
        cluster.identifier = name.to_owned();
        cluster.arn = arn("cluster", name);
        cluster.resource_id = format!("cluster-{name}");
        cluster.endpoint = source.map(|_| format!("{name}.cluster.example"));
        cluster.reader_endpoint = Some(format!("{name}.reader.example"));
        cluster.global_cluster_identifier = global.map(str::to_owned);
        cluster.replication_source = source.map(str::to_owned);
        cluster.members.truncate(1);
        cluster.members[0].instance = format!("{name}-1");
        cloud.add_cluster(cluster, vec![follower(&format!("{name}-1"), Some(name))]);
    };
    match kind {
        "reader" => {}
        "switchover" | "failover" | "detach" => {
            cloud.edit_cluster(SOURCE, |cluster| cluster.global_cluster_identifier = Some("world".to_owned()));
            following("loans-away", Some("world"), None);
            let members = vec![member(SOURCE, true), member("loans-away", false)];
            // Nothing is kept of what only a region had that is away.
            cloud.snapshots_are_away(true);
            cloud.add_global(GlobalCluster { identifier: "world".to_owned(), members, ..GlobalCluster::default() });
        }
        _ => {
            let mut primary = follower("shop", None);
            primary.address = Some(format!("{SOURCE}.cluster.example"));
            primary.backup_retention_period = Some(5);
            let primary_arn = primary.arn.clone();
            let mut instances = Vec::new();
            if kind == "replica" {
                let mut replica = follower("shop-r", None);
                replica.read_replica_source_instance = Some("shop".to_owned());
                primary.read_replicas.push("shop-r".to_owned());
                instances.push(replica);
            } else {
                primary.read_replica_clusters.push("shop-aurora".to_owned());
                following("shop-aurora", None, Some(&primary_arn));
            }
            instances.push(primary);
            let source = cloud.clusters().into_iter().find(|cluster| cluster.identifier == SOURCE).unwrap();
            cloud.add_cluster(source, instances);
        }
    }
    scene
}

pub(crate) async fn plan(scene: &Scene, kind: &str) -> Plan<Step> {
    let loss = if matches!(kind, "failover" | "detach") { Loss::Unmeasured } else { Loss::Nothing };
    planned(scene, kind, "", Wanted { loss, ..Wanted::default() }).await.unwrap()
}

/// The plan with this in the profile, too.
pub(crate) async fn planned(scene: &Scene, kind: &str, more: &str, wanted: Wanted) -> Result<Plan<Step>, Refusal> {
    planned_by(scene, kind, |config| format!("{config}{more}"), wanted).await
}

/// The plan with the profile edited.
pub(crate) async fn planned_by(
    scene: &Scene,
    kind: &str,
    edit: impl FnOnce(String) -> String,
    wanted: Wanted,
) -> Result<Plan<Step>, Refusal> {
    let config = match kind.starts_with("replica") {
        true => CONFIG.replace("cluster = \"loans-prod\"", "instance = \"shop\""),
        false => CONFIG.to_owned(),
    };
    let config = Config::parse(&edit(config), Path::new("daybreak.toml")).unwrap();
    let database = config.database("loans").unwrap();
    let how = match kind {
        "switchover" => Some(How::Switchover),
        "failover" => Some(How::Failover),
        "detach" => Some(How::Detach),
        _ => None,
    };
    let wanted = Wanted { how, ..wanted };
    let outlook = survey::survey(&scene.world, &database, &wanted, scene.clock.now()).await?;
    let wish = Wish { database: &database, run: run(), by: actor(), account: ACCOUNT.to_owned() };
    recipe::promote::plan(&wish, &outlook)
}

/// The scene as the run sees it: from where the target is.
pub(crate) async fn begun(kind: &str) -> Scene {
    let mut scene = scene(kind);
    let plan = plan(&scene, kind).await;
    scene.world = scene.world.of_region(&plan.brief.target.region);
    drop(scene.begin_with(plan, Until::Cutover).await);
    scene
}

/// Who leads, and where the application is.
fn standing(scene: &Scene) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for cluster in scene.cloud.clusters() {
        let (name, writer) = (&cluster.identifier, cluster.writer().unwrap_or("nobody").to_owned());
        let follows = (&cluster.replication_source, &cluster.global_cluster_identifier);
        lines.push(format!("{name} {} {writer} {follows:?}", cluster.status));
    }
    for global in scene.cloud.globals() {
        lines.extend(global.members.iter().map(|member| format!("{} leads {}", member.arn, member.is_writer)));
    }
    for instance in scene.cloud.instances() {
        lines.push(format!("{} {} {:?}", instance.identifier, instance.status, instance.read_replica_source_instance));
    }
    lines.push(scene.cloud.secret_points_at());
    lines
}

pub(crate) fn promotions(scene: &Scene) -> usize {
    let calls = scene.cloud.changes();
    calls.iter().filter(|call| call.contains("Promote") || call.contains("over") || call.contains("RemoveFrom")).count()
}

#[tokio::test]
async fn each_kind_is_one_call_and_the_application_follows() {
    for kind in KINDS {
        let scene = begun(kind).await;
        let before = scene.cloud.secret_points_at();
        assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered), "{kind}");
        assert_eq!(promotions(&scene), 1, "{kind}: {:?}", scene.cloud.changes());
        assert_eq!(scene.cloud.secret_points_at() == before, kind == "reader", "{kind}");
    }
}

#[tokio::test]
async fn killed_after_any_advance_it_ends_the_same_by_one_call() {
    for kind in KINDS {
        let undisturbed = begun(kind).await;
        undisturbed.resume().await;
        for advances in 0.. {
            let scene = begun(kind).await;
            let complete = scene.die_after(scene.open().await, advances).await;
            assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered), "{kind} killed after {advances}");
            assert_eq!(standing(&scene), standing(&undisturbed), "{kind} killed after {advances}");
            assert_eq!(promotions(&scene), 1, "{kind} killed after {advances}: {:?}", scene.cloud.changes());
            if complete {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_lost_call_or_a_lost_answer_changes_nothing_in_the_end() {
    for kind in KINDS {
        let undisturbed = begun(kind).await;
        undisturbed.resume().await;
        for fault in [Fault::LostBefore, Fault::LostAfter] {
            for nth in 0..undisturbed.cloud.changes().len() {
                let scene = begun(kind).await;
                scene.cloud.fail(nth, fault);
                assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered), "{kind} {fault:?} at {nth}");
                assert_eq!(standing(&scene), standing(&undisturbed), "{kind} {fault:?} at {nth}");
            }
        }
    }
}

/// The description of a cluster and that of its global database do not change at the same time.
#[tokio::test]
async fn a_global_database_that_is_told_as_it_was_ends_nothing() {
    for kind in ["switchover", "failover", "detach"] {
        let undisturbed = begun(kind).await;
        undisturbed.resume().await;
        for looks in 1..24 {
            let scene = begun(kind).await;
            scene.cloud.globals_stay_told(looks);
            assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered), "{kind} {looks}");
            assert_eq!(standing(&scene), standing(&undisturbed), "{kind} {looks}");
        }
    }
}

#[tokio::test]
async fn a_denied_promotion_holds_or_turns_back_and_can_be_made_later() {
    for kind in KINDS {
        let scene = begun(kind).await;
        let before = standing(&scene);
        scene.cloud.fail(0, Fault::Denied);
        let reversible = matches!(kind, "reader" | "switchover");
        let stage = scene.resume().await;
        let expected = if reversible { Stage::Ended(Outcome::RolledBack) } else { Stage::Stuck(Direction::Forward) };
        assert_eq!((stage, standing(&scene)), (expected, before), "{kind}");
        let end = if reversible { scene.cut_over().await } else { scene.resume().await };
        assert_eq!(end, Stage::Ended(Outcome::Recovered), "{kind}");
    }
}

#[tokio::test]
async fn what_can_be_taken_back_is_also_after_a_kill_anywhere() {
    for kind in ["reader", "switchover"] {
        let before = standing(&begun(kind).await);
        for advances in 0.. {
            let scene = begun(kind).await;
            scene.resume().await;
            let mut executor = scene.executor(scene.open().await);
            executor.turn_back(Scope::Cutover, actor()).await.unwrap();
            drop(executor);
            let complete = scene.die_after(scene.open().await, advances).await;
            assert_eq!(scene.resume().await, Stage::Ended(Outcome::RolledBack), "{kind} killed after {advances}");
            // What the cloud gave the target when it led stays: only roles and pointers are compared.
            assert_eq!(standing(&scene), before, "{kind} killed after {advances}");
            if complete {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_replication_that_breaks_after_the_plan_stops_it_before_anything_is_done() {
    let scene = begun("replica").await;
    let before = standing(&scene);
    scene.cloud.edit_instance("shop-r", |replica| {
        let broken = StatusInfo { status: Some("error".to_owned()), normal: Some(false), ..StatusInfo::default() };
        replica.status_infos.push(broken);
    });
    assert_eq!(scene.resume().await, Stage::Ended(Outcome::Undone));
    assert_eq!((standing(&scene), scene.cloud.changes()), (before, Vec::<String>::new()));
}

#[tokio::test]
async fn a_replica_that_was_made_anew_under_its_name_is_left_alone() {
    let scene = begun("replica").await;
    scene.cloud.edit_instance("shop-r", |replica| replica.resource_id = "db-ANOTHER".to_owned());
    assert_eq!(scene.resume().await, Stage::Ended(Outcome::Undone));
    assert_eq!(scene.cloud.changes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_promotion_is_never_taken_for_something_that_the_run_made() {
    for kind in ["replica", "detach"] {
        let scene = begun(kind).await;
        scene.resume().await;
        scene.turn_back(Scope::Cutover).await;
        let promoted = standing(&scene);
        assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Ended(Outcome::Undone), "{kind}");
        assert_eq!(standing(&scene), promoted, "{kind}");
        assert!(!scene.cloud.changes().iter().any(|call| call.starts_with("Delete")), "{kind}");
    }
}
