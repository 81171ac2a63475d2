//! The recipe for an RDS for PostgreSQL instance that is no part of a cluster: restored to a time or from a snapshot, into a
//! new instance, in its own region or another one.

use jiff::Timestamp;

use super::{Wish, after, alike::Owner, draft::Draft, ledger, parity::Parity, planned};
use crate::{
    aws::rds::model::Instance,
    config::Database,
    moment::{self, Moment},
    recovery::{
        choice::{Choice, Manner},
        configuration::Configuration,
        names, placement,
        plain::{
            requests::{self, Locality, Origin},
            settings::{self, Given},
        },
        refusal::Refusal,
        survey::Survey,
        windows::{
            arn::Arn,
            window::{Estimate, Family, Kind, Loss, Window},
        },
    },
    run::plan::{Plan, Planned},
    steps::{
        self,
        brief::Target,
        copy_instance_snapshot::CopyInstanceSnapshot,
        purpose::Purpose,
        restore_instance::{Request, RestoreInstance},
        step::Step,
        tags,
        target::TargetName,
    },
};

/// The recipe's name where a backup is restored to a time.
pub const POINT_IN_TIME: &str = "instance-point-in-time";
/// The recipe's name where a snapshot is restored.
pub const SNAPSHOT: &str = "instance-snapshot";

/// The source, when it is an instance that can be recovered: PostgreSQL, and no replica.
fn source(survey: &Survey) -> Result<&Instance, Refusal> {
    let Configuration::Instance(configuration) = &survey.source else {
        let (cluster, engine) = (survey.source.identifier().to_owned(), survey.source.engine().to_owned());
        return Err(Refusal::WrongEngine { cluster, engine });
    };
    let instance = &configuration.instance;
    let unfit =
        |why: String, hint: String| Err(Refusal::InstanceUnfit { instance: instance.identifier.clone(), why, hint });
    if instance.engine != "postgres" {
        return unfit(
            format!("it runs {}, and daybreak recovers postgres only", instance.engine),
            "for other engines: aws rds restore-db-instance-to-point-in-time".to_owned(),
        );
    }
    Ok(instance)
}

/// The continuous backup of the surveyed instance as a window, and the time in it that `moment` means.
pub fn continuous(database: &str, survey: &Survey, moment: Moment) -> Result<Window, Refusal> {
    let instance = source(survey)?;
    let unfit = |why: String, hint: String| Refusal::InstanceUnfit { instance: instance.identifier.clone(), why, hint };
    if instance.backup_retention_period == Some(0) {
        let (why, hint) = if instance.is_replica() {
            let of = instance.read_replica_source_instance.as_ref().or(instance.read_replica_source_cluster.as_ref());
            let of = of.map_or("", |of| Arn::parse(of).map_or(of.as_str(), |arn| arn.name));
            let why = format!("it is a read replica of {of}, and has no automated backups of its own");
            let promote = format!("daybreak promote {of} --to-replica {}", instance.identifier);
            (why, format!("recover {of}, or make the replica the primary as it is: {promote}"))
        } else {
            let why = "its automated backups are off (BackupRetentionPeriod is 0), so there is no time to restore to";
            (why.to_owned(), format!("see what snapshots there are: daybreak windows {database}"))
        };
        return Err(unfit(why, hint));
    }
    let Some(latest) = instance.latest_restorable_time else {
        return Err(unfit(
            format!("RDS gives it no restorable time while it is {}", instance.status),
            "wait until its first backup is complete, then try again".to_owned(),
        ));
    };
    let earliest = survey.instance_backup.as_ref().and_then(|backup| backup.earliest);
    let wanted = within((earliest, latest), moment)?;
    Ok(Window {
        database: database.to_owned(),
        kind: Kind::Continuous,
        family: Family::Instance,
        source: instance.identifier.clone(),
        arn: Some(instance.arn.clone()),
        resource_id: Some(instance.resource_id.clone()),
        region: survey.region.clone(),
        earliest,
        latest: Some(latest),
        retention_days: instance.backup_retention_period,
        latest_age_seconds: None,
        restore_point: Some(wanted),
        loses: Loss::Nothing,
        lag: None,
        takes: Estimate { seconds: None, basis: "it was not asked for".to_owned() },
        size_gib: instance.allocated_storage,
        engine: Some(instance.engine.clone()),
        engine_version: instance.engine_version.clone(),
        kms_key_id: instance.kms_key_id.clone(),
        status: Some(instance.status.to_string()),
        call: Kind::Continuous.call(Family::Instance),
        usable: true,
        obstacles: Vec::new(),
        notes: Vec::new(),
    })
}

