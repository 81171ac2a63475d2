//! The recipe that makes nothing: what replicates from a database becomes its primary.

use super::{Wish, after, planned};
use crate::{
    aws::rds::model::{Cluster, Instance},
    moment::show,
    recovery::{policies, promotion::survey::Outlook, refusal::Refusal, survey},
    run::{
        plan::{FORMAT, Plan, Planned},
        step::{Step as _, Undo, Until},
    },
    steps::{
        brief::{Brief, Promotion as Told, Setting, Side, Source, Target},
        promotion::{
            Accepted, Lag, Member, Promotion,
            guard::Guard,
            look::Described,
            promote::{ID as PROMOTE, Promote},
            way::Way,
        },
        prove::{Comparison, Prove},
        step::Step,
        target::TargetName,
        window::{Kind, Window},
    },
};

/// The recipe's name.
pub const RECIPE: &str = "promote";

/// Makes the plan.
///
/// # Errors
/// When the application's pointer would have to be moved without a proof.
pub fn plan(wish: &Wish<'_>, outlook: &Outlook) -> Result<Plan<Step>, Refusal> {
    let (database, promotion) = (wish.database, &outlook.promotion);
    let target = &promotion.target;
    if outlook.secret.is_some() && promotion.access.is_none() {
        return Err(Refusal::NoAccess { database: database.name.clone() });
    }
    let steps = steps(wish, outlook);
    let (requested_time, given_up_seconds) = match &outlook.seen.lag {
        Some(lag) => (lag.data_time().unwrap_or(outlook.at), lag.whole_seconds().unwrap_or(0)),
        None => (outlook.at, 0),
    };
    let (engine, engine_version) = engine(outlook);
    let brief = Brief {
        source: Source {
            family: promotion.primary.family,
            identifier: promotion.primary.identifier.clone(),
            resource_id: promotion.primary.resource_id.clone().unwrap_or_else(|| "not seen".to_owned()),
            account: wish.account.clone(),
            region: promotion.primary.region.clone(),
            engine,
            engine_version,
            endpoint: promotion.primary.host.clone(),
            port: promotion.primary.port,
        },
        target: Target {
            family: target.family,
            identifier: target.identifier.clone(),
            region: target.region.clone(),
            writer: writer(outlook),
        },
        requested_time,
        given_up_seconds,
        window: Window {
            kind: if promotion.global.is_some() { Kind::GlobalSecondary } else { Kind::Replica },
            name: target.identifier.clone(),
            region: target.region.clone(),
            earliest: None,
            latest: None,
            restore_point: None,
            why: outlook.why.clone(),
        },
        quarantine: Vec::new(),
        settings: settings(outlook),
        pointer: outlook.secret.as_ref().map(|secret| secret.pointer.clone()),
        record: None,
        point_of_no_return: steps
            .iter()
            .find(|planned| planned.step.reversibility() == Undo::PointOfNoReturn)
            .map(|planned| planned.step.id().0),
        policies: policies::promotion(promotion.way.call().action, promotion.access.as_ref(), outlook.secret.is_some()),
        warnings: warnings(outlook),
        promotion: Some(told(outlook)),
    };
    Ok(Plan {
        format: FORMAT,
        run: wish.run.clone(),
        recipe: RECIPE.to_owned(),
        database: database.name.clone(),
        made_at: outlook.at,
        made_by: wish.by.clone(),
        deadline_seconds: database.deadlines.run.map(|run| run.as_secs()),
        brief,
        steps,
    })
}

