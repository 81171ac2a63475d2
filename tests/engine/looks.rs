//! What a look shows of a run that needs a person: the world as it is, and what could not be found out.

use std::time::Duration;

use daybreak::{
    recovery::sighting::{Answer, Look, Side, Sighting, sight},
    report::stuck::{Around, On, Stuck, Witness},
    run::{
        record::Scope,
        state::{Direction, Stage},
        step::Until,
    },
};

use crate::support::{Fault, Scene};

const TARGET: &str = "loans-prod-db-k3fa";
const WITHIN: Duration = Duration::from_secs(10);

async fn look(scene: &Scene) -> Sighting {
    let changes = scene.cloud.changes();
    let sighting = sight(&scene.world, &scene.state().await, &scene.clock, WITHIN).await;
    assert_eq!(scene.cloud.changes(), changes, "a look changes nothing");
    sighting
}

async fn stuck(scene: &Scene) -> Stuck {
    let around = Around { look: Look::Made(look(scene).await), options: String::new() };
    Stuck::of(&scene.history().await, &around).unwrap()
}

/// A rollback that AWS refuses: the application is on the target still.
async fn refused_rollback() -> Scene {
    let scene = Scene::new();
    scene.recover(Until::Cutover).await;
    scene.cloud.fail(0, Fault::Denied);
    assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Stuck(Direction::Back(Scope::Cutover)));
    scene
}

#[tokio::test]
async fn the_application_is_where_the_secret_leads_whatever_the_journal_thinks() {
    let scene = refused_rollback().await;
    let seen = stuck(&scene).await;
    assert_eq!((seen.application.by, seen.application.on), (Witness::Aws, On::Target), "{seen:#?}");
    assert_eq!(seen.application.leads_to, Some(format!("{TARGET}.cluster.example:5433")));

    scene.cloud.secret_is_written_by_somebody("loans-prod.cluster.example");
    let seen = stuck(&scene).await;
    assert_eq!((seen.application.on, seen.application.version.as_deref()), (On::Source, Some("theirs")), "{seen:#?}");
    assert!(seen.back.by_hand.iter().all(|way| !way.command.contains("AWSCURRENT")), "there is nothing to move back");

    scene.cloud.secret_is_written_by_somebody("elsewhere.example");
    let seen = stuck(&scene).await;
    assert_eq!(seen.application.on, On::Elsewhere, "{seen:#?}");
    assert!(seen.application.sentence.contains("elsewhere.example:5433"), "{seen:#?}");
}

#[tokio::test]
async fn what_exists_is_told_with_its_status_and_its_maker() {
    let scene = Scene::new();
    scene.recover(Until::Validated).await;
    scene.cloud.fail(0, Fault::Denied);
    assert_eq!(scene.turn_back(Scope::Everything).await, Stage::Stuck(Direction::Back(Scope::Everything)));
    scene.cloud.edit_cluster(TARGET, |cluster| cluster.created = Some("2026-11-20T15:00:02Z".parse().unwrap()));
    scene.cloud.stays("loans-prod-db-k3fa-1", "storage-full");
    let seen = stuck(&scene).await;
    let told: Vec<String> = seen.exists.iter().map(|thing| thing.sentence(seen.looked)).collect();
    assert!(
        told[0].starts_with(
            "cluster loans-prod-db-k3fa is available, cluster-0001, there since 2026-11-20 15:00:02 UTC ("
        ),
        "{told:?}"
    );
    assert!(told[1].starts_with("writer loans-prod-db-k3fa-1 (db.r6g.large) is storage-full, db-0002"), "{told:?}");

    scene.cloud.edit_cluster(TARGET, |cluster| cluster.tags.clear());
    let seen = stuck(&scene).await;
    assert!(seen.exists[0].remark.as_deref().is_some_and(|remark| remark.contains("carries no daybreak:run tag")));
    assert!(seen.back.by_hand.iter().all(|way| !way.command.contains("delete-db-cluster")), "{:?}", seen.back.by_hand);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_not_waited_for_and_nothing_is_taken_for_gone() {
    let scene = refused_rollback().await;
    scene.cloud.is_silent(true);
    let sighting = look(&scene).await;
    assert!(sighting.things.values().all(|answer| matches!(answer, Answer::Unanswered(_))), "{sighting:?}");
    assert_eq!(sighting.secrets.iter().map(|secret| secret.side).collect::<Vec<_>>(), [Side::Unknown]);
    let seen = stuck(&scene).await;
    assert!(seen.exists.iter().all(|thing| thing.by == Witness::Journal && thing.exists == Some(true)), "{seen:#?}");
    assert_eq!((seen.application.by, seen.application.on), (Witness::Journal, On::Unknown));
    assert!(seen.application.sentence.contains("AWS does not tell: no answer within 10 s"), "{seen:#?}");
}
