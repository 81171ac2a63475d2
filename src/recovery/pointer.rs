//! The secret that the application follows, looked at before anything is created: what would be refused at the cutover, after
//! an hour of restoring, is refused now.

use super::{configuration::Configuration, refusal::Refusal};
use crate::{
    aws::{
        rds::model::Cluster,
        secrets::{
            Secrets,
            model::{PREVIOUS, SecretDescription, VersionRef},
        },
    },
    config::CutoverSecret,
    pointer::{Names, SecretValue},
    steps::{brief::Pointer, window::Family},
};

/// A secret fit to be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyedSecret {
    /// What the plan keeps of it.
    pub pointer: Pointer,
    /// The host it names.
    pub host: String,
    /// The port there.
    pub port: u16,
    /// Whom its clients log in as, where it says so.
    pub user: Option<String>,
    /// The key under which its URL stands.
    pub url_key: Option<String>,
    /// What its reader should know.
    pub warnings: Vec<String>,
    /// Keys that a cutover leaves as they are and that name the source, of a cluster and of an instance.
    leftovers: [Vec<String>; 2],
}

impl SurveyedSecret {
    /// Whether the application logs in as this user: given a new password, it would lock the application out.
    #[must_use]
    pub fn logs_in_as(&self, user: Option<&str>) -> bool {
        user.is_some() && self.user.as_deref() == user
    }

    /// The secret of a source of this family, with what follows from that among its warnings.
    #[must_use]
    pub fn of(mut self, family: Family) -> Self {
        let leftovers = match family {
            Family::Cluster => &self.leftovers[0],
            Family::Instance => &self.leftovers[1],
        };
        if !leftovers.is_empty() {
            let (name, keys) = (&self.pointer.secret, leftovers.join(", "));
            self.warnings.push(format!("secret {name} names the old host under {keys} too: left as it is"));
        }
        self
    }
}

/// Reads the secret and refuses one that cannot be moved and moved back.
pub async fn survey(secrets: &dyn Secrets, region: &str, wanted: &CutoverSecret) -> Result<SurveyedSecret, Refusal> {
    let name = &wanted.id;
    let missing = || Refusal::NoSuchSecret { secret: name.clone(), region: region.to_owned() };
    let description =
        secrets.describe(name).await.map_err(Refusal::aws(format!("describe secret {name}")))?.ok_or_else(missing)?;
    fit(name, region, &description)?;
    let version = secrets.get(name, &VersionRef::Current).await.map_err(Refusal::aws(format!("read secret {name}")))?;
    let version = version.ok_or_else(missing)?;
    let value = SecretValue::parse(version.value, wanted.key.as_deref())
        .map_err(|source| Refusal::NotAConnection { secret: name.clone(), source: Box::new(source) })?;
    let (host, port) = value.points_at();
    let (host, port) = (host.to_owned(), port);
    let warnings = warnings(name, &description);
    let leftovers =
        [Names::Cluster, Names::Instance].map(|names| value.leftovers(names).into_iter().map(str::to_owned).collect());
    let pointer = Pointer {
        previous: description.holder(PREVIOUS).map(str::to_owned),
        secret: description.name,
        arn: description.arn,
        version: version.version_id,
        points_at: format!("{host}:{port}"),
    };
    let user = value.connection().user.clone();
    Ok(SurveyedSecret { pointer, host, port, user, url_key: wanted.key.clone(), warnings, leftovers })
}

fn fit(name: &str, region: &str, secret: &SecretDescription) -> Result<(), Refusal> {
    let unfit =
        |why: String, hint: &str| Err(Refusal::SecretUnfit { secret: name.to_owned(), why, hint: hint.to_owned() });
    if let Some(owner) = &secret.owning_service {
        return unfit(
            format!("{owner} manages it, and nobody else may edit it"),
            "let the application read a secret of its own (host, port, user, password) and name that one under [databases.….cutover]",
        );
    }
    if secret.deleted.is_some() {
        return unfit("it is scheduled for deletion".to_owned(), "restore it first: aws secretsmanager restore-secret");
    }
    if secret.is_rotating() {
        return unfit(
            "a rotation of it has begun and not ended (AWSPENDING is on another version than AWSCURRENT)".to_owned(),
            "wait until the rotation has ended, or end it: aws secretsmanager cancel-rotate-secret, and take AWSPENDING away",
        );
    }
    if let Some(primary) = secret.primary_region.as_ref().filter(|primary| *primary != region) {
        return unfit(
            format!("it is a replica; it can be edited in {primary} only"),
            "name the primary secret, or promote this replica",
        );
    }
    Ok(())
}

fn warnings(name: &str, secret: &SecretDescription) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(next) = secret.next_rotation.filter(|_| secret.rotation_enabled) {
        warnings.push(format!(
            "secret {name} is rotated by itself, next at {}: a rotation during the recovery stops the cutover",
            crate::moment::show(next)
        ));
    }
    if !secret.replication.is_empty() {
        let regions: Vec<&str> = secret.replication.iter().map(|replica| replica.region.as_str()).collect();
        warnings
            .push(format!("secret {name} has replicas in {}: they follow by themselves, later", regions.join(", ")));
    }
    warnings
}

/// Which of a cluster's endpoints a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// The writer's: what a cutover moves.
    Writer,
    /// The readers', or a custom one.
    Other,
}

/// Whether `host` is an endpoint of the source.
pub fn leads_home(host: &str, source: &Configuration) -> bool {
    endpoint_of(host, source).is_some()
}

/// The endpoint of the source that `host` is, if it is one.
pub fn endpoint_of(host: &str, source: &Configuration) -> Option<Endpoint> {
    match source {
        Configuration::Cluster(source) => leads_to(host, &source.cluster),
        Configuration::Instance(source) => {
            let address = source.instance.address.as_ref()?;
            address.eq_ignore_ascii_case(host).then_some(Endpoint::Writer)
        }
    }
}

/// The endpoint of `cluster` that `host` is, if it is one.
pub fn leads_to(host: &str, cluster: &Cluster) -> Option<Endpoint> {
    let is = |endpoint: &String| endpoint.eq_ignore_ascii_case(host);
    if cluster.endpoint.as_ref().is_some_and(is) {
        Some(Endpoint::Writer)
    } else if cluster.reader_endpoint.iter().chain(&cluster.custom_endpoints).any(is) {
        Some(Endpoint::Other)
    } else {
        None
    }
}
