//! Every verdict on what earlier runs left, from the same pure function that cleanup asks.

use daybreak::{
    aws::rds::{
        fittings::model::Proxy,
        model::{Cluster, ClusterSnapshot, Instance, Tag},
    },
    recovery::leftovers::{Followed, Holdings, Kind, Known, Leads, Leftover, Verdict, judge},
    run::{clock::Clock, id::RunId, journal::History, record::Scope, step::Until},
    steps::{step::Step, target::TargetName},
};
use jiff::{SignedDuration, Timestamp};

use crate::support::{ACCOUNT, SOURCE, Scene, Source, run};

const TARGET: &str = "loans-prod-db-k3fa";

/// All that a judgement knows, to be changed in one point.
struct Case {
    account: String,
    region: String,
    histories: Vec<History<Step>>,
    unreadable: Vec<RunId>,
    pointers: Vec<Followed>,
    profiles: Vec<String>,
    holdings: Holdings,
    now: Timestamp,
}

impl Case {
    /// What there is after this scene's run.
    async fn of(scene: &Scene) -> Self {
        let leads = Leads::To(scene.cloud.secret_points_at());
        Self {
            account: ACCOUNT.to_owned(),
            region: "eu-west-1".to_owned(),
            histories: vec![scene.history().await],
            unreadable: Vec::new(),
            pointers: vec![Followed { run: Some(run()), pointer: "secret prod/loans/db".to_owned(), leads }],
            profiles: vec![SOURCE.to_owned()],
            holdings: Holdings {
                clusters: scene.cloud.clusters(),
                instances: scene.cloud.instances(),
                snapshots: scene.cloud.snapshots(),
                instance_snapshots: scene.cloud.instance_snapshots(),
                proxies: Vec::new(),
            },
            now: scene.clock.now(),
        }
    }

    async fn rolled_back() -> Self {
        let scene = Scene::new();
        scene.recover(Until::Cutover).await;
        scene.turn_back(Scope::Cutover).await;
        Self::of(&scene).await
    }

    async fn recovered() -> Self {
        let scene = Scene::new();
        scene.recover(Until::Cutover).await;
        Self::of(&scene).await
    }

    fn leads(mut self, leads: Leads) -> Self {
        self.pointers[0].leads = leads;
        self
    }

    fn target(&mut self) -> &mut Cluster {
        self.holdings.clusters.iter_mut().find(|cluster| cluster.identifier == TARGET).unwrap()
    }

    fn retag(mut self, key: &str, value: &str) -> Self {
        let tags = &mut self.target().tags;
        tags.retain(|tag| tag.key != key);
        tags.push(Tag::new(key, value));
        self
    }

    fn judge(&self) -> Vec<Leftover> {
        judge(&Known {
            account: &self.account,
            region: &self.region,
            now: self.now,
            place: "memory",
            histories: &self.histories,
            unreadable: &self.unreadable,
            pointers: &self.pointers,
            profiles: &self.profiles,
            holdings: &self.holdings,
        })
    }

    fn verdict(&self) -> (Verdict, String, Option<String>) {
        let found = self.judge().into_iter().find(|leftover| leftover.name == TARGET).expect("it is listed");
        (found.verdict, found.reason, found.final_snapshot)
    }

    fn assert(&self, verdict: Verdict, reason: &str, snapshot: bool) {
        let found = self.verdict();
        assert_eq!(found.0, verdict, "{found:?}");
        assert!(found.1.contains(reason), "{reason:?} is not in {:?}", found.1);
        assert_eq!(found.2.is_some(), snapshot, "{found:?}");
    }

    fn assert_kept(&self, reason: &str) {
        self.assert(Verdict::Kept, reason, false);
    }
}

#[tokio::test]
async fn a_source_is_never_listed_and_a_target_that_became_one_never_removed() {
    let mut case = Case::rolled_back().await;
    assert!(case.judge().iter().all(|leftover| leftover.name != SOURCE));
    case.profiles.push(TARGET.to_uppercase());
    case.assert_kept("it is the source of a profile");
    case.profiles.clear();
    let mut later = case.histories[0].clone();
    later.state.plan.run = "20261121-150000-zzzz".parse().unwrap();
    later.state.plan.brief.source.identifier = TARGET.to_owned();
    later.state.plan.brief.source.resource_id = case.target().resource_id.clone();
    case.histories.push(later);
    case.assert_kept("it is the source of run 20261121-150000-zzzz");
    let renamed = &mut case.histories[1].state.plan.brief.source.identifier;
    *renamed = "called-otherwise-then".to_owned();
    case.assert_kept("it is the source of run 20261121-150000-zzzz");
}

