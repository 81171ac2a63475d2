//! `daybreak plan`: what a recovery would do, saved to be reviewed and executed as it is.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    args::{Output, UntilArg},
    desk::Desk,
    error::CliError,
    exit, host,
};
use crate::{
    aws::{Identity, Session},
    config::{Credentials, Database},
    moment::{self, Moment},
    recovery::{recipe, survey},
    run::{clock::Clock, id::RunId, plan::Plan, step::Until},
    steps::{step::Step, world::World},
    ui,
};

/// Show what a recovery would do, and save it as a plan file
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Profile in daybreak.toml, or cluster identifier
    database: String,
    /// Time to restore to: RFC 3339, `2026-11-20 14:22:05 UTC`, `12m ago` or `latest`
    #[arg(long, value_name = "TIME")]
    to: String,
    /// How far the plan is meant to go; it is checked that it can
    #[arg(long, value_enum)]
    until: Option<UntilArg>,
    /// Where the plan is saved [default: RUN.plan.json]
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

/// The time as the person wrote it.
pub(super) fn moment(desk: &Desk, text: &str) -> Result<Moment, CliError> {
    Ok(moment::parse(text, desk.clock.now(), &jiff::tz::TimeZone::system())?)
}

/// A plan, and the world it was made in.
pub(super) struct Made {
    pub(super) plan: Plan<Step>,
    pub(super) world: World,
    pub(super) identity: String,
}

/// What is asked of a plan.
pub(super) struct Asked<'a> {
    pub(super) database: &'a Database,
    pub(super) moment: Moment,
    pub(super) until: Option<Until>,
    pub(super) run: RunId,
}

/// Surveys and plans. Changes nothing.
pub(super) async fn make(
    desk: &Desk,
    database: &Database,
    moment: Moment,
    until: Option<Until>,
) -> Result<Made, CliError> {
    let session: Session = desk.session(database.region.as_deref()).await?;
    let region = session.region().to_owned();
    let world = desk.world(&session, &region, "plan")?;
    let identity = async { session.identity().await.map_err(CliError::from) };
    let run = RunId::new(desk.clock.now(), fastrand::u32(..));
    make_in(desk, world, &region, identity, Asked { database, moment, until, run }).await
}

/// The same in a world that is there already.
pub(super) async fn make_in(
    desk: &Desk,
    world: World,
    region: &str,
    identity: impl Future<Output = Result<Identity, CliError>>,
    asked: Asked<'_>,
) -> Result<Made, CliError> {
    let Asked { database, moment, until, run } = asked;
    let until = until.unwrap_or(match database.connect.credentials {
        Credentials::None => Until::Restored,
        _ => Until::Cutover,
    });
    let now = desk.clock.now();
    let survey = async { survey::survey(&world, region, database, until, now).await.map_err(CliError::from) };
    let (identity, survey) = tokio::try_join!(identity, survey)?;
    let by = host::actor(Some(identity.arn.clone()));
    let wish = recipe::Wish { database, moment, run, by, account: identity.account.clone() };
    let plan = recipe::point_in_time::plan(&wish, &survey)?;
    Ok(Made { plan, world, identity: identity.arn })
}

/// Writes a plan file.
pub(super) fn write(file: &Path, text: &str) -> Result<(), CliError> {
    fs::write(file, text).map_err(|error| {
        CliError::from_error(exit::REFUSED, &error)
            .state("nothing was created; the plan was not saved")
            .hint(format!("save it elsewhere: --save FILE (it was {})", file.display()))
    })
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    let moment = moment(desk, &args.to)?;
    let database = desk.database(&args.database)?;
    let Made { plan, .. } = make(desk, &database, moment, args.until.map(Until::from)).await?;
    let file = args.save.clone().unwrap_or_else(|| PathBuf::from(format!("{}.plan.json", plan.run)));
    let text = plan.to_file();
    write(&file, &text)?;
    match desk.global.output {
        Output::Text => desk.printer.result(&ui::plan::render(
            &plan,
            desk.clock.now(),
            desk.printer.out(),
            desk.printer.terminal().width,
        )),
        Output::Json | Output::JsonLines => desk.printer.result(text.trim_end()),
    }
    desk.printer.status(&format!("saved as {}; nothing was created", file.display()));
    desk.printer.status(&format!("next: daybreak recover --plan {}", file.display()));
    Ok(exit::DONE)
}
