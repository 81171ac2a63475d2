//! What every recipe does once there is a target: prove its data, lift the quarantine, move the application, watch it.

use std::time::Duration;

use jiff::Timestamp;

use super::{Wish, fence, planned, swap};
use crate::{
    aws::{
        rds::{model::Tag, plain, requests},
        secrets::requests::PutVersion,
    },
    config::{self, Database},
    recovery::{
        names,
        pointer::{Pointers, SurveyedSecret},
        record::SurveyedRecord,
        survey::{self, Survey},
    },
    run::{plan::Planned, step::Until},
    steps::{
        access::{Access, Credentials},
        add_tags::{AddTags, Tagged},
        await_record::AwaitRecord,
        await_replicas::{AwaitReplicas, Replicated},
        brief::Record,
        guard_cutover::GuardCutover,
        modify_cluster::ModifyCluster,
        modify_instance::ModifyInstance,
        move_record::MoveRecord,
        move_secret::MoveSecret,
        page::Page,
        prove::{Comparison, Prove},
        purpose::Purpose,
        stage_secret::StageSecret,
        step::Step,
        tags,
        take_snapshot::TakeSnapshot,
        target::TargetName,
        watch::Watch,
    },
};

pub use crate::steps::configured::own_tags as own;

/// How long a watch may take beyond its own length.
const AFTER_WATCH: Duration = Duration::from_secs(10 * 60);

/// The proof of `target`, whose data is of `data_time`; none where it is taken as it is.
pub fn prove(
    survey: &Survey,
    database: &Database,
    access: &Access,
    target: &TargetName,
    data_time: Option<Timestamp>,
) -> Planned<Step> {
    let (host, port) = survey.source.serves_at();
    let comparison = match (&survey.rehearsal.incomparable, host, port) {
        (None, Some(host), Some(port)) => {
            Comparison::With { host: host.to_owned(), port, access: survey::source_access(access) }
        }
        (Some(why), ..) => Comparison::Without(why.clone()),
        (None, ..) => Comparison::Without("the source has no endpoint".to_owned()),
    };
    let prove = Prove {
        target: target.clone(),
        access: access.clone(),
        source: comparison,
        requested_time: data_time,
        questions: survey::questions(database),
        until: Until::Validated,
    };
    planned(database.deadlines.proof, Step::Prove(prove))
}

/// Whether the application may be moved, looked at before anything of it is changed; nothing where no pointer is moved.
pub fn guard(
    wish: &Wish<'_>,
    survey: &Survey,
    access: &Access,
    target: &TargetName,
    proof: &Planned<Step>,
) -> Option<Planned<Step>> {
    let Step::Prove(proof) = &proof.step else { return None };
    if survey.pointers.is_empty() {
        return None;
    }
    let config::Database { cutover, watch, deadlines, .. } = wish.database;
    let client = survey.pointers.login().map_or_else(|| access.clone(), |secret| client_of(secret, access));
    // Without a watch its probes bring nothing back, and what nobody asks for is not asked. The least of probes is asked anyway.
    let (sql, http) = match watch.duration.is_zero() {
        true => (Vec::new(), Vec::new()),
        false => (watch.sql.clone(), pages(watch)),
    };
    let guard = GuardCutover {
        target: target.clone(),
        access: access.clone(),
        client,
        source: proof.source.clone(),
        sql,
        http,
        proof: Box::new(proof.clone()),
        proof_within_seconds: cutover.proof_within.as_secs(),
        accepts_less: cutover.accept_less,
    };
    Some(planned(deadlines.proof, Step::GuardCutover(guard)))
}

/// The source fenced, the pointers moved, the application watched.
pub fn move_application(wish: &Wish<'_>, survey: &Survey, access: &Access, target: &TargetName) -> Vec<Planned<Step>> {
    let mut steps = fence::fence(wish, survey.fence.as_ref(), target);
    if let Some(surveyed) = &survey.pointers.swap {
        steps.extend(swap::renames(wish, swap::swap(wish, survey, surveyed, access, target)));
        steps.extend(watch(&wish.database.watch, access.clone()));
        return steps;
    }
    steps.extend(follow(wish, &survey.pointers, access, target));
    steps
}

/// These pointers moved, the application watched. All secrets are staged before anything is moved. Slow clients, of replicas and
/// of the record, are waited for once all are moved, and on the way back the secrets go first: who follows a secret never waits for
/// them. When one cannot be moved, the others are moved back.
pub fn follow(wish: &Wish<'_>, pointers: &Pointers, access: &Access, target: &TargetName) -> Vec<Planned<Step>> {
    let Pointers { secrets, record, .. } = pointers;
    let client = pointers.login().map_or_else(|| access.clone(), |secret| client_of(secret, access));
    let mut steps = Vec::new();
    let secret = |(at, secret)| move_secret(wish, at + 1, secret, &client_of(secret, access), target);
    let (stage, move_secrets): (Vec<_>, Vec<_>) = secrets.iter().enumerate().map(secret).unzip();
    let (move_record, await_record) = record.as_ref().map(|record| move_record(wish, record, &client, target)).unzip();
    steps.extend(stage);
    steps.extend(move_record);
    steps.extend(move_secrets);
    steps.extend(await_replicas(wish, secrets));
    steps.extend(await_record);
    if !steps.is_empty() {
        steps.extend(watch(&wish.database.watch, client));
    }
    steps
}

/// How the secret's readers log in.
fn client_of(secret: &SurveyedSecret, access: &Access) -> Access {
    let credentials = Credentials::Secret { id: secret.pointer.arn.clone(), url_key: secret.url_key.clone() };
    Access { credentials, ..access.clone() }
}

