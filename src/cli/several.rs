//! `daybreak recover A B C`: several databases in one process, each with a plan, a run and a journal of its own.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::{StreamExt, future::join_all, stream};

use super::{
    capture,
    confirm::{self, Answer},
    desk::Desk,
    error::CliError,
    execute::{self, Opened},
    fleet, host,
    plan::{self, Asked, How, Made},
    questions, recover,
    region::Regions,
};
use crate::{
    config::Database,
    moment::Moment,
    recovery::freshness,
    run::{clock::Clock, id::RunId, journal::Journal, step::Until, store::Store},
    ui::words::plural,
};

/// How many databases are planned at a time: planning asks each source to parse its checks.
const AT_A_TIME: usize = 16;

/// Recovers all of them, or none: what is refused for one is refused for all, before anything is created.
pub(super) async fn run(
    desk: &Desk,
    names: &[String],
    to: &str,
    until: Option<Until>,
    how: &How,
) -> Result<u8, CliError> {
    how.of_one()?;
    let until = decided(desk, until)?;
    if let Some((_, name)) = names.iter().enumerate().find(|(place, name)| names[..*place].contains(name)) {
        return Err(CliError::usage(format!("{name} is named twice")));
    }
    let store = desk.store().await?;
    store.check().await?;
    let moment = plan::moment(desk, to)?;
    let config = desk.config()?;
    let databases = names.iter().map(|name| Ok(config.database(name)?)).collect::<Result<Vec<_>, CliError>>()?;
    let made = all_or_none(names, plans(desk, &databases, moment, until, how).await?)?;
    warn_of_twins(desk, &made);
    all_or_none(names, made.iter().map(|made| plan::agreed_beforehand(desk, made, how)).collect())?;
    all_or_none(names, made.iter().map(|made| recover::far_enough(&made.plan, until)).collect())?;
    let signals = execute::signals()?;
    if desk.can_ask() {
        let now = desk.clock.now();
        let each: Vec<String> =
            made.iter().map(|made| questions::before_restore(&made.plan, until, false, now)).collect();
        let question = format!("{}\n\nRestore all {} now?", each.join("\n"), made.len());
        if confirm::yes(desk, &signals, &question).await? == Answer::No {
            return Err(CliError::refused("not confirmed"));
        }
        let mut fresh = Vec::new();
        for made in &made {
            fresh.push(freshness::check(&made.world, &made.plan, desk.clock.now()).await.map_err(CliError::from));
        }
        all_or_none(names, fresh)?;
    }
    let named: Vec<&str> = made.iter().map(|made| made.plan.database.as_str()).collect();
    recover::warn_of_others(desk, &*store, &named).await?;
    let mut opened = Vec::new();
    for made in made {
        match begin(desk, store.clone(), made, until).await {
            Ok(begun) => opened.push(begun),
            Err(error) => return Err(begun_before(error, opened).await),
        }
    }
    let left = fleet::go(desk, opened, &signals).await?;
    fleet::conclude(desk, &left)
}

/// How far to go: said in words, or asked about once for all. A cutover is never one answer for several.
fn decided(desk: &Desk, until: Option<Until>) -> Result<Until, CliError> {
    match (desk.global.yes, desk.interactive(), until) {
        (true, _, Some(until)) => Ok(until),
        (true, _, None) => Err(CliError::usage("with several databases, --yes alone does not say how far to go")
            .hint("--yes --until restored, --yes --until validated or --yes --until cutover")),
        (false, true, Some(Until::Cutover)) => {
            Err(CliError::usage("one answer is not enough to move several applications")
                .hint("--until validated, and then daybreak cutover RUN for each")
                .hint("--yes --until cutover, to be asked nothing"))
        }
        (false, true, until) => Ok(until.unwrap_or(Until::Validated)),
        (false, false, _) => Err(CliError::usage("there is no terminal to ask at, and several databases to recover")
            .hint("--yes, with --until restored, --until validated or --until cutover")),
    }
}

