//! Proves a database that is there, without restoring anything.

use super::{
    refusal::{Refusal, Unusable},
    survey, windows,
};
use crate::{config::Database, pg::ProofRequest, steps::world::World};

/// What to prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The database's own cluster, by its writer endpoint.
    Cluster,
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
    let (host, port, cluster_database) = match subject {
        Subject::Endpoint { host, port } => (host.clone(), *port, None),
        Subject::Cluster => {
            let cluster = windows::find(&*world.rds, region, &database.cluster).await?;
            match (cluster.endpoint, cluster.port, cluster.members.is_empty()) {
                (Some(host), Some(port), false) => (host, port, cluster.database_name),
                _ => return Err(Refusal::NoWriter { cluster: cluster.identifier }),
            }
        }
    };
    let access = survey::access(database, cluster_database.as_deref())
        .ok_or_else(|| Refusal::NoAccess { database: database.name.clone() })?;
    let login = access.at(world, &host, port).await.map_err(Unusable::from)?;
    let nothing = "a database is validated on its own, without a second one to compare with".to_owned();
    Ok(survey::questions(database).request(login, Err(nothing), None, None).map_err(Unusable::from)?)
}
