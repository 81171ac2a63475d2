//! Reads all that a plan needs to know, concurrently, and changes nothing.

use jiff::Timestamp;
use tokio::try_join;

use super::{
    configuration::{ClusterConfiguration, Configuration},
    pointer::{self, Endpoint, SurveyedSecret},
    refusal::{Refusal, Unusable},
    windows,
};
use crate::{
    aws::rds::model::Cluster,
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
    /// The region looked at.
    pub region: String,
    /// The source.
    pub source: Configuration,
    /// The secret the application follows, where the profile names one.
    pub secret: Option<SurveyedSecret>,
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

/// Surveys the database. Checks are rehearsed on the source when the run is to prove anything: one whose SQL is
/// wrong is refused here.
pub async fn survey(
    world: &World,
    region: &str,
    database: &Database,
    until: Until,
    now: Timestamp,
) -> Result<Survey, Refusal> {
    let identifier = &database.cluster;
    let instances = async {
        world
            .rds
            .instances_of(identifier)
            .await
            .map_err(Refusal::aws(format!("list the instances of cluster {identifier}")))
    };
    let secret = async {
        match &database.cutover.secret {
            Some(wanted) => pointer::survey(&*world.secrets, region, wanted).await.map(Some),
            None => Ok(None),
        }
    };
    let (cluster, instances, secret) = try_join!(windows::find(&*world.rds, region, identifier), instances, secret)?;
    if let Some(secret) = &secret {
        match pointer::leads_to(&secret.host, &cluster) {
            Some(Endpoint::Writer) => {}
            Some(Endpoint::Other) => {
                return Err(Refusal::SecretUnfit {
                    secret: secret.pointer.secret.clone(),
                    why: format!("it leads to {}, which is not the writer's endpoint of {identifier}", secret.host),
                    hint: "a cutover moves what follows the writer: name that secret under [databases.….cutover]"
                        .to_owned(),
                });
            }
            None => refuse_other_cluster(world, &cluster, secret).await?,
        }
    }
    let access = access(database, cluster.database_name.as_deref());
    if access.is_none() && until >= Until::Validated {
        return Err(Refusal::NoAccess { database: database.name.clone() });
    }
    let rehearsal = async {
        match &access {
            None => Ok(Rehearsal::impossible("there is no way to log in")),
            Some(access) => rehearse(world, &cluster, access, database).await,
        }
    };
    let surroundings = async { Ok(Surroundings::of(world, &cluster, &instances).await) };
    let (rehearsal, surroundings) = try_join!(rehearsal, surroundings)?;
    let source = Configuration::Cluster(Box::new(ClusterConfiguration { cluster, instances, surroundings }));
    Ok(Survey { region: region.to_owned(), source, secret, access, rehearsal, at: now })
}

/// How the profile says to log in. `cluster_database` is the one made with the cluster (`DatabaseName`).
pub fn access(database: &Database, cluster_database: Option<&str>) -> Option<Access> {
    let connect = &database.connect;
    let credentials = match &connect.credentials {
        config::Credentials::None => return None,
        config::Credentials::Iam { user } => Credentials::IamUser { name: user.clone() },
        config::Credentials::Secret(id) => {
            let followed = database.cutover.secret.as_ref().filter(|secret| secret.id == *id);
            Credentials::Secret { id: id.clone(), url_key: followed.and_then(|secret| secret.key.clone()) }
        }
    };
    Some(Access {
        credentials,
        database: connect.database.clone(),
        default_database: cluster_database.map(str::to_owned),
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

async fn refuse_other_cluster(world: &World, cluster: &Cluster, secret: &SurveyedSecret) -> Result<(), Refusal> {
    let clusters = world.rds.clusters().await.map_err(Refusal::aws("list the clusters of the region"))?;
    match clusters.into_iter().find(|other| pointer::leads_to(&secret.host, other).is_some()) {
        None => Ok(()),
        Some(other) => Err(Refusal::PointsElsewhere {
            secret: secret.pointer.secret.clone(),
            host: secret.host.clone(),
            other: other.identifier,
            cluster: cluster.identifier.clone(),
        }),
    }
}

/// SQLSTATEs that say "no such thing": undefined table, column, function, object, schema. On a damaged source that
/// is what a right query can meet.
const NO_SUCH_THING: [&str; 5] = ["42P01", "42703", "42883", "42704", "3F000"];

/// Has the source parse the profile's SQL. A source that cannot be reached is no reason not to recover it: then the result says
/// why it cannot be compared with.
async fn rehearse(
    world: &World,
    cluster: &Cluster,
    access: &Access,
    database: &Database,
) -> Result<Rehearsal, Refusal> {
    if !database.proof.compare_with_source {
        return Ok(Rehearsal::impossible("the profile says not to compare with the source"));
    }
    let (Some(endpoint), Some(port), Some(_)) = (&cluster.endpoint, cluster.port, cluster.writer()) else {
        return Ok(Rehearsal::impossible(format!("cluster {} has no writer to connect to", cluster.identifier)));
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
