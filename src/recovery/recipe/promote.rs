//! The recipe that makes nothing: what replicates from a database becomes its primary.

mod told;

use jiff::Timestamp;

use super::{Wish, after, fence, ledger, planned};
use crate::{
    aws::rds::model::{Cluster, Instance},
    recovery::{names, policies, promotion::survey::Outlook, refusal::Refusal, survey},
    run::{
        plan::{FORMAT, Plan, Planned},
        step::{Step as _, Undo, Until},
    },
    steps::{
        brief::{Brief, Setting, Source, Target},
        keep_snapshot::KeepSnapshot,
        promotion::{
            Accepted, Member, Promotion,
            guard::Guard,
            look::Described,
            promote::{ID as PROMOTE, Promote},
            way::Way,
        },
        prove::{Comparison, Prove},
        step::Step,
        tags,
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
    if !outlook.pointers.is_empty() && outlook.access.is_none() {
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
        secrets: outlook.pointers.secrets.iter().map(|secret| secret.pointer.clone()).collect(),
        record: outlook.pointers.record.as_ref().map(|record| record.record.clone()),
        proxy: None,
        swap: None,
        point_of_no_return: steps
            .iter()
            .find(|planned| planned.step.reversibility() == Undo::PointOfNoReturn)
            .map(|planned| planned.step.id().0),
        policies: policies::promotion(outlook),
        warnings: warnings(outlook),
        promotion: Some(told::told(wish, outlook)),
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
    let mut steps = promoting(wish, outlook);
    steps.extend(keeping(wish, &outlook.promotion, outlook.at, &steps));
    steps
}

/// What only the old primary of a global database had, kept: last, since nobody waits for it.
fn keeping(wish: &Wish<'_>, promotion: &Promotion, at: Timestamp, steps: &[Planned<Step>]) -> Option<Planned<Step>> {
    let Way::Failover(_) = promotion.way else { return None };
    let Member { identifier, region, .. } = &promotion.primary;
    let keep = KeepSnapshot {
        cluster: identifier.clone(),
        region: region.clone(),
        since: at,
        name: names::kept_snapshot(identifier, &wish.run),
        tags: tags::of_recovery(&wish.run, identifier),
        until: steps.last().map_or(Until::Restored, |planned| planned.step.until()),
    };
    Some(planned(wish.database.deadlines.settings, Step::KeepSnapshot(keep)))
}

fn promoting(wish: &Wish<'_>, outlook: &Outlook) -> Vec<Planned<Step>> {
    let (database, promotion) = (wish.database, &outlook.promotion);
    let target = TargetName { family: promotion.target.family, identifier: promotion.target.identifier.clone() };
    let fence = outlook.fence.as_ref();
    let guard = Guard { promotion: Box::new(promotion.clone()) };
    let mut steps = vec![planned(database.deadlines.settings, Step::Guard(guard))];
    steps.extend(fence.into_iter().flat_map(|fence| fence::close(wish, fence, Some(promotion))));
    let promote = Promote { promotion: Box::new(promotion.clone()) };
    steps.push(planned(database.deadlines.instance, Step::Promote(promote)));
    let moves = !outlook.pointers.is_empty();
    // What switches back loses nothing.
    let opened = outlook.access.as_ref().filter(|_| moves && promotion.way.reversibility() == Undo::PointOfNoReturn);
    let opened = opened.map(|access| ledger::open(wish, outlook.fence.as_ref(), access, &target.identifier));
    // A fence makes of it all one cutover; without, only the pointer is.
    let (before_proof, after_proof) = if fence.is_some() { (opened, None) } else { (None, opened) };
    steps.extend(before_proof);
    // Replication has brought the fence to the target, which can alter roles from now on.
    steps.extend(fence.map(|fence| fence::open(wish, fence, &target)));
    let Some(access) = &outlook.access else { return steps };
    let prove = Prove {
        target: target.clone(),
        access: access.clone(),
        source: Comparison::Without("the old primary follows the target, or goes its own way".to_owned()),
        requested_time: None,
        questions: survey::questions(database),
        // What can be taken back belongs to the cutover as a whole: application, data and roles.
        until: promotion.until(Until::Validated),
    };
    steps.push(planned(database.deadlines.proof, Step::Prove(prove)));
    if let Way::Reader(_) = promotion.way {
        // The endpoint that the application uses has moved by itself: it is watched with its own login.
        let secret = matches!(access.credentials, crate::steps::access::Credentials::Secret { .. });
        steps.extend(after::watch(&database.watch, access.clone(), None).filter(|_| secret));
    } else {
        steps.extend(after_proof);
        steps.extend(after::follow(wish, &outlook.pointers, access, &target));
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
    if outlook.access.is_none() {
        warnings.push("there is no way to log in: nothing is proven, and who is connected is not known".to_owned());
    }
    if outlook.promotion.accepted == Accepted::Unmeasured {
        warnings.push("the loss could not be measured, and was accepted all the same".to_owned());
    }
    warnings.extend(outlook.pointers.warnings());
    warnings.extend(outlook.fence.iter().flat_map(|fence| fence.warnings.clone()));
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
