//! The recipe for an Aurora cluster, whatever it is made of: restore or clone, writer, readers, and what follows.

use jiff::Timestamp;

use super::{
    CLONE, POINT_IN_TIME, SNAPSHOT, Wish, after,
    draft::Draft,
    ledger,
    parity::{self, Member, Parity},
    planned,
    point_in_time::{self, Backup},
    snapshot,
};
use crate::{
    aws::rds::{
        model::{Cluster, Instance},
        requests::{CreateInstance as CreateInstanceRequest, RestoreClusterToPointInTime},
    },
    config::Readers,
    moment::show,
    recovery::{
        choice::{Choice, Manner},
        configuration::Configuration,
        names,
        placement::{self, Sealed},
        refusal::Refusal,
        requests, settings,
        survey::Survey,
        windows::window::Kind,
    },
    run::plan::{Plan, Planned},
    steps::{
        await_readers::AwaitReaders,
        brief::Target,
        copy_snapshot::CopySnapshot,
        create_instance::{CreateInstance, Role},
        purpose::Purpose,
        restore_cluster::{Request, RestoreCluster},
        step::Step,
        tags,
        target::TargetName,
        window::{Family, Window},
    },
};

/// Makes the plan.
pub(super) fn plan(wish: &Wish<'_>, survey: &Survey, choice: &Choice) -> Result<Plan<Step>, Refusal> {
    let database = wish.database;
    let Configuration::Cluster(configuration) = &survey.source else {
        let (cluster, engine) = (survey.source.identifier().to_owned(), survey.source.engine().to_owned());
        return Err(Refusal::WrongEngine { cluster, engine });
    };
    point_in_time::known(&configuration.cluster)?;
    let looks_only = choice.manner == Manner::Clone;
    let placed = placement::placed(configuration, survey, database);
    let (subnet_group, groups) = (placed.cluster.subnet_group.as_ref(), placed.cluster.security_group_ids());
    placement::whole(subnet_group, &groups, survey, database)?;
    let source = &placed.cluster;
    let base = names::target(&source.identifier, &wish.run);
    let target = match choice.manner {
        Manner::AsBefore => source.identifier.clone(),
        Manner::Beside | Manner::Clone => base.clone(),
    };
    let ours = tags::of_recovery(&wish.run, &source.identifier);
    // What comes after a swap of names finds the target under the source's.
    let later = if survey.pointers.swap.is_some() { source.identifier.as_str() } else { target.as_str() };
    let key = placement::key(sealed(survey, &configuration.cluster, choice), survey, database)?;
    let common = requests::restore(source, &target, &database.restore, key, ours.clone());

    let writer = placed.writer();
    let class = requests::writer_class(&database.restore, writer)
        .ok_or_else(|| Refusal::NoInstanceClass { cluster: source.identifier.clone() })?;
    let readers = match looks_only {
        true => Vec::new(),
        false => requests::readers(&placed, &database.restore, &class),
    };
    let parameters = database.regions.get(&survey.into).and_then(|set| set.instance_parameter_group.clone());
    let make = |number: usize, class: String, model| {
        let name = names::target_instance(&base, number);
        let mut request = requests::instance(source, &target, name, class, model, ours.clone());
        request.db_parameter_group_name = parameters.clone().or(request.db_parameter_group_name);
        request
    };
    let counted = matches!(database.restore.readers, Readers::Count(_));
    let writer_request = make(1, class, writer);
    let writer_name = writer_request.db_instance_identifier.clone();
    let models: Vec<Option<&Instance>> = readers.iter().map(|(_, model)| model.filter(|_| !counted)).collect();
    let reader_requests: Vec<_> = (2..)
        .zip(readers)
        .map(|(number, (class, model))| {
            let request = make(number, class, model);
            // Readers by number are all like the writer; in its zone they would go with it.
            let zone = request.availability_zone.clone().filter(|_| !counted);
            CreateInstanceRequest { availability_zone: zone, ..request }
        })
        .collect();
    let members: Vec<Member<'_>> = std::iter::once(Member { like: writer, request: &writer_request })
        .chain(models.into_iter().zip(&reader_requests).map(|(like, request)| Member { like, request }))
        .collect();
    let parity = match looks_only {
        true => Parity::default(),
        false => parity::parity(wish, survey, &placed, (&target, later), &members, &ours),
    };

    let own_tags = after::own(&source.tags);
    let quarantine = &database.restore.quarantine_security_groups;
    let mut settings = settings::table(&configuration.cluster, writer, &common, &writer_request, quarantine, &own_tags);
    settings.extend(parity.settings);

    let mut steps = Vec::new();
    let (recipe, request) = made_of(wish, survey, choice, common, &mut steps)?;
    steps.push(planned(database.deadlines.restore, Step::RestoreCluster(RestoreCluster { request })));
    let create =
        |role, request| planned(database.deadlines.instance, Step::CreateInstance(CreateInstance { role, request }));
    steps.push(create(Role::Writer, writer_request));
    let reader_names: Vec<String> =
        reader_requests.iter().map(|request| request.db_instance_identifier.clone()).collect();
    let keeps_ledger = choice.manner == Manner::Beside;
    if let (Some(access), true) = (&survey.access, keeps_ledger) {
        steps.extend(ledger::horizon(survey, access, &target));
    }
    steps.extend(reader_requests.into_iter().map(|request| create(Role::Reader, request)));
    if let Some(request) = requests::after_restore(source, &target) {
        steps.push(after::modify(database.deadlines.settings, Purpose::ApplySettings, request, None));
    }
    let name = TargetName::cluster(&target);
    let mut guard = None;
    if let Some(access) = &survey.access {
        let proof = after::prove(survey, database, access, &name, choice.window.restore_point);
        guard = after::guard(wish, survey, access, &name, &proof).filter(|_| choice.manner == Manner::Beside);
        steps.push(proof);
        if !reader_names.is_empty() {
            let await_readers = AwaitReaders { cluster: target.clone(), readers: reader_names };
            steps.push(planned(database.deadlines.instance, Step::AwaitReaders(await_readers)));
        }
    }
    if let (Some(access), false) = (&survey.access, looks_only) {
        steps.extend(guard);
        steps.extend(after::rehearse(wish, survey, access, &name));
        steps.extend(lift_quarantine(wish, source, &target));
        steps.extend(parity.before_the_move);
        // Before the pointer moves: a tag that cannot be set, or taken back, must not hold up the application.
        steps.extend(after::tagging(
            database.deadlines.settings,
            &target,
            &writer_name,
            &own_tags,
            writer.map(|writer| after::own(&writer.tags)).unwrap_or_default(),
        ));
        match choice.manner {
            // The application finds it by itself, once it is let in.
            Manner::AsBefore => steps.extend(after::watch(&database.watch, access.clone(), None)),
            Manner::Beside | Manner::Clone => steps.extend(after::move_application(wish, survey, access, &name)),
        }
        steps.extend(parity.after_the_watch);
        if let Some(request) = requests::protection(source, later) {
            steps.push(after::modify(database.deadlines.settings, Purpose::Settle, request, None));
        }
        let standing = TargetName::cluster(later);
        steps.extend(after::snapshot(wish, survey, &standing, &target).filter(|_| choice.manner == Manner::Beside));
        steps.extend(parity.read_back);
        steps.extend(ledger::close(wish, survey, access).filter(|_| keeps_ledger));
    }
    let draft = Draft {
        recipe,
        target: Target {
            family: Family::Cluster,
            identifier: target,
            region: survey.into.clone(),
            writer: writer_name,
        },
        requested_time: choice.wanted,
        window: Window {
            kind: choice.window.kind,
            name: choice.window.source.clone(),
            region: choice.window.region.clone(),
            earliest: choice.window.earliest,
            latest: choice.window.latest,
            restore_point: choice.window.restore_point,
            why: choice.why.clone(),
        },
        quarantine: quarantine.clone(),
        endpoints_return: choice.manner == Manner::AsBefore,
        settings,
        warnings: [warnings(survey, choice, quarantine, source), parity.warnings].concat(),
        steps,
    };
    Ok(draft.into_plan(wish, survey))
}

