//! A production database, its secret, and a plan to recover it: where every test begins.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use daybreak::{
    aws::{
        rds::{
            fittings::model::ClusterEndpoint,
            model::{AssociatedRole, Cluster, ClusterMember, Instance, MasterUserSecret, SecurityGroup, Tag},
        },
        scaling::model::{PredefinedMetric, ScalableTarget, ScalingPolicy, TargetTracking},
        secrets::model::SecretDescription,
    },
    config::{Config, Regional},
    moment,
    recovery::{
        choice::{self, Choice, Manner, Wanted},
        recipe,
        refusal::Refusal,
        survey,
        windows::window::{Earlier, Kind, Window},
    },
    run::{
        clock::Clock,
        id::RunId,
        journal::{self, History},
        plan::{Actor, Plan},
        record::Entry,
        state::RunState,
        step::{Forgone, Until},
        store::{Holder, Store},
    },
    steps::{
        step::Step,
        target::TargetName,
        world::{Elsewhere, World},
    },
};

use jiff::tz::TimeZone;

use super::{
    Cloud, MemoryStore, Servers, TestClock, dns,
    source::{self, INSTANCE_CONFIG, Source},
};

pub(crate) const SOURCE: &str = "loans-prod";
pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/export";
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const CONFIG: &str = r#"
    [databases.loans]
    cluster = "loans-prod"
    [databases.loans.restore]
    quarantine_security_groups = ["sg-0aaaaaaaaaaaaaaaa"]
    [databases.loans.connect]
    secret = "prod/loans/db"
    [databases.loans.cutover]
    secret = "prod/loans/db"
    [databases.loans.watch]
    for = "30s"
    interval = "5s"
    failures = 3
"#;

/// The time that the plans of scenes recover to.
const TO: &str = "2026-11-20T14:22:05Z";

/// The table of a profile that fences.
pub(crate) const FENCE: &str = r#"
    [databases.loans.fence]
    secret = "prod/loans/admin"
"#;

/// The table of a profile whose application follows a DNS record.
pub(crate) const DNS: &str = r#"
    [databases.loans.cutover.dns]
    zone = "Z1"
    record = "db.corp.example"
"#;

/// The lines of a profile whose application connects to a proxy, in place of the secret's.
pub(crate) const BY_PROXY: &str = "[databases.loans.cutover]\n    proxy = \"loans-proxy\"\n";
/// The lines of the secret.
const BY_SECRET: &str = "[databases.loans.cutover]\n    secret = \"prod/loans/db\"\n";

/// The same cloud from every region: what is made is told apart by its name.
#[derive(Clone)]
struct Everywhere {
    cloud: Cloud,
    servers: Servers,
}

impl Elsewhere for Everywhere {
    fn world(&self, region: &str) -> World {
        World {
            region: region.to_owned(),
            rds: Arc::new(self.cloud.clone()),
            snapshots: Arc::new(self.cloud.clone()),
            instances: Arc::new(self.cloud.clone()),
            replication: Arc::new(self.cloud.clone()),
            metrics: Arc::new(self.cloud.clone()),
            secrets: Arc::new(self.cloud.clone()),
            dns: Arc::new(self.cloud.clone()),
            resolver: Arc::new(self.cloud.clone()),
            tokens: Arc::new(self.servers.clone()),
            postgres: Arc::new(self.servers.clone()),
            fencing: Arc::new(self.cloud.clone()),
            probation: Arc::new(self.cloud.clone()),
            ledgers: Arc::new(self.cloud.clone()),
            fittings: Arc::new(self.cloud.clone()),
            proxies: Arc::new(self.cloud.clone()),
            scaling: Arc::new(self.cloud.clone()),
            alarms: Arc::new(self.cloud.clone()),
            http: Arc::new(self.servers.clone()),
            elsewhere: Arc::new(self.clone()),
            ca: None,
        }
    }
}

/// How a scene's database is recovered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    pub(crate) config: &'static str,
    pub(crate) to: &'static str,
    pub(crate) from: Option<&'static str>,
    pub(crate) into: &'static str,
    pub(crate) manner: Manner,
    /// What happens to the scene before.
    pub(crate) before: fn(&Scene),
}

impl Default for Way {
    fn default() -> Self {
        Self { config: CONFIG, to: TO, from: None, into: "eu-west-1", manner: Manner::Beside, before: |_| {} }
    }
}

