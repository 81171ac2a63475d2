//! The judgement over every kind of trouble, one at a time.

use super::*;
use crate::{
    aws::rds::{
        backups::model::{GlobalCluster, GlobalMember},
        model::{Cluster, Instance, StatusInfo},
        replication::requests::{FailoverGlobalCluster, PromoteReadReplica, SwitchoverGlobalCluster},
    },
    pg::Role,
    steps::{
        promotion::{FenceAhead, Member},
        window::Family,
    },
};

fn now() -> Timestamp {
    "2026-11-20T15:00:00Z".parse().expect("a time")
}

fn member(name: &str, family: Family) -> Member {
    Member {
        family,
        identifier: name.to_owned(),
        arn: format!("arn:{name}"),
        resource_id: Some(format!("id-{name}")),
        instance: None,
        region: "eu-west-1".to_owned(),
        host: Some(format!("{name}.example")),
        port: Some(5432),
    }
}

/// A replica that has everything, of a primary that nobody uses.
fn replica() -> (Promotion, Seen) {
    let request = PromoteReadReplica { db_instance_identifier: "shop-r".to_owned(), ..PromoteReadReplica::default() };
    let promotion = Promotion {
        way: Way::ReadReplica(request),
        primary: member("shop", Family::Instance),
        target: member("shop-r", Family::Instance),
        global: None,
        max_lag_seconds: 30,
        accepted: Accepted::Nothing,
        old_primary_keeps_writing: false,
        fence: None,
        access: None,
    };
    let described = |name: &str| {
        let instance = Instance {
            identifier: name.to_owned(),
            resource_id: format!("id-{name}"),
            status: "available".into(),
            ..Instance::default()
        };
        Described::Instance(Box::new(instance))
    };
    let seen = Seen {
        target: described("shop-r"),
        primary: Ok(described("shop")),
        global: None,
        primary_role: Ok(Role::default()),
        lag: Some(behind(0.0)),
        caught_up: false,
    };
    (promotion, seen)
}

/// A secondary in step with its primary.
fn secondary(failover: bool) -> (Promotion, Seen) {
    let arn = "arn:away".to_owned();
    let global = "world".to_owned();
    let way = if failover {
        Way::Failover(FailoverGlobalCluster {
            global_cluster_identifier: global,
            target_db_cluster_identifier: arn,
            allow_data_loss: true,
        })
    } else {
        Way::Switchover(SwitchoverGlobalCluster {
            global_cluster_identifier: global,
            target_db_cluster_identifier: arn,
        })
    };
    let (promotion, seen) = replica();
    let promotion = Promotion {
        way,
        primary: member("here", Family::Cluster),
        target: member("away", Family::Cluster),
        global: Some("world".to_owned()),
        ..promotion
    };
    let described = |name: &str| {
        let cluster = Cluster {
            identifier: name.to_owned(),
            status: "available".into(),
            engine_version: Some("15.10".to_owned()),
            ..Cluster::default()
        };
        let instance = Instance { status: "available".into(), ..Instance::default() };
        Described::Cluster(Box::new(cluster), vec![instance])
    };
    let of = |name: &str, is_writer| GlobalMember {
        arn: format!("arn:{name}"),
        is_writer,
        synchronization: Some("connected".to_owned()),
    };
    let members = vec![of("here", true), of("away", false)];
    let global = GlobalCluster { identifier: "world".to_owned(), members, ..GlobalCluster::default() };
    let lag = failover.then(|| behind(0.0));
    (promotion, Seen { target: described("away"), primary: Ok(described("here")), global: Some(global), lag, ..seen })
}

fn behind(seconds: f64) -> Lag {
    Lag::Measured { seconds, at: now(), by: "a test".to_owned() }
}

fn session(transaction: Option<f64>) -> Other {
    Other { user: "app".to_owned(), application: "api".to_owned(), transaction }
}

/// The obstacles, or what is waited for, in a line.
fn said(promotion: &Promotion, seen: &Seen) -> String {
    let verdict = judge(promotion, seen, now());
    let obstacles = verdict.obstacles.iter().map(|obstacle| format!("against: {}", obstacle.what));
    obstacles.chain(verdict.waits.iter().map(|wait| format!("waits: {wait}"))).collect::<Vec<_>>().join("; ")
}

