//! `daybreak promote`: makes a replica or a secondary region the primary.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use super::{
    args::{Output, UntilArg},
    confirm::{self, Answer},
    desk::Desk,
    error::CliError,
    execute, exit,
    host::{self, Signals},
    plan::{self, Made},
    questions, recover,
};
use crate::{
    aws,
    config::Database,
    recovery::{
        freshness,
        promotion::{How, Loss, Wanted, survey},
        recipe,
    },
    run::{clock::Clock, id::RunId, plan::Plan, step::Until},
    steps::{promotion::Accepted, step::Step},
    ui,
};

/// Make a replica, a reader or a secondary region the primary
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Profile in daybreak.toml, or identifier of the cluster or instance that is the primary now
    database: String,
    /// The replica, reader or secondary to promote, by name or ARN [default: the only one]
    #[arg(long, value_name = "NAME|ARN")]
    to_replica: Option<String>,
    /// The region to promote in [default: that of the only candidate]
    #[arg(long, value_name = "REGION")]
    to_region: Option<String>,
    /// Of a global database: swap the roles, without loss; both regions must be healthy
    #[arg(long, conflicts_with_all = ["failover", "detach"])]
    switchover: bool,
    /// Of a global database: fail over without waiting for the primary; needs --allow-data-loss
    #[arg(long, conflicts_with = "detach")]
    failover: bool,
    /// Of a global database: take the secondary out of it, for good, as a primary of its own
    #[arg(long)]
    detach: bool,
    /// Lose what the target lacks: the measured lag is asked for; unattended, up to SECONDS, or `unmeasured` where it
    /// cannot be measured
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    allow_data_loss: Option<LossArg>,
    /// Accept that the old primary goes on taking writes that reach nobody else
    #[arg(long)]
    old_primary_keeps_writing: bool,
    /// How far to go [default: cutover, after one question]
    #[arg(long, value_enum)]
    until: Option<UntilArg>,
    /// Change nothing: save the plan to this file, for daybreak recover --plan FILE
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

/// What `--allow-data-loss` says.
#[derive(Debug, Clone, Copy)]
struct LossArg(Loss);

impl FromStr for LossArg {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Ok(Self(Loss::Asked)),
            "unmeasured" => Ok(Self(Loss::Unmeasured)),
            seconds => seconds
                .parse()
                .map(|seconds| Self(Loss::Seconds(seconds)))
                .map_err(|_| "write a whole number of seconds, or `unmeasured`"),
        }
    }
}

impl Args {
    fn wanted(&self) -> Result<Wanted, CliError> {
        let how = match (self.switchover, self.failover, self.detach) {
            (true, ..) => Some(How::Switchover),
            (_, true, _) => Some(How::Failover),
            (.., true) => Some(How::Detach),
            _ => None,
        };
        Ok(Wanted {
            replica: self.to_replica.clone(),
            region: self.to_region.as_deref().map(aws::region_named).transpose()?,
            how,
            loss: self.allow_data_loss.map_or(Loss::Nothing, |arg| arg.0),
            old_primary_keeps_writing: self.old_primary_keeps_writing,
        })
    }
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    let wanted = args.wanted()?;
    let database = desk.database(&args.database)?;
    if args.save.is_none() && args.until.is_none() {
        recover::decided(desk)?;
    }
    let made = make(desk, &database, &wanted).await?;
    if wanted.loss == Loss::Asked && (args.save.is_some() || !desk.can_ask()) {
        return Err(unsaid(&made.plan));
    }
    if let Some(file) = &args.save {
        return saved(desk, &made.plan, file);
    }
    let until = args.until.map_or_else(|| recipe::furthest(&made.plan), Until::from);
    recover::far_enough(&made.plan, until)?;
    let store = desk.store().await?;
    store.check().await?;
    let signals = execute::signals()?;
    if desk.can_ask() {
        let text = ui::plan::render(&made.plan, desk.clock.now(), desk.printer.err(), desk.printer.terminal().width);
        desk.printer.status(&text);
        if agreed(desk, &signals, &made.plan, until, wanted.loss == Loss::Asked).await? == Answer::No {
            return Err(CliError::refused("not confirmed").state("nothing was changed"));
        }
        // The answer may have taken an hour.
        freshness::check(&made.world, &made.plan, desk.clock.now()).await?;
    }
    recover::warn_of_others(desk, &*store, &[made.plan.database.as_str()]).await?;
    recover::execute_plan(desk, store, made, until, true, &signals).await
}

