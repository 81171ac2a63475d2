//! Reads all that a plan needs to know, concurrently, and changes nothing.

use jiff::Timestamp;
use tokio::try_join;

use super::{
    configuration::Configuration,
    fence::{self, OldWriter, SurveyedFence},
    pointer::{self, Endpoint, Pointers, SurveyedSecret},
    proxy, record,
    refusal::{Refusal, Unusable},
    swap, windows,
};
use crate::{
    aws::rds::{backups::model::InstanceBackup, model::Instance},
    config::{self, Database},
    pg,
    run::step::Until,
    steps::{
        access::{Access, Credentials},
        prove::{Question, Questions},
        surroundings::Surroundings,
        world::World,
    },
};

/// What was seen.
#[derive(Debug)]
pub struct Survey {
    /// The source's region.
    pub region: String,
    /// The region in which the target is made.
    pub into: String,
    /// Whether the source is there; otherwise its configuration is what was kept of it.
    pub live: bool,
    /// When the configuration of a source that is not there was captured, if it was.
    pub captured: Option<Timestamp>,
    /// The source.
    pub source: Configuration,
    /// The automated backup of a source that is an instance: it tells how far back that reaches.
    pub instance_backup: Option<InstanceBackup>,
    /// What the application follows, where the profile names it.
    pub pointers: Pointers,
    /// How the source is fenced, where the profile says so and something is moved.
    pub fence: Option<SurveyedFence>,
    /// How to log in, where the profile says so.
    pub access: Option<Access>,
    /// What the source said to the checks.
    pub rehearsal: Rehearsal,
    /// When it was seen.
    pub at: Timestamp,
}

/// What came of having the source parse the checks.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rehearsal {
    /// Why the source cannot be compared with, if it cannot.
    pub incomparable: Option<String>,
    /// Checks that name what the source does not have now, which may be the very damage.
    pub doubts: Vec<String>,
}

impl Rehearsal {
    fn impossible(why: impl Into<String>) -> Self {
        Self { incomparable: Some(why.into()), doubts: Vec::new() }
    }
}

/// Where a source is or was, and where its target is made.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The source's region.
    pub home: &'a str,
    /// The target's.
    pub into: &'a str,
    /// Whether the source is there.
    pub live: bool,
    /// When the configuration of a source that is not there was captured, if it was.
    pub captured: Option<Timestamp>,
}

/// Surveys a live cluster or instance that is recovered in its own region, by its name. Checks are rehearsed on the source when
/// the run is to prove anything: one whose SQL is wrong is refused here.
pub async fn survey(
    world: &World,
    region: &str,
    database: &Database,
    until: Until,
    now: Timestamp,
) -> Result<Survey, Refusal> {
    let secrets = pointer::survey_all(&*world.secrets, region, &database.cutover.secrets);
    let (source, secrets) = try_join!(windows::source(&*world.rds, region, &database.source), secrets)?;
    let place = Place { home: region, into: region, live: true, captured: None };
    surveyed(world, place, source, secrets, database, until, now).await
}

/// Surveys what is around a source whose configuration is known. `world` is that of the target's region.
pub async fn survey_of(
    world: &World,
    place: Place<'_>,
    source: Configuration,
    database: &Database,
    until: Until,
    now: Timestamp,
) -> Result<Survey, Refusal> {
    let secrets = pointer::survey_all(&*world.secrets, place.into, &database.cutover.secrets).await?;
    surveyed(world, place, source, secrets, database, until, now).await
}

