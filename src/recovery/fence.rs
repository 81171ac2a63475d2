//! Whether the old writer can be fenced, asked before anything is created: a role that may not be altered, a name that is not
//! there and an application that the fence would not hold are refused now, and not with the application halfway.

use super::{
    configuration::Configuration,
    pointer::Client,
    refusal::{Refusal, Unusable},
    survey,
};
use crate::{
    aws::secrets::model::VersionRef,
    config::{self, Database, FenceMode},
    pg::{
        self,
        fencing::{Role, marker},
    },
    steps::{
        access::{Access, Credentials, read_connection, read_master},
        list_writers::Unreachable,
        window::Family,
        world::World,
        writers::Server,
    },
};

/// A fence that will hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyedFence {
    /// The source, and how it is logged in to.
    pub server: Server,
    /// How the target is.
    pub target: Access,
    /// The roles that the profile names.
    pub roles: Vec<String>,
    /// The roles that are fenced, as seen now.
    pub seen: Vec<String>,
    /// The application's logins that it holds, to be tried.
    pub clients: Vec<Credentials>,
    /// What to do when the source cannot be reached.
    pub when_unreachable: Unreachable,
    /// What the plan's reader should know.
    pub warnings: Vec<String>,
}

/// Who takes the writes until it is fenced.
#[derive(Debug, Clone, Copy)]
pub struct OldWriter<'a> {
    /// Whether it is a cluster or an instance.
    pub family: Family,
    /// Its name.
    pub identifier: &'a str,
    /// Its region.
    pub region: &'a str,
    /// Where it takes writes, as far as it is known.
    pub serves_at: Option<(&'a str, u16)>,
    /// The database made with it.
    pub made_with: Option<&'a str>,
}

impl<'a> OldWriter<'a> {
    /// The source of a recovery.
    #[must_use]
    pub fn of(source: &'a Configuration, region: &'a str) -> Self {
        let (host, port) = source.serves_at();
        Self {
            family: source.family(),
            identifier: source.identifier(),
            region,
            serves_at: host.zip(port),
            made_with: source.database_name(),
        }
    }
}