/// The recipe's name and the request that makes the target, with the copy that comes before it where there must be one.
fn made_of(
    wish: &Wish<'_>,
    survey: &Survey,
    choice: &Choice,
    common: RestoreClusterToPointInTime,
    steps: &mut Vec<Planned<Step>>,
) -> Result<(&'static str, Request), Refusal> {
    let window = &choice.window;
    if choice.manner == Manner::Clone {
        return Ok((CLONE, Request::PointInTime(Box::new(point_in_time::clone_of(&window.source, common)))));
    }
    let time = point(choice)?;
    let of = match (window.kind, &window.resource_id, &window.arn) {
        (Kind::Continuous, ..) => Backup::Live(&window.source),
        (Kind::Retained, Some(id), _) => Backup::Retained(id),
        (kind, _, Some(arn)) if kind.is_snapshot() => {
            let key = common.kms_key_id.clone();
            let mut identifier = arn.clone();
            if window.region != survey.into {
                let name = names::snapshot_copy(survey.source.identifier(), &wish.run);
                // What is not encrypted cannot be encrypted by copying it, but by restoring it.
                let key = key.filter(|_| window.kms_key_id.is_some());
                let request = snapshot::copy(identifier, name.clone(), key, time, &common.tags);
                let copy = CopySnapshot { request, from_region: window.region.clone() };
                steps.push(planned(wish.database.deadlines.restore, Step::CopySnapshot(copy)));
                identifier = name;
            }
            let version = window.engine_version.clone().ok_or_else(|| {
                Refusal::unfit(
                    format!("RDS does not tell the engine version of snapshot {}", window.source),
                    "name another snapshot with --from",
                )
            })?;
            let request = snapshot::restore(identifier, survey.source.engine(), version, common);
            return Ok((SNAPSHOT, Request::Snapshot(Box::new(request))));
        }
        _ => {
            let what = format!("{} {} cannot be restored into a cluster", window.kind.words(), window.source);
            return Err(Refusal::unfit(what, "name another window with --from"));
        }
    };
    Ok((POINT_IN_TIME, Request::PointInTime(Box::new(point_in_time::at(time, of, common)))))
}