#[tokio::test]
async fn only_the_journal_of_the_run_says_what_may_go() {
    let mut case = Case::rolled_back().await;
    let histories = std::mem::take(&mut case.histories);
    case.assert_kept("is not in memory");
    case.unreadable.push(run());
    case.assert_kept("cannot be read");
    case.unreadable.clear();
    case.histories = histories;
    case.account = "999999999999".to_owned();
    case.assert_kept("it did not make this");
    case.account = ACCOUNT.to_owned();
    case.region = "us-east-1".to_owned();
    case.assert_kept("it did not make this");
}

#[tokio::test]
async fn names_tags_and_resource_ids_must_all_be_the_journals() {
    let mut copied = Case::rolled_back().await;
    copied.histories[0].state.plan.brief.target.identifier = "another-name".to_owned();
    copied.assert_kept("run 20261120-150000-k3fa made no cluster of this name");

    let mut replaced = Case::rolled_back().await;
    replaced.target().resource_id = "cluster-OTHER".to_owned();
    replaced.assert_kept("which this run made");

    let mut untagged = Case::rolled_back().await;
    untagged.target().tags.clear();
    untagged.assert_kept("carries no daybreak:run tag");

    let mut never_asked = Case::rolled_back().await;
    never_asked.histories[0].records.truncate(1);
    never_asked.assert_kept("never asked for this cluster");

    let foreign = Case::rolled_back().await.retag("daybreak:run", "20200101-000000-aaaa");
    foreign.assert_kept("the journal of run 20200101-000000-aaaa is not in memory");
}

#[tokio::test]
async fn an_unfinished_run_needs_its_target() {
    for until in [Until::Restored, Until::Validated] {
        let scene = Scene::new();
        scene.recover(until).await;
        Case::of(&scene).await.assert_kept("still needs it");
    }
}

#[tokio::test]
async fn what_any_pointer_leads_to_is_used() {
    let case = Case::recovered().await;
    case.assert_kept("the application uses it: secret prod/loans/db leads to it");
    let host = format!("{TARGET}.cluster.example");
    let mut others = Case::rolled_back().await;
    let leads = Leads::To(host.to_uppercase());
    others.pointers.push(Followed { run: None, pointer: "secret reports/db".to_owned(), leads });
    others.assert_kept("secret reports/db leads to it");
    others.target().endpoint = None;
    others.assert_kept("secret reports/db leads to it");
    let mut by_instance = Case::rolled_back().await;
    let instance =
        by_instance.holdings.instances.iter_mut().find(|one| one.cluster.as_deref() == Some(TARGET)).unwrap();
    instance.address = Some("writer.example".to_owned());
    by_instance.leads(Leads::To("writer.example".to_owned())).assert_kept("the application uses it");
}

#[tokio::test]
async fn what_cannot_be_told_is_kept() {
    let denied = Leads::Unknown("AccessDenied".to_owned());
    Case::rolled_back().await.leads(denied.clone()).assert_kept("cannot be read: AccessDenied");
    let mut others = Case::rolled_back().await;
    others.pointers.push(Followed { run: None, pointer: "secret reports/db".to_owned(), leads: denied });
    others.assert_kept("secret reports/db cannot be read");
}

