//! `daybreak cleanup`: lists what earlier runs left, and removes what is confirmed.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    args::Output,
    confirm::{self, Answer},
    desk::Desk,
    error::CliError,
    execute, exit, host, removal,
};
use crate::{
    aws::Session,
    config::Config,
    recovery::{
        inventory::{Inventory, Region, Unlisted},
        leftovers::{Kind, Leftover, Verdict},
        policies,
    },
    run::{clock::Clock, journal, store::Store},
    steps::step::Step,
    ui::leftovers::{self, Removed, RemovedAs},
};

/// List what earlier runs left and what it costs; remove what is confirmed
#[derive(Debug, clap::Args)]
#[command(after_help = needs())]
pub(super) struct Args {
    /// Remove this: a cluster, or a run whose target it is; asks about each, unless --yes
    #[arg(long, value_name = "CLUSTER|RUN", num_args = 1..)]
    remove: Vec<String>,
    /// Keep no final snapshot of what is removed
    #[arg(long, requires = "remove")]
    no_final_snapshot: bool,
}

fn needs() -> String {
    let actions = policies::cleanup().actions;
    let lines: Vec<String> = actions.iter().map(|action| format!("  {action}")).collect();
    format!("IAM actions that it needs:\n{}", lines.join("\n"))
}

/// Where to look, kept for looking again.
pub(super) struct Place {
    pub(super) store: Arc<dyn Store>,
    config: Config,
    account: String,
    regions: Vec<Region>,
    default_region: String,
}

impl Place {
    async fn open(desk: &Desk) -> Result<Self, CliError> {
        let (store, config): (Arc<dyn Store>, Config) = (desk.store().await?, desk.config()?);
        let mut named: BTreeSet<String> =
            config.databases.values().filter_map(|database| database.region.clone()).collect();
        let mut briefs = Vec::new();
        for (run, history) in journal::read_all::<Step>(&*store).await? {
            match history {
                Ok(history) => briefs.push(history.state.plan.brief),
                Err(error) => {
                    let why = CliError::from(error).message;
                    desk.printer.warning(&format!("what run {run} made is not removed: {why}"));
                }
            }
        }
        let first = named.first().cloned().or_else(|| briefs.first().map(|brief| brief.source.region.clone()));
        let session = match (desk.session(None).await, first) {
            (Ok(session), _) => session,
            // Nothing names a region of its own, but what there is to look at does.
            (Err(_), Some(region)) => desk.session(Some(&region)).await?,
            (Err(error), None) => return Err(error),
        };
        let account = session.identity().await?.account;
        let ours = briefs.into_iter().filter(|brief| brief.source.account == account);
        named.extend(ours.flat_map(|brief| [brief.source.region, brief.target.region]));
        named.insert(session.region().to_owned());
        let regions = named.into_iter().map(|name| region(desk, &session, name)).collect::<Result<_, _>>()?;
        Ok(Self { store, config, account, regions, default_region: session.region().to_owned() })
    }

    /// What is left now.
    pub(super) async fn leftovers(&self, desk: &Desk) -> Result<Vec<Leftover>, Unlisted> {
        let inventory = Inventory {
            store: &*self.store,
            config: &self.config,
            account: &self.account,
            regions: &self.regions,
            default_region: &self.default_region,
        };
        inventory.leftovers(desk.clock.now()).await
    }
}

