//! `daybreak capture`: keeps the configuration of a database, so that it can be rebuilt when it can no longer be described.

use std::sync::Arc;

use serde_json::json;

use super::{args::Output, desk::Desk, error::CliError, exit, host};
use crate::{
    moment::ago,
    recovery::{
        capture::{self, Capture, FORMAT, Sought},
        configuration::Configuration,
    },
    run::{
        clock::{Clock, elapsed},
        id::RunId,
        plan::{Actor, Plan},
        store::Store,
    },
    steps::{brief::Source, step::Step, window::Kind, world::World},
};

/// Keep the configuration of a database, for the day on which it can no longer be described
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Profile in daybreak.toml, or cluster or instance identifier
    #[arg(required_unless_present = "all")]
    database: Option<String>,
    /// Every Aurora PostgreSQL cluster and PostgreSQL instance of the region
    #[arg(long, conflicts_with = "database")]
    all: bool,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    let database = args.database.as_deref().map(|name| desk.database(name)).transpose()?;
    let session = desk.session(database.as_ref().and_then(|database| database.region.as_deref())).await?;
    let region = session.region().to_owned();
    let world = desk.world(&session, &region, "capture")?;
    let (store, identity) = tokio::try_join!(desk.store(), async { session.identity().await.map_err(CliError::from) })?;
    store.check().await?;
    let names = match &database {
        Some(database) => vec![database.source.identifier().to_owned()],
        None => every(&world).await?,
    };
    let by = host::actor(Some(identity.arn.clone()));
    let mut told = Vec::new();
    for name in &names {
        let source = capture::describe(&world, name).await?;
        let sought = Sought { resource_id: Some(source.resource_id()), region: &region, identifier: name };
        let previous = capture::latest(&*store, sought).await?;
        let (at, id) = (desk.clock.now(), RunId::new(desk.clock.now(), fastrand::u32(..)));
        let (by, account) = (by.clone(), identity.account.clone());
        let taken = Capture { format: FORMAT, id, at, by, account, region: region.clone(), source };
        let kept = capture::save(&*store, &taken).await?;
        told.push((taken, kept.path(), previous));
    }
    match desk.global.output {
        Output::Text => {
            for (taken, path, previous) in &told {
                desk.printer.result(&sentence(taken, path, previous.as_ref()));
            }
        }
        Output::Json | Output::JsonLines => {
            let documents: Vec<_> = told
                .iter()
                .map(|(taken, path, previous)| {
                    json!({
                        "identifier": taken.source.identifier(),
                        "family": taken.source.family(),
                        "resource_id": taken.source.resource_id(),
                        "region": taken.region,
                        "at": taken.at,
                        "document": path,
                        "previous": previous.as_ref().map(|previous| previous.at),
                        "unseen": unseen(&taken.source),
                    })
                })
                .collect();
            desk.json(&json!({ "place": store.place(), "captured": documents }))?;
        }
    }
    desk.printer.status(&format!("kept in {}", store.place()));
    Ok(exit::DONE)
}

/// The databases of the region that daybreak can recover.
async fn every(world: &World) -> Result<Vec<String>, CliError> {
    let (clusters, instances) = tokio::try_join!(world.rds.clusters(), world.rds.instances())?;
    let clusters = clusters.into_iter().filter(|cluster| cluster.engine == "aurora-postgresql");
    let instances =
        instances.into_iter().filter(|instance| instance.cluster.is_none() && instance.engine == "postgres");
    Ok(clusters.map(|cluster| cluster.identifier).chain(instances.map(|instance| instance.identifier)).collect())
}

fn unseen(source: &Configuration) -> Vec<String> {
    match source {
        Configuration::Cluster(it) => {
            it.surroundings.unseen.iter().map(|unseen| format!("{}: {}", unseen.what, unseen.why)).collect()
        }
        Configuration::Instance(_) => Vec::new(),
    }
}

fn sentence(taken: &Capture, path: &str, previous: Option<&Capture>) -> String {
    let previous = previous.map_or_else(
        || "it is the first one".to_owned(),
        |previous| format!("the previous one was taken {} before", ago(elapsed(previous.at, taken.at))),
    );
    let Configuration::Cluster(cluster) = &taken.source else {
        return format!("{}: its settings, as {path}; {previous}", taken.source.identifier());
    };
    let instances = cluster.instances.len();
    let mut text = format!(
        "{}: its settings and those of {instances} instances, {} custom endpoints, {} roles, as {path}; {previous}",
        cluster.cluster.identifier,
        cluster.surroundings.endpoints.len(),
        cluster.cluster.associated_roles.len(),
    );
    for unseen in unseen(&taken.source) {
        text.push_str(&format!("\n  not seen: {unseen}"));
    }
    text
}

/// Keeps what a run begins from, under the run's id. That it could not be kept is said, and stops no recovery.
pub(super) async fn of_run(
    desk: &Desk,
    store: &Arc<dyn Store>,
    world: &World,
    plan: &Plan<Step>,
    by: Actor,
    source: Option<Configuration>,
) {
    let Source { identifier, account, region, .. } = &plan.brief.source;
    // Of what is not there any more nothing new can be told.
    if source.is_none() && plan.brief.window.kind != Kind::Continuous {
        return;
    }
    let kept = async {
        let source = match source {
            Some(source) => source,
            None => capture::describe(&world.of_region(region), identifier).await?,
        };
        let (id, at, account, region) = (plan.run.clone(), desk.clock.now(), account.clone(), region.clone());
        let taken = Capture { format: FORMAT, id, at, by, account, region, source };
        capture::save(&**store, &taken).await.map_err(CliError::from)
    };
    if let Err(error) = kept.await {
        desk.printer.warning(&format!("the configuration of {identifier} is not captured: {}", error.message));
    }
}
