//! What every recipe does once there is a target: prove its data, lift the quarantine, move the application, watch it.

use std::time::Duration;

use jiff::Timestamp;

use super::{Wish, fence, ledger, planned, probation, swap};
use crate::{
    aws::{
        rds::{model::Tag, plain, requests},
        secrets::requests::PutVersion,
    },
    config::{self, Database},
    recovery::{
        names,
        pointer::{Pointers, SurveyedSecret},
        proxy::SurveyedProxy,
        record::SurveyedRecord,
        survey::{self, Survey},
    },
    run::{plan::Planned, step::Until},
    steps::{
        access::Access,
        add_tags::{AddTags, Tagged},
        await_record::AwaitRecord,
        await_replicas::{AwaitReplicas, Replicated},
        brief::{FollowedProxy, Record},
        guard_cutover::GuardCutover,
        modify_cluster::ModifyCluster,
        modify_instance::ModifyInstance,
        move_record::MoveRecord,
        move_secret::MoveSecret,
        page::Page,
        prove::{Comparison, Prove},
        proxy::{
            Proxied, Through, await_target::AwaitProxy, rehearse::RehearseProxy, release::ReleaseProxy, take::MoveProxy,
        },
        purpose::Purpose,
        stage_secret::StageSecret,
        step::Step,
        tags,
        take_snapshot::TakeSnapshot,
        target::TargetName,
        watch::{NewWrites, Watch},
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
    let client = client(&survey.pointers, access);
    // Without a watch its probes bring nothing back, and what nobody asks for is not asked. The least of probes is asked anyway.
    let (sql, http) = match watch.duration.is_zero() {
        true => (Vec::new(), Vec::new()),
        false => (watch.sql.clone(), pages(watch)),
    };
    // After a rollback the target keeps the application out, and with it whoever logs in as it does; the fence's login it lets in.
    let access = survey.fence.as_ref().map_or(access, |fence| &fence.target).clone();
    let guard = GuardCutover {
        target: target.clone(),
        access: access.clone(),
        client,
        source: proof.source.clone(),
        sql,
        http,
        proof: Box::new(Prove { access, ..proof.clone() }),
        proof_within_seconds: cutover.proof_within.as_secs(),
        accepts_less: cutover.accept_less,
    };
    Some(planned(deadlines.proof, Step::GuardCutover(guard)))
}

/// The proxy's passwords tried on the target, before anything of the application is changed; on the way back it is the last, since a
/// proxy reaches no source that is fenced.
pub fn rehearse(wish: &Wish<'_>, survey: &Survey, access: &Access, target: &TargetName) -> Option<Planned<Step>> {
    let step = RehearseProxy { proxied: proxied(survey.pointers.proxy.as_ref()?, access, target) };
    Some(planned(wish.database.deadlines.pointer, Step::RehearseProxy(step)))
}

/// The source fenced, the pointers moved, the application watched.
pub fn move_application(wish: &Wish<'_>, survey: &Survey, access: &Access, target: &TargetName) -> Vec<Planned<Step>> {
    if survey.pointers.is_empty() {
        return Vec::new();
    }
    // Nobody who is fenced waits for what can be done before: the staged secrets and the ledger, which is closed behind the fence.
    let mut steps = stage(wish, &survey.pointers, access, target, survey.fence.is_some());
    steps.push(ledger::open(wish, survey.fence.as_ref(), access, &target.identifier));
    let probation = wish.database.cutover.probation.then_some(survey.fence.as_ref()).flatten();
    steps.extend(probation.map(|fence| probation::begin(wish, fence, target)));
    steps.extend(fence::fence(wish, survey.fence.as_ref(), target));
    match &survey.pointers.swap {
        Some(surveyed) => {
            steps.extend(swap::renames(wish, swap::swap(wish, survey, surveyed, access, target)));
            steps.extend(watch(&wish.database.watch, access.clone(), None));
        }
        None => steps.extend(moves(wish, &survey.pointers, access, target)),
    }
    if let Some(fence) = probation {
        let watches = |planned: &Planned<Step>| matches!(planned.step, Step::Watch(_));
        let at = steps.iter().position(watches).unwrap_or(steps.len());
        let probes = probing(&wish.database.watch, client(&survey.pointers, access), through(&survey.pointers, access));
        steps.insert(at, probation::lift(wish, fence, probes, target));
    }
    steps
}

/// These pointers moved, the application watched, where the target lets it in already.
pub fn follow(wish: &Wish<'_>, pointers: &Pointers, access: &Access, target: &TargetName) -> Vec<Planned<Step>> {
    let mut steps = stage(wish, pointers, access, target, false);
    steps.extend(moves(wish, pointers, access, target));
    steps
}

/// The secrets' next versions staged. `fenced` says whether the target may keep their readers out until the source is fenced.
fn stage(
    wish: &Wish<'_>,
    pointers: &Pointers,
    access: &Access,
    target: &TargetName,
    fenced: bool,
) -> Vec<Planned<Step>> {
    let secrets = pointers.secrets.iter().zip(1..);
    secrets.map(|(secret, nth)| stage_secret(wish, nth, secret, &client_of(secret, access), target, fenced)).collect()
}

/// All pointers moved, once the secrets are staged. Slow clients, of the proxy, of replicas and of the record, are waited
/// for once all are moved, and on the way back the secrets go first: who follows a secret never waits for them. When one cannot be
/// moved, the others are moved back.
fn moves(wish: &Wish<'_>, pointers: &Pointers, access: &Access, target: &TargetName) -> Vec<Planned<Step>> {
    let Pointers { secrets, record, proxy, .. } = pointers;
    let client = client(pointers, access);
    let mut steps = Vec::new();
    let (move_record, await_record) = record.as_ref().map(|record| move_record(wish, record, &client, target)).unzip();
    let [release, take, await_target] = match proxy {
        Some(proxy) => move_proxy(wish, proxied(proxy, access, target)).map(Some),
        None => [None, None, None],
    };
    steps.extend(release);
    steps.extend(take);
    steps.extend(move_record);
    let numbered = secrets.iter().zip(1..);
    steps.extend(numbered.map(|(secret, nth)| move_secret(wish, nth, secret, &client_of(secret, access), target)));
    steps.extend(await_target);
    steps.extend(await_replicas(wish, secrets));
    steps.extend(await_record);
    if !steps.is_empty() {
        steps.extend(watch(&wish.database.watch, client, through(pointers, access)));
    }
    steps
}

/// The way through the application's proxy, where it connects to one.
fn through(pointers: &Pointers, access: &Access) -> Option<Through> {
    pointers.proxy.as_ref().map(|proxy| proxy.through(access))
}

/// The proxy, as its steps know it.
fn proxied(proxy: &SurveyedProxy, access: &Access, target: &TargetName) -> Proxied {
    let FollowedProxy { name, region, leads_to, .. } = &proxy.proxy;
    Proxied {
        proxy: name.clone(),
        region: region.clone(),
        from: leads_to.clone(),
        target: target.clone(),
        logins: proxy.logins.clone(),
        through: proxy.through(access),
    }
}

/// The source taken from the proxy, the target given to it, and its clients awaited.
fn move_proxy(wish: &Wish<'_>, proxied: Proxied) -> [Planned<Step>; 3] {
    let steps = [
        Step::ReleaseProxy(ReleaseProxy { proxied: proxied.clone() }),
        Step::MoveProxy(MoveProxy { proxied: proxied.clone() }),
        Step::AwaitProxy(AwaitProxy { proxied }),
    ];
    steps.map(|step| planned(wish.database.deadlines.pointer, step))
}

/// How the application logs in: as what it follows says, else as daybreak does.
fn client(pointers: &Pointers, access: &Access) -> Access {
    match pointers.clients().into_iter().next() {
        Some(client) => Access { credentials: client.credentials, ..access.clone() },
        None => access.clone(),
    }
}

/// How the secret's readers log in.
fn client_of(secret: &SurveyedSecret, access: &Access) -> Access {
    Access { credentials: secret.credentials(), ..access.clone() }
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

/// The label under which the run stages, and the version that it stages.
fn staged(wish: &Wish<'_>) -> (String, String) {
    (format!("daybreak-{}", wish.run.suffix()), format!("daybreak-{}-cutover", wish.run))
}

/// The secret's next version staged; it is the `nth` of them.
fn stage_secret(
    wish: &Wish<'_>,
    nth: usize,
    secret: &SurveyedSecret,
    client: &Access,
    target: &TargetName,
    fenced: bool,
) -> Planned<Step> {
    let (label, token) = staged(wish);
    let put =
        PutVersion { secret_id: secret.pointer.arn.clone(), client_request_token: token, version_stages: vec![label] };
    let stage = StageSecret {
        nth,
        from_version: secret.pointer.version.clone(),
        put,
        target: target.clone(),
        access: client.clone(),
        url_key: secret.url_key.clone(),
        fenced,
    };
    planned(wish.database.deadlines.pointer, Step::StageSecret(stage))
}

/// The secret moved to the version that was staged; it is the `nth` of them.
fn move_secret(
    wish: &Wish<'_>,
    nth: usize,
    secret: &SurveyedSecret,
    client: &Access,
    target: &TargetName,
) -> Planned<Step> {
    let (staging_label, to_version) = staged(wish);
    let move_secret = MoveSecret {
        nth,
        secret: secret.pointer.arn.clone(),
        from_version: secret.pointer.version.clone(),
        previous_version: secret.pointer.previous.clone(),
        to_version,
        staging_label,
        target: target.clone(),
        access: client.clone(),
        url_key: secret.url_key.clone(),
    };
    planned(wish.database.deadlines.pointer, Step::MoveSecret(move_secret))
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

/// The application's watch with this login, or through its proxy, where the profile wants one.
pub fn watch(watch: &config::Watch, access: Access, through: Option<Through>) -> Option<Planned<Step>> {
    let step = probing(watch, access, through);
    (!watch.duration.is_zero()).then(|| planned(watch.duration + AFTER_WATCH, Step::Watch(step)))
}

/// The watch as a step, however long it is.
pub fn probing(watch: &config::Watch, access: Access, through: Option<Through>) -> Watch {
    Watch {
        for_seconds: watch.duration.as_secs(),
        interval_ms: millis(watch.interval),
        failures: watch.failures,
        sql: probes(watch),
        http: pages(watch),
        access,
        through,
        on_new_writes: match watch.on_new_writes {
            config::NewWrites::RollBack => NewWrites::RollBack,
            config::NewWrites::Hold => NewWrites::Hold,
        },
    }
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
