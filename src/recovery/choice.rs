//! Which window a recovery uses: the one that is named, or the one that loses least, and why.
//!
//! A live cluster's own continuous backup is taken without a look at anything else where it gives the wanted time itself:
//! nothing can lose less. Otherwise all windows are looked at.

mod kept;
mod pick;
mod words;

use std::{collections::BTreeSet, future::Future};

use jiff::Timestamp;

use self::{
    kept::{Kept, configuration},
    pick::Pick,
};
use super::{
    configuration::Configuration,
    recipe::{instance, point_in_time},
    refusal::Refusal,
    survey::{self, Place, Survey},
    windows::{
        catalogue::Regions,
        judge,
        lineage::Subject,
        view::{Question, view},
        window::{Earlier, Loss, Window},
    },
};
use crate::{
    config::{Cutover, Database},
    moment::{Moment, show},
    run::{step::Until, store::Store},
    steps::world::World,
};

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The profile, as it holds in the target's region ([`profile`]).
    pub database: &'a Database,
    /// The region of the source.
    pub home: &'a str,
    /// The region of the target.
    pub into: &'a str,
    /// The window named, if one is.
    pub from: Option<&'a str>,
    /// The time wanted.
    pub moment: Moment,
    /// How the target is made.
    pub manner: Manner,
    /// How far the plan is to go.
    pub until: Until,
    /// The present.
    pub now: Timestamp,
    /// Where configurations were captured, for a source that is not there any more.
    pub captures: &'a dyn Store,
}

/// How a target is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    /// As a new database beside the source.
    #[default]
    Beside,
    /// Under the name of a source that does not exist any more, so that its endpoints return.
    AsBefore,
    /// As a copy-on-write clone of the present, to look at.
    Clone,
}

/// The window chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The window, as judged.
    pub window: Window,
    /// The time that losses are counted back from.
    pub wanted: Timestamp,
    /// Whether the person named the window.
    pub named: bool,
    /// Why it was chosen.
    pub why: String,
    /// What else there was, and what could not be seen.
    pub asides: Vec<String>,
    /// How the target is made.
    pub manner: Manner,
}

/// The profile of `database` as it holds for a target made in this manner and region. What gets its endpoints back moves no
/// pointer, and neither does what is only to be looked at.
#[must_use]
pub fn profile(database: &Database, home: &str, into: &str, manner: Manner) -> Database {
    let mut profile = database.in_region(into, home);
    if manner != Manner::Beside {
        profile.cutover = Cutover::default();
    }
    profile
}

/// The live source's own continuous backup, where it gives the wanted time itself.
pub fn own(survey: &Survey, database: &str, moment: Moment, now: Timestamp) -> Result<Choice, Refusal> {
    let (window, wanted) = match &survey.source {
        Configuration::Cluster(source) => {
            point_in_time::known(&source.cluster)?;
            let (wanted, _) = point_in_time::within(&source.cluster, moment)?;
            let subject = Subject {
                database: database.to_owned(),
                identifier: source.cluster.identifier.clone(),
                region: survey.region.clone(),
            };
            (judge::own(&subject, &source.cluster, wanted, now), wanted)
        }
        Configuration::Instance(_) => {
            let window = instance::continuous(database, survey, moment)?;
            let wanted = window.restore_point.unwrap_or(now);
            (window, wanted)
        }
    };
    Ok(Choice {
        window,
        wanted,
        named: false,
        why: format!("it gives {} itself: nothing can lose less", show(wanted)),
        asides: Vec::new(),
        manner: Manner::Beside,
    })
}