/// The time that the window gives.
fn point(choice: &Choice) -> Result<Timestamp, Refusal> {
    choice.window.restore_point.ok_or_else(|| {
        Refusal::unfit(
            format!("which time {} {} holds cannot be told", choice.window.kind.words(), choice.window.source),
            "name another window with --from",
        )
    })
}

/// The key of what is restored. A key of another account can be taken away by it, and one of another region is of no use.
fn sealed<'a>(survey: &Survey, source: &'a Cluster, choice: &'a Choice) -> Sealed<'a> {
    let window = &choice.window;
    match window.kind.is_snapshot() {
        true => Sealed {
            key: window.kms_key_id.as_deref(),
            reachable: window.region == survey.into && window.kind != Kind::SharedSnapshot,
        },
        false => Sealed {
            key: source.kms_key_id.as_deref().filter(|_| source.storage_encrypted == Some(true)),
            reachable: true,
        },
    }
}

/// The source's security groups instead of the quarantine's.
fn lift_quarantine(wish: &Wish<'_>, source: &Cluster, target: &str) -> Option<Planned<Step>> {
    let quarantine = &wish.database.restore.quarantine_security_groups;
    if quarantine.is_empty() {
        return None;
    }
    let lifted = requests::security_groups(target, source.security_group_ids());
    let back = requests::security_groups(target, quarantine.clone());
    Some(after::modify(wish.database.deadlines.settings, Purpose::LiftQuarantine, lifted, Some(back)))
}

fn warnings(survey: &Survey, choice: &Choice, quarantine: &[String], source: &Cluster) -> Vec<String> {
    let mut warnings = choice.asides.clone();
    if quarantine.is_empty() {
        warnings.push(
            "no quarantine: the target gets the source's security groups at once (set quarantine_security_groups)"
                .to_owned(),
        );
    }
    if choice.manner == Manner::Clone {
        warnings.push(
            "a clone has the present data, with all damage in it: the application is never moved to it".to_owned(),
        );
    }
    if let Some(at) = survey.captured {
        warnings.push(format!(
            "cluster {} does not exist any more: the target is made as it was when its configuration was captured, {}",
            source.identifier,
            show(at)
        ));
    } else if !survey.live {
        warnings.push(format!(
            "cluster {} does not exist any more: settings that neither its backup nor the profile holds are AWS's defaults",
            source.identifier
        ));
    }
    if source.parameter_group.is_none() && (!survey.live || survey.region != survey.into) {
        warnings.push("no parameter group is known: the target gets the engine's default one".to_owned());
    }
    warnings
}
