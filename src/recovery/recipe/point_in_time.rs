//! The recipe for a live Aurora cluster: restore to a time into a new cluster.

use jiff::Timestamp;

use super::{
    Wish, after,
    draft::Draft,
    parity::{self, Member},
    planned,
};
use crate::{
    aws::rds::{
        model::{Cluster, Instance},
        requests::CreateInstance as CreateInstanceRequest,
    },
    config::Readers,
    moment::{self, Moment, show},
    recovery::{configuration::Configuration, names, refusal::Refusal, requests, settings, survey::Survey},
    run::plan::{Plan, Planned},
    steps::{
        await_readers::AwaitReaders,
        brief::Target,
        create_instance::{CreateInstance, Role},
        modify_cluster::Purpose,
        restore_cluster::RestoreCluster,
        step::Step,
        tags,
        window::{Family, Kind, Window},
    },
};

/// The recipe's name.
pub const RECIPE: &str = "point-in-time";

/// The time that `moment` means for this cluster, checked against its window, which is returned with it.
pub fn within(cluster: &Cluster, moment: Moment) -> Result<(Timestamp, (Timestamp, Timestamp)), Refusal> {
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
    Ok((wanted, (earliest, latest)))
}

/// Makes the plan.
pub fn plan(wish: &Wish<'_>, survey: &Survey) -> Result<Plan<Step>, Refusal> {
    let database = wish.database;
    let Configuration::Cluster(configuration) = &survey.source else {
        let (cluster, engine) = (survey.source.identifier().to_owned(), survey.source.engine().to_owned());
        return Err(Refusal::WrongEngine { cluster, engine });
    };
    let source = &configuration.cluster;
    // Serverless v1 has no instances of its own, and is restored in another way.
    if source.engine != "aurora-postgresql" || source.engine_mode.as_deref() == Some("serverless") {
        return Err(Refusal::WrongEngine { cluster: source.identifier.clone(), engine: source.engine.clone() });
    }
    let (time, (earliest, latest)) = within(source, wish.moment)?;
    let target = names::target_cluster(&source.identifier, &wish.run);
    let ours = tags::of_recovery(&wish.run, &source.identifier);
    let restore = requests::restore(source, &target, time, &database.restore, ours.clone());

    let writer = configuration.writer();
    let class = requests::writer_class(&database.restore, writer)
        .ok_or_else(|| Refusal::NoInstanceClass { cluster: source.identifier.clone() })?;
    let readers = requests::readers(source, &configuration.instances, &database.restore, &class, writer);
    let make = |number: usize, class: String, model| {
        requests::instance(source, &target, names::target_instance(&target, number), class, model, ours.clone())
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
    let parity = parity::parity(wish, survey, configuration, &target, &members, &ours);

    let own_tags = after::own(&source.tags);
    let quarantine = &database.restore.quarantine_security_groups;
    let mut settings = settings::table(source, writer, &restore, &writer_request, quarantine, &own_tags);
    settings.extend(parity.settings);

    let mut steps =
        vec![planned(database.deadlines.restore, Step::RestoreCluster(RestoreCluster { request: Box::new(restore) }))];
    let create =
        |role, request| planned(database.deadlines.instance, Step::CreateInstance(CreateInstance { role, request }));
    steps.push(create(Role::Writer, writer_request));
    let reader_names: Vec<String> =
        reader_requests.iter().map(|request| request.db_instance_identifier.clone()).collect();
    steps.extend(reader_requests.into_iter().map(|request| create(Role::Reader, request)));
    if let Some(request) = requests::after_restore(source, &target) {
        steps.push(after::modify(database.deadlines.settings, Purpose::ApplySettings, request, None));
    }
    if let Some(access) = &survey.access {
        steps.push(after::prove(survey, database, access, &target, Some(time)));
        if !reader_names.is_empty() {
            let await_readers = AwaitReaders { cluster: target.clone(), readers: reader_names };
            steps.push(planned(database.deadlines.instance, Step::AwaitReaders(await_readers)));
        }
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
        steps.extend(after::move_application(wish, survey, access, &target));
        steps.extend(parity.after_the_watch);
        if let Some(request) = requests::protection(source, &target) {
            steps.push(after::modify(database.deadlines.settings, Purpose::Settle, request, None));
        }
        steps.extend(parity.read_back);
    }

    let mut warnings = parity.warnings;
    if quarantine.is_empty() {
        warnings.push(
            "no quarantine: the target gets the source's security groups at once (set quarantine_security_groups)"
                .to_owned(),
        );
    }
    let draft = Draft {
        recipe: RECIPE,
        target: Target {
            family: Family::Cluster,
            identifier: target,
            region: survey.region.clone(),
            writer: writer_name,
        },
        requested_time: time,
        window: Window {
            kind: Kind::Continuous,
            name: source.identifier.clone(),
            region: survey.region.clone(),
            earliest: Some(earliest),
            latest: Some(latest),
            restore_point: Some(time),
            why: format!("it gives {} itself: nothing can lose less", show(time)),
        },
        quarantine: quarantine.clone(),
        settings,
        warnings,
        steps,
    };
    Ok(draft.into_plan(wish, survey))
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
