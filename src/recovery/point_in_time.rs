//! The recipe for a live Aurora cluster: restore to a time, prove, move the application, watch.
//!
//! Pure: the same survey gives the same plan.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    names, policies,
    refusal::Refusal,
    requests, settings,
    survey::{self, Survey},
};
use crate::{
    aws::{
        rds::model::{Cluster, Tag},
        secrets::requests::PutVersion,
    },
    config::Database,
    moment::{self, Moment},
    run::{
        clock::elapsed,
        id::RunId,
        plan::{Actor, FORMAT, Plan, Planned},
        step::Until,
    },
    steps::{
        access::Access,
        add_tags::{AddTags, Tagged},
        await_readers::AwaitReaders,
        brief::{Brief, Source, Target, Window},
        create_instance::{CreateInstance, Role},
        modify_cluster::{ModifyCluster, Purpose},
        move_secret::MoveSecret,
        prove::{Comparison, Prove},
        restore_cluster::RestoreCluster,
        stage_secret::StageSecret,
        step::Step,
        tags,
        watch::Watch,
    },
};

/// The recipe's name.
pub const RECIPE: &str = "point-in-time";

/// How long a watch may take beyond its own length.
const AFTER_WATCH: Duration = Duration::from_secs(10 * 60);

/// What the person asked for.
#[derive(Debug, Clone)]
pub struct Wish<'a> {
    /// The database.
    pub database: &'a Database,
    /// The time wanted.
    pub moment: Moment,
    /// The run the plan will become.
    pub run: RunId,
    /// Who asks.
    pub by: Actor,
    /// The account of the credentials.
    pub account: String,
}

/// The time that `moment` means for this cluster, checked against its window.
pub fn within(cluster: &Cluster, moment: Moment) -> Result<(Timestamp, Window), Refusal> {
    let (Some(earliest), Some(latest)) = (cluster.earliest_restorable_time, cluster.latest_restorable_time) else {
        return Err(Refusal::NoWindow { cluster: cluster.identifier.clone(), status: cluster.status.to_string() });
    };
    let wanted = match moment {
        Moment::Latest => moment::second_before(latest),
        Moment::At(wanted) => wanted,
    };
    if wanted < earliest {
        return Err(Refusal::TooEarly { wanted, earliest });
    }
    // RestoreToTime must lie before LatestRestorableTime (RestoreDBClusterToPointInTime, API reference).
    if wanted >= latest {
        return Err(Refusal::TooLate { wanted, latest });
    }
    Ok((wanted, Window { earliest, latest }))
}

