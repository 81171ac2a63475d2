//! Promotions of a database whose application follows a DNS record beside its secret: what leads to the old primary follows.

use daybreak::{
    recovery::promotion::{Loss, Wanted},
    run::{
        record::{Outcome, Scope},
        state::Stage,
        step::Until,
    },
};

use crate::{
    promotions::{planned, scene},
    support::{DNS, SOURCE, Scene, dns::alias},
};

/// The promotions that have another endpoint afterwards.
const KINDS: [&str; 5] = ["replica", "replica-cluster", "switchover", "failover", "detach"];

fn old_primary() -> String {
    format!("{SOURCE}.cluster.example")
}

fn wanted(kind: &str) -> Wanted {
    let loss = if matches!(kind, "failover" | "detach") { Loss::Unmeasured } else { Loss::Nothing };
    Wanted { loss, ..Wanted::default() }
}

async fn begun(kind: &str) -> Scene {
    let mut scene = scene(kind);
    let plan = planned(&scene, kind, DNS, wanted(kind)).await.unwrap();
    assert_eq!(plan.brief.pointers().as_deref(), Some("secret prod/loans/db and record db.corp.example"), "{kind}");
    assert!(plan.brief.policies.iter().any(|policy| policy.bundle == "cutover-dns"), "{kind}");
    scene.world = scene.world.of_region(&plan.brief.target.region);
    drop(scene.begin_with(plan, Until::Cutover).await);
    scene
}

#[tokio::test]
async fn secret_and_record_lead_to_what_was_promoted() {
    for kind in KINDS {
        let scene = begun(kind).await;
        assert_eq!(scene.cloud.record_leads_to(), old_primary(), "{kind}");
        assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered), "{kind}");
        assert_ne!(scene.cloud.record_leads_to(), old_primary(), "{kind}");
        assert_eq!(scene.cloud.record_leads_to(), scene.cloud.secret_points_at(), "{kind}");
    }
}

#[tokio::test]
async fn killed_anywhere_and_taken_back_both_are_as_they_were() {
    for advances in 0.. {
        let scene = begun("switchover").await;
        let before = scene.cloud.records();
        let complete = scene.die_after(scene.open().await, advances).await;
        assert_eq!(scene.resume().await, Stage::Ended(Outcome::Recovered), "killed after {advances}");
        assert_eq!(scene.cloud.record_leads_to(), scene.cloud.secret_points_at(), "killed after {advances}");
        assert_eq!(scene.turn_back(Scope::Cutover).await, Stage::Ended(Outcome::RolledBack), "killed after {advances}");
        assert_eq!(scene.cloud.records(), before, "killed after {advances}");
        assert_eq!(scene.cloud.secret_points_at(), old_primary(), "killed after {advances}");
        if complete {
            break;
        }
    }
}

#[tokio::test]
async fn a_record_that_does_not_lead_to_the_old_primary_is_left_as_it_is_and_that_is_said() {
    for (host, why) in [("shop-r.example", "already, which is the target"), ("other.example", "not the old primary")] {
        let scene = scene("replica");
        scene.cloud.set_records(vec![alias(host)]);
        let plan = planned(&scene, "replica", DNS, wanted("replica")).await.unwrap();
        assert_eq!(plan.brief.pointers().as_deref(), Some("secret prod/loans/db"), "{host}");
        let said = plan.brief.warnings.iter().any(|warning| warning.contains(host) && warning.contains(why));
        assert!(said, "{host}: {:?}", plan.brief.warnings);
    }
}

#[tokio::test]
async fn a_failover_within_the_cluster_takes_the_record_along() {
    let scene = scene("reader");
    let plan = planned(&scene, "reader", DNS, wanted("reader")).await.unwrap();
    assert_eq!(plan.brief.pointers(), None);
    let said = plan.brief.warnings.iter().any(|warning| warning.contains("follows the failover by itself"));
    assert!(said, "{:?}", plan.brief.warnings);
}