/// The time that `moment` means within a span whose beginning may not be known.
pub fn within((earliest, latest): (Option<Timestamp>, Timestamp), moment: Moment) -> Result<Timestamp, Refusal> {
    let wanted = match moment {
        Moment::Latest => moment::second_before(latest),
        Moment::At(wanted) => wanted,
    };
    if let Some(earliest) = earliest.filter(|earliest| wanted < *earliest) {
        return Err(Refusal::TooEarly { wanted, earliest });
    }
    // RestoreTime must lie before LatestRestorableTime (RestoreDBInstanceToPointInTime, API reference).
    if wanted >= latest {
        return Err(Refusal::TooLate { wanted, latest });
    }
    Ok(wanted)
}

/// Makes the plan to restore from a judged window.
pub fn plan(wish: &Wish<'_>, survey: &Survey, choice: &Choice) -> Result<Plan<Step>, Refusal> {
    let instance = source(survey)?;
    let (database, window) = (wish.database, &choice.window);
    if choice.manner != Manner::Beside {
        return Err(Refusal::InstanceUnfit {
            instance: instance.identifier.clone(),
            why: "only a cluster can be cloned, or come back under its old name".to_owned(),
            hint: "leave out --clone or --as-before".to_owned(),
        });
    }
    let restored = Restored::of(survey, choice, wish)?;
    let class = requests::class(&database.restore, instance);
    if class.is_empty() {
        return Err(Refusal::InstanceUnfit {
            instance: instance.identifier.clone(),
            why: "it is gone, and nothing tells which instance class it had".to_owned(),
            hint: "set instance_class under [databases.….restore]".to_owned(),
        });
    }
    let locality = if survey.into == survey.region { Locality::Same } else { Locality::Other };
    let target = names::target(&instance.identifier, &wish.run);
    let ours = tags::of_recovery(&wish.run, &instance.identifier);

    let copy = restored
        .copy
        .as_ref()
        .map(|copy| (copy, names::snapshot_copy(&instance.identifier, &wish.run)))
        .map(|(copy, name)| requests::copy(&copy.of, &name, copy.key.as_deref(), ours.clone()));
    let origin = match (&copy, &restored.origin) {
        (Some(copy), _) => Origin::Snapshot(&copy.target_db_snapshot_identifier),
        (None, origin) => origin.clone(),
    };
    let quarantine = &database.restore.quarantine_security_groups;
    let placed = Placed::of(instance, survey, database);
    placement::whole(placed.subnet_group.as_ref(), &placed.groups, survey, database)?;
    let mut restore = requests::restore(instance, &target, &origin, locality, window.size_gib, &database.restore, ours);
    placed.put(&mut restore, quarantine);
    let after_restore = requests::after_restore(instance, &target, &restore, locality);
    let settle = requests::protection(instance, &target);
    let mut parity = Parity::default();
    let owner = Owner { wish, survey, name: TargetName::instance(&target) };
    owner.roles(&instance.associated_roles, &mut parity);
    owner.password(instance.master_username.as_deref(), instance.master_user_secret.as_ref(), &mut parity);
    let own_tags = after::own(&instance.tags);
    let key = restored.copy.as_ref().and_then(|copy| copy.key.clone()).or_else(|| window.kms_key_id.clone());
    let mut settings = settings::table(
        instance,
        &Given {
            restore: &restore,
            after: after_restore.as_ref(),
            settle: settle.as_ref().filter(|_| survey.access.is_some()),
            key: key.as_ref(),
            groups: &placed.groups,
            quarantine,
            own_tags: &own_tags,
        },
    );
    settings.extend(parity.settings);
    let mut warnings = warnings(instance, wish, survey, choice, &restore, copy.as_ref());
    warnings.extend(parity.warnings);

    let deadlines = &database.deadlines;
    let mut steps = Vec::new();
    steps.extend(
        copy.map(|request| planned(deadlines.restore, Step::CopyInstanceSnapshot(CopyInstanceSnapshot { request }))),
    );
    steps.push(planned(deadlines.restore, Step::RestoreInstance(RestoreInstance { request: restore })));
    if let Some(access) = &survey.access {
        steps.extend(ledger::horizon(survey, access, &target));
    }
    if let Some(request) = after_restore {
        steps.push(after::modify_instance(deadlines.settings, Purpose::ApplySettings, request, None));
    }
    if let Some(access) = &survey.access {
        let name = TargetName::instance(&target);
        let proof = after::prove(survey, database, access, &name, window.restore_point);
        let guard = after::guard(wish, survey, access, &name, &proof);
        steps.push(proof);
        steps.extend(guard);
        steps.extend(after::rehearse(wish, survey, access, &name));
        if !quarantine.is_empty() && !placed.groups.is_empty() {
            let lifted = requests::security_groups(&target, placed.groups.clone());
            let back = requests::security_groups(&target, quarantine.to_vec());
            steps.push(after::modify_instance(deadlines.settings, Purpose::LiftQuarantine, lifted, Some(back)));
        }
        // Before the pointer moves: a tag that cannot be set, or taken back, must not hold up the application.
        steps.extend(after::tagging_instance(deadlines.settings, &target, own_tags));
        steps.extend(parity.before_the_move);
        steps.extend(after::move_application(wish, survey, access, &name));
        if let Some(request) = settle {
            steps.push(after::modify_instance(deadlines.settings, Purpose::Settle, request, None));
        }
        steps.extend(after::snapshot(wish, survey, &name, &name.identifier));
        steps.extend(owner.read_back(Vec::new()));
        steps.extend(ledger::close(wish, survey, access));
    }
    Ok(draft(wish, survey, choice, target, quarantine, settings, warnings, steps))
}