/// Makes the plan.
pub fn plan(wish: &Wish<'_>, survey: &Survey) -> Result<Plan<Step>, Refusal> {
    let (database, source) = (wish.database, &survey.cluster);
    // Serverless v1 has no instances of its own, and is restored in another way.
    if source.engine != "aurora-postgresql" || source.engine_mode.as_deref() == Some("serverless") {
        return Err(Refusal::WrongEngine { cluster: source.identifier.clone(), engine: source.engine.clone() });
    }
    let (time, window) = within(source, wish.moment)?;
    let target = names::target_cluster(&source.identifier, &wish.run);
    let ours = tags::of_recovery(&wish.run, &source.identifier);
    let restore = requests::restore(source, &target, time, &database.restore, ours.clone());

    let writer = requests::writer(source, &survey.instances);
    let class = requests::writer_class(&database.restore, writer)
        .ok_or_else(|| Refusal::NoInstanceClass { cluster: source.identifier.clone() })?;
    let readers = requests::readers(source, &survey.instances, &database.restore, &class, writer);
    let make = |number: usize, class: String, model| {
        requests::instance(source, &target, names::target_instance(&target, number), class, model, ours.clone())
    };
    let writer_request = make(1, class, writer);
    let writer_name = writer_request.db_instance_identifier.clone();
    let reader_requests: Vec<_> =
        (2..).zip(readers).map(|(number, (class, model))| make(number, class, model)).collect();

    let own_tags: Vec<Tag> = own(&source.tags);
    let quarantine = &database.restore.quarantine_security_groups;
    let settings = settings::table(source, writer, &restore, &writer_request, quarantine, &own_tags);

    let mut steps =
        vec![planned(database.deadlines.restore, Step::RestoreCluster(RestoreCluster { request: Box::new(restore) }))];
    let create =
        |role, request| planned(database.deadlines.instance, Step::CreateInstance(CreateInstance { role, request }));
    steps.push(create(Role::Writer, writer_request));
    let reader_names: Vec<String> =
        reader_requests.iter().map(|request| request.db_instance_identifier.clone()).collect();
    steps.extend(reader_requests.into_iter().map(|request| create(Role::Reader, request)));
    if let Some(request) = requests::after_restore(source, &target) {
        steps.push(modify(database.deadlines.settings, Purpose::ApplySettings, request, None));
    }
    if let Some(access) = &survey.access {
        steps.push(prove(survey, database, access, &target, time));
        if !reader_names.is_empty() {
            let await_readers = AwaitReaders { cluster: target.clone(), readers: reader_names };
            steps.push(planned(database.deadlines.instance, Step::AwaitReaders(await_readers)));
        }
        steps.extend(lift_quarantine(wish, survey, &target));
        // Before the pointer moves: a tag that cannot be set, or taken back, must not hold up the application.
        steps.extend(tagging(
            database.deadlines.settings,
            &target,
            &writer_name,
            &own_tags,
            writer.map(|writer| own(&writer.tags)).unwrap_or_default(),
        ));
        steps.extend(move_application(wish, survey, access, &target));
        if let Some(request) = requests::protection(source, &target) {
            steps.push(modify(database.deadlines.settings, Purpose::Settle, request, None));
        }
    }

    let brief = Brief {
        source: Source {
            cluster: source.identifier.clone(),
            resource_id: source.resource_id.clone(),
            account: wish.account.clone(),
            region: survey.region.clone(),
            engine: source.engine.clone(),
            engine_version: source.engine_version.clone(),
            endpoint: source.endpoint.clone(),
            port: source.port,
        },
        target: Target { cluster: target, writer: writer_name },
        requested_time: time,
        window,
        given_up_seconds: elapsed(time, survey.at).as_secs(),
        quarantine: quarantine.clone(),
        warnings: warnings(survey, quarantine, &settings),
        settings,
        pointer: survey.secret.as_ref().map(|secret| secret.pointer.clone()),
        point_of_no_return: steps.iter().find_map(|planned| match &planned.step {
            Step::ModifyCluster(ModifyCluster { purpose: Purpose::Settle, .. }) => Some("settle".to_owned()),
            _ => None,
        }),
        policies: policies::needed(survey),
    };
    Ok(Plan {
        format: FORMAT,
        run: wish.run.clone(),
        recipe: RECIPE.to_owned(),
        database: database.name.clone(),
        made_at: survey.at,
        made_by: wish.by.clone(),
        deadline_seconds: database.deadlines.run.map(|run| run.as_secs()),
        brief,
        steps,
    })
}

/// The source's tags that may be copied: neither AWS's own nor daybreak's of an earlier recovery.
fn own(tags: &[Tag]) -> Vec<Tag> {
    tags.iter().filter(|tag| !tag.is_reserved() && !tag.key.starts_with("daybreak:")).cloned().collect()
}

fn planned(deadline: Duration, step: Step) -> Planned<Step> {
    Planned { deadline_seconds: deadline.as_secs(), step }
}

fn modify(
    deadline: Duration,
    purpose: Purpose,
    request: crate::aws::rds::requests::ModifyCluster,
    back: Option<crate::aws::rds::requests::ModifyCluster>,
) -> Planned<Step> {
    let step = ModifyCluster { purpose, request: Box::new(request), back: back.map(Box::new) };
    planned(deadline, Step::ModifyCluster(step))
}

fn prove(survey: &Survey, database: &Database, access: &Access, target: &str, time: Timestamp) -> Planned<Step> {
    let source = &survey.cluster;
    let comparison = match (&survey.rehearsal.incomparable, &source.endpoint, source.port) {
        (None, Some(host), Some(port)) => {
            Comparison::With { host: host.clone(), port, access: survey::source_access(access) }
        }
        (Some(why), ..) => Comparison::Without(why.clone()),
        (None, ..) => Comparison::Without("the source has no endpoint".to_owned()),
    };
    let prove = Prove {
        cluster: target.to_owned(),
        access: access.clone(),
        source: comparison,
        requested_time: time,
        questions: survey::questions(database),
    };
    planned(database.deadlines.proof, Step::Prove(prove))
}

/// The source's security groups instead of the quarantine's.
fn lift_quarantine(wish: &Wish<'_>, survey: &Survey, target: &str) -> Option<Planned<Step>> {
    let quarantine = &wish.database.restore.quarantine_security_groups;
    if quarantine.is_empty() {
        return None;
    }
    let lifted = requests::security_groups(target, survey.cluster.security_group_ids());
    let back = requests::security_groups(target, quarantine.clone());
    Some(modify(wish.database.deadlines.settings, Purpose::LiftQuarantine, lifted, Some(back)))
}

