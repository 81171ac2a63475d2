//! Why no plan is made, or a plan is not executed. Nothing has been created when one of these is returned.

use jiff::Timestamp;

use crate::{
    aws, moment, pg,
    pointer::SecretValueError,
    recovery::promotion::refusal::NotPromoted,
    resolver::ResolveError,
    run::{plan::InvalidPlan, step::StepError},
};

/// A precondition that does not hold.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// AWS did not answer, or not as needed.
    #[error("{doing}")]
    Aws {
        /// Verb and object.
        doing: String,
        /// Why.
        #[source]
        source: Box<aws::Error>,
    },
    /// The cluster is not there.
    #[error("there is no cluster {cluster} in {region}")]
    NoSuchCluster {
        /// Its identifier.
        cluster: String,
        /// Where it was looked for.
        region: String,
        /// Clusters that are there.
        others: Vec<String>,
    },
    /// The instance is not there.
    #[error("there is no instance {instance} in {region}")]
    NoSuchInstance {
        /// Its identifier.
        instance: String,
        /// Where it was looked for.
        region: String,
        /// Instances outside clusters that are there.
        others: Vec<String>,
    },
    /// The instance is none that can be recovered.
    #[error("instance {instance} cannot be recovered: {why}")]
    InstanceUnfit {
        /// Its identifier.
        instance: String,
        /// Why.
        why: String,
        /// The way out.
        hint: String,
    },
    /// The window cannot be used.
    #[error("{window} cannot be restored from: {why}")]
    WindowUnfit {
        /// What it is, and its name.
        window: String,
        /// Why.
        why: String,
        /// The way out, where there is one.
        hint: Option<String>,
    },
    /// Not a database this recipe knows.
    #[error(
        "cluster {cluster} runs {engine}; a point in time can be restored here for aurora-postgresql (provisioned or Serverless v2) only"
    )]
    WrongEngine {
        /// Its identifier.
        cluster: String,
        /// Its engine.
        engine: String,
    },
    /// The cluster has no backup to restore from yet.
    #[error(
        "cluster {cluster} cannot be restored to any time yet: RDS gives it no restorable times while it is {status}"
    )]
    NoWindow {
        /// Its identifier.
        cluster: String,
        /// Its status.
        status: String,
    },
    /// Before the first backup.
    #[error("{} is before the earliest restorable time, {}", moment::show(*.wanted), moment::show(moment::ceil(*.earliest)))]
    TooEarly {
        /// The time asked for.
        wanted: Timestamp,
        /// `EarliestRestorableTime`.
        earliest: Timestamp,
    },
    /// Not yet in the backups.
    #[error("{} is not yet restorable: the latest restorable time is {}", moment::show(*.wanted), moment::show(*.latest))]
    TooLate {
        /// The time asked for.
        wanted: Timestamp,
        /// `LatestRestorableTime`.
        latest: Timestamp,
    },
    /// Nothing says which class the writer should have.
    #[error("cluster {cluster} has no writer instance to take the instance class from")]
    NoInstanceClass {
        /// The source's identifier.
        cluster: String,
    },
    /// There is no server to connect to.
    #[error("cluster {cluster} has no writer instance to connect to")]
    NoWriter {
        /// Its identifier.
        cluster: String,
    },
    /// Proof was asked for, and there is no way to log in.
    #[error("database {database} has no way to log in, so its data cannot be proven")]
    NoAccess {
        /// The database.
        database: String,
    },
    /// The DNS record cannot be moved, or not back.
    #[error("record {record} cannot be moved: {why}")]
    RecordUnfit {
        /// Its name.
        record: String,
        /// Why.
        why: String,
        /// The way out.
        hint: String,
    },
    /// The proxy cannot be moved, or not back.
    #[error("proxy {proxy} cannot be moved: {why}")]
    ProxyUnfit {
        /// Its name.
        proxy: String,
        /// Why.
        why: String,
        /// The way out.
        hint: String,
    },
    /// Nobody tells where the DNS record leads clients.
    #[error("record {record} cannot be resolved as clients do")]
    Unresolvable {
        /// Its name.
        record: String,
        /// Why.
        source: Box<ResolveError>,
    },
    /// The secret is not there.
    #[error("there is no secret {secret} in {region}")]
    NoSuchSecret {
        /// Its name or ARN.
        secret: String,
        /// Where it was looked for.
        region: String,
    },
    /// The secret cannot serve as a pointer.
    #[error("secret {secret} cannot be moved: {why}")]
    SecretUnfit {
        /// Its name or ARN.
        secret: String,
        /// Why.
        why: String,
        /// The way out.
        hint: String,
    },
    /// The secret holds no connection.
    #[error("secret {secret} holds no connection that daybreak understands")]
    NotAConnection {
        /// Its name or ARN.
        secret: String,
        /// Why.
        #[source]
        source: Box<SecretValueError>,
    },
    /// The application uses another database than the one to be recovered.
    #[error("secret {secret} points at {host}, which is {other}, not {source_name}")]
    PointsElsewhere {
        /// The secret.
        secret: String,
        /// Where it points.
        host: String,
        /// The cluster or instance there.
        other: String,
        /// The one to be recovered.
        source_name: String,
    },
    /// A check's SQL is wrong.
    #[error("check `{name}` cannot be asked")]
    FaultyCheck {
        /// The check.
        name: String,
        /// Why.
        #[source]
        source: Box<pg::Error>,
    },
    /// The source was reached, and daybreak cannot trust it or has no means to: it would be the same with the target.
    #[error("the data of {database} could not be proven")]
    Unprovable {
        /// The database.
        database: String,
        /// Why.
        #[source]
        source: Box<pg::Error>,
    },
    /// The old writer cannot be fenced as the profile says.
    #[error("the source of {database} cannot be fenced: {why}")]
    Unfenceable {
        /// The database.
        database: String,
        /// Why.
        why: String,
        /// The way out.
        hint: String,
    },
    /// Something of the profile cannot be used.
    #[error(transparent)]
    Step(#[from] Unusable),
    /// Nothing is promoted.
    #[error(transparent)]
    NotPromoted(#[from] NotPromoted),
    /// What was asked for cannot be had, or not so.
    #[error("{what}")]
    Unfit {
        /// What, and why.
        what: String,
        /// The way out.
        hint: String,
    },
    /// The plan file is not executable.
    #[error(transparent)]
    Plan(InvalidPlan),
    /// The credentials are of another account than the plan was made in.
    #[error("the plan was made in account {planned}; these credentials are of account {present}")]
    OtherAccount {
        /// The plan's.
        planned: String,
        /// The credentials'.
        present: String,
    },
    /// The world is not the one the plan was made for.
    #[error("the world has moved since the plan was made: {what}")]
    Moved {
        /// What has changed.
        what: String,
    },
}

/// A step's failure, met while planning.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.failure)]
pub struct Unusable(pub Box<StepError>);

impl From<StepError> for Unusable {
    fn from(error: StepError) -> Self {
        Self(Box::new(error))
    }
}

impl Refusal {
    /// A refusal of what was asked for.
    pub(super) fn unfit(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Unfit { what: what.into(), hint: hint.into() }
    }

    /// A refusal because AWS failed.
    pub(super) fn aws(doing: impl Into<String>) -> impl FnOnce(aws::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Aws { doing, source: Box::new(source) }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Aws { source, .. } => source.hint(),
            Self::NoSuchCluster { others, .. } if others.is_empty() => Some(
                "there is no cluster at all in this region that the identity may see: check --region and --profile"
                    .to_owned(),
            ),
            Self::NoSuchCluster { others, .. } => Some(format!("clusters there: {}", others.join(", "))),
            Self::NoSuchInstance { others, .. } if others.is_empty() => Some(
                "there is no instance outside clusters in this region that the identity may see: check --region and --profile"
                    .to_owned(),
            ),
            Self::NoSuchInstance { others, .. } => Some(format!("instances there: {}", others.join(", "))),
            Self::InstanceUnfit { hint, .. } => Some(hint.clone()),
            Self::WindowUnfit { hint, .. } => hint.clone(),
            Self::WrongEngine { .. } => None,
            Self::NoWindow { .. } => Some("wait until its first backup is complete, then try again".to_owned()),
            Self::TooEarly { earliest, .. } => {
                Some(format!("the oldest that can be had is --to '{}'", moment::show(moment::ceil(*earliest))))
            }
            Self::TooLate { latest, .. } => Some(format!(
                "RDS lags a few minutes behind: try again shortly, or take --to '{}'",
                moment::show(moment::second_before(*latest))
            )),
            Self::NoInstanceClass { .. } => Some("set instance_class under [databases.….restore]".to_owned()),
            Self::NoWriter { .. } => {
                Some("create an instance in it, or name another server with --endpoint HOST:PORT".to_owned())
            }
            Self::NoAccess { database } => Some(format!(
                "set secret or iam_user under [databases.{database}.connect], or go only as far as --until restored"
            )),
            Self::NoSuchSecret { .. } => {
                Some("check the name under [databases.….cutover] and [databases.….connect]".to_owned())
            }
            Self::Unresolvable { .. } => Some(
                "name a name server that can be asked from here as resolver under [databases.….cutover.dns]".to_owned(),
            ),
            Self::SecretUnfit { hint, .. } | Self::RecordUnfit { hint, .. } | Self::ProxyUnfit { hint, .. } | Self::Unfit { hint, .. } | Self::Unfenceable { hint, .. } => {
                Some(hint.clone())
            }
            Self::NotAConnection { .. } => {
                Some("for JSON with a URL under a key, name the key: secret_key under [databases.….cutover]".to_owned())
            }
            Self::PointsElsewhere { other, .. } => Some(format!(
                "the application uses {other}: recover that one, or correct source or secret in the profile"
            )),
            Self::FaultyCheck { source, .. } => {
                source.hint.clone().or_else(|| Some("correct its query under [[databases.….checks]]".to_owned()))
            }
            Self::Unprovable { source, .. } => source.hint.clone(),
            Self::NotPromoted(refusal) => refusal.hints().into_iter().next(),
            Self::Step(unusable) => unusable.0.failure.hint.clone(),
            Self::OtherAccount { .. } => {
                Some("use the credentials of that account: --profile, or AWS_PROFILE".to_owned())
            }
            Self::Plan(_) => Some("make a new plan: daybreak plan DATABASE --to TIME".to_owned()),
            Self::Moved { .. } => Some("make a new plan: daybreak plan DATABASE --to TIME".to_owned()),
        }
    }
}
