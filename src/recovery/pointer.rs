//! What the application follows, and its secrets, looked at before anything is created: what would be refused at the cutover,
//! after an hour of restoring, is refused now.

use futures_util::future::try_join_all;

use super::{
    configuration::Configuration, proxy::SurveyedProxy, record::SurveyedRecord, refusal::Refusal, swap::SurveyedSwap,
};
use crate::{
    aws::{
        rds::model::Cluster,
        secrets::{
            Secrets,
            model::{PREVIOUS, Replica, SecretDescription, VersionRef},
        },
    },
    config::CutoverSecret,
    pointer::{Names, SecretValue},
    steps::{
        access::Credentials,
        brief::{FollowedProxy, Pointer},
        window::Family,
    },
};

/// What the application follows and a cutover moves: all of it, or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pointers {
    /// Its secrets; the application logs in as the first one says.
    pub secrets: Vec<SurveyedSecret>,
    /// Its DNS record.
    pub record: Option<SurveyedRecord>,
    /// The proxy that it connects to.
    pub proxy: Option<SurveyedProxy>,
    /// What the profile names and the run leaves as it is, and why.
    pub left: Vec<String>,
    /// The source's name, which the target takes instead of all these.
    pub swap: Option<SurveyedSwap>,
}

impl Pointers {
    /// Whether nothing is moved.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty() && self.record.is_none() && self.proxy.is_none() && self.swap.is_none()
    }

    /// How the application logs in, as far as what it follows tells.
    #[must_use]
    pub fn clients(&self) -> Vec<Client> {
        let of_secrets = self.secrets.iter().map(|secret| Client {
            secret: secret.pointer.secret.clone(),
            credentials: secret.credentials(),
            user: secret.user.clone(),
        });
        let of_proxy = self.proxy.iter().flat_map(|proxy| {
            proxy.logins.iter().zip(&proxy.users).map(|(login, user)| Client {
                secret: login.secret.clone(),
                credentials: login.credentials(),
                user: Some(user.clone()),
            })
        });
        of_secrets.chain(of_proxy).collect()
    }

    /// What the plan's reader should know of them.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let of_secrets = self.secrets.iter().flat_map(|secret| &secret.warnings);
        let of_record = self.record.iter().flat_map(|record| &record.warnings);
        let of_proxy = self.proxy.iter().flat_map(|proxy| &proxy.warnings);
        of_secrets.chain(of_proxy).chain(of_record).chain(&self.left).cloned().collect()
    }
}

/// One login of the application's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The secret that holds it.
    pub secret: String,
    /// The login.
    pub credentials: Credentials,
    /// As whom, where it says so.
    pub user: Option<String>,
}

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
    /// The regions that it is replicated to.
    pub replicas: Vec<String>,
    /// What its reader should know.
    pub warnings: Vec<String>,
    /// Keys that a cutover leaves as they are and that name the source, of a cluster and of an instance.
    leftovers: [Vec<String>; 2],
}

impl SurveyedSecret {
    /// How its readers log in.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        Credentials::Secret { id: self.pointer.arn.clone(), url_key: self.url_key.clone() }
    }

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

/// Reads the secrets, and refuses one that is named twice.
pub async fn survey_all(
    secrets: &dyn Secrets,
    region: &str,
    wanted: &[CutoverSecret],
) -> Result<Vec<SurveyedSecret>, Refusal> {
    let found = try_join_all(wanted.iter().map(|wanted| survey(secrets, region, wanted))).await?;
    no_two_of_one(&found)?;
    Ok(found)
}

/// Refuses a secret that leads to the proxy: its clients are moved with that.
pub fn none_leads_to(proxy: &SurveyedProxy, secrets: &[SurveyedSecret]) -> Result<(), Refusal> {
    let FollowedProxy { name, endpoint, .. } = &proxy.proxy;
    match secrets.iter().find(|secret| secret.host.eq_ignore_ascii_case(endpoint)) {
        None => Ok(()),
        Some(secret) => Err(Refusal::SecretUnfit {
            secret: secret.pointer.secret.clone(),
            why: format!("it leads to proxy {name}, whose clients are moved with the proxy"),
            hint: "take the secret from [databases.….cutover], and leave the proxy there".to_owned(),
        }),
    }
}

/// Refuses a secret that is there twice: by its name, and by its ARN.
pub fn no_two_of_one(found: &[SurveyedSecret]) -> Result<(), Refusal> {
    let arn = |secret: &SurveyedSecret| secret.pointer.arn.clone();
    let twice = found.iter().enumerate().find(|(at, secret)| found[..*at].iter().any(|one| arn(one) == arn(secret)));
    match twice {
        None => Ok(()),
        Some((_, secret)) => Err(Refusal::SecretUnfit {
            secret: secret.pointer.secret.clone(),
            why: "it is named twice".to_owned(),
            hint: "name each secret once under [databases.….cutover]".to_owned(),
        }),
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
        secret: description.name.clone(),
        arn: description.arn.clone(),
        version: version.version_id,
        points_at: format!("{host}:{port}"),
    };
    let user = value.connection().user.clone();
    let replicas = description.replication.into_iter().map(|replica| replica.region).collect();
    Ok(SurveyedSecret { pointer, host, port, user, url_key: wanted.key.clone(), replicas, warnings, leftovers })
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
    if let Some(replica) = secret.replication.iter().find(|replica| replica.failed()) {
        let Replica { region, message, .. } = replica;
        let why = message.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        return unfit(
            format!("its replica in {region} has failed{why}; clients there would stay on the source"),
            &format!(
                "mend it, or do without it: aws secretsmanager remove-regions-from-replication --secret-id {} --remove-replica-regions {region}",
                secret.arn
            ),
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
        warnings.push(format!(
            "secret {name} has replicas in {}: they follow by themselves, later, and the cutover waits for them; a rollback does not",
            regions.join(", ")
        ));
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