/// The pointer moved, the application watched.
fn move_application(wish: &Wish<'_>, survey: &Survey, access: &Access, target: &str) -> Vec<Planned<Step>> {
    let mut steps = Vec::new();
    let Some(secret) = &survey.secret else { return steps };
    let label = format!("daybreak-{}", wish.run.suffix());
    let token = format!("daybreak-{}-cutover", wish.run);
    let client = Access {
        credentials: crate::steps::access::Credentials::Secret {
            id: secret.pointer.arn.clone(),
            url_key: secret.url_key.clone(),
        },
        ..access.clone()
    };
    let put = PutVersion {
        secret_id: secret.pointer.arn.clone(),
        client_request_token: token.clone(),
        version_stages: vec![label.clone()],
    };
    let stage = StageSecret {
        from_version: secret.pointer.version.clone(),
        put,
        cluster: target.to_owned(),
        access: client.clone(),
        url_key: secret.url_key.clone(),
    };
    steps.push(planned(wish.database.deadlines.pointer, Step::StageSecret(stage)));
    let move_secret = MoveSecret {
        secret: secret.pointer.arn.clone(),
        from_version: secret.pointer.version.clone(),
        previous_version: secret.pointer.previous.clone(),
        to_version: token,
        staging_label: label,
        cluster: target.to_owned(),
        access: client.clone(),
        url_key: secret.url_key.clone(),
    };
    steps.push(planned(wish.database.deadlines.pointer, Step::MoveSecret(move_secret)));
    steps.extend(watch(&wish.database.watch, client));
    steps
}

fn watch(watch: &crate::config::Watch, access: Access) -> Option<Planned<Step>> {
    if watch.duration.is_zero() {
        return None;
    }
    let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    // Without a probe of its own the profile gets the least that tells a serving writer from anything else.
    let sql = match (watch.sql.as_slice(), watch.http.as_slice()) {
        ([], []) => vec!["SELECT NOT pg_is_in_recovery()".to_owned()],
        (sql, _) => sql.to_vec(),
    };
    let step = Watch {
        for_seconds: watch.duration.as_secs(),
        interval_ms: millis(watch.interval),
        failures: watch.failures,
        sql,
        http: watch.http.clone(),
        http_timeout_ms: millis(watch.http_timeout),
        access,
    };
    Some(planned(watch.duration + AFTER_WATCH, Step::Watch(step)))
}

fn tagging(
    deadline: Duration,
    cluster: &str,
    writer: &str,
    cluster_tags: &[Tag],
    writer_tags: Vec<Tag>,
) -> Vec<Planned<Step>> {
    [(Tagged::Cluster, cluster, cluster_tags.to_vec()), (Tagged::Writer, writer, writer_tags)]
        .into_iter()
        .filter(|(_, _, tags)| !tags.is_empty())
        .map(|(to, name, tags)| planned(deadline, Step::AddTags(AddTags { to, name: name.to_owned(), tags })))
        .collect()
}

fn warnings(survey: &Survey, quarantine: &[String], settings: &[crate::steps::brief::Setting]) -> Vec<String> {
    let mut warnings = Vec::new();
    let source = &survey.cluster;
    if quarantine.is_empty() {
        warnings.push(
            "no quarantine: the target gets the source's security groups at once (set quarantine_security_groups)"
                .to_owned(),
        );
    }
    match &survey.secret {
        None => warnings
            .push("no pointer: the profile names none under cutover, so the application is not moved".to_owned()),
        Some(secret) => {
            if super::pointer::leads_to(&secret.host, source).is_none() {
                let (name, host) = (&secret.pointer.secret, &secret.host);
                warnings.push(format!("secret {name} points at {host}, which is no endpoint of {}", source.identifier));
            }
            warnings.extend(secret.warnings.iter().cloned());
        }
    }
    if let Some(why) = &survey.rehearsal.incomparable {
        warnings.push(format!("the source cannot be compared with: {why}"));
    }
    warnings.extend(survey.rehearsal.doubts.iter().cloned());
    let lost = settings::lost(settings);
    if !lost.is_empty() {
        warnings.push(format!("not carried over to the target: {}", lost.join(", ")));
    }
    warnings
}

/// How far a plan can go at most: without a way to log in nothing can be proven, and nothing unproven is cut over.
pub fn furthest(plan: &Plan<Step>) -> Until {
    if plan.steps.iter().any(|planned| matches!(planned.step, Step::Prove(_))) {
        Until::Cutover
    } else {
        Until::Restored
    }
}