fn steps(wish: &Wish<'_>, outlook: &Outlook) -> Vec<Planned<Step>> {
    let (database, promotion) = (wish.database, &outlook.promotion);
    let mut steps = vec![
        planned(database.deadlines.settings, Step::Guard(Guard { promotion: Box::new(promotion.clone()) })),
        planned(database.deadlines.instance, Step::Promote(Promote { promotion: Box::new(promotion.clone()) })),
    ];
    let Some(access) = &promotion.access else { return steps };
    let target = TargetName { family: promotion.target.family, identifier: promotion.target.identifier.clone() };
    let prove = Prove {
        target: target.clone(),
        access: access.clone(),
        source: Comparison::Without("the old primary follows the target, or goes its own way".to_owned()),
        requested_time: None,
        questions: survey::questions(database),
        // What can be taken back belongs to the cutover as a whole: application, data and roles.
        until: if promotion.way.is_reversible() { Until::Cutover } else { Until::Validated },
    };
    steps.push(planned(database.deadlines.proof, Step::Prove(prove)));
    match &outlook.secret {
        Some(secret) => steps.extend(after::follow(wish, Some(secret), None, access, &target)),
        // The endpoint that the application uses has moved by itself: it is watched with its own login.
        None if matches!(promotion.way, Way::Reader(_)) => {
            let secret = matches!(access.credentials, crate::steps::access::Credentials::Secret { .. });
            steps.extend(after::watch(&database.watch, access.clone()).filter(|_| secret));
        }
        None => {}
    }
    steps
}

fn engine(outlook: &Outlook) -> (String, Option<String>) {
    match outlook.found.described.as_ref().unwrap_or(&outlook.seen.target) {
        Described::Cluster(cluster, _) => (cluster.engine.clone(), cluster.engine_version.clone()),
        Described::Instance(instance) => (instance.engine.clone(), instance.engine_version.clone()),
        Described::Gone => (String::new(), None),
    }
}

/// The instance that will take writes, as far as RDS lets it be known.
fn writer(outlook: &Outlook) -> String {
    let target = &outlook.promotion.target;
    match (&target.instance, &outlook.seen.target) {
        (Some(instance), _) => instance.clone(),
        (None, Described::Cluster(cluster, instances)) => cluster
            .writer()
            .or_else(|| instances.first().map(|instance| instance.identifier.as_str()))
            .unwrap_or(&target.identifier)
            .to_owned(),
        (None, _) => target.identifier.clone(),
    }
}

fn warnings(outlook: &Outlook) -> Vec<String> {
    let mut warnings = outlook.verdict.notes.clone();
    warnings.extend(outlook.verdict.waits.iter().map(|wait| format!("it will be waited for: {wait}")));
    warnings.extend(outlook.unmoved.clone());
    if outlook.promotion.access.is_none() {
        warnings.push("there is no way to log in: nothing is proven, and who is connected is not known".to_owned());
    }
    if outlook.promotion.accepted == Accepted::Unmeasured {
        warnings.push("the loss could not be measured, and was accepted all the same".to_owned());
    }
    warnings.extend(outlook.secret.iter().flat_map(|secret| secret.warnings.clone()));
    let managed = match outlook.found.described.as_ref() {
        Ok(Described::Cluster(cluster, _)) => cluster.master_user_secret.is_some(),
        _ => false,
    };
    if managed && !matches!(outlook.promotion.way, Way::Reader(_)) {
        warnings.push(
            "RDS manages the old primary's master password; the target's has to be put under its management afterwards"
                .to_owned(),
        );
    }
    warnings
}

fn told(outlook: &Outlook) -> Told {
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
        old_primary: old_primary(promotion, &old, &new),
        back: match promotion.way {
            Way::Reader(_) => format!("by failing back to {old}, with daybreak rollback"),
            Way::Switchover(_) => format!("by switching back to {old}, with daybreak rollback"),
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
            format!("{seconds:.1} s of writes, as of {} by {by}{more}", show(*at))
        }
    }
}

