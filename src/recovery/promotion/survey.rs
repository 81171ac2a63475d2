//! Measures and judges what was chosen, and finds the secrets: all that the plan of a promotion needs to know.

use jiff::Timestamp;

use super::{
    Loss, Wanted,
    candidates::{Candidate, Found, Kind, find},
    choose::{self, Choice},
    refusal::{NotPromoted, Shut},
};
use crate::{
    aws::secrets::Secrets,
    config::{Credentials, CutoverSecret, Database, FenceMode},
    recovery::{
        fence::{self, OldWriter, SurveyedFence},
        pointer::{self, Pointers, SurveyedSecret},
        record::{self, SurveyedRecord},
        refusal::{Refusal, Unusable},
        survey,
    },
    steps::{
        access::Access,
        list_writers::Unreachable,
        promotion::{
            Accepted, FenceAhead, Lag, Member, Promotion,
            judge::{Instead, Obstacle, Verdict, judge},
            look::{Described, Seen, look, within},
            way::Way,
        },
        proxy::retarget,
        target::TargetName,
        world::World,
    },
};

/// What was seen.
#[derive(Debug)]
pub struct Outlook {
    /// What is to be done.
    pub promotion: Promotion,
    /// Why so.
    pub why: String,
    /// What was found to replicate.
    pub found: Found,
    /// How things stand.
    pub seen: Seen,
    /// The judgement: nothing stands against it.
    pub verdict: Verdict,
    /// What the application follows, where it leads to the old primary.
    pub pointers: Pointers,
    /// How the old primary is fenced, where it is.
    pub fence: Option<SurveyedFence>,
    /// How to log in for the proof and the watch, where the profile says so.
    pub access: Option<Access>,
    /// Why a pointer of the application's is not moved.
    pub unmoved: Vec<String>,
    /// When it was seen.
    pub at: Timestamp,
}

/// Looks for what can be promoted, chooses, measures, and judges. `world` is that of the database's region.
pub async fn survey(world: &World, database: &Database, wanted: &Wanted, now: Timestamp) -> Result<Outlook, Refusal> {
    let found = find(world, &database.name, &database.source, wanted.region.as_deref()).await?;
    let Choice { candidate, way, why } = choose::choose(&database.name, &found, wanted)?;
    let target = target(candidate);
    let primary = primary(&found, candidate.kind);
    let database = &database.promoted_in(&target.region);
    let regions = [target.region.as_str(), primary.region.as_str()];
    let access = access(world, database, &regions, candidate).await?;
    let mut promotion = Promotion {
        way,
        primary,
        target,
        global: found.global.as_ref().map(|global| global.identifier.clone()),
        max_lag_seconds: database.promote.max_lag.as_secs(),
        accepted: Accepted::Nothing,
        old_primary_keeps_writing: wanted.old_primary_keeps_writing,
        fence: None,
        access: access.clone(),
    };
    let mut pointed = None;
    let mut fence = None;
    if promotion.way.leaves_a_primary() && database.fence.mode == FenceMode::Roles {
        let found = secrets(world, database, &promotion).await?;
        fence = fenced(world, database, &mut promotion, &found.0, made_with(candidate).as_deref()).await?;
        pointed = Some(found);
    }
    let there = world.of_region(&promotion.target.region);
    let seen = look(&there, &promotion, now).await.map_err(Unusable::from)?;
    let command = command(&database.name, candidate, &promotion.way);
    let (words, global) = (promotion.target.words(), promotion.global.is_some());
    let obstructed = |obstacles: Vec<Obstacle>| NotPromoted::Obstructed {
        target: words.clone(),
        obstacles,
        command: command.clone(),
        lag: seen.lag.as_ref().and_then(Lag::whole_seconds),
        global,
        fence: match (&promotion.fence, promotion.way.leaves_a_primary()) {
            (Some(_), _) => Shut::Planned,
            (None, true) => Shut::Possible { database: database.name.clone() },
            (None, false) => Shut::Not,
        },
    };
    let accepted = accept(&promotion, wanted.loss, &seen).map_err(|what| obstructed(vec![what]))?;
    promotion.accepted = accepted;
    let mut verdict = judge(&promotion, &seen, now);
    if !verdict.obstacles.is_empty() {
        return Err(obstructed(std::mem::take(&mut verdict.obstacles)).into());
    }
    let (secrets, kept) = match pointed {
        Some(pointed) => pointed,
        None => secrets(world, database, &promotion).await?,
    };
    let (record, left) = record(world, database, &promotion).await?;
    let unmoved = kept.into_iter().chain(left).chain(unmoved_proxy(database, &promotion)).collect();
    let pointers = Pointers { secrets, record, ..Pointers::default() };
    Ok(Outlook { promotion, why, found, seen, verdict, pointers, fence, access, unmoved, at: now })
}