#[expect(clippy::too_many_arguments, reason = "what the plan was decided on, once")]
fn draft(
    wish: &Wish<'_>,
    survey: &Survey,
    choice: &Choice,
    target: String,
    quarantine: &[String],
    settings: Vec<steps::brief::Setting>,
    warnings: Vec<String>,
    steps: Vec<Planned<Step>>,
) -> Plan<Step> {
    let window = &choice.window;
    let recipe = match window.kind {
        Kind::Continuous | Kind::Retained | Kind::Replicated => POINT_IN_TIME,
        _ => SNAPSHOT,
    };
    let draft = Draft {
        recipe,
        target: Target {
            family: Family::Instance,
            writer: target.clone(),
            identifier: target,
            region: survey.into.clone(),
        },
        requested_time: choice.wanted,
        window: steps::window::Window {
            kind: window.kind,
            name: window.source.clone(),
            region: window.region.clone(),
            earliest: window.earliest,
            latest: window.latest,
            restore_point: window.restore_point,
            why: choice.why.clone(),
        },
        quarantine: quarantine.to_vec(),
        endpoints_return: false,
        settings,
        warnings,
        steps,
    };
    draft.into_plan(wish, survey)
}

/// The network and the groups of the target, as far as they are bound to its region.
struct Placed {
    subnet_group: Option<String>,
    parameter_group: Option<String>,
    /// The security groups once its data is proven.
    groups: Vec<String>,
}