/// Chooses, and surveys what the choice needs. `world` is that of the source's region; `earlier` finds out meanwhile how long
/// restores have taken.
pub async fn choose(
    world: &World,
    regions: &dyn Regions,
    earlier: impl Future<Output = Earlier>,
    wanted: Wanted<'_>,
) -> Result<(Survey, Choice), Refusal> {
    if wanted.manner == Manner::Clone {
        return clone(world, wanted).await;
    }
    let Wanted { database, home, into, until, now, .. } = wanted;
    let mut refused = None;
    if wanted.from.is_none() && home == into && wanted.manner == Manner::Beside {
        match survey::survey(world, home, database, until, now).await {
            Err(refusal @ (Refusal::NoSuchCluster { .. } | Refusal::NoSuchInstance { .. })) => refused = Some(refusal),
            Err(refusal) => return Err(refusal),
            Ok(survey) => match own(&survey, &database.name, wanted.moment, now) {
                Ok(choice) => return Ok((survey, choice)),
                Err(
                    refusal @ (Refusal::TooEarly { .. } | Refusal::NoWindow { .. } | Refusal::InstanceUnfit { .. }),
                ) => refused = Some(refusal),
                Err(refusal) => return Err(refusal),
            },
        }
    }
    if wanted.manner == Manner::AsBefore {
        free_name(world, wanted).await?;
    }
    let choice = further(world, regions, earlier, wanted, refused).await?;
    let Kept { source, live, captured } = configuration(world, &choice.window, wanted).await?;
    let place = Place { home, into, live, captured };
    let survey = survey::survey_of(&world.of_region(into), place, source, database, until, now).await?;
    Ok((survey, choice))
}

/// Looks at every window there is. `refused` is why the source's own could not be taken, where that was tried.
async fn further(
    world: &World,
    regions: &dyn Regions,
    earlier: impl Future<Output = Earlier>,
    wanted: Wanted<'_>,
    refused: Option<Refusal>,
) -> Result<Choice, Refusal> {
    let Wanted { database, home, into, from, moment, now, manner, .. } = wanted;
    let subject = Subject { database: database.name.clone(), identifier: name_of(database), region: home.to_owned() };
    let mut asked = BTreeSet::from([home.to_owned(), into.to_owned()]);
    asked.extend(from.and_then(words::region_of_arn).map(str::to_owned));
    let time = match moment {
        Moment::At(time) => Some(time),
        Moment::Latest => None,
    };
    let question = Question { subjects: Some(vec![subject.clone()]), regions: asked, wanted: time, now };
    let mut view = match view(regions, &question, earlier).await {
        Ok(view) => view,
        Err(blind) => return Err(refused.unwrap_or(blind)),
    };
    let mut windows = view.databases.pop().map(|found| found.windows).unwrap_or_default();
    if let Some(arn) = from.filter(|from| from.contains(":cluster-snapshot:"))
        && windows.iter().all(|window| window.arn.as_deref() != Some(arn))
        && let Some(region) = words::region_of_arn(arn)
    {
        // One that bears neither the database's name nor its id may still be its data: the person says so.
        let found = world.of_region(region).snapshots.snapshot(arn).await;
        let found = found.map_err(Refusal::aws(format!("look up snapshot {arn}")))?;
        windows.extend(found.map(|found| judge::snapshot(&subject, region, &found, view.wanted, now)));
    }
    if windows.is_empty() {
        return Err(refused.unwrap_or_else(|| view.nothing(&subject)));
    }
    let pick = Pick { windows: &windows, subject: &subject, into, wanted: view.wanted, unseen: &view.unseen };
    let picked = match from {
        Some(name) => pick.named(name)?,
        None => match (pick.best(), refused) {
            (Some(best), _) => best,
            (None, Some(refused)) => return Err(refused),
            (None, None) => return Err(pick.nothing()),
        },
    };
    pick.usable(picked)?;
    Ok(Choice {
        window: picked.clone(),
        wanted: view.wanted,
        named: from.is_some(),
        why: pick.why(picked, from.is_some()),
        asides: pick.asides(picked),
        manner,
    })
}
/// The source's name.
fn name_of(database: &Database) -> String {
    database.source.identifier().to_owned()
}

