//! The DNS record that the application follows, looked at before anything is created: what would be refused at the cutover, after
//! an hour of restoring, is refused now.

use std::time::Duration;

use super::{
    configuration::Configuration,
    pointer::{self, Endpoint},
    refusal::Refusal,
    survey::owner_of,
};
use crate::{
    aws::dns::model::{HostedZone, Listed, RecordSet, plain},
    config::{CutoverDns, Database, Zone},
    moment::in_words,
    steps::{brief::Record, world::World},
};

/// The only type that can lead to a database: addresses of RDS change by themselves.
const ALIAS: &str = "CNAME";

/// A record fit to be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyedRecord {
    /// What the plan keeps of it.
    pub record: Record,
    /// What its reader should know.
    pub warnings: Vec<String>,
}

/// Looks at the record that the profile names, and refuses one that cannot be moved and moved back, or that leads to anything but
/// the source's writer. `live` says whether the source is there.
pub async fn survey(
    world: &World,
    database: &Database,
    wanted: &CutoverDns,
    source: &Configuration,
    live: bool,
) -> Result<SurveyedRecord, Refusal> {
    let mut found = look(world, database, wanted).await?;
    let untold = leads_home(world, &wanted.record, &found.record.points_at, source, live).await?;
    found.warnings.splice(0..0, untold);
    Ok(found)
}

/// The same of a record that leads to whatever it leads to.
pub async fn look(world: &World, database: &Database, wanted: &CutoverDns) -> Result<SurveyedRecord, Refusal> {
    let name = &wanted.record;
    let zone = zone(world, wanted).await?;
    if !name.ends_with(&format!(".{}", zone.name)) {
        return unfit(name, format!("it is not in {}", zone.words()), "name the record's own zone");
    }
    let listed = world.dns.records(&zone.id, name).await;
    let listed = listed.map_err(Refusal::aws(format!("list the records of {}", zone.words())))?;
    let set = chosen(wanted, &zone, &listed)?;
    let (Some(host), Some(ttl)) = (set.leads_to(), set.ttl) else {
        return unfit(name, "it does not lead to one name".to_owned(), "let it be a CNAME of the source's endpoint");
    };
    remembered_for(database, name, Duration::from_secs(ttl))?;
    let others: Vec<&RecordSet> =
        listed.iter().map(|listed| &listed.set).filter(|other| *other != set && other.kind == ALIAS).collect();
    let mut warnings: Vec<String> = resolved(world, wanted, &host, &others).await?.into_iter().collect();
    warnings.extend(self::warnings(name, set, ttl, &others));
    let record = Record {
        zone_words: zone.words(),
        zone: zone.id,
        set: set.clone(),
        points_at: host,
        resolver: wanted.resolver,
    };
    Ok(SurveyedRecord { record, warnings })
}

fn unfit<T>(record: &str, why: String, hint: &str) -> Result<T, Refusal> {
    Err(Refusal::RecordUnfit { record: record.to_owned(), why, hint: hint.to_owned() })
}

async fn zone(world: &World, wanted: &CutoverDns) -> Result<HostedZone, Refusal> {
    const HINT: &str = "name the hosted zone under [databases.….cutover.dns] by its id: aws route53 list-hosted-zones";
    match &wanted.zone {
        Zone::Id(id) => {
            let found = world.dns.zone(id).await.map_err(Refusal::aws(format!("look up hosted zone {id}")))?;
            match found {
                Some(zone) => Ok(zone),
                None => unfit(&wanted.record, format!("there is no hosted zone {id}"), HINT),
            }
        }
        Zone::Name(name) => {
            let found = world.dns.zones_named(name).await;
            let mut found = found.map_err(Refusal::aws(format!("look up hosted zone {name}")))?;
            match found.len() {
                1 => Ok(found.remove(0)),
                0 => unfit(&wanted.record, format!("there is no hosted zone {name}"), HINT),
                _ => {
                    let words: Vec<String> = found.iter().map(HostedZone::words).collect();
                    unfit(&wanted.record, format!("several zones have that name: {}", words.join(", ")), HINT)
                }
            }
        }
    }
}

/// The set that is meant.
fn chosen<'a>(wanted: &CutoverDns, zone: &HostedZone, listed: &'a [Listed]) -> Result<&'a RecordSet, Refusal> {
    let name = &wanted.record;
    let aliases: Vec<&Listed> = listed.iter().filter(|listed| listed.set.kind == ALIAS).collect();
    let own = match (&wanted.set_identifier, aliases.as_slice()) {
        (_, []) => {
            let why = match listed.first() {
                None => format!("{} has no such record", zone.words()),
                Some(other) => {
                    let beyond = other.beyond.map(|beyond| format!(" with {beyond}")).unwrap_or_default();
                    format!("it is of type {}{beyond}, not a CNAME", other.set.kind)
                }
            };
            return unfit(name, why, "name a CNAME that leads to the source's endpoint");
        }
        (None, [only]) if only.set.set_identifier.is_none() => only,
        (None, several) => {
            let why = format!("there are several records of that name: {}", identifiers(several));
            return unfit(name, why, "say which one with set_identifier under [databases.….cutover.dns]");
        }
        (Some(wanted), several) => {
            let is = |listed: &&&Listed| listed.set.set_identifier.as_ref() == Some(wanted);
            match several.iter().find(is) {
                Some(own) => *own,
                None => {
                    let why = format!("it has no set {wanted}; there is {}", identifiers(several));
                    return unfit(name, why, "correct set_identifier under [databases.….cutover.dns]");
                }
            }
        }
    };
    match own.beyond {
        None => Ok(&own.set),
        Some(beyond) => unfit(
            name,
            format!("it has {beyond}, which could not be given back exactly"),
            "name a simple, weighted, latency or failover record",
        ),
    }
}