/// A world with one database in it, and the clock and store to recover it with.
pub(crate) struct Scene {
    pub(crate) cloud: Cloud,
    pub(crate) servers: Servers,
    pub(crate) store: MemoryStore,
    pub(crate) clock: TestClock,
    pub(crate) world: World,
    pub(crate) way: Way,
    source: Source,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::of(Source::Cluster)
    }

    /// A scene whose database is this source.
    pub(crate) fn of(source: Source) -> Self {
        let cloud = Cloud::default();
        let servers = Servers::of(cloud.clone());
        match source {
            Source::Cluster => Self::add_cluster(&cloud),
            Source::Instance | Source::Snapshot => source::add_instance(&cloud),
        }
        let description = SecretDescription {
            arn: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf".to_owned(),
            name: "prod/loans/db".to_owned(),
            versions: BTreeMap::from([("v1".to_owned(), vec!["AWSCURRENT".to_owned()])]),
            ..SecretDescription::default()
        };
        let value = format!(
            r#"{{"engine":"postgres","host":"{}","port":5433,"username":"app","password":"hunter2","dbname":"loans"}}"#,
            source.host()
        );
        cloud.add_secret(description, "v1", &value);
        cloud.set_records(vec![dns::alias(&source.host())]);
        let world = Everywhere { cloud: cloud.clone(), servers: servers.clone() }.world("eu-west-1");
        let clock = TestClock::starting("2026-11-20T15:00:00Z");
        Self { cloud, servers, store: MemoryStore::default(), clock, world, way: Way::default(), source }
    }

    fn add_cluster(cloud: &Cloud) {
        let writer = Instance {
            identifier: format!("{SOURCE}-1"),
            resource_id: "db-SOURCE".to_owned(),
            status: "available".into(),
            cluster: Some(SOURCE.to_owned()),
            class: "db.r6g.large".to_owned(),
            availability_zone: Some("eu-west-1a".to_owned()),
            promotion_tier: Some(1),
            tags: vec![Tag::new("team", "loans")],
            ..Instance::default()
        };
        let reader =
            Instance { identifier: format!("{SOURCE}-2"), resource_id: "db-READER".to_owned(), ..writer.clone() };
        let member = |instance: &Instance, is_writer| ClusterMember {
            instance: instance.identifier.clone(),
            is_writer,
            ..ClusterMember::default()
        };
        let cluster = Cluster {
            identifier: SOURCE.to_owned(),
            resource_id: "cluster-SOURCE".to_owned(),
            status: "available".into(),
            engine: "aurora-postgresql".to_owned(),
            earliest_restorable_time: Some("2026-11-13T00:00:00Z".parse().unwrap()),
            latest_restorable_time: Some("2026-11-20T14:55:00Z".parse().unwrap()),
            endpoint: Some(format!("{SOURCE}.cluster.example")),
            port: Some(5433),
            vpc_security_groups: vec![SecurityGroup {
                id: "sg-0bbbbbbbbbbbbbbbb".to_owned(),
                status: Some("active".to_owned()),
            }],
            deletion_protection: Some(true),
            preferred_maintenance_window: Some("mon:03:00-mon:04:00".to_owned()),
            members: vec![member(&writer, true), member(&reader, false)],
            tags: vec![Tag::new("production", "true")],
            master_username: Some("postgres".to_owned()),
            master_user_secret: Some(MasterUserSecret {
                arn: Some("arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!source".to_owned()),
                status: Some("active".to_owned()),
                kms_key_id: Some("key-1".to_owned()),
            }),
            associated_roles: vec![AssociatedRole {
                role_arn: ROLE.to_owned(),
                feature_name: Some("s3Export".to_owned()),
                status: Some("ACTIVE".to_owned()),
            }],
            http_endpoint: Some(true),
            database_insights_mode: Some("advanced".to_owned()),
            performance_insights: Some(true),
            performance_insights_retention_period: Some(465),
            ..Cluster::default()
        };
        cloud.add_cluster(cluster, vec![writer, reader]);
        cloud.add_endpoint(ClusterEndpoint {
            identifier: "reports".to_owned(),
            cluster: SOURCE.to_owned(),
            status: Some("available".to_owned()),
            kind: Some("READER".to_owned()),
            static_members: vec![format!("{SOURCE}-2")],
            ..ClusterEndpoint::default()
        });
        let resource_id = format!("cluster:{SOURCE}");
        let rule = TargetTracking {
            target_value: 60.0,
            predefined_metric_specification: Some(PredefinedMetric {
                predefined_metric_type: "RDSReaderAverageCPUUtilization".to_owned(),
            }),
            ..TargetTracking::default()
        };
        cloud.add_scaling(
            ScalableTarget {
                resource_id: resource_id.clone(),
                min_capacity: 1,
                max_capacity: 4,
                ..ScalableTarget::default()
            },
            vec![ScalingPolicy {
                name: "cpu".to_owned(),
                resource_id,
                kind: "TargetTrackingScaling".to_owned(),
                target_tracking: Some(rule),
                alarms: Vec::new(),
            }],
        );
    }

    /// A scene of a cluster with a profile that fences the source.
    pub(crate) fn fenced() -> Self {
        let config = Box::leak(format!("{CONFIG}{FENCE}").into_boxed_str());
        Self::that(Way { config, before: |scene| scene.cloud.client_connects(), ..Way::default() })
    }

    /// A scene of a cluster whose application follows a DNS record, and a secret as well or no secret.
    pub(crate) fn by_record(and_secret: bool) -> Self {
        assert!(CONFIG.contains(BY_SECRET));
        let config = if and_secret { CONFIG.to_owned() } else { CONFIG.replace(BY_SECRET, "") };
        Self::that(Way { config: Box::leak(format!("{config}{DNS}").into_boxed_str()), ..Way::default() })
    }

    /// A scene of a cluster whose application connects to a proxy, with more tables in its profile.
    pub(crate) fn by_proxy(tables: &str) -> Self {
        assert!(CONFIG.contains(BY_SECRET));
        let config = Box::leak(format!("{}{tables}", CONFIG.replace(BY_SECRET, BY_PROXY)).into_boxed_str());
        let before: fn(&Self) = |scene| {
            scene.cloud.add_proxy(Some(TargetName::cluster(SOURCE)));
            scene.cloud.client_connects();
        };
        Self::that(Way { config, before, ..Way::default() })
    }

    /// A scene of a cluster that swaps names with its target, and fences or does not.
    pub(crate) fn swapping(fenced: bool) -> Self {
        let swap = CONFIG.replace(BY_SECRET, "[databases.loans.cutover]\n    rename = true\n");
        let fence = if fenced { format!("{FENCE}    roles = [\"app\", \"batch\"]\n") } else { String::new() };
        let config = Box::leak(format!("{swap}{fence}").into_boxed_str());
        Self::that(Way {
            config,
            before: |scene| {
                scene.servers.tell_their_names();
                scene.cloud.client_connects();
            },
            ..Way::default()
        })
    }

    /// A scene whose database is recovered in this way.
    pub(crate) fn that(way: Way) -> Self {
        let scene = Self { way, ..Self::new() };
        (way.before)(&scene);
        scene
    }

    /// The plan of its way, and how its window was chosen.
    pub(crate) async fn choose(&self, until: Until) -> Result<(Plan<Step>, Choice), Refusal> {
        let Way { config, to, from, into, manner, .. } = self.way;
        let config = Config::parse(config, Path::new("daybreak.toml")).unwrap();
        let database = &choice::profile(&config.database("loans").unwrap(), "eu-west-1", into, manner);
        let now = self.clock.now();
        let moment = moment::parse(to, now, &TimeZone::UTC).unwrap();
        let captures: &dyn Store = &self.store;
        let wanted = Wanted { database, home: "eu-west-1", into, from, moment, manner, until, now, captures };
        let earlier = async { Earlier::new() };
        let (survey, choice) = choice::choose(&self.world, &self.cloud, earlier, wanted).await?;
        let wish = recipe::Wish { database, run: run(), by: actor(), account: ACCOUNT.to_owned() };
        Ok((recipe::plan(&wish, &survey, &choice)?, choice))
    }

    /// The plan to recover the database to 14:22:05.
    pub(crate) async fn plan(&self) -> Plan<Step> {
        match self.source {
            Source::Cluster => self.choose(Until::Validated).await.unwrap().0,
            Source::Instance => self.plan_for(INSTANCE_CONFIG, TO).await.unwrap(),
            Source::Snapshot => {
                let window = source::window(Kind::ManualSnapshot);
                self.plan_from(&window, "eu-west-1", Some(source::NEW_KEY)).await.unwrap()
            }
        }
    }

    /// The plan to restore the instance from `window`.
    pub(crate) async fn plan_from(
        &self,
        window: &Window,
        region: &str,
        key: Option<&str>,
    ) -> Result<Plan<Step>, Refusal> {
        let config = Config::parse(INSTANCE_CONFIG, Path::new("daybreak.toml")).unwrap();
        let database = config.database("loans").unwrap();
        let now = self.clock.now();
        let mut survey = survey::survey(&self.world, "eu-west-1", &database, Until::Validated, now).await?;
        region.clone_into(&mut survey.into);
        let mut database = choice::profile(&database, "eu-west-1", region, Manner::Beside);
        database.restore.kms_key = key.map(str::to_owned);
        let network = Regional {
            subnet_group: Some("private-there".to_owned()),
            security_groups: vec!["sg-0cccccccccccccccc".to_owned()],
            ..Regional::default()
        };
        database.regions.insert("eu-central-1".to_owned(), network);
        let choice = Choice {
            window: window.clone(),
            wanted: TO.parse().unwrap(),
            named: true,
            why: "somebody chose it".to_owned(),
            asides: Vec::new(),
            manner: Manner::Beside,
        };
        let wish = recipe::Wish { database: &database, run: run(), by: actor(), account: ACCOUNT.to_owned() };
        recipe::plan(&wish, &survey, &choice)
    }

    /// Whether the run has gone on without something, and said so.
    pub(crate) async fn goes_on_without_something(&self) -> bool {
        self.history().await.records.iter().any(|record| match &record.entry {
            Entry::Finished { output, .. } => Forgone::of(output).is_some(),
            _ => false,
        })
    }

    /// The plan for another configuration and time; `latest` is one.
    pub(crate) async fn plan_for(&self, config: &str, to: &str) -> Result<Plan<Step>, Refusal> {
        self.plan_as_far_as(Until::Validated, config, to).await
    }

    /// The same for a run that need not prove anything.
    pub(crate) async fn plan_as_far_as(&self, until: Until, config: &str, to: &str) -> Result<Plan<Step>, Refusal> {
        self.plan_of(run(), until, config, to).await
    }

    /// The same for another run.
    pub(crate) async fn plan_of(
        &self,
        run: RunId,
        until: Until,
        config: &str,
        to: &str,
    ) -> Result<Plan<Step>, Refusal> {
        let config = Config::parse(config, Path::new("daybreak.toml")).unwrap();
        let database = config.database("loans").unwrap();
        let now = self.clock.now();
        let survey = survey::survey(&self.world, "eu-west-1", &database, until, now).await?;
        let moment = moment::parse(to, now, &TimeZone::UTC).unwrap();
        let choice = choice::own(&survey, "loans", moment, now)?;
        let wish = recipe::Wish { database: &database, run, by: actor(), account: ACCOUNT.to_owned() };
        recipe::plan(&wish, &survey, &choice)
    }

    pub(crate) async fn history(&self) -> History<Step> {
        journal::read(&self.store, &run()).await.unwrap()
    }

    pub(crate) async fn state(&self) -> RunState<Step> {
        self.history().await.state
    }

    /// What exists, in words that can be compared: clusters with settings and tags, instances, versions of the secret.
    pub(crate) fn what_exists(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for cluster in self.cloud.clusters() {
            let mut tags: Vec<String> = cluster.tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect();
            tags.sort_unstable();
            let protected = cluster.deletion_protection == Some(true);
            let groups = cluster.security_group_ids();
            lines.push(format!("cluster {} {groups:?} protected {protected} {tags:?}", cluster.identifier));
        }
        for instance in self.cloud.instances() {
            lines.push(format!("instance {} {}", instance.identifier, instance.status));
            if instance.cluster.is_none() {
                let mut tags: Vec<String> =
                    instance.tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect();
                tags.sort_unstable();
                let (protected, window) = (instance.deletion_protection, instance.preferred_maintenance_window.clone());
                let groups = instance.security_group_ids();
                lines.push(format!("  {groups:?} protected {protected:?} {window:?} {tags:?}"));
            }
        }
        // What a deletion or a cutover leaves for good is looked at by the tests of these.
        let kept = |name: &str| name.ends_with("-final") || name.ends_with("-cutover");
        for snapshot in self.cloud.instance_snapshots().iter().filter(|one| !kept(&one.identifier)) {
            lines.push(format!("snapshot {} {}", snapshot.identifier, snapshot.status));
        }
        for snapshot in self.cloud.snapshots().iter().filter(|one| !kept(&one.identifier)) {
            lines.push(format!("snapshot {} {}", snapshot.identifier, snapshot.status));
        }
        lines.extend(self.cloud.fitted());
        for (version, mut labels) in self.cloud.secret_versions() {
            labels.sort_unstable();
            lines.push(format!("secret version {version} {labels:?}"));
        }
        lines.extend(self.cloud.records().into_iter().map(|set| format!("record {}", serde_json::json!(set))));
        lines.extend(self.cloud.who_may_log_in());
        lines.extend(self.cloud.proxy_leads_to().map(|target| format!("proxy leads to {target}")));
        lines
    }
}

/// The run that every scene's plan becomes.
pub(crate) fn run() -> RunId {
    "20261120-150000-k3fa".parse().unwrap()
}

pub(crate) fn actor() -> Actor {
    Actor { who: "ann@laptop".to_owned(), identity: None, version: "0.1.0".to_owned() }
}

pub(crate) fn holder() -> Holder {
    Holder { who: "ann@laptop".to_owned(), pid: 1 }
}