/// The record moved, and its clients awaited: for as long as resolvers remember it, beyond what a move may take by itself.
fn move_record(
    wish: &Wish<'_>,
    record: &SurveyedRecord,
    client: &Access,
    target: &TargetName,
) -> (Planned<Step>, Planned<Step>) {
    let Record { zone, set, resolver, .. } = &record.record;
    let moved = MoveRecord { zone: zone.clone(), from: set.clone(), target: target.clone() };
    let awaited = AwaitRecord { moved: moved.clone(), resolver: *resolver, access: client.clone() };
    let (patience, remembered) = (wish.database.deadlines.pointer, Duration::from_secs(set.ttl.unwrap_or_default()));
    (planned(patience, Step::MoveRecord(moved)), planned(patience + remembered, Step::AwaitRecord(awaited)))
}

/// The replicas of the secrets awaited, where there are any.
fn await_replicas(wish: &Wish<'_>, secrets: &[SurveyedSecret]) -> Option<Planned<Step>> {
    let replicated = secrets.iter().filter(|secret| !secret.replicas.is_empty());
    let secrets: Vec<Replicated> = replicated
        .map(|secret| Replicated { secret: secret.pointer.arn.clone(), regions: secret.replicas.clone() })
        .collect();
    (!secrets.is_empty())
        .then(|| planned(wish.database.deadlines.pointer, Step::AwaitReplicas(AwaitReplicas { secrets })))
}

/// The secret's next version staged, and moved to; it is the `nth` of them.
fn move_secret(
    wish: &Wish<'_>,
    nth: usize,
    secret: &SurveyedSecret,
    client: &Access,
    target: &TargetName,
) -> (Planned<Step>, Planned<Step>) {
    let label = format!("daybreak-{}", wish.run.suffix());
    let token = format!("daybreak-{}-cutover", wish.run);
    let put = PutVersion {
        secret_id: secret.pointer.arn.clone(),
        client_request_token: token.clone(),
        version_stages: vec![label.clone()],
    };
    let stage = StageSecret {
        nth,
        from_version: secret.pointer.version.clone(),
        put,
        target: target.clone(),
        access: client.clone(),
        url_key: secret.url_key.clone(),
    };
    let move_secret = MoveSecret {
        nth,
        secret: secret.pointer.arn.clone(),
        from_version: secret.pointer.version.clone(),
        previous_version: secret.pointer.previous.clone(),
        to_version: token,
        staging_label: label,
        target: target.clone(),
        access: client.clone(),
        url_key: secret.url_key.clone(),
    };
    let patience = wish.database.deadlines.pointer;
    (planned(patience, Step::StageSecret(stage)), planned(patience, Step::MoveSecret(move_secret)))
}

/// A manual snapshot of the target that the application was moved to, where the profile wants one and something is moved. It is
/// named after the run's own name for the target, also where that has taken the source's.
pub fn snapshot(wish: &Wish<'_>, survey: &Survey, target: &TargetName, born: &str) -> Option<Planned<Step>> {
    if survey.pointers.is_empty() || !wish.database.cutover.snapshot {
        return None;
    }
    let name = names::cutover_snapshot(born);
    let tags = tags::of_recovery(&wish.run, survey.source.identifier());
    let step = TakeSnapshot { target: target.clone(), name, tags };
    Some(planned(wish.database.deadlines.pointer, Step::TakeSnapshot(step)))
}

/// The application's watch with this login, where the profile wants one.
pub fn watch(watch: &config::Watch, access: Access) -> Option<Planned<Step>> {
    if watch.duration.is_zero() {
        return None;
    }
    let step = Watch {
        for_seconds: watch.duration.as_secs(),
        interval_ms: millis(watch.interval),
        failures: watch.failures,
        sql: probes(watch),
        http: pages(watch),
        access,
    };
    Some(planned(watch.duration + AFTER_WATCH, Step::Watch(step)))
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// The questions of a watch. Without a probe of its own the profile gets the least that tells a serving writer from anything else.
fn probes(watch: &config::Watch) -> Vec<String> {
    match (watch.sql.as_slice(), watch.pages.as_slice()) {
        ([], []) => vec!["SELECT NOT pg_is_in_recovery()".to_owned()],
        (sql, _) => sql.to_vec(),
    }
}

fn pages(watch: &config::Watch) -> Vec<Page> {
    let page = |page: &config::Page| Page {
        url: page.url.clone(),
        status: page.status,
        body: page.body.clone(),
        within_ms: millis(page.within),
    };
    watch.pages.iter().map(page).collect()
}

/// A change of the target cluster's settings.
pub fn modify(
    deadline: Duration,
    purpose: Purpose,
    request: requests::ModifyCluster,
    back: Option<requests::ModifyCluster>,
) -> Planned<Step> {
    let step = ModifyCluster { purpose, request: Box::new(request), back: back.map(Box::new) };
    planned(deadline, Step::ModifyCluster(step))
}

/// A change of the target instance's settings.
pub fn modify_instance(
    deadline: Duration,
    purpose: Purpose,
    request: plain::requests::ModifyInstance,
    back: Option<plain::requests::ModifyInstance>,
) -> Planned<Step> {
    let step = ModifyInstance { purpose, request: Box::new(request), back: back.map(Box::new) };
    planned(deadline, Step::ModifyInstance(step))
}

/// The source's own tags on the target instance.
pub fn tagging_instance(deadline: Duration, target: &str, tags: Vec<Tag>) -> Option<Planned<Step>> {
    let step = AddTags { to: Tagged::Instance, name: target.to_owned(), tags };
    (!step.tags.is_empty()).then(|| planned(deadline, Step::AddTags(step)))
}

/// The source's own tags on the target and its writer.
pub fn tagging(
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