/// Refuses to give a target the name of what is there, or another region's endpoints.
async fn free_name(world: &World, wanted: Wanted<'_>) -> Result<(), Refusal> {
    let Wanted { database, home, into, .. } = wanted;
    let name = &name_of(database);
    if home != into {
        return Err(Refusal::unfit(
            format!("the endpoints of {name} are of {home}: a cluster of that name in {into} has others"),
            "leave out --as-before, or --into",
        ));
    }
    if world.rds.cluster(name).await.map_err(Refusal::aws(format!("look up cluster {name}")))?.is_some() {
        return Err(Refusal::unfit(
            format!("there is a cluster {name}, so that no other can have its name"),
            "leave out --as-before: the target gets a name of its own, and the pointer is moved to it",
        ));
    }
    if database.restore.quarantine_security_groups.is_empty() {
        return Err(Refusal::unfit(
            format!("the application would find {name} at its old endpoint before the data is proven"),
            format!("set quarantine_security_groups under [databases.{}.restore]", database.name),
        ));
    }
    Ok(())
}

/// The most copy-on-write clones of one source; RDS makes further ones as full copies, and does not say so.
const MOST_CLONES: usize = 15;

/// The present of a live cluster, shared by copy-on-write.
async fn clone(world: &World, wanted: Wanted<'_>) -> Result<(Survey, Choice), Refusal> {
    let Wanted { database, home, into, from, until, now, .. } = wanted;
    if home != into {
        let hint = "leave out --into; a snapshot can be restored into another region";
        return Err(Refusal::unfit(format!("a clone shares its source's storage, which is in {home}"), hint));
    }
    if from.is_some() {
        return Err(Refusal::unfit("a clone is always of the live cluster's present", "leave out --from"));
    }
    let survey = survey::survey(world, home, database, until, now).await?;
    let Configuration::Cluster(source) = &survey.source else {
        let (cluster, engine) = (survey.source.identifier().to_owned(), survey.source.engine().to_owned());
        return Err(Refusal::WrongEngine { cluster, engine });
    };
    let cluster = &source.cluster;
    point_in_time::known(cluster)?;
    if cluster.members.is_empty() {
        return Err(Refusal::unfit(
            format!("cluster {} has no instance, and without one it cannot be cloned", cluster.identifier),
            format!("create an instance in it, or restore it: daybreak recover {} --to latest", database.name),
        ));
    }
    let asides = vec![match &cluster.clone_group_id {
        None => "how many clones there are of it could not be told: RDS names no clone group".to_owned(),
        Some(group) => match world.snapshots.clone_group(group).await {
            Err(error) => format!("how many clones there are of it could not be told: {error}"),
            Ok(members) => {
                let others = members.iter().filter(|other| other.resource_id != cluster.resource_id).count();
                clones_words(others)
            }
        },
    }];
    let subject =
        Subject { database: database.name.clone(), identifier: cluster.identifier.clone(), region: home.to_owned() };
    let window = Window {
        earliest: None,
        latest: None,
        restore_point: None,
        loses: Loss::Nothing,
        ..judge::own(&subject, cluster, now, now)
    };
    let choice = Choice {
        window,
        wanted: now,
        named: true,
        why: "a clone is of the present, at the moment it is asked for".to_owned(),
        asides,
        manner: Manner::Clone,
    };
    Ok((survey, choice))
}

/// What was restored from a cluster's continuous backup is of its clone group as well, so the count can be too high.
fn clones_words(others: usize) -> String {
    if others >= MOST_CLONES {
        format!(
            "its clone group has {others} other clusters: after {MOST_CLONES} clones RDS makes a full copy and does not say so, which takes as long as a restore and costs its whole storage"
        )
    } else {
        format!("its clone group has {others} other clusters, of at most {MOST_CLONES} that can share its storage")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixteenth_clone_is_said_to_be_a_copy() {
        assert!(clones_words(14).contains("14 other clusters, of at most 15"));
        assert!(clones_words(15).contains("full copy"));
    }
}