impl Placed {
    fn of(instance: &Instance, survey: &Survey, database: &Database) -> Self {
        let set = database.regions.get(&survey.into);
        let here = survey.region == survey.into;
        let own = if here { instance.security_group_ids() } else { Vec::new() };
        Self {
            subnet_group: set
                .and_then(|set| set.subnet_group.clone())
                .or_else(|| instance.subnet_group.clone().filter(|_| here)),
            parameter_group: set.and_then(|set| set.instance_parameter_group.clone()),
            groups: set.map(|set| set.security_groups.clone()).filter(|groups| !groups.is_empty()).unwrap_or(own),
        }
    }

    /// Puts it into the request; until the data is proven, the target is in `quarantine`, where there is one.
    fn put(&self, request: &mut Request, quarantine: &[String]) {
        let (subnet_group, parameter_group, groups) = match request {
            Request::PointInTime(it) => {
                (&mut it.db_subnet_group_name, &mut it.db_parameter_group_name, &mut it.vpc_security_group_ids)
            }
            Request::Snapshot(it) => {
                (&mut it.db_subnet_group_name, &mut it.db_parameter_group_name, &mut it.vpc_security_group_ids)
            }
        };
        if self.subnet_group.is_some() {
            subnet_group.clone_from(&self.subnet_group);
        }
        if self.parameter_group.is_some() {
            parameter_group.clone_from(&self.parameter_group);
        }
        *groups = if quarantine.is_empty() { self.groups.clone() } else { quarantine.to_vec() };
    }
}

/// What a window is restored from.
struct Restored<'a> {
    origin: Origin<'a>,
    copy: Option<Copied>,
}

/// A snapshot that must be copied first.
struct Copied {
    /// Its ARN.
    of: String,
    /// The copy's key.
    key: Option<String>,
}

impl<'a> Restored<'a> {
    fn of(survey: &Survey, choice: &'a Choice, wish: &'a Wish<'_>) -> Result<Self, Refusal> {
        let window = &choice.window;
        let unfit = |why: String, hint: Option<String>| Refusal::WindowUnfit {
            window: format!("{} {}", window.kind.words(), window.source),
            why,
            hint,
        };
        if window.family != Family::Instance {
            return Err(unfit("it makes a cluster, not an instance".to_owned(), None));
        }
        if !window.usable {
            return Err(unfit(window.obstacles.join("; "), None));
        }
        if window.engine.as_deref().is_some_and(|engine| engine != "postgres") {
            return Err(unfit(format!("it is of {}", window.engine.as_deref().unwrap_or_default()), None));
        }
        let lacks = |what: &str| unfit(format!("RDS does not tell {what}"), None);
        let point = || window.restore_point.ok_or_else(|| lacks("a time that it can give"));
        let elsewhere = window.region != survey.into;
        let key = wish.database.restore.kms_key.as_deref();
        let key = key.filter(|key| elsewhere || window.kms_key_id.as_deref() != Some(key));
        let backup = |origin: Origin<'a>| match (elsewhere, key) {
            (true, _) => Err(unfit(
                format!("it makes an instance in {}, not in {}", window.region, survey.into),
                Some("take a snapshot, or a backup that is replicated there".to_owned()),
            )),
            (_, Some(_)) => Err(unfit(
                "a restore to a time keeps the key".to_owned(),
                Some("another key takes a snapshot, which is copied with it".to_owned()),
            )),
            (false, None) => Ok(Self { origin, copy: None }),
        };
        match window.kind {
            Kind::Continuous => backup(Origin::Live(&window.source, point()?)),
            Kind::Retained => {
                let id = window.resource_id.as_deref().ok_or_else(|| lacks("its resource id"))?;
                backup(Origin::Retained(id, point()?))
            }
            Kind::Replicated => {
                let arn = window.arn.as_deref().ok_or_else(|| lacks("its ARN"))?;
                backup(Origin::Replicated(arn, point()?))
            }
            Kind::AutomatedSnapshot | Kind::ManualSnapshot | Kind::AwsBackupSnapshot | Kind::SharedSnapshot => {
                let shared = window.kind == Kind::SharedSnapshot;
                let encrypted = window.kms_key_id.is_some();
                let arn = window.arn.as_deref();
                // What is both shared and encrypted cannot be restored from: a copy under a key of this account can.
                if !elsewhere && key.is_none() && !(shared && encrypted) {
                    let name = if shared { arn.ok_or_else(|| lacks("its ARN"))? } else { &window.source };
                    return Ok(Self { origin: Origin::Snapshot(name), copy: None });
                }
                let of = arn.ok_or_else(|| lacks("its ARN"))?.to_owned();
                let ours = survey.source.kms_key_id().filter(|_| shared && survey.region == survey.into);
                let key = key.or(ours).map(str::to_owned);
                if encrypted && key.is_none() {
                    return Err(unfit(
                        format!("it is encrypted, and no key of {} is named for its copy", survey.into),
                        Some(format!(
                            "set kms_key under [databases.{}.{}]",
                            wish.database.name,
                            if elsewhere { format!("regions.{}", survey.into) } else { "restore".to_owned() }
                        )),
                    ));
                }
                Ok(Self { origin: Origin::Snapshot(&window.source), copy: Some(Copied { of, key }) })
            }
            Kind::Replica | Kind::GlobalSecondary => {
                Err(unfit("it is promoted, not restored".to_owned(), Some(window.promoted_by())))
            }
            Kind::GlobalFailoverSnapshot => Err(unfit("only clusters have such".to_owned(), None)),
        }
    }
}