/// Surveys the fence that the profile wants; none where it wants none, or nothing is moved. What is moved is a secret, or the name.
pub async fn survey(
    world: &World,
    source: OldWriter<'_>,
    database: &Database,
    clients: &[Client],
    swaps: bool,
) -> Result<Option<SurveyedFence>, Refusal> {
    let wanted = &database.fence;
    if wanted.mode != FenceMode::Roles || (clients.is_empty() && !swaps) {
        return Ok(None);
    }
    let unfit = |why: String, hint: String| Refusal::Unfenceable { database: database.name.clone(), why, hint };
    let Some(access) = access(database, source.made_with) else {
        return Err(unfit(
            "there is no way to log in".to_owned(),
            format!(
                "set secret under [databases.{}.fence]: a login that may alter the application's roles",
                database.name
            ),
        ));
    };
    if clients.is_empty() && wanted.roles.is_empty() {
        return Err(unfit(
            "only a name is moved, and nothing says whom the application logs in as".to_owned(),
            format!(
                "name the application's roles: roles under [databases.{}.fence]; mode = \"none\" recovers without a fence",
                database.name
            ),
        ));
    }
    let Some((host, port)) = source.serves_at else {
        return Err(unfit(
            format!("{} has no endpoint", source.identifier),
            "mode = \"none\" under [databases.….fence] recovers without a fence".to_owned(),
        ));
    };
    let server = Server {
        family: source.family,
        region: source.region.to_owned(),
        identifier: source.identifier.to_owned(),
        host: host.to_owned(),
        port,
        access: survey::source_access(&access),
    };
    let when_unreachable = match wanted.when_unreachable {
        config::Unreachable::Stop => Unreachable::Stop,
        config::Unreachable::GoOn => Unreachable::GoOn,
    };
    let mut fence = SurveyedFence {
        server,
        target: access,
        roles: wanted.roles.clone(),
        seen: wanted.roles.clone(),
        clients: clients.iter().map(|client| client.credentials.clone()).collect(),
        when_unreachable,
        warnings: Vec::new(),
    };
    let login = fence.server.login(world).await.map_err(Unusable::from)?;
    let application = clients.first().and_then(|client| client.user.as_ref());
    if application == Some(&login.user) {
        return Err(unfit(
            format!("the application logs in as {}, and so would the fence, which would shut itself out", login.user),
            format!("give the fence a login of its own: secret under [databases.{}.fence]", database.name),
        ));
    }
    // A run has its own; this one is made and rolled back.
    let marker = marker("rehearsal");
    let found = match world.fencing.writers(&login, &wanted.roles, &marker).await {
        Ok(found) => found,
        Err(error) if error.may_pass() => {
            fence.warnings.push(format!("whether the source can be fenced is not known, it does not answer: {error}"));
            return Ok(Some(fence));
        }
        Err(error) => return Err(refused_login(database, &error)),
    };
    if let Some((role, kept)) = found.kept.first() {
        let hint = "name the application's roles only, under roles of [databases.….fence]".to_owned();
        return Err(unfit(format!("role {role} {}", kept.words()), hint));
    }
    if !found.missing.is_empty() {
        let hint = "correct roles under [databases.….fence]".to_owned();
        return Err(unfit(format!("there is no role {}", found.missing.join(", ")), hint));
    }
    let held = |user: &&String| found.open.iter().any(|role| role.name == **user);
    if let Some(user) = application.filter(|user| !held(user)) {
        let who = found.open.iter().map(|role| role.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(unfit(
            format!("the application logs in as {user}, and the fence would hold only {who}"),
            format!("name {user} in roles under [databases.{}.fence]", database.name),
        ));
    }
    // What rotates passwords, for one, is no client: it may write, and does not.
    for (user, client) in clients.iter().filter_map(|client| Some((client.user.as_ref()?, client))) {
        if !held(&user) {
            fence.clients.retain(|held| *held != client.credentials);
            let name = &client.secret;
            fence.warnings.push(format!("secret {name} logs in as {user}, whom the fence does not hold"));
        }
    }
    rehearse(world, database, &login, &marker, &found.open).await?;
    if clients.is_empty() {
        fence.clients = own_login(world, database, &source, &found.open).await?.into_iter().collect();
        if fence.clients.is_empty() {
            let untried = "the fence will not be tried: no login of the profile is one of the application's roles";
            fence.warnings.push(untried.to_owned());
        }
    }
    fence.seen = found.open.into_iter().map(|role| role.name).collect();
    Ok(Some(fence))
}

/// daybreak's own login, where it is one of the roles that are fenced: then the fence is tried with it.
async fn own_login(
    world: &World,
    database: &Database,
    source: &OldWriter<'_>,
    roles: &[Role],
) -> Result<Option<Credentials>, Refusal> {
    let Some(Access { credentials, .. }) = survey::access(database, source.made_with) else { return Ok(None) };
    let user = match &credentials {
        Credentials::IamUser { name } => Some(name.clone()),
        Credentials::UserSecret { id } => Some(read_master(world, id).await.map_err(Unusable::from)?.user),
        Credentials::Secret { id, url_key } => {
            let read = read_connection(world, id, &VersionRef::Current, url_key.as_deref()).await;
            read.map_err(Unusable::from)?.user
        }
    };
    Ok(user.filter(|user| roles.iter().any(|role| role.name == *user)).map(|_| credentials))
}

async fn rehearse(
    world: &World,
    database: &Database,
    login: &pg::Login,
    marker: &str,
    roles: &[Role],
) -> Result<(), Refusal> {
    let refused = match world.fencing.rehearse(login, marker, roles).await {
        Ok(refused) => refused,
        Err(error) => return Err(refused_login(database, &error)),
    };
    let Some((role, error)) = refused.into_iter().next() else { return Ok(()) };
    Err(Refusal::Unfenceable {
        database: database.name.clone(),
        why: format!("role {role} may not be altered by {}: {error}", login.user),
        hint: format!(
            "give {} CREATEROLE, ADMIN OPTION on {role} and pg_signal_backend, or name another secret under [databases.….fence]",
            login.user
        ),
    })
}

fn refused_login(database: &Database, error: &pg::Error) -> Refusal {
    Refusal::Unfenceable {
        database: database.name.clone(),
        why: error.to_string(),
        hint: error.hint.clone().unwrap_or_else(|| {
            "name a login that may alter roles: secret under [databases.….fence]; mode = \"none\" recovers without a fence"
                .to_owned()
        }),
    }
}

/// How the fence logs in: with a secret of its own, else as daybreak does everywhere.
fn access(database: &Database, cluster_database: Option<&str>) -> Option<Access> {
    let Some(id) = &database.fence.secret else { return survey::access(database, cluster_database) };
    let connect = config::Connect { credentials: config::Credentials::Secret(id.clone()), ..database.connect.clone() };
    let own = Database { connect, ..database.clone() };
    let access = survey::access(&own, cluster_database)?;
    Some(Access { credentials: Credentials::Secret { id: id.clone(), url_key: None }, ..access })
}
