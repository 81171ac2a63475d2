//! `daybreak recover`: plan, confirm, restore, prove, cut over, watch.

use std::{fs, path::PathBuf, sync::Arc};

use super::{
    args::UntilArg,
    capture,
    confirm::{self, Answer},
    desk::Desk,
    error::CliError,
    execute::{self, Opened, Word},
    host,
    host::Signals,
    plan::{self, How, Made},
    promote, questions, several, which,
};
use crate::{
    recovery::{dry_run, freshness, recipe},
    run::{
        clock::Clock,
        drive::Drive,
        journal::Journal,
        plan::Plan,
        state::{RunState, Stage, stage_words},
        step::Until,
        store::Store,
    },
    steps::step::Step,
    ui,
};

/// Recover a database: plan, confirm, restore, prove, cut over, watch
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Profile in daybreak.toml, or cluster or instance identifier; several are recovered side by side
    #[arg(value_name = "DATABASE", required_unless_present = "plan", conflicts_with = "plan")]
    databases: Vec<String>,
    /// Time to restore to: RFC 3339, `2026-11-20 14:22:05 UTC`, `12m ago` or `latest`; of a clone `now`
    #[arg(long, value_name = "TIME", required_unless_present = "plan", conflicts_with = "plan")]
    to: Option<String>,
    #[command(flatten)]
    how: How,
    /// Execute this plan file, exactly as it is
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from", "into", "as_before", "clone"])]
    plan: Option<PathBuf>,
    /// How far to go without asking again [default: validated, then ask; with --yes: cutover]
    #[arg(long, value_enum)]
    until: Option<UntilArg>,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    let until = args.until.map(Until::from);
    if let (names @ [_, _, ..], Some(to)) = (args.databases.as_slice(), &args.to) {
        return several::run(desk, names, to, until, &args.how).await;
    }
    if until.is_none() {
        decided(desk)?;
    }
    let store = desk.store().await?;
    store.check().await?;
    let made = match (&args.plan, args.databases.first(), &args.to) {
        (Some(file), ..) => saved(desk, file).await?,
        (None, Some(database), Some(to)) => {
            let moment = args.how.moment(desk, to)?;
            plan::make(desk, &desk.database(database)?, moment, until, &args.how).await?
        }
        _ => return Err(CliError::usage("recover what, and to when?").hint("daybreak recover DATABASE --to TIME")),
    };
    plan::agreed_beforehand(desk, &made, &args.how)?;
    let promotes = made.plan.brief.promotion.is_some();
    let until = until.unwrap_or_else(|| match (made.plan.recipe.as_str(), desk.global.yes) {
        // Between a promotion and its cutover nobody serves the application: there is no stop by default.
        (recipe::CLONE | recipe::promote::RECIPE, _) => recipe::furthest(&made.plan),
        (_, true) => Until::Cutover,
        (_, false) => Until::Validated,
    });
    far_enough(&made.plan, until)?;
    let signals = execute::signals()?;
    if desk.can_ask() {
        let text = ui::plan::render(&made.plan, desk.clock.now(), desk.printer.err(), desk.printer.terminal().width);
        desk.printer.status(&text);
        let answer = match promotes {
            true => promote::agreed(desk, &signals, &made.plan, until, false).await?,
            false => agreed(desk, &signals, &made.plan, args.until.is_some(), until).await?,
        };
        if answer == Answer::No {
            return Err(CliError::refused("not confirmed"));
        }
        // The answer may have taken an hour.
        freshness::check(&made.world, &made.plan, desk.clock.now()).await?;
    }
    warn_of_others(desk, &*store, &[made.plan.database.as_str()]).await?;
    execute_plan(desk, store, made, until, args.until.is_some(), &signals).await
}

/// Refuses to go further than a plan can.
pub(super) fn far_enough(plan: &Plan<Step>, until: Until) -> Result<(), CliError> {
    if until <= recipe::furthest(plan) {
        return Ok(());
    }
    if plan.recipe == recipe::CLONE && until == Until::Cutover {
        return Err(CliError::refused("a clone has the present data, with all damage in it: nothing is moved to it")
            .hint("--until restored or --until validated; or restore to a time, without --clone"));
    }
    Err(CliError::refused(format!("this plan cannot go as far as {until}: it has no way to log in and prove the data"))
        .hint("--until restored, or configure how to connect under [databases.….connect]"))
}