#[tokio::test]
async fn what_hangs_on_it_keeps_it() {
    let mut stranger = Case::rolled_back().await;
    let cluster = Some(TARGET.to_owned());
    stranger.holdings.instances.push(Instance { identifier: "analytics".to_owned(), cluster, ..Instance::default() });
    stranger.assert_kept("instance analytics in it was not made by run");

    let mut replaced = Case::rolled_back().await;
    let instance = replaced.holdings.instances.iter_mut().find(|one| one.cluster.as_deref() == Some(TARGET)).unwrap();
    instance.resource_id = "db-OTHER".to_owned();
    replaced.assert_kept("which this run made");

    let mut global = Case::rolled_back().await;
    global.target().global_cluster_identifier = Some("loans-global".to_owned());
    global.assert_kept("global database loans-global");

    let mut replicated = Case::rolled_back().await;
    replicated.target().read_replicas = vec!["a-replica".to_owned()];
    replicated.assert_kept("a-replica replicates from it");

    let scene = Scene::new();
    scene.servers.probes_fail(3);
    scene.recover(Until::Cutover).await;
    let mut protected = Case::of(&scene).await;
    protected.assert(Verdict::Removable, "rolled back", true);
    protected.target().deletion_protection = Some(true);
    protected.assert_kept("somebody protected it");

    let mut going = Case::rolled_back().await;
    going.target().status = "deleting".into();
    going.assert_kept("being deleted already");
}

#[tokio::test]
async fn what_the_application_has_left_may_go_with_a_snapshot() {
    Case::rolled_back().await.assert(Verdict::Removable, "the run was rolled back", true);
    let left = Case::recovered().await.leads(Leads::To(format!("{SOURCE}.cluster.example")));
    left.assert(Verdict::Removable, "secret prod/loans/db leads to loans-prod", true);
}

#[tokio::test]
async fn what_a_proxy_leads_to_is_kept_whoever_named_it() {
    let by_proxy = |name: &str| Leads::ToDatabase(TargetName::cluster(name));
    Case::rolled_back().await.leads(by_proxy(TARGET)).assert_kept("the application uses it");
    let left = Case::recovered().await.leads(by_proxy(SOURCE));
    left.assert(Verdict::Removable, "leads to cluster loans-prod", true);
    let mut theirs = Case::rolled_back().await;
    let targets = vec![TARGET.to_owned(), format!("{TARGET}-1")];
    theirs.holdings.proxies.push(Proxy { name: "reports".to_owned(), endpoint: None, targets });
    theirs.assert_kept("proxy reports leads to it");
}

#[tokio::test]
async fn what_only_a_person_can_know_must_be_named() {
    let mut without = Case::recovered().await;
    without.pointers.clear();
    without.assert(Verdict::OnlyIfNamed, "no pointer tells", true);
    let alias = Case::recovered().await.leads(Leads::To("db.internal.example".to_owned()));
    alias.assert(Verdict::OnlyIfNamed, "no endpoint that RDS shows here", true);
    let gone = Case::rolled_back().await.leads(Leads::Nowhere);
    gone.assert(Verdict::OnlyIfNamed, "leads nowhere any more", true);
}

#[tokio::test]
async fn drills_and_probes_go_when_they_have_expired_and_leave_nothing() {
    // Never moved onto: the plan of a drill has no such step.
    let drill = async |expires: &str| {
        let mut case = Case::rolled_back().await.retag("daybreak:purpose", "drill").retag("daybreak:expires", expires);
        case.histories[0].records.retain(|record| {
            !matches!(&record.entry, daybreak::run::record::Entry::Started { step } if step.0 == "move-secret")
        });
        case
    };
    drill("2026-11-20T16:00:00Z").await.assert_kept("until 2026-11-20 16:00:00 UTC");
    drill("soon").await.assert_kept("is no time: soon");
    let mut expired = drill("2026-11-20T16:00:00Z").await;
    expired.now += SignedDuration::from_hours(2);
    expired.assert(Verdict::Removable, "which expired", false);
    Case::rolled_back().await.retag("daybreak:purpose", "probe").assert_kept("no tag daybreak:expires");
    let mut moved =
        Case::rolled_back().await.retag("daybreak:purpose", "drill").retag("daybreak:expires", "2026-11-20T16:00:00Z");
    moved.now += SignedDuration::from_hours(2);
    moved.assert(Verdict::Removable, "which expired", true);
    let used =
        Case::recovered().await.retag("daybreak:purpose", "drill").retag("daybreak:expires", "2000-01-01T00:00:00Z");
    used.assert_kept("the application uses it");
}

#[tokio::test]
async fn what_an_undone_run_left_may_go_and_keeps_nothing_that_was_never_open() {
    let scene = Scene::new();
    scene.recover(Until::Validated).await;
    let mut before = Case::of(&scene).await;
    scene.turn_back(Scope::Everything).await;
    before.histories = vec![scene.history().await];
    before.assert(Verdict::Removable, "the run was undone", false);
}