/// The fence of the old primary, where the application's secret leads to it; from then on both sides are asked as one that it does
/// not hold.
async fn fenced(
    world: &World,
    database: &Database,
    promotion: &mut Promotion,
    secrets: &[SurveyedSecret],
    made_with: Option<&str>,
) -> Result<Option<SurveyedFence>, Refusal> {
    let Some(secret) = secrets.first() else { return Ok(None) };
    let Promotion { primary, target, .. } = &*promotion;
    let mut database = database.clone();
    if let Some(id) = &database.fence.secret {
        let regions = [target.region.as_str(), primary.region.as_str()];
        database.fence.secret = Some(place(world, &regions, id).await?.0);
    }
    // A primary whose region is away has told no address; the application's secret leads to it.
    let serves_at = primary.host.as_deref().zip(primary.port).unwrap_or((&secret.host, secret.port));
    let (family, identifier, region) = (primary.family, primary.identifier.as_str(), primary.region.as_str());
    let old = OldWriter { family, identifier, region, serves_at: Some(serves_at), made_with };
    let clients = Pointers { secrets: secrets.to_vec(), ..Pointers::default() }.clients();
    let Some(mut fence) = fence::survey(world, old, &database, &clients, false).await? else { return Ok(None) };
    if promotion.old_primary_keeps_writing {
        fence.when_unreachable = Unreachable::GoOn;
    }
    promotion.fence = Some(FenceAhead { roles: fence.seen.clone(), when_unreachable: fence.when_unreachable });
    promotion.access = Some(fence.target.clone());
    Ok(Some(fence))
}

/// The database made with what replicates.
fn made_with(candidate: &Candidate) -> Option<String> {
    match &candidate.described {
        Ok(Described::Cluster(cluster, _)) => cluster.database_name.clone(),
        Ok(Described::Instance(_) | Described::Gone) | Err(_) => None,
    }
}

/// The command for a candidate, with the flag for its way.
fn command(database: &str, candidate: &Candidate, way: &Way) -> String {
    let command = choose::command(database, candidate);
    match way {
        Way::Failover(_) => format!("{command} --failover"),
        Way::Detach(_) => format!("{command} --detach"),
        _ => command,
    }
}

/// The loss that the person takes, against what was measured.
fn accept(promotion: &Promotion, loss: Loss, seen: &Seen) -> Result<Accepted, Obstacle> {
    let obstacle = |what: String| Obstacle { what, instead: Some(Instead::AcceptLoss) };
    let Some(lag) = &seen.lag else { return Ok(Accepted::Nothing) };
    let measured = lag.whole_seconds();
    match (loss, measured) {
        (Loss::Nothing, _) if matches!(promotion.way, Way::Failover(_)) => Err(obstacle(match (measured, lag) {
            (Some(seconds), _) => format!("a failover loses what the secondary lacks: {seconds} s of writes now"),
            (None, Lag::NotMeasured(why)) => {
                format!("a failover loses what the secondary lacks, and how much that is could not be measured: {why}")
            }
            (None, Lag::Measured { .. }) => "a failover loses what the secondary lacks".to_owned(),
        })),
        (Loss::Nothing, _) => Ok(Accepted::Nothing),
        (Loss::Asked, Some(seconds)) => Ok(Accepted::Seconds { seconds, data_time: lag.data_time() }),
        (Loss::Asked | Loss::Unmeasured, None) => Ok(Accepted::Unmeasured),
        (Loss::Unmeasured, Some(seconds)) => Err(obstacle(format!("the lag could be measured: it is {seconds} s"))),
        (Loss::Seconds(named), Some(seconds)) if named < seconds => Err(obstacle(format!(
            "a loss of {named} s was accepted, and {} is {seconds} s behind",
            promotion.target.words()
        ))),
        (Loss::Seconds(named), Some(_)) => Ok(Accepted::Seconds { seconds: named, data_time: lag.data_time() }),
        (Loss::Seconds(named), None) => {
            Err(obstacle(format!("a loss of {named} s was accepted, but how large it is could not be measured")))
        }
    }
}