/// Without a terminal nothing is guessed: how far to go must have been said.
pub(super) fn decided(desk: &Desk) -> Result<(), CliError> {
    if desk.global.yes || desk.interactive() {
        return Ok(());
    }
    Err(CliError::usage("there is no terminal to ask at, and nothing says how far to go")
        .hint("--until restored, --until validated or --until cutover; or --yes for all of it"))
}

async fn agreed(
    desk: &Desk,
    signals: &Signals,
    plan: &Plan<Step>,
    said: bool,
    until: Until,
) -> Result<Answer, CliError> {
    let question = questions::before_restore(plan, until, !said, desk.clock.now());
    if said && until == Until::Cutover {
        return confirm::typed(desk, signals, &question, &plan.database).await;
    }
    confirm::yes(desk, signals, &format!("{question}\nRestore now?")).await
}

/// A plan from a file, if the world is still the one it was made for.
async fn saved(desk: &Desk, file: &PathBuf) -> Result<Made, CliError> {
    let text = fs::read_to_string(file).map_err(|error| {
        CliError { causes: vec![error.to_string()], ..CliError::usage(format!("read the plan {}", file.display())) }
            .hint("daybreak plan DATABASE --to TIME makes one")
    })?;
    let plan: Plan<Step> = Plan::from_file(&text)?;
    let region = plan.brief.target.region.clone();
    let session = desk.session(Some(&region)).await?;
    let world = desk.world(&session, &region, plan.run.as_str())?;
    let fresh = async { freshness::check(&world, &plan, desk.clock.now()).await.map_err(CliError::from) };
    let identity = async { session.identity().await.map_err(CliError::from) };
    let ((), identity) = tokio::try_join!(fresh, identity)?;
    freshness::same_account(&plan.brief.source, &identity.account)?;
    Ok(Made { choice: None, plan, world, identity: identity.arn, source: None })
}

/// Begins the run of a plan, and executes it as far as it may go.
pub(super) async fn execute_plan(
    desk: &Desk,
    store: Arc<dyn Store>,
    made: Made,
    until: Until,
    said: bool,
    signals: &Signals,
) -> Result<u8, CliError> {
    let Made { plan, world, identity, source, .. } = made;
    let by = host::actor(Some(identity.clone()));
    capture::of_run(desk, &store, &world, &plan, by.clone(), source).await;
    let journal = Journal::begin(store.clone(), plan, until, by, &host::holder(), desk.clock.now()).await?;
    let opened = Opened { store, journal, world, identity };
    let (mut opened, driven) = execute::go(desk, opened, &[], signals).await?;
    if driven == Drive::Rested && !said && desk.can_ask() && stopped_before_cutover(opened.journal.state()) {
        let found = dry_run::dry_run(&opened.world, opened.journal.state(), desk.clock.now()).await;
        if !found.is_ready() {
            for obstacle in &found.obstacles {
                desk.printer.warning(&format!("the application cannot be moved as things stand: {obstacle}"));
            }
            return execute::conclude(desk, opened, signals).await;
        }
        let history = opened.journal.history();
        let question = questions::before_cutover(history, &found);
        let name = &history.state.plan.database;
        if confirm::typed(desk, signals, &question, name).await? == Answer::Yes {
            (opened, _) = execute::go(desk, opened, &[Word::Allow(Until::Cutover)], signals).await?;
        }
    }
    execute::conclude(desk, opened, signals).await
}

/// A second recovery beside an unfinished one can be meant; it should not be made unawares.
pub(super) async fn warn_of_others(desk: &Desk, store: &dyn Store, databases: &[&str]) -> Result<(), CliError> {
    for history in which::all(desk, store).await? {
        let state = &history.state;
        let database = state.plan.database.as_str();
        if databases.contains(&database) && state.unfinished() {
            let (run, stage) = (&state.plan.run, stage_words(state.stage));
            desk.printer
                .warning(&format!("another run of {database} is unfinished: {run} is {stage} (daybreak status {run})"));
        }
    }
    Ok(())
}

fn stopped_before_cutover(state: &RunState<Step>) -> bool {
    state.stage == Stage::Stopped(Until::Validated)
}