async fn surveyed(
    world: &World,
    place: Place<'_>,
    source: Configuration,
    secrets: Vec<SurveyedSecret>,
    database: &Database,
    until: Until,
    now: Timestamp,
) -> Result<Survey, Refusal> {
    let Place { home, into, live, captured } = place;
    for secret in &secrets {
        follows_writer(world, &source, &secret.pointer.secret, &secret.host).await?;
    }
    let secrets: Vec<SurveyedSecret> = secrets.into_iter().map(|secret| secret.of(source.family())).collect();
    let instance_backup = match &source {
        Configuration::Instance(source) if live && home == into => {
            let (name, id) = (&source.instance.identifier, &source.instance.resource_id);
            let found = world.instances.instance_backup(id).await;
            found.map_err(Refusal::aws(format!("look up the automated backup of instance {name}")))?
        }
        Configuration::Instance(_) | Configuration::Cluster(_) => None,
    };
    let own = live && home == into;
    let proxied = database.cutover.proxy.as_ref();
    if database.cutover.dns.is_some()
        && secrets.is_empty()
        && proxied.is_none_or(|_| !own)
        && database.fence.mode == config::FenceMode::Roles
    {
        return Err(Refusal::Unfenceable {
            database: database.name.clone(),
            why: "only a record is moved, and nothing says whom the application logs in as".to_owned(),
            hint: "name the application's secret, or its proxy, under cutover, too; mode = \"none\" under [databases.….fence] recovers without a fence".to_owned(),
        });
    }
    let swap = swap::survey(database, &source, live)?;
    let access = access(database, source.database_name());
    if access.is_none() && until >= Until::Validated {
        return Err(Refusal::NoAccess { database: database.name.clone() });
    }
    let (proxy, left) = match proxied {
        None => (None, Vec::new()),
        Some(wanted) if own => {
            let proxy = proxy::survey(world, database, wanted, &source, access.as_ref()).await?;
            pointer::none_leads_to(&proxy, &secrets)?;
            (Some(proxy), Vec::new())
        }
        Some(wanted) => (None, vec![left(&wanted.name, live, home)]),
    };
    let mut pointers = Pointers { secrets, record: None, proxy, left, swap };
    let rehearsal = async {
        match &access {
            None => Ok(Rehearsal::impossible("there is no way to log in")),
            Some(_) if !live => {
                let (what, name) = (source.family().word(), source.identifier());
                Ok(Rehearsal::impossible(format!("{what} {name} does not exist any more")))
            }
            Some(_) if home != into => {
                Ok(Rehearsal::impossible(format!("it is in {home}, and its secrets are not read there")))
            }
            Some(access) => rehearse(world, &source, access, database).await,
        }
    };
    let surroundings = async {
        Ok(match &source {
            Configuration::Cluster(it) if live => {
                Some(Surroundings::of(&world.of_region(home), &it.cluster, &it.instances).await)
            }
            Configuration::Cluster(_) | Configuration::Instance(_) => None,
        })
    };
    // What does not exist takes no writes; what is in another region has its secrets there.
    let fence = async {
        match own {
            true => {
                let swaps = pointers.swap.is_some();
                fence::survey(world, OldWriter::of(&source, home), database, &pointers.clients(), swaps).await
            }
            false => Ok(None),
        }
    };
    let record = async {
        match &database.cutover.dns {
            Some(wanted) => record::survey(world, database, wanted, &source, live).await.map(Some),
            None => Ok(None),
        }
    };
    let (rehearsal, surroundings, fence, record) = try_join!(rehearsal, surroundings, fence, record)?;
    pointers.record = record;
    let mut source = source;
    if let (Configuration::Cluster(it), Some(seen)) = (&mut source, surroundings) {
        it.surroundings = seen;
    }
    let (region, into) = (home.to_owned(), into.to_owned());
    Ok(Survey { region, into, live, captured, source, instance_backup, pointers, fence, access, rehearsal, at: now })
}

/// Why a proxy is not moved.
fn left(name: &str, live: bool, home: &str) -> String {
    if live {
        return format!(
            "proxy {name} stays as it is: it leads to databases of {home} only, and its clients stay with the source"
        );
    }
    format!(
        "proxy {name} stays as it is: the source is gone, and whether it led there cannot be told; register the target with it once that is proven"
    )
}

/// How the profile says to log in. `made_with` is the database that the source was made with
/// (`DatabaseName`, `DBName`).
pub fn access(database: &Database, made_with: Option<&str>) -> Option<Access> {
    let connect = &database.connect;
    let credentials = match &connect.credentials {
        config::Credentials::None => return None,
        config::Credentials::Iam { user } => Credentials::IamUser { name: user.clone() },
        config::Credentials::Secret(id) => {
            let followed = database.cutover.secrets.iter().find(|secret| secret.id == *id);
            Credentials::Secret { id: id.clone(), url_key: followed.and_then(|secret| secret.key.clone()) }
        }
    };
    Some(Access {
        credentials,
        database: connect.database.clone(),
        default_database: made_with.map(str::to_owned),
        via: connect.via.as_ref().map(|via| (via.host.clone(), via.port)),
        ca: connect.ca.clone(),
        connect_timeout_ms: u64::try_from(connect.connect_timeout.as_millis()).unwrap_or(u64::MAX),
    })
}

/// How the source is logged in to. A tunnel of the profile leads to the target, not there.
pub fn source_access(access: &Access) -> Access {
    Access { via: None, ..access.clone() }
}

/// What the profile asks of the data.
pub fn questions(database: &Database) -> Questions {
    let config::Proof { tables, newest, newest_within, statement_timeout, lock_timeout, .. } = &database.proof;
    Questions {
        checks: database
            .checks
            .iter()
            .map(|check| Question {
                name: check.name.clone(),
                query: check.query.clone(),
                expect: check.expect.to_string(),
                timeout_seconds: check.timeout.map(|timeout| timeout.as_secs().max(1)),
            })
            .collect(),
        tables: tables.clone(),
        newest: newest.clone(),
        newest_within_seconds: newest_within.map(|within| within.as_secs()),
        statement_timeout_seconds: statement_timeout.as_secs().max(1),
        lock_timeout_seconds: lock_timeout.as_secs().max(1),
    }
}