fn warnings(
    instance: &Instance,
    wish: &Wish<'_>,
    survey: &Survey,
    choice: &Choice,
    restore: &Request,
    copy: Option<&crate::aws::rds::plain::requests::CopyInstanceSnapshot>,
) -> Vec<String> {
    let mut warnings = choice.asides.clone();
    let region = &survey.into;
    if wish.database.restore.quarantine_security_groups.is_empty() {
        warnings.push(
            "no quarantine: the target gets its security groups at once (set quarantine_security_groups)".to_owned(),
        );
    }
    if !survey.live {
        warnings.push(format!(
            "instance {} does not exist any more: settings that neither its backup nor the profile holds are AWS's defaults",
            instance.identifier
        ));
    }
    if survey.region != survey.into {
        warnings.push(format!(
            "groups of settings that the profile does not name for {region} are the default ones: the source's are not there"
        ));
    }
    if choice.window.kind == Kind::Continuous && choice.window.earliest.is_none() {
        warnings.push("how far back the backups reach is not known: RDS lists no automated backup of it".to_owned());
    }
    if instance.publicly_accessible == Some(true) {
        warnings.push("the source has a public address; the target gets none".to_owned());
    }
    let asked = match restore {
        Request::PointInTime(request) => request.allocated_storage,
        Request::Snapshot(request) => request.allocated_storage,
    };
    if asked != instance.allocated_storage && instance.allocated_storage.is_some() {
        warnings.push(format!(
            "the storage is that of the backup, {} GiB: RDS takes the same or a tenth more, and the source's {} GiB is neither",
            asked.unwrap_or_default(),
            instance.allocated_storage.unwrap_or_default()
        ));
    }
    let replicas: Vec<&str> =
        instance.read_replicas.iter().chain(&instance.read_replica_clusters).map(String::as_str).collect();
    if !replicas.is_empty() {
        warnings.push(format!(
            "{} will go on replicating from {}, not from the target: make new ones of the target once it serves",
            replicas.join(", "),
            instance.identifier
        ));
    }
    if let Some(copy) = copy {
        let name = &copy.target_db_snapshot_identifier;
        warnings.push(format!(
            "the copy {name} stays after the recovery, and costs money: aws rds delete-db-snapshot --db-snapshot-identifier {name} --region {region}"
        ));
    }
    warnings
}
