//! What the plan of a promotion tells of both sides: what is lost, what stops, what becomes of whom.

use super::super::Wish;
use crate::{
    moment::show,
    pg::fencing::{let_in_by_hand, marker},
    recovery::{fence::SurveyedFence, promotion::survey::Outlook},
    steps::{
        brief::{Promotion as Told, Side},
        list_writers::Unreachable,
        promotion::{Accepted, Lag, Member, Promotion, look::Described, way::Way},
    },
};

/// What the plan tells of both sides.
pub(super) fn told(wish: &Wish<'_>, outlook: &Outlook) -> Told {
    let promotion = &outlook.promotion;
    let (old, new) = (promotion.primary.words(), promotion.target.words());
    Told {
        way: promotion.way.word().to_owned(),
        call: promotion.way.call().action.to_owned(),
        why: outlook.why.clone(),
        sides: sides(outlook),
        lag: outlook.seen.lag.clone(),
        loses: loses(outlook),
        stops: match promotion.way {
            Way::ReadReplica(_) => format!("{new} reboots; what reads from it is cut off for minutes"),
            Way::ReplicaCluster(_) | Way::Detach(_) => {
                format!("{new} restarts its instances; what reads from them is cut off")
            }
            Way::Reader(_) => {
                "all connections to the cluster's writer are cut, usually for less than a minute".to_owned()
            }
            Way::Switchover(_) => {
                "writes stop on both sides until the roles are swapped, usually for a minute or two".to_owned()
            }
            Way::Failover(_) => format!("what reads from {new} is cut off for minutes; other secondaries are rebuilt"),
        },
        old_primary: old_primary(wish, outlook, &old, &new),
        back: match promotion.way {
            Way::Reader(_) => format!("by failing back to {old}, with daybreak rollback"),
            Way::Switchover(_) => format!("by switching back to {old}, with daybreak rollback"),
            _ if outlook.fence.is_some() => format!(
                "none once {new} is a primary; until then daybreak rollback lets the application in to {old} again"
            ),
            _ => "it cannot be taken back".to_owned(),
        },
        afterwards: afterwards(promotion),
    }
}

fn loses(outlook: &Outlook) -> String {
    match (&outlook.seen.lag, outlook.promotion.accepted) {
        (None, _) => "nothing".to_owned(),
        (Some(Lag::NotMeasured(why)), _) => format!("UNKNOWN: it could not be measured ({why})"),
        (Some(Lag::Measured { seconds, at, by }), accepted) => {
            let more = match accepted {
                Accepted::Seconds { seconds, .. } => format!("; up to {seconds} s are accepted"),
                Accepted::Nothing | Accepted::Unmeasured => String::new(),
            };
            let behind = format!("now {seconds:.1} s behind, by {by}");
            match outlook.fence.as_ref().filter(|_| accepted == Accepted::Nothing).map(|fence| fence.when_unreachable) {
                Some(Unreachable::Stop) => {
                    return format!(
                        "nothing that the application wrote: it is shut out first, and waited for ({behind})"
                    );
                }
                Some(Unreachable::GoOn) => {
                    return format!(
                        "nothing that the application wrote, if it can be shut out first; else what has not arrived by then ({behind})"
                    );
                }
                None => {}
            }
            format!("{seconds:.1} s of writes, as of {} by {by}{more}", show(*at))
        }
    }
}

fn old_primary(wish: &Wish<'_>, outlook: &Outlook, old: &str, new: &str) -> String {
    let promotion = &outlook.promotion;
    match &promotion.way {
        Way::Reader(_) => format!("{old} becomes a reader"),
        Way::Switchover(_) => format!("{old} becomes a secondary and follows {new}"),
        Way::Failover(_) => format!(
            "RDS tries to keep writes from {old}, without promise; once its region is back it is rebuilt as a secondary, and what only it had is saved as a snapshot that expires, which the last step copies if it is there by then"
        ),
        Way::ReadReplica(_) | Way::ReplicaCluster(_) | Way::Detach(_) => match &outlook.fence {
            Some(fence) => fenced(wish, outlook, fence, old, new),
            None if promotion.old_primary_keeps_writing => format!(
                "{old} stays and GOES ON TAKING WRITES, as was accepted; nothing of them reaches {new}: stop what writes to it"
            ),
            None => format!(
                "{old} stays as it is and could take writes, which nothing would carry to {new}: keep everybody off it"
            ),
        },
    }
}

