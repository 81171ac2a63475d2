//! `daybreak cutover`: moves the application to a proven recovery.

use super::{
    args::Output,
    confirm::{self, Answer},
    desk::Desk,
    error::CliError,
    execute::{self, Word},
    exit, questions, which,
};
use crate::{
    recovery::{
        dry_run::{self, DryRun},
        freshness,
    },
    report::promoted,
    run::{
        clock::Clock,
        id::RunId,
        journal,
        record::Outcome,
        state::{RunState, Stage, stage_words},
        step::{Outputs, Step as _, Until},
    },
    steps::{promotion::guard, prove, step::Step},
    ui,
};

/// Move the application to a proven recovery
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run [default: the only one that stopped before its cutover]
    run: Option<String>,
    /// Look at everything that could stand against it, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Whether the run has come so far that the application can be moved: its data is proven, and it is not on its way already.
fn ready(state: &RunState<Step>) -> bool {
    let proven = |outputs: &Outputs| outputs.has(prove::ID);
    // What can be taken back by switching back, or follows a fence, is a cutover as a whole, proof included.
    if promoted::is_a_cutover(state) {
        return matches!(state.stage, Stage::Stopped(_) | Stage::Ended(Outcome::RolledBack))
            && state.outputs.has(guard::ID);
    }
    matches!(state.stage, Stage::Stopped(Until::Validated) | Stage::Ended(Outcome::RolledBack))
        && state.removal.is_none()
        && proven(&state.outputs)
}

fn check(state: &RunState<Step>) -> Result<(), CliError> {
    if ready(state) {
        return Ok(());
    }
    let run = &state.plan.run;
    if state.removal.is_some() {
        let error = CliError::refused(format!("the target of run {run} was removed, or its removal has begun"));
        return Err(error.hint(format!("daybreak status {run}")));
    }
    let error =
        CliError::refused(format!("run {run} is {}; only a proven recovery can be cut over", stage_words(state.stage)));
    Err(match state.stage {
        Stage::Stopped(_) => error.hint(format!("prove it first: daybreak resume {run} --until validated")),
        _ => error.hint(format!("daybreak status {run}")),
    })
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    if args.dry_run {
        return dry_run(desk, args).await;
    }
    execute::needs_decision(desk, "a cutover")?;
    let store = desk.store().await?;
    let run = which::resolve(desk, &*store, args.run.as_deref(), ready, "run waiting for its cutover").await?;
    let opened = execute::open(desk, store, &run, check).await?;
    let signals = execute::signals()?;
    if desk.can_ask() {
        let found = dry_run::dry_run(&opened.world, opened.journal.state(), desk.clock.now()).await;
        if !found.is_ready() {
            execute::leave(opened).await;
            return Err(stands_against(&run, found));
        }
        let history = opened.journal.history();
        let question = questions::before_cutover(history, &found);
        if confirm::typed(desk, &signals, &question, &history.state.plan.database).await? == Answer::No {
            return Err(execute::leave(opened).await);
        }
    }
    let (opened, _) = execute::go(desk, opened, &[Word::Allow(Until::Cutover)], &signals).await?;
    execute::conclude(desk, opened, &signals).await
}

/// Why there is nothing to be asked.
fn stands_against(run: &RunId, found: DryRun) -> CliError {
    let error = CliError { causes: found.obstacles, ..CliError::refused(format!("cut run {run} over")) };
    error.state("nothing was changed").hint(format!("once that is mended: daybreak cutover {run}"))
}

/// Needs no lease: it writes nothing, and another process may go on with the run meanwhile.
async fn dry_run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    let store = desk.store().await?;
    let run = which::resolve(desk, &*store, args.run.as_deref(), ready, "run waiting for its cutover").await?;
    let history = journal::read(&*store, &run).await?;
    let state = &history.state;
    check(state)?;
    let region = &state.plan.brief.target.region;
    let session = desk.session(Some(region)).await?;
    freshness::same_account(&state.plan.brief.source, &session.identity().await?.account)?;
    let world = desk.world(&session, region, run.as_str())?;
    let found = dry_run::dry_run(&world, state, desk.clock.now()).await;
    match desk.global.output {
        Output::Text => {
            desk.printer.result(&ui::dry_run::render(state, &found, desk.printer.out(), desk.printer.terminal().width));
        }
        Output::Json | Output::JsonLines => {
            let steps: Vec<String> = dry_run::to_come(state).map(|step| step.id().0).collect();
            desk.json(&serde_json::json!({
                "run": run, "ready": found.is_ready(), "steps": steps,
                "obstacles": found.obstacles, "notes": found.notes, "probes": found.probes,
            }))?;
        }
    }
    Ok(if found.is_ready() { exit::DONE } else { exit::REFUSED })
}