/// The side that becomes the primary: of a cluster's instance where it answers itself.
fn target(candidate: &Candidate) -> Member {
    let mut target = candidate.member.clone();
    if let (Some(instance), Ok(Described::Cluster(_, instances))) = (&target.instance, &candidate.described)
        && let Some(found) = instances.iter().find(|found| found.identifier == *instance)
    {
        target.host = found.address.clone().or(target.host);
    }
    target
}

/// The side that was it: for a failover within a cluster its writer instance.
fn primary(found: &Found, kind: Kind) -> Member {
    let mut primary = found.primary.clone();
    if let (Kind::Reader, Ok(Described::Cluster(cluster, _))) = (kind, &found.described) {
        primary.instance = cluster.writer().map(str::to_owned);
    }
    primary
}

/// How to log in to both sides. A secret that is named is looked for where the target is first: its region has to
/// answer, the other's may not.
async fn access(
    world: &World,
    database: &Database,
    regions: &[&str],
    candidate: &Candidate,
) -> Result<Option<Access>, Refusal> {
    let named = made_with(candidate);
    let mut database = database.clone();
    if let Credentials::Secret(id) = &database.connect.credentials {
        let (arn, _) = place(world, regions, id).await?;
        // What is followed and what is logged in with are told to be one by their names.
        if let Some(followed) = database.cutover.secrets.iter_mut().find(|secret| secret.id == *id) {
            followed.id.clone_from(&arn);
        }
        database.connect.credentials = Credentials::Secret(arn);
    }
    Ok(survey::access(&database, named.as_deref()))
}

