//! The RDS Proxy that the application connects to, looked at before anything is created: what would be refused at the cutover,
//! after an hour of restoring, is refused now.

use super::{
    configuration::Configuration,
    refusal::{Refusal, Unusable},
    survey::source_access,
};
use crate::{
    aws::rds::proxies::model::Proxy,
    config::{CutoverProxy, Database},
    pg::Login,
    steps::{
        access::Access,
        brief::FollowedProxy,
        proxy::{Leads, ProxyLogin, Through},
        target::TargetName,
        world::World,
    },
};

/// The engines of a proxy for PostgreSQL.
const ENGINE_FAMILY: &str = "POSTGRESQL";

/// Where clients of a proxy for PostgreSQL connect.
const PORT: u16 = 5432;

/// A proxy fit to be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyedProxy {
    /// What the plan keeps of it.
    pub proxy: FollowedProxy,
    /// The secrets that it logs in with; those of its clients are the same.
    pub logins: Vec<ProxyLogin>,
    /// Whom its clients log in as.
    pub users: Vec<String>,
    /// The near end of a tunnel to it.
    pub via: Option<(String, u16)>,
    /// What its reader should know.
    pub warnings: Vec<String>,
}

impl SurveyedProxy {
    /// The way through it.
    #[must_use]
    pub fn through(&self, access: &Access) -> Through {
        through(&self.proxy, &self.logins, self.via.clone(), access)
    }
}

fn through(proxy: &FollowedProxy, logins: &[ProxyLogin], via: Option<(String, u16)>, access: &Access) -> Through {
    let (host, port, login) = (proxy.endpoint.clone(), proxy.port, logins[0].clone());
    Through { host, port, via, login, access: access.clone() }
}

fn unfit<T>(proxy: &str, why: impl Into<String>, hint: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::ProxyUnfit { proxy: proxy.to_owned(), why: why.into(), hint: hint.into() })
}

/// Looks at the proxy that the profile names, and refuses one that cannot be moved and moved back, or that leads to anything but
/// the source. `access` is how daybreak logs in.
pub async fn survey(
    world: &World,
    database: &Database,
    wanted: &CutoverProxy,
    source: &Configuration,
    access: Option<&Access>,
) -> Result<SurveyedProxy, Refusal> {
    let name = &wanted.name;
    let from = TargetName { family: source.family(), identifier: source.identifier().to_owned() };
    let found = look(world, name).await?;
    let Some(endpoint) = found.endpoint.clone() else {
        return unfit(name, "it has no endpoint", "wait until it is available, or name another pointer");
    };
    leads_home(world, name, &from).await?;
    same_vpc(world, database, &found, source).await?;
    let logins = logins(&found)?;
    let mut users = Vec::new();
    for login in &logins {
        let read = login.read(world).await.map_err(Unusable::from)?;
        users.push(read.user);
    }
    let timeout = world.proxies.borrow_timeout_seconds(name).await;
    let borrow_timeout_seconds = timeout.map_err(Refusal::aws(format!("look up the target group of proxy {name}")))?;
    let via = wanted.via.as_ref().map(|via| (via.host.clone(), via.port));
    let proxy = FollowedProxy {
        name: name.clone(),
        region: world.region.clone(),
        endpoint,
        port: PORT,
        leads_to: from,
        borrow_timeout_seconds,
    };
    let mut warnings = warnings(database, world, &proxy, &found);
    if let Some(access) = access {
        let through = through(&proxy, &logins, via.clone(), &source_access(access));
        warnings.extend(reachable(world, &proxy, &through, source).await?);
    }
    Ok(SurveyedProxy { proxy, logins, users, via, warnings })
}

/// The proxy, if it may be moved at all.
async fn look(world: &World, name: &str) -> Result<Proxy, Refusal> {
    let region = &world.region;
    let found = world.proxies.proxy(name).await.map_err(Refusal::aws(format!("describe proxy {name}")))?;
    let Some(found) = found else {
        let hint = format!(
            "correct proxy under [databases.….cutover]; those there are: aws rds describe-db-proxies --query 'DBProxies[].DBProxyName' --region {region}"
        );
        return unfit(name, format!("there is no such proxy in {region}"), hint);
    };
    if found.status != "available" {
        let hint =
            format!("see what is the matter: aws rds describe-db-proxies --db-proxy-name {name} --region {region}");
        return unfit(name, format!("it is {}", found.status), hint);
    }
    if found.engine_family != ENGINE_FAMILY {
        return unfit(
            name,
            format!("it is for {}, not for PostgreSQL", found.engine_family),
            "name the application's proxy",
        );
    }
    Ok(found)
}

async fn leads_home(world: &World, name: &str, source: &TargetName) -> Result<(), Refusal> {
    let targets =
        world.proxies.targets(name).await.map_err(Refusal::aws(format!("list the targets of proxy {name}")))?;
    let leads = Leads::of(&targets);
    if leads.is(source) {
        return Ok(());
    }
    let hint = "a cutover moves what leads to the source: name that proxy under [databases.….cutover]";
    unfit(name, format!("it leads to {leads}, not to {source}"), hint)
}