fn identifiers(sets: &[&Listed]) -> String {
    let words = |listed: &&Listed| match &listed.set.set_identifier {
        Some(identifier) => format!("set {identifier}"),
        None => "one without set identifier".to_owned(),
    };
    let mut words: Vec<String> = sets.iter().map(words).collect();
    words.sort_unstable();
    words.join(", ")
}

/// Refuses a record that clients remember for longer than the cutover may take, and than a rollback may.
fn remembered_for(database: &Database, name: &str, ttl: Duration) -> Result<(), Refusal> {
    let most = database.deadlines.pointer;
    if ttl <= most {
        return Ok(());
    }
    let hint = format!(
        "lower its TTL, to 60 seconds for example, and begin {} later; or raise pointer under [databases.{}.deadlines]",
        in_words(ttl),
        database.name
    );
    let why = format!(
        "clients remember it for {}, and the move of a pointer, forward or back, may take {}",
        in_words(ttl),
        in_words(most)
    );
    unfit(name, why, &hint)
}

/// Refuses a record that leads to anything but the source's writer.
async fn leads_home(
    world: &World,
    name: &str,
    host: &str,
    source: &Configuration,
    live: bool,
) -> Result<Vec<String>, Refusal> {
    let identifier = source.identifier();
    let hint = "a cutover moves what follows the source's writer: name that record under [databases.….cutover.dns]";
    match pointer::endpoint_of(host, source) {
        Some(Endpoint::Writer) => return Ok(Vec::new()),
        Some(Endpoint::Other) => {
            let why = format!("it leads to {host}, which is not the writer's endpoint of {identifier}");
            return unfit(name, why, hint);
        }
        None => {}
    }
    let whose = match owner_of(world, source, host).await? {
        Some(other) => format!("which is {other}, not {identifier}"),
        None if live => format!("which is no endpoint of {identifier}"),
        None => {
            return Ok(vec![format!("record {name} leads to {host}: whether that was {identifier} cannot be told")]);
        }
    };
    unfit(name, format!("it leads to {host}, {whose}"), hint)
}

/// Asks as a client would: a resolver that cannot be asked, or that does not know the record, would fail the cutover.
async fn resolved(
    world: &World,
    wanted: &CutoverDns,
    host: &str,
    others: &[&RecordSet],
) -> Result<Option<String>, Refusal> {
    let name = &wanted.record;
    let asked = world.resolver.resolve(name, wanted.resolver).await;
    let answer = asked.map_err(|source| Refusal::Unresolvable { record: name.clone(), source: Box::new(source) })?;
    let by = wanted.resolver.map_or_else(|| "the system's resolver".to_owned(), |server| format!("resolver {server}"));
    let hint = "name a name server that the application's clients ask as resolver under [databases.….cutover.dns]; a private zone is known within its VPCs only";
    match answer.aliases.first() {
        None => unfit(name, format!("{by} does not know it, so that its move could not be verified"), hint),
        Some(told) if told.leads_to == host => Ok(None),
        Some(told) if others.iter().any(|other| other.leads_to().as_deref() == Some(&told.leads_to)) => Ok(None),
        Some(told) => Ok(Some(format!(
            "{by} says that {name} leads to {}, for up to {} s more, and Route 53 that it leads to {host}",
            told.leads_to, told.ttl
        ))),
    }
}

fn warnings(name: &str, set: &RecordSet, ttl: u64, others: &[&RecordSet]) -> Vec<String> {
    let lag = in_words(Duration::from_secs(ttl));
    let mut warnings = vec![
        format!(
            "clients may go on to the source for up to {lag} after record {name} has moved, and to the target for as long after a rollback: resolvers remember it (TTL {ttl} s)"
        ),
        format!(
            "certificates of RDS do not name {name}: clients that check it (sslmode=verify-full) are refused, on the source and on the target alike"
        ),
    ];
    if let Some(check) = &set.health_check_id {
        warnings.push(format!("health check {check} of record {name} goes on checking what it checks now"));
    }
    if !others.is_empty() {
        let words = |other: &&RecordSet| {
            let weight = other.weight.map(|weight| format!(", weight {weight}")).unwrap_or_default();
            let failover = other.failover.as_ref().map(|role| format!(", {role}")).unwrap_or_default();
            let leads_to = other.leads_to().unwrap_or_else(|| "several values".to_owned());
            format!("{} leads to {leads_to}{weight}{failover}", other.set_identifier.as_deref().unwrap_or("one"))
        };
        let words: Vec<String> = others.iter().map(words).collect();
        warnings.push(format!(
            "of the sets of {} only {} is moved: {}",
            plain(&set.name),
            set.set_identifier.as_deref().unwrap_or("one"),
            words.join("; ")
        ));
    }
    if set.weight == Some(0) {
        warnings.push(format!("the set of record {name} that is moved has weight 0: clients do not get it"));
    }
    warnings
}
