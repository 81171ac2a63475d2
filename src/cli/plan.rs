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
    windows::{self, Everywhere},
};
use crate::{
    aws::{self, Identity, Session},
    config::{Credentials, Database},
    moment::{self, Moment, show},
    recovery::{
        choice::{self, Choice, Manner, Wanted},
        configuration::Configuration,
        recipe,
        windows::{catalogue::Regions, window::Loss},
    },
    run::{clock::Clock, id::RunId, plan::Plan, step::Until},
    steps::{step::Step, world::World},
    ui,
};

/// Show what a recovery would do, and save it as a plan file
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Profile in daybreak.toml, or cluster or instance identifier
    database: String,
    /// Time to restore to: RFC 3339, `2026-11-20 14:22:05 UTC`, `12m ago` or `latest`; of a clone `now`
    #[arg(long, value_name = "TIME")]
    to: String,
    #[command(flatten)]
    how: How,
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

/// From what, and where, a target is made.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct How {
    /// Restore from this: the name, ARN or resource id of a window that `daybreak windows` shows [default: what loses least]
    #[arg(long, value_name = "NAME|ARN")]
    from: Option<String>,
    /// Make the target in this region; a snapshot is copied there first
    #[arg(long, value_name = "REGION")]
    into: Option<String>,
    /// Give the target the name of the source, which does not exist any more, so that its endpoints return
    #[arg(long)]
    as_before: bool,
    /// Clone the present by copy-on-write, to look at it; goes with `--to now`, and the application is never moved to it
    #[arg(long, conflicts_with_all = ["from", "into", "as_before"])]
    clone: bool,
}

impl How {
    fn manner(&self) -> Manner {
        match (self.clone, self.as_before) {
            (true, _) => Manner::Clone,
            (false, true) => Manner::AsBefore,
            (false, false) => Manner::Beside,
        }
    }

    /// The time, which is the present of a clone, and of nothing else.
    pub(super) fn moment(&self, desk: &Desk, text: &str) -> Result<Moment, CliError> {
        match (self.clone, text.trim().eq_ignore_ascii_case("now")) {
            (true, true) => Ok(moment::parse("0s ago", desk.clock.now(), &jiff::tz::TimeZone::UTC)?),
            (true, false) => Err(CliError::usage("a clone is of the present, and of no other time")
                .hint("--to now --clone; or leave out --clone to restore to a time")),
            (false, true) => {
                Err(CliError::usage("the present is what is to be recovered from: it has the damage in it")
                    .hint("--to latest is the newest that can be restored")
                    .hint("--to now --clone makes a copy of the present, to look at it"))
            }
            (false, false) => moment(desk, text),
        }
    }

    /// Refuses what can only be said of one database.
    pub(super) fn of_one(&self) -> Result<(), CliError> {
        let given = [("--from", self.from.is_some()), ("--as-before", self.as_before), ("--clone", self.clone)];
        match given.into_iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((option, _)) => Err(CliError::usage(format!("{option} is said of one database at a time"))
                .hint("recover each with a command of its own")),
        }
    }

    /// The options as they were given, each with a space before it.
    fn options(&self) -> String {
        let into = self.into.as_ref().map(|into| format!(" --into {into}")).unwrap_or_default();
        format!("{into}{}", if self.as_before { " --as-before" } else { "" })
    }
}

/// A plan, and the world it was made in.
pub(super) struct Made {
    /// How its window was chosen; none of a plan that was saved.
    pub(super) choice: Option<Choice>,
    pub(super) plan: Plan<Step>,
    pub(super) world: World,
    pub(super) identity: String,
    /// The source as it was seen; none where the plan was made before.
    pub(super) source: Option<Configuration>,
}

/// What is asked of a plan.
pub(super) struct Asked<'a> {
    pub(super) database: &'a Database,
    pub(super) moment: Moment,
    pub(super) until: Option<Until>,
    pub(super) how: &'a How,
    pub(super) run: RunId,
}

/// Surveys and plans. Changes nothing.
pub(super) async fn make(
    desk: &Desk,
    database: &Database,
    moment: Moment,
    until: Option<Until>,
    how: &How,
) -> Result<Made, CliError> {
    let session: Session = desk.session(database.region.as_deref()).await?;
    let region = session.region().to_owned();
    let world = desk.world(&session, &region, "plan")?;
    let identity = async { session.identity().await.map_err(CliError::from) };
    let run = RunId::new(desk.clock.now(), fastrand::u32(..));
    let regions = Everywhere { session: session.clone() };
    make_in(desk, (world, &regions), &region, identity, Asked { database, moment, until, how, run }).await
}

/// The same in a world that is there already, of the source's region.
pub(super) async fn make_in(
    desk: &Desk,
    (world, regions): (World, &dyn Regions),
    region: &str,
    identity: impl Future<Output = Result<Identity, CliError>>,
    asked: Asked<'_>,
) -> Result<Made, CliError> {
    let Asked { database, moment, until, how, run } = asked;
    let into = how.into.as_deref().map(aws::region_named).transpose()?.unwrap_or_else(|| region.to_owned());
    let manner = how.manner();
    let database = &choice::profile(database, region, &into, manner);
    let until = until.unwrap_or(match (&database.connect.credentials, manner) {
        (Credentials::None, _) => Until::Restored,
        (_, Manner::Clone) => Until::Validated,
        _ => Until::Cutover,
    });
    let now = desk.clock.now();
    let store = desk.store().await?;
    let captures = &*store;
    let from = how.from.as_deref();
    let wanted = Wanted { database, home: region, into: &into, from, moment, manner, until, now, captures };
    let chosen =
        async { choice::choose(&world, regions, windows::earlier(desk), wanted).await.map_err(CliError::from) };
    let (identity, (survey, choice)) = tokio::try_join!(identity, chosen)?;
    let by = host::actor(Some(identity.arn.clone()));
    let wish = recipe::Wish { database, run, by, account: identity.account.clone() };
    let plan = recipe::plan(&wish, &survey, &choice)?;
    let source = survey.live.then_some(survey.source);
    Ok(Made { choice: Some(choice), plan, world: world.of_region(&into), identity: identity.arn, source })
}

/// Without a person to agree, a window that loses anything must have been named.
pub(super) fn agreed_beforehand(desk: &Desk, made: &Made, how: &How) -> Result<(), CliError> {
    let Some(choice) = &made.choice else { return Ok(()) };
    if choice.named || desk.can_ask() || choice.window.loses == Loss::Nothing {
        return Ok(());
    }
    let Plan { database, brief, .. } = &made.plan;
    let (wanted, window) = (show(choice.wanted), &brief.window);
    Err(CliError {
        causes: vec![format!("the best there is, {} {}: {}", window.kind.words(), window.name, window.why)],
        ..CliError::refused(format!("nothing that can be restored gives {database} as of {wanted}"))
    }
    .hint(format!(
        "daybreak recover {database} --to '{wanted}' --from {}{} takes it all the same",
        choice.window.handle(),
        how.options()
    ))
    .hint(format!("daybreak windows {database} --to '{wanted}'")))
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
    let moment = args.how.moment(desk, &args.to)?;
    let database = desk.database(&args.database)?;
    let Made { plan, .. } = make(desk, &database, moment, args.until.map(Until::from), &args.how).await?;
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