/// The ARN of a secret, and its region: the first of `regions` that has it.
async fn place(world: &World, regions: &[&str], id: &str) -> Result<(String, String), Refusal> {
    if let Some(region) = id.strip_prefix("arn:").and_then(|arn| arn.split(':').nth(2)) {
        return Ok((id.to_owned(), region.to_owned()));
    }
    let mut failed = None;
    for region in regions {
        match within("DescribeSecret", world.of_region(region).secrets.describe(id)).await {
            Ok(Some(found)) => return Ok((found.arn, (*region).to_owned())),
            Ok(None) => {}
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        Some(error) => Err(Refusal::aws(format!("describe secret {id}"))(error)),
        None => Err(Refusal::NoSuchSecret { secret: id.to_owned(), region: regions.join(" and ") }),
    }
}

/// The secrets that the application follows and that have to be moved; and why not, of those that have not.
async fn secrets(
    world: &World,
    database: &Database,
    promotion: &Promotion,
) -> Result<(Vec<SurveyedSecret>, Vec<String>), Refusal> {
    let (mut moved, mut unmoved) = (Vec::new(), Vec::new());
    if database.cutover.rename {
        unmoved.push(
            "no name is swapped in a promotion: what is promoted keeps its own, and clients have to be led to it"
                .to_owned(),
        );
    } else if database.cutover.secrets.is_empty() && database.cutover.dns.is_none() && database.cutover.proxy.is_none()
    {
        unmoved.push("the profile names no pointer under cutover, so the application is not moved".to_owned());
    }
    for wanted in &database.cutover.secrets {
        let (secret, why) = secret(world, wanted, promotion).await?;
        moved.extend(secret);
        unmoved.extend(why);
    }
    pointer::no_two_of_one(&moved)?;
    Ok((moved, unmoved))
}

/// A secret that the application follows, if it has to be moved; else why not.
async fn secret(
    world: &World,
    wanted: &CutoverSecret,
    promotion: &Promotion,
) -> Result<(Option<SurveyedSecret>, Option<String>), Refusal> {
    // Where the old primary is, it is written; what follows it elsewhere is a replica.
    let regions = [promotion.primary.region.as_str(), promotion.target.region.as_str()];
    let (arn, region) = place(world, &regions, &wanted.id).await?;
    let secrets: std::sync::Arc<dyn Secrets> = world.of_region(&region).secrets;
    let wanted = CutoverSecret { id: arn, key: wanted.key.clone() };
    let secret = pointer::survey(&*secrets, &region, &wanted).await?;
    let (name, host) = (secret.pointer.secret.clone(), secret.host.clone());
    let is = |known: &Option<String>| known.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(&host));
    if let Way::Reader(_) = promotion.way {
        let why = if is(&promotion.primary.host) {
            format!("secret {name} leads to the cluster's writer endpoint, which follows the failover by itself")
        } else {
            format!("secret {name} leads to {host}, which is not the cluster's writer endpoint: it is not moved")
        };
        return Ok((None, Some(why)));
    }
    if is(&promotion.target.host) {
        return Ok((None, Some(format!("secret {name} leads to {host} already, which is the target"))));
    }
    if promotion.primary.host.is_some() && !is(&promotion.primary.host) {
        let why = format!("secret {name} leads to {host}, which is not the old primary: it is not moved");
        return Ok((None, Some(why)));
    }
    Ok((Some(secret.of(promotion.target.family)), None))
}

/// The record that the application follows, if it has to be moved; else why not.
async fn record(
    world: &World,
    database: &Database,
    promotion: &Promotion,
) -> Result<(Option<SurveyedRecord>, Option<String>), Refusal> {
    let Some(wanted) = &database.cutover.dns else { return Ok((None, None)) };
    let name = &wanted.record;
    let found = record::look(world, database, wanted).await?;
    let host = found.record.points_at.clone();
    let is = |known: &Option<String>| known.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(&host));
    let unmoved = |why: String| Ok((None, Some(format!("record {name} {why}"))));
    if let Way::Reader(_) = promotion.way {
        return unmoved(if is(&promotion.primary.host) {
            "leads to the cluster's writer endpoint, which follows the failover by itself".to_owned()
        } else {
            format!("leads to {host}, which is not the cluster's writer endpoint: it is not moved")
        });
    }
    if is(&promotion.target.host) {
        return unmoved(format!("leads to {host} already, which is the target"));
    }
    if promotion.primary.host.is_some() && !is(&promotion.primary.host) {
        return unmoved(format!("leads to {host}, which is not the old primary: it is not moved"));
    }
    Ok((Some(found), None))
}

/// Why the application's proxy is not moved.
fn unmoved_proxy(database: &Database, promotion: &Promotion) -> Option<String> {
    let name = &database.cutover.proxy.as_ref()?.name;
    if let Way::Reader(_) = promotion.way {
        return Some(format!("proxy {name} leads to the cluster, and follows the failover by itself"));
    }
    let (primary, target) = (&promotion.primary, &promotion.target);
    if primary.region != target.region {
        return Some(format!(
            "proxy {name} is not moved: it leads to databases of {} only; its clients need a proxy, or an endpoint, in {}",
            primary.region, target.region
        ));
    }
    let from = TargetName { family: primary.family, identifier: primary.identifier.clone() };
    let to = TargetName { family: target.family, identifier: target.identifier.clone() };
    Some(format!(
        "proxy {name} is not moved by a promotion: once {} is the primary, {}",
        target.words(),
        retarget(name, &primary.region, &from, &to)
    ))
}