/// Of a fenced one: who is shut out, what if that cannot be done, and how it is opened by hand.
fn fenced(wish: &Wish<'_>, outlook: &Outlook, fence: &SurveyedFence, old: &str, new: &str) -> String {
    let who = match fence.seen.as_slice() {
        [] => "the application's roles".to_owned(),
        seen => seen.join(", "),
    };
    let otherwise = match fence.when_unreachable {
        Unreachable::Stop => "if it cannot be reached then, the run holds, and nothing is promoted",
        Unreachable::GoOn => "if it cannot be reached then, it is NOT FENCED, and the promotion goes on",
    };
    let others = if outlook.promotion.old_primary_keeps_writing {
        "; who else is connected GOES ON, as was accepted"
    } else {
        ""
    };
    let by_hand = let_in_by_hand(fence.seen.iter().map(String::as_str), &marker(wish.run.as_str()));
    format!(
        "{old} is fenced before the call: {who} may not log in, and their sessions end; {otherwise}{others}. It stays fenced once {new} is a primary; who gives {new} up opens it by hand: {by_hand}"
    )
}

fn afterwards(promotion: &Promotion) -> Vec<String> {
    let mut list = Vec::new();
    if let Way::Failover(_) = promotion.way {
        let (cluster, region) = (&promotion.primary.identifier, &promotion.primary.region);
        list.push(format!(
            "where the last step could not keep it: when {region} is back, what only {cluster} had is in an automated snapshot, which expires: aws rds describe-db-cluster-snapshots --db-cluster-identifier {cluster} --snapshot-type automated --region {region}"
        ));
        list.push(format!(
            "keep it by copying: aws rds copy-db-cluster-snapshot --source-db-cluster-snapshot-identifier rds:unplanned-global-failover-{cluster}-… --target-db-cluster-snapshot-identifier kept-{cluster} --region {region}"
        ));
    }
    list
}

fn sides(outlook: &Outlook) -> Vec<Side> {
    let promotion = &outlook.promotion;
    let status =
        |described: Option<&Described>, why: &str| described.map_or(why.to_owned(), |it| it.status().to_owned());
    let primary = match &outlook.seen.primary {
        Ok(described) => status(Some(described), ""),
        Err(why) => format!("out of reach: {why}"),
    };
    let old_becomes = match promotion.way {
        Way::Reader(_) => "a reader",
        Way::Switchover(_) => "a secondary",
        Way::Failover(_) => "a secondary, rebuilt",
        _ => "on its own, no longer the primary of anything here",
    };
    let new_becomes = match promotion.way {
        Way::Reader(_) => "the writer",
        Way::Switchover(_) | Way::Failover(_) => "the primary",
        _ => "a primary of its own",
    };
    let mut sides = vec![
        side(&promotion.primary, format!("the primary, {primary}"), old_becomes.to_owned()),
        side(&promotion.target, format!("follows, {}", outlook.seen.target.status()), new_becomes.to_owned()),
    ];
    let others = outlook.found.candidates.iter().filter(|other| {
        (&other.member.arn, &other.member.instance) != (&promotion.target.arn, &promotion.target.instance)
    });
    for other in others {
        let becomes = match promotion.way {
            Way::Reader(_) | Way::Switchover(_) => "goes on following",
            Way::Failover(_) => "rebuilt, which takes minutes to hours",
            _ => "goes on following the old primary",
        };
        let is = match &other.described {
            Ok(described) => format!("follows, {}", described.status()),
            Err(_) => "follows, out of reach".to_owned(),
        };
        sides.push(side(&other.member, is, becomes.to_owned()));
    }
    sides
}

fn side(member: &Member, is: String, becomes: String) -> Side {
    Side { name: member.words(), is, becomes }
}