#[test]
fn nothing_stands_against_what_is_in_order() {
    let (promotion, seen) = replica();
    assert_eq!(said(&promotion, &seen), "");
    for failover in [false, true] {
        let (promotion, seen) = secondary(failover);
        assert_eq!(said(&promotion, &seen), "");
    }
}

#[test]
fn a_lag_counts_against_the_limit_and_then_against_what_was_accepted() {
    let (mut promotion, mut seen) = replica();
    seen.primary_role = Ok(Role { sessions: vec![session(None)], ..Role::default() });
    promotion.old_primary_keeps_writing = true;
    let mut with = |seconds, accepted| {
        seen.lag = Some(behind(seconds));
        promotion.accepted = accepted;
        said(&promotion, &seen)
    };
    assert_eq!(with(30.0, Accepted::Nothing), "");
    assert!(with(30.1, Accepted::Nothing).ends_with("; the limit is 30 s"));
    let named = |seconds| Accepted::Seconds { seconds, data_time: None };
    assert_eq!(with(60.0, named(60)), "");
    assert!(with(60.1, named(60)).ends_with("; a loss of 60 s was accepted"));
    assert_eq!(with(1e6, Accepted::Unmeasured), "");
}

#[test]
fn a_primary_that_is_gone_loses_no_more_by_being_gone_for_longer() {
    let (mut promotion, mut seen) = secondary(true);
    seen.primary = Err("no answer".to_owned());
    seen.lag = Some(behind(3600.0));
    let data_time = seen.lag.as_ref().and_then(Lag::data_time);
    promotion.accepted = Accepted::Seconds { seconds: 10, data_time };
    assert!(said(&promotion, &seen).contains("a loss of 10 s was accepted"), "it answers, so it may write");
    seen.primary_role = Err("no answer".to_owned());
    assert_eq!(said(&promotion, &seen), "");
    seen.lag = Some(behind(3661.0));
    assert!(said(&promotion, &seen).contains("a loss of 10 s was accepted"), "the data is older than it was");
}

#[test]
fn a_lag_that_cannot_be_measured_is_accepted_by_its_own_word_only() {
    let (mut promotion, mut seen) = replica();
    seen.lag = Some(Lag::NotMeasured("nobody tells".to_owned()));
    promotion.accepted = Accepted::Seconds { seconds: 3600, data_time: None };
    assert!(said(&promotion, &seen).ends_with("so neither can the loss: nobody tells"));
    promotion.accepted = Accepted::Unmeasured;
    assert_eq!(said(&promotion, &seen), "");
}

#[test]
fn what_a_quiet_primary_has_is_waited_for() {
    let (promotion, mut seen) = replica();
    seen.lag = Some(behind(0.1));
    assert_eq!(said(&promotion, &seen), "waits: instance shop-r (eu-west-1) to get all that its primary has");
}

#[test]
fn a_primary_in_use_or_that_cannot_be_asked_needs_a_word() {
    let (mut promotion, mut seen) = replica();
    for role in [Ok(Role { sessions: vec![session(None)], ..Role::default() }), Err("no login".to_owned())] {
        seen.primary_role = role;
        promotion.old_primary_keeps_writing = false;
        assert!(said(&promotion, &seen).contains("reaches nobody else"));
        promotion.old_primary_keeps_writing = true;
        assert_eq!(said(&promotion, &seen), "");
    }
    promotion.old_primary_keeps_writing = false;
    seen.primary = Err("its region is away".to_owned());
    assert_eq!(said(&promotion, &seen), "", "what is away is not in use");
}

