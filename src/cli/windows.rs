//! `daybreak windows`: what can be restored, from where, to when.

use std::{collections::BTreeSet, sync::Arc};

use super::{args::Output, desk::Desk, error::CliError, exit, plan, which};
use crate::{
    aws::{
        self, Session,
        kms::Keys,
        metrics::Metrics,
        rds::{backups::Backups, versions::Versions},
    },
    config::{Config, Database},
    moment::Moment,
    recovery::windows::{
        catalogue::Regions,
        lineage::Subject,
        view::{Question, View, view},
        window::Earlier,
    },
    report::expected,
    run::clock::Clock,
    ui,
};

/// Show what can be restored, from where, to when
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Profile in daybreak.toml, or cluster or instance identifier [default: all profiles]
    database: Option<String>,
    /// Every database that is or was in the region, as far as it can be seen
    #[arg(long, conflicts_with = "database")]
    all: bool,
    /// More regions to look in, separated by commas
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    regions: Vec<String>,
    /// Time to restore to: RFC 3339, `2026-11-20 14:22:05 UTC`, `12m ago` or `latest` [default: latest]
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    let wanted = match args.to.as_deref().map(|text| plan::moment(desk, text)).transpose()? {
        Some(Moment::At(wanted)) => Some(wanted),
        Some(Moment::Latest) | None => None,
    };
    let config = desk.config()?;
    let databases = match &args.database {
        _ if args.all => Vec::new(),
        Some(name) => vec![config.database(name)?],
        None => config.databases.values().cloned().collect(),
    };
    if databases.is_empty() && !args.all {
        return Err(CliError::usage("there is no profile to list windows for")
            .hint("daybreak windows CLUSTER-IDENTIFIER")
            .hint("daybreak windows --all"));
    }
    let (session, subjects) = subjects(desk, &databases).await?;
    let mut regions: BTreeSet<String> = subjects.iter().map(|subject| subject.region.clone()).collect();
    if args.all {
        regions.insert(session.region().to_owned());
    }
    for region in &args.regions {
        regions.insert(aws::region_named(region)?);
    }
    let question = Question { subjects: (!args.all).then_some(subjects), regions, wanted, now: desk.clock.now() };
    let mut answer = view(&Everywhere { session }, &question, earlier(desk)).await?;
    if let Some(found) = answer.databases.first()
        && args.database.is_some()
        && found.windows.is_empty()
    {
        unseen_is_warned_of(desk, &answer);
        return Err(answer.nothing(&found.subject).into());
    }
    profiles(&config, &mut answer);
    match desk.global.output {
        Output::Text => desk.printer.result(&ui::windows::render(
            &answer,
            desk.printer.out(),
            desk.printer.terminal().width,
            desk.global.verbose,
        )),
        Output::Json | Output::JsonLines => desk.json(&ui::windows::json(&answer))?,
    }
    Ok(exit::DONE)
}

/// The databases with their regions, and a session for all of them.
async fn subjects(desk: &Desk, databases: &[Database]) -> Result<(Session, Vec<Subject>), CliError> {
    let given = |database: &Database| desk.global.region.clone().or_else(|| database.region.clone());
    // Where every profile names its region, the environment need not.
    let first = if databases.iter().all(|database| given(database).is_some()) {
        databases.first().and_then(given)
    } else {
        None
    };
    let session = desk.session(first.as_deref()).await?;
    let subject = |database: &Database| Subject {
        database: database.name.clone(),
        identifier: database.source.identifier().to_owned(),
        region: given(database).unwrap_or_else(|| session.region().to_owned()),
    };
    let subjects = databases.iter().map(subject).collect();
    Ok((session, subjects))
}

/// How long earlier restores of each cluster took. Where journals cannot be read there is no estimate, and that is all.
pub(super) async fn earlier(desk: &Desk) -> Earlier {
    let histories = async { which::all(desk, &*desk.store().await?).await }.await;
    match histories {
        Ok(histories) => expected::restores(&histories),
        Err(error) => {
            desk.printer.warning(&format!("how long earlier restores took is not known: {}", error.message));
            Earlier::new()
        }
    }
}

fn unseen_is_warned_of(desk: &Desk, answer: &View) {
    for unseen in &answer.unseen {
        desk.printer.warning(&ui::windows::not_seen(unseen));
    }
}

/// Databases found by looking at all get the name of their profile where they have one.
fn profiles(config: &Config, answer: &mut View) {
    for found in &mut answer.databases {
        let profile = config.databases.values().find(|profile| {
            let region = profile.region.as_deref();
            profile.source.identifier() == found.subject.identifier
                && region.is_none_or(|region| region == found.subject.region)
        });
        if let Some(profile) = profile.filter(|_| found.subject.database == found.subject.identifier) {
            found.subject.database.clone_from(&profile.name);
            found.windows.iter_mut().for_each(|window| window.database.clone_from(&profile.name));
        }
    }
}

/// Every region, with one session.
pub(super) struct Everywhere {
    pub(super) session: Session,
}

impl Regions for Everywhere {
    fn backups(&self, region: &str) -> Arc<dyn Backups> {
        Arc::new(self.session.rds(region))
    }

    fn metrics(&self, region: &str) -> Arc<dyn Metrics> {
        Arc::new(self.session.metrics(region))
    }

    fn keys(&self, region: &str) -> Arc<dyn Keys> {
        Arc::new(self.session.keys(region))
    }

    fn versions(&self, region: &str) -> Arc<dyn Versions> {
        Arc::new(self.session.rds(region))
    }
}