fn region(desk: &Desk, session: &Session, name: String) -> Result<Region, CliError> {
    let listed = desk.global.region.as_ref().is_none_or(|only| *only == name);
    Ok(Region { world: desk.world(session, &name, "cleanup")?, name, listed })
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<u8, CliError> {
    if args.remove.is_empty() && desk.global.yes {
        return Err(CliError::usage("cleanup removes nothing unseen: --yes needs the names of what shall go")
            .hint("look first: daybreak cleanup")
            .hint("then: daybreak cleanup --remove CLUSTER --yes"));
    }
    if !args.remove.is_empty() {
        execute::needs_decision(desk, "a removal")?;
    }
    let place = Place::open(desk).await?;
    let leftovers = place.leftovers(desk).await?;
    let text = desk.global.output == Output::Text;
    let chosen = if args.remove.is_empty() {
        if text {
            let width = desk.printer.terminal().width;
            desk.printer.result(&leftovers::render(&leftovers, desk.printer.out(), width));
        }
        // Asked about only where a person has just read the list.
        let asked = leftovers.iter().filter(|leftover| leftover.verdict == Verdict::Removable);
        asked.filter(|_| text && desk.can_ask()).cloned().collect()
    } else {
        named(&leftovers, &args.remove)?
    };
    let ends = remove(desk, &place, chosen, args).await?;
    if !text {
        desk.json(&leftovers::json(&leftovers, &ends))?;
    } else if !ends.is_empty() {
        desk.printer.result(&leftovers::removed(&ends, desk.printer.out(), desk.printer.terminal().width));
    }
    Ok(code(&ends))
}

fn code(ends: &[Removed]) -> u8 {
    let ended = |wanted: &[RemovedAs]| ends.iter().any(|end| wanted.contains(&end.outcome));
    if ended(&[RemovedAs::Failed, RemovedAs::Kept]) {
        exit::STUCK
    } else if ended(&[RemovedAs::Interrupted]) {
        exit::INTERRUPTED
    } else {
        exit::DONE
    }
}

/// Removes what is chosen and confirmed, one after the other; the first that does not go ends it.
async fn remove(desk: &Desk, place: &Place, chosen: Vec<Leftover>, args: &Args) -> Result<Vec<Removed>, CliError> {
    let mut ends = Vec::new();
    if chosen.is_empty() {
        return Ok(ends);
    }
    let signals = execute::signals()?;
    for mut leftover in chosen {
        if args.no_final_snapshot {
            leftover.final_snapshot = None;
        }
        if desk.can_ask() && confirm::removal(desk, &signals, &question(&leftover), &leftover.name).await? == Answer::No
        {
            if signals.interrupt.by().is_some() {
                break;
            }
            continue;
        }
        let end = removal::remove(desk, place, &leftover, &signals).await?;
        let removed = end.outcome == RemovedAs::Removed;
        ends.push(end);
        if !removed {
            break;
        }
    }
    if ends.is_empty() {
        if args.remove.is_empty() {
            desk.printer.status("nothing was removed");
        } else {
            return Err(CliError::refused("not confirmed"));
        }
    }
    Ok(ends)
}

fn question(leftover: &Leftover) -> String {
    let kept = leftover.final_snapshot.as_ref().map_or_else(
        || "Its data goes with it: no final snapshot is taken.".to_owned(),
        |snapshot| format!("Its data stays as the snapshot {snapshot}."),
    );
    let instances = match leftover.instances.len() {
        0 => String::new(),
        count => format!(" and its {}", crate::ui::words::plural(count, "instance")),
    };
    let what = if leftover.kind == Kind::Instance { "instance" } else { "cluster" };
    format!("\nThis deletes {what} {}{instances} in {}. {kept}", leftover.name, leftover.region)
}

/// The targets that were named, or whose runs were; refused as a whole if one of them must stay.
fn named(leftovers: &[Leftover], names: &[String]) -> Result<Vec<Leftover>, CliError> {
    let mut chosen: Vec<Leftover> = Vec::new();
    for name in names {
        let is_meant = |leftover: &&Leftover| {
            leftover.name.eq_ignore_ascii_case(name)
                || (leftover.kind.is_target() && leftover.run.as_deref() == Some(name))
        };
        let meant: Vec<&Leftover> = leftovers.iter().filter(is_meant).collect();
        if meant.is_empty() {
            return Err(CliError::refused(format!("remove {name}: no earlier run left anything of this name"))
                .hint("daybreak cleanup lists what there is"));
        }
        for leftover in meant {
            if leftover.verdict == Verdict::Kept {
                let error = CliError::refused(format!("remove {}: {}", leftover.name, leftover.reason));
                return Err(error.maybe_hint(leftover.next.clone()));
            }
            if !chosen.iter().any(|known| (&known.name, &known.region) == (&leftover.name, &leftover.region)) {
                chosen.push(leftover.clone());
            }
        }
    }
    Ok(chosen)
}

/// Who removes, for the journal.
pub(super) fn actor(identity: &str) -> crate::run::plan::Actor {
    host::actor(Some(identity.to_owned()))
}