/// Surveys and plans. Changes nothing.
async fn make(desk: &Desk, database: &Database, wanted: &Wanted) -> Result<Made, CliError> {
    let session = desk.session(database.region.as_deref()).await?;
    let home = session.region().to_owned();
    let run = RunId::new(desk.clock.now(), fastrand::u32(..));
    let world = desk.world(&session, &home, run.as_str())?;
    let outlook = survey::survey(&world, database, wanted, desk.clock.now()).await?;
    // Who we are is asked in the region that has to answer: the other may be away.
    let here = session.elsewhere(Some(outlook.promotion.target.region.clone())).await?;
    let identity = here.identity().await?;
    let by = host::actor(Some(identity.arn.clone()));
    let wish = recipe::Wish { database, run, by, account: identity.account.clone() };
    let plan = recipe::promote::plan(&wish, &outlook)?;
    let world = world.of_region(&plan.brief.target.region);
    Ok(Made { choice: None, plan, world, identity: identity.arn, source: None })
}

/// Asks for the database's name, and, where data is lost, for how much.
pub(super) async fn agreed(
    desk: &Desk,
    signals: &Signals,
    plan: &Plan<Step>,
    until: Until,
    asks_for_loss: bool,
) -> Result<Answer, CliError> {
    let question = questions::before_promotion(plan, until);
    if asks_for_loss {
        let figure = figure(plan);
        if confirm::loss(desk, signals, &question, &figure).await? == Answer::No {
            return Ok(Answer::No);
        }
        return confirm::typed(desk, signals, "", &plan.database).await;
    }
    confirm::typed(desk, signals, &question, &plan.database).await
}

/// What has to be said about the loss.
fn figure(plan: &Plan<Step>) -> String {
    match accepted(plan) {
        Some(Accepted::Seconds { seconds, .. }) => seconds.to_string(),
        _ => "unmeasured".to_owned(),
    }
}

fn accepted(plan: &Plan<Step>) -> Option<Accepted> {
    plan.steps.iter().find_map(|planned| match &planned.step {
        Step::Promote(step) => Some(step.promotion.accepted),
        _ => None,
    })
}

/// Nobody can be asked, and nobody said how much may be lost.
fn unsaid(plan: &Plan<Step>) -> CliError {
    let loses = plan.brief.promotion.as_ref().map(|promotion| promotion.loses.clone()).unwrap_or_default();
    CliError::refused(format!("--allow-data-loss says not how much may be lost, and there is nobody to ask: {loses}"))
        .state("nothing was changed")
        .hint(format!("say it: --allow-data-loss={}", figure(plan)))
}

fn saved(desk: &Desk, plan: &Plan<Step>, file: &Path) -> Result<u8, CliError> {
    let text = plan.to_file();
    plan::write(file, &text)?;
    match desk.global.output {
        Output::Text => desk.printer.result(&ui::plan::render(
            plan,
            desk.clock.now(),
            desk.printer.out(),
            desk.printer.terminal().width,
        )),
        Output::Json | Output::JsonLines => desk.printer.result(text.trim_end()),
    }
    desk.printer.status(&format!("saved as {}; nothing was changed", file.display()));
    desk.printer.status(&format!("next: daybreak recover --plan {}", file.display()));
    Ok(exit::DONE)
}