#[test]
fn whom_a_fence_ends_needs_no_word_and_a_fence_that_cannot_be_made_does() {
    let (mut promotion, mut seen) = replica();
    let fence = |when_unreachable| FenceAhead { roles: vec!["app".to_owned()], when_unreachable };
    promotion.fence = Some(fence(Unreachable::Stop));
    seen.primary_role = Ok(Role { sessions: vec![session(None)], ..Role::default() });
    assert_eq!(said(&promotion, &seen), "");
    let notes = judge(&promotion, &seen, now()).notes;
    assert!(notes[0].ends_with(": the fence ends that"), "{notes:?}");
    let other = Other { user: "analyst".to_owned(), ..session(None) };
    seen.primary_role = Ok(Role { sessions: vec![session(None), other], ..Role::default() });
    assert!(said(&promotion, &seen).contains("in use by analyst (api);"));
    // Away or up: who cannot be asked cannot be fenced.
    seen.primary_role = Err("no route".to_owned());
    for primary in [seen.primary.clone(), Err("its region is away".to_owned())] {
        seen.primary = primary;
        promotion.fence = Some(fence(Unreachable::Stop));
        assert!(said(&promotion, &seen).contains("could not be asked whether it is in use, nor be fenced: no route"));
        promotion.fence = Some(fence(Unreachable::GoOn));
        assert_eq!(said(&promotion, &seen), "");
    }
    promotion.fence = Some(fence(Unreachable::Stop));
    seen.primary = Ok(Described::Gone);
    assert_eq!(said(&promotion, &seen), "", "what is gone takes no writes");
}

#[test]
fn a_seal_that_arrived_tells_more_than_any_figure() {
    let (mut promotion, seen) = replica();
    let mut seen = seen.given(true);
    for lag in [behind(3600.0), Lag::NotMeasured("nobody tells".to_owned())] {
        seen.lag = Some(lag);
        assert_eq!(said(&promotion, &seen), "");
    }
    // A loss that was accepted is still measured against.
    promotion.accepted = Accepted::Seconds { seconds: 1, data_time: None };
    seen.lag = Some(behind(2.0));
    assert!(said(&promotion, &seen).contains("a loss of 1 s was accepted"));
}

#[test]
fn a_long_transaction_is_named() {
    let (promotion, mut seen) = secondary(false);
    seen.primary_role = Ok(Role { sessions: vec![session(Some(59.0)), session(Some(600.0))], ..Role::default() });
    let notes = judge(&promotion, &seen, now()).notes;
    assert_eq!(
        notes,
        ["a transaction of app has been open on cluster here (eu-west-1) for 600 s: it is aborted or lost"]
    );
}

#[test]
fn broken_replication_stands_against_it_until_the_loss_is_accepted() {
    let (mut promotion, mut seen) = replica();
    if let Described::Instance(instance) = &mut seen.target {
        let status = Some("error".to_owned());
        instance.status_infos.push(StatusInfo { status, normal: Some(false), ..StatusInfo::default() });
    }
    assert_eq!(said(&promotion, &seen), "against: the replication of instance shop-r (eu-west-1) is broken: error");
    promotion.accepted = Accepted::Seconds { seconds: 60, data_time: None };
    assert_eq!(said(&promotion, &seen), "");
}

#[test]
fn a_switchover_needs_both_sides_in_step() {
    let change = |change: fn(&mut Seen)| {
        let (promotion, mut seen) = secondary(false);
        change(&mut seen);
        said(&promotion, &seen)
    };
    let out_of_step = change(|seen| {
        seen.global.as_mut().expect("a global database").members[1].synchronization = Some("pending-resync".to_owned());
    });
    assert_eq!(out_of_step, "against: cluster away (eu-west-1) is not in step with its primary: pending-resync");
    assert!(change(|seen| seen.primary = Err("away".to_owned())).contains("a switchover needs both sides"));
    let gone = change(|seen| seen.global.as_mut().expect("a global database").members.truncate(1));
    assert_eq!(gone, "against: cluster away (eu-west-1) is no member of global database world any more");
    let versions = change(|seen| {
        if let Described::Cluster(cluster, _) = &mut seen.target {
            cluster.engine_version = Some("15.9".to_owned());
        }
    });
    assert!(versions.contains("runs version 15.9, and its primary 15.10"), "{versions}");
    let empty = change(|seen| {
        if let Described::Cluster(_, instances) = &mut seen.target {
            instances.clear();
        }
    });
    assert!(empty.contains("has no instance, so nothing could take writes"), "{empty}");
}

#[test]
fn a_backup_is_waited_for_and_a_stopped_target_is_refused() {
    let (promotion, mut seen) = replica();
    let mut with = |status: &str| {
        if let Described::Instance(instance) = &mut seen.target {
            instance.status = status.into();
        }
        said(&promotion, &seen)
    };
    assert_eq!(with("backing-up"), "waits: instance shop-r (eu-west-1) is backing-up");
    assert_eq!(with("stopped"), "against: instance shop-r (eu-west-1) is stopped");
}