/// Refuses a proxy that the target could not be registered with.
async fn same_vpc(world: &World, database: &Database, proxy: &Proxy, source: &Configuration) -> Result<(), Refusal> {
    let group = database.regions.get(&world.region).and_then(|set| set.subnet_group.as_ref());
    let vpc = match group {
        Some(group) => {
            let found = world.proxies.vpc_of(group).await;
            found.map_err(Refusal::aws(format!("look up subnet group {group}")))?
        }
        None => source.instances().iter().find_map(|instance| instance.vpc_id.clone()),
    };
    match (vpc, &proxy.vpc_id) {
        (Some(target), Some(own)) if target != *own => {
            let set = group.map(|group| format!(" with subnet group {group}")).unwrap_or_default();
            let why = format!("it is in {own}, and the target would be in {target}{set}");
            let hint = "a proxy leads to databases of its own VPC only: let the target have a subnet group there, or name another pointer";
            unfit(&proxy.name, why, hint)
        }
        _ => Ok(()),
    }
}

/// Whom the proxy logs in as, by its secrets.
fn logins(proxy: &Proxy) -> Result<Vec<ProxyLogin>, Refusal> {
    let logins: Vec<ProxyLogin> = proxy
        .auth
        .iter()
        .filter_map(|auth| Some(ProxyLogin { secret: auth.secret.clone()?, token: auth.wants_token() }))
        .collect();
    if !logins.is_empty() {
        return Ok(logins);
    }
    let how = match proxy.default_auth_scheme.as_deref() {
        Some("IAM_AUTH") => "it logs in with IAM, whose permission names the source's resource id and not the target's",
        _ => "it has no secret to log in with",
    };
    unfit(&proxy.name, how, "only a proxy that logs in with secrets can be tried beforehand: name another pointer")
}

/// Logs in as a client does. Where even the source itself does not answer, nothing follows from a proxy that does not.
async fn reachable(
    world: &World,
    proxy: &FollowedProxy,
    through: &Through,
    source: &Configuration,
) -> Result<Option<String>, Refusal> {
    let name = &proxy.name;
    let (Some(host), Some(port)) = source.serves_at() else {
        return Ok(Some(format!(
            "whether proxy {name} can be reached from here is not known: the source has no writer"
        )));
    };
    let direct = through.direct(world, &through.login, host, port).await.map_err(Unusable::from)?;
    let itself = match world.postgres.connect_check(&direct).await {
        Err(error) => {
            return Ok(Some(format!(
                "proxy {name} was not tried: with its secret {host} is not logged in to: {error}"
            )));
        }
        Ok(landed) => landed,
    };
    let client: Login = through.login(world).await.map_err(Unusable::from)?;
    match world.postgres.connect_check(&client).await {
        Ok(landed) if landed.same_server(&itself) => Ok(None),
        Ok(landed) => {
            let why = format!("it led to {}, and the source's writer is {}", landed.name(), itself.name());
            unfit(name, why, "see where its endpoint, or proxy_via, leads")
        }
        Err(error) => {
            let hint = match (&error.hint, error.may_pass()) {
                (Some(hint), false) => hint.clone(),
                (None, false) => format!(
                    "see how its clients log in: aws rds describe-db-proxies --db-proxy-name {name} --region {}",
                    world.region
                ),
                (_, true) => "a proxy is reached from its VPC only: run daybreak there, or name a tunnel to it, proxy_via under [databases.….cutover]".to_owned(),
            };
            unfit(name, format!("a client cannot log in through it: {error}"), hint)
        }
    }
}

fn warnings(database: &Database, world: &World, proxy: &FollowedProxy, found: &Proxy) -> Vec<String> {
    let FollowedProxy { name, endpoint, borrow_timeout_seconds, .. } = proxy;
    let patience = match borrow_timeout_seconds {
        Some(seconds) => format!("up to {seconds} s (ConnectionBorrowTimeout), then get an error"),
        None => "up to its ConnectionBorrowTimeout, then get an error".to_owned(),
    };
    let mut warnings = vec![
        format!(
            "between source and target proxy {name} leads nowhere: open connections end, and its clients wait for {patience}; the same on the way back"
        ),
        format!(
            "clients of proxy {name} keep {endpoint} and its certificate; a name of your own in front of it fails sslmode=verify-full, before and after"
        ),
    ];
    if let Some(set) = database.regions.get(&world.region).filter(|set| !set.security_groups.is_empty()) {
        warnings.push(format!(
            "the target gets security groups of its own ({}): they must let in those of proxy {name} ({}), which daybreak cannot see",
            set.security_groups.join(", "),
            found.security_groups.join(", ")
        ));
    }
    warnings
}