fn old_primary(promotion: &Promotion, old: &str, new: &str) -> String {
    match &promotion.way {
        Way::Reader(_) => format!("{old} becomes a reader"),
        Way::Switchover(_) => format!("{old} becomes a secondary and follows {new}"),
        Way::Failover(_) => format!(
            "RDS tries to keep writes from {old}, without promise; once its region is back it is rebuilt as a secondary, and what only it had is saved as a snapshot that expires"
        ),
        Way::ReadReplica(_) | Way::ReplicaCluster(_) | Way::Detach(_) if promotion.old_primary_keeps_writing => {
            format!(
                "{old} stays and GOES ON TAKING WRITES, as was accepted; nothing of them reaches {new}: stop what writes to it"
            )
        }
        Way::ReadReplica(_) | Way::ReplicaCluster(_) | Way::Detach(_) => {
            format!(
                "{old} stays as it is and could take writes, which nothing would carry to {new}: keep everybody off it"
            )
        }
    }
}

fn afterwards(promotion: &Promotion) -> Vec<String> {
    let mut list = Vec::new();
    if let Way::Failover(_) = promotion.way {
        let (cluster, region) = (&promotion.primary.identifier, &promotion.primary.region);
        list.push(format!(
            "when {region} is back, what only {cluster} had is in an automated snapshot, which expires: aws rds describe-db-cluster-snapshots --db-cluster-identifier {cluster} --snapshot-type automated --region {region}"
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

/// What differs from the old primary: a promotion carries none of it over.
fn settings(outlook: &Outlook) -> Vec<Setting> {
    if matches!(outlook.promotion.way, Way::Reader(_)) {
        return Vec::new();
    }
    let (old, new) = match (&outlook.found.described, &outlook.seen.target) {
        (Ok(Described::Cluster(old, _)), Described::Cluster(new, _)) => (of_cluster(old), of_cluster(new)),
        (Ok(Described::Instance(old)), Described::Instance(new)) => (of_instance(old), of_instance(new)),
        _ => return Vec::new(),
    };
    let backups = matches!(outlook.promotion.way, Way::ReadReplica(_));
    old.into_iter()
        .zip(new)
        .filter(|((name, old), (_, new))| old != new && !(backups && *name == "backup retention"))
        .map(|((name, source), (_, target))| Setting {
            name: name.to_owned(),
            source,
            default: target.clone(),
            target,
            when: "not carried over".to_owned(),
        })
        .collect()
}

fn shown(value: Option<&impl ToString>) -> String {
    value.map_or_else(|| "none".to_owned(), ToString::to_string)
}

fn of_cluster(it: &Cluster) -> Vec<(&'static str, String)> {
    vec![
        ("instances", it.members.len().to_string()),
        ("parameter group", shown(it.parameter_group.as_ref())),
        ("backup retention", shown(it.backup_retention_period.as_ref())),
        ("log exports", if it.log_exports.is_empty() { "none".to_owned() } else { it.log_exports.join(", ") }),
        ("IAM authentication", shown(it.iam_database_authentication.as_ref())),
        ("deletion protection", shown(it.deletion_protection.as_ref())),
        ("IAM roles", it.associated_roles.len().to_string()),
        ("Data API", shown(it.http_endpoint.as_ref())),
        ("tags", it.tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect::<Vec<_>>().join(", ")),
    ]
}

fn of_instance(it: &Instance) -> Vec<(&'static str, String)> {
    let groups: Vec<&str> = it.parameter_groups.iter().map(|group| group.name.as_str()).collect();
    vec![
        ("instance class", it.class.clone()),
        ("parameter group", groups.join(", ")),
        ("backup retention", shown(it.backup_retention_period.as_ref())),
        ("monitoring interval", shown(it.monitoring_interval.as_ref())),
        ("Performance Insights", shown(it.performance_insights.as_ref())),
        ("tags", it.tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect::<Vec<_>>().join(", ")),
    ]
}

/// Whether the plan promotes, and the promotion cannot be taken back.
pub fn is_final(plan: &Plan<Step>) -> bool {
    plan.steps
        .iter()
        .any(|planned| planned.step.id().0 == PROMOTE && planned.step.reversibility() == Undo::PointOfNoReturn)
}
