//! Proves a database that is there, without restoring anything.

use super::{
    refusal::{Refusal, Unusable},
    survey, windows,
};
use crate::{config::Database, pg::ProofRequest, steps::world::World};

/// What to prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The database's own cluster or instance, by the endpoint that takes writes.
    Own,
    /// Another server, such as a target in quarantine.
    Endpoint {
        /// Its host.
        host: String,
        /// Its port.
        port: u16,
    },
}

/// The request that puts the profile's questions to `subject`. There is no time asked for and nothing to compare with.
pub async fn request(
    world: &World,
    region: &str,
    database: &Database,
    subject: &Subject,
) -> Result<ProofRequest, Refusal> {
    let (host, port, made_with) = match subject {
        Subject::Endpoint { host, port } => (host.clone(), *port, None),
        Subject::Own => {
            let source = windows::source(&*world.rds, region, &database.source).await?;
            match source.serves_at() {
                (Some(host), Some(port)) if !source.instances().is_empty() => {
                    (host.to_owned(), port, source.database_name().map(str::to_owned))
                }
                _ => return Err(Refusal::NoWriter { cluster: source.identifier().to_owned() }),
            }
        }
    };
    let access = survey::access(database, made_with.as_deref())
        .ok_or_else(|| Refusal::NoAccess { database: database.name.clone() })?;
    let login = access.at(world, &host, port).await.map_err(Unusable::from)?;
    let nothing = "a database is validated on its own, without a second one to compare with".to_owned();
    Ok(survey::questions(database).request(login, Err(nothing), None, None).map_err(Unusable::from)?)
}