#[tokio::test]
async fn an_instance_is_judged_as_a_cluster_is() {
    let case = async |scope: Option<Scope>| {
        let scene = Scene::of(Source::Snapshot);
        scene.recover(Until::Cutover).await;
        if let Some(scope) = scope {
            scene.turn_back(scope).await;
        }
        Case::of(&scene).await
    };
    let judged = |case: &Case, name: &str| {
        case.judge().into_iter().find(|one| one.name == name).unwrap_or_else(|| panic!("{name} is not listed"))
    };
    let recovered = judged(&case(None).await, TARGET);
    assert_eq!((recovered.kind, recovered.verdict), (Kind::Instance, Verdict::Kept));
    assert!(recovered.reason.contains("the application uses it"), "{}", recovered.reason);

    let mut rolled_back = case(Some(Scope::Cutover)).await;
    let left = judged(&rolled_back, TARGET);
    assert_eq!((left.kind, left.verdict), (Kind::Instance, Verdict::Removable), "{}", left.reason);
    assert_eq!(left.final_snapshot.as_deref(), Some("loans-prod-db-k3fa-final"));
    let copy = judged(&rolled_back, "loans-prod-db-k3fa-copy");
    assert_eq!((copy.kind, copy.verdict), (Kind::InstanceSnapshot, Verdict::Kept));
    assert!(copy.next.as_deref().is_some_and(|next| next.contains("delete-db-snapshot")), "{:?}", copy.next);
    assert!(!rolled_back.judge().iter().any(|one| one.name == SOURCE), "the source is nobody's leftover");

    let edit = |case: &mut Case, edit: &dyn Fn(&mut Instance)| {
        edit(case.holdings.instances.iter_mut().find(|one| one.identifier == TARGET).unwrap());
    };
    edit(&mut rolled_back, &|target| target.read_replicas = vec!["replica".to_owned()]);
    assert!(judged(&rolled_back, TARGET).reason.contains("replica replicates from it"));
    edit(&mut rolled_back, &|target| {
        target.read_replicas.clear();
        target.resource_id = "db-ANOTHER".to_owned();
    });
    assert_eq!(judged(&rolled_back, TARGET).verdict, Verdict::Kept, "another instance of the name");
}

#[tokio::test]
async fn instances_astray_and_snapshots_are_listed_and_kept() {
    let mut case = Case::rolled_back().await;
    case.holdings.instances.push(Instance {
        identifier: "astray".to_owned(),
        cluster: Some(SOURCE.to_owned()),
        tags: vec![Tag::new("daybreak:run", run().as_str())],
        ..Instance::default()
    });
    let snapshot = |identifier: &str, tags: Vec<Tag>| ClusterSnapshot {
        identifier: identifier.to_owned(),
        cluster: TARGET.to_owned(),
        tags,
        ..ClusterSnapshot::default()
    };
    case.histories[0].state.final_snapshot = Some("loans-prod-db-k3fa-final".to_owned());
    case.holdings.snapshots = vec![
        snapshot("loans-prod-db-k3fa-final", Vec::new()),
        snapshot("backup-of-it", vec![Tag::new("daybreak:run", run().as_str())]),
        snapshot("somebody-elses", Vec::new()),
    ];
    let listed: Vec<(String, Verdict)> = case.judge().into_iter().map(|one| (one.name, one.verdict)).collect();
    let expected = [
        ("astray", Verdict::Kept),
        (TARGET, Verdict::Removable),
        ("loans-prod-db-k3fa-final", Verdict::Kept),
        ("backup-of-it", Verdict::Kept),
    ];
    assert_eq!(listed, expected.map(|(name, verdict)| (name.to_owned(), verdict)));
}

#[tokio::test]
async fn age_and_cost_are_told() {
    let mut case = Case::rolled_back().await;
    case.now = "2026-11-25T15:00:00Z".parse().unwrap();
    case.target().created = Some("2026-11-20T15:00:00Z".parse().unwrap());
    let found = case.judge().into_iter().find(|leftover| leftover.name == TARGET).unwrap();
    assert_eq!(found.age_seconds, Some(5 * 86_400));
    assert_eq!(found.monthly_cost.usd_per_month, Some(379.0), "{found:?}");
    assert_eq!(found.outcome, Some("rolled back"));
}