/// Refuses a secret that leads to another database, or to an endpoint that takes no writes.
async fn follows_writer(world: &World, source: &Configuration, secret: &str, host: &str) -> Result<(), Refusal> {
    let identifier = source.identifier();
    match pointer::endpoint_of(host, source) {
        Some(Endpoint::Writer) => return Ok(()),
        Some(Endpoint::Other) => {
            return Err(Refusal::SecretUnfit {
                secret: secret.to_owned(),
                why: format!("it leads to {host}, which is not the writer's endpoint of {identifier}"),
                hint: "a cutover moves what follows the writer: name that secret under [databases.….cutover]"
                    .to_owned(),
            });
        }
        None => {}
    }
    match owner_of(world, source, host).await? {
        None => Ok(()),
        Some(other) => Err(Refusal::PointsElsewhere {
            secret: secret.to_owned(),
            host: host.to_owned(),
            other,
            source_name: identifier.to_owned(),
        }),
    }
}

/// Whose endpoint of the region `host` is, in words; of instances only where the source is one.
pub(super) async fn owner_of(world: &World, source: &Configuration, host: &str) -> Result<Option<String>, Refusal> {
    let clusters = world.rds.clusters().await.map_err(Refusal::aws("list the clusters of the region"))?;
    let cluster = clusters.into_iter().find(|other| pointer::leads_to(host, other).is_some());
    Ok(match (cluster, source) {
        (Some(cluster), _) => Some(format!("cluster {}", cluster.identifier)),
        // An instance's address leads nowhere else than to that instance.
        (None, Configuration::Instance(_)) => {
            let instances = world.rds.instances().await.map_err(Refusal::aws("list the instances of the region"))?;
            let at = |instance: &Instance| instance.address.as_ref().is_some_and(|it| it.eq_ignore_ascii_case(host));
            instances.into_iter().find(at).map(|instance| format!("instance {}", instance.identifier))
        }
        (None, Configuration::Cluster(_)) => None,
    })
}

/// SQLSTATEs that say "no such thing": undefined table, column, function, object, schema. On a damaged source that
/// is what a right query can meet.
const NO_SUCH_THING: [&str; 5] = ["42P01", "42703", "42883", "42704", "3F000"];

/// Has the source parse the profile's SQL. A source that cannot be reached is no reason not to recover it: then the result says
/// why it cannot be compared with.
async fn rehearse(
    world: &World,
    source: &Configuration,
    access: &Access,
    database: &Database,
) -> Result<Rehearsal, Refusal> {
    if !database.proof.compare_with_source {
        return Ok(Rehearsal::impossible("the profile says not to compare with the source"));
    }
    let (endpoint, port) = match source.serves_at() {
        (Some(endpoint), Some(port)) if source.has_writer() => (endpoint, port),
        _ => {
            let (what, name) = (source.family().word(), source.identifier());
            return Ok(Rehearsal::impossible(format!("{what} {name} has no writer to connect to")));
        }
    };
    let login = source_access(access).at(world, endpoint, port).await.map_err(Unusable::from)?;
    let questions = questions(database);
    let checks: Vec<pg::ProfileCheck> =
        questions.checks.iter().map(Question::check).collect::<Result<_, _>>().map_err(Unusable::from)?;
    let faulty = match world.postgres.rehearse(&login, &checks, questions.newest.as_deref()).await {
        // What would keep daybreak out of the target as well is found here, and not after an hour of restoring.
        Err(source) if matches!(source.kind, pg::ErrorKind::Tls | pg::ErrorKind::Other) => {
            return Err(Refusal::Unprovable { database: database.name.clone(), source: Box::new(source) });
        }
        Err(error) if error.kind == pg::ErrorKind::Authentication => {
            return Ok(Rehearsal::impossible(format!(
                "{error}; the target will refuse this login, too, unless the password was changed since"
            )));
        }
        Err(error) => return Ok(Rehearsal::impossible(error.to_string())),
        Ok(faulty) => faulty,
    };
    let mut rehearsal = Rehearsal::default();
    for (name, source) in faulty {
        if source.sqlstate.as_deref().is_some_and(|state| NO_SUCH_THING.contains(&state)) {
            rehearsal.doubts.push(format!(
                "check `{name}` cannot be asked on the source now ({source}): that may be the damage, or a wrong query"
            ));
        } else {
            return Err(Refusal::FaultyCheck { name, source: Box::new(source) });
        }
    }
    Ok(rehearsal)
}