async fn plans(
    desk: &Desk,
    databases: &[Database],
    moment: Moment,
    until: Until,
    how: &How,
) -> Result<Vec<Result<Made, CliError>>, CliError> {
    let mut regions = Regions::default();
    let mut planned = Vec::new();
    // Counted on from a random start: drawn one by one, two of a thousand in one second would be alike in four cases of ten.
    let (now, first) = (desk.clock.now(), fastrand::u32(..));
    for (database, number) in databases.iter().zip(0..) {
        let region = regions.enter(desk, database.region.as_deref()).await?;
        let asked =
            Asked { database, moment, until: Some(until), how, run: RunId::new(now, first.wrapping_add(number)) };
        planned.push(async move {
            let world = region.world(desk, "plan")?;
            let identity = async { Ok(region.identity.clone()) };
            let regions = region.everywhere();
            plan::make_in(desk, (world, &regions), region.name(), identity, asked).await
        });
    }
    Ok(stream::iter(planned).buffered(AT_A_TIME).collect().await)
}

/// Everything, or one refusal that says whose it is.
fn all_or_none<T>(names: &[String], results: Vec<Result<T, CliError>>) -> Result<Vec<T>, CliError> {
    let count = results.len();
    let mut done = Vec::new();
    let mut refused: Vec<CliError> = Vec::new();
    for (name, result) in names.iter().zip(results) {
        match result {
            Ok(it) => done.push(it),
            Err(error) => refused.push(CliError { message: format!("{name}: {}", error.message), ..error }),
        }
    }
    match refused.len() {
        0 => Ok(done),
        1 => Err(refused.remove(0)),
        several => {
            let code = refused[0].code;
            let message = format!("{several} of {} cannot be recovered", plural(count, "database"));
            let mut error = CliError::new(code, message);
            for CliError { message, causes, hints, .. } in refused {
                error.causes.push(message);
                error.causes.extend(causes);
                error.hints.extend(hints);
            }
            error.hints.dedup();
            Err(error)
        }
    }
}

/// Two profiles of one cluster can be meant, for applications that follow different secrets; it costs a restore each.
fn warn_of_twins(desk: &Desk, made: &[Made]) {
    let mut sources = BTreeMap::new();
    for made in made {
        let (database, source) = (&made.plan.database, &made.plan.brief.source);
        if let Some(other) = sources.insert(&source.resource_id, database) {
            let cluster = &source.identifier;
            desk.printer
                .warning(&format!("{other} and {database} are both cluster {cluster}: it is restored for each"));
        }
    }
}

async fn begin(desk: &Desk, store: Arc<dyn Store>, made: Made, until: Until) -> Result<Opened, CliError> {
    let Made { plan, world, identity, source, .. } = made;
    let by = host::actor(Some(identity.clone()));
    capture::of_run(desk, &store, &world, &plan, by.clone(), source).await;
    let journal = Journal::begin(store.clone(), plan, until, by, &host::holder(), desk.clock.now()).await?;
    Ok(Opened { store, journal, world, identity })
}

/// Gives up the runs that had begun before one could not, and says so: they have made nothing yet.
async fn begun_before(error: CliError, begun: Vec<Opened>) -> CliError {
    if begun.is_empty() {
        return error;
    }
    let count = begun.len();
    join_all(begun.into_iter().map(|begun| begun.journal.close())).await;
    error
        .state(format!("{} had begun, and made nothing yet", plural(count, "run")))
        .hint("daybreak resume --all goes on with them; daybreak runs lists them")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::exit;

    #[test]
    fn a_refusal_says_whose_it_is() {
        let names = ["loans".to_owned(), "cards".to_owned(), "ledger".to_owned()];
        let refused = |message: &str| Err(CliError::refused(message).hint(format!("mend {message}")));
        assert_eq!(all_or_none(&names, vec![Ok(1), Ok(2), Ok(3)]).unwrap(), [1, 2, 3]);
        let one = all_or_none(&names, vec![Ok(1), refused("no backup"), Ok(3)]).unwrap_err();
        assert_eq!(one.render(), "cards: no backup\n  now: nothing was created or changed\n  next: mend no backup");
        let two = all_or_none(&names, vec![refused("no backup"), Ok(2), refused("no window")]).unwrap_err();
        assert_eq!(two.code, exit::REFUSED);
        insta::assert_snapshot!(two.render(), @"
        2 of 3 databases cannot be recovered
          because: loans: no backup
          because: ledger: no window
          now: nothing was created or changed
          next: mend no backup
          next: mend no window
        ");
    }
}
