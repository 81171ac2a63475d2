//! Which server answered.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::session::Session;

/// Where a login landed, as the server tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Landed {
    /// The instance's identifier, from `aurora_db_instance_identifier()`; `None` where that
    /// function does not exist.
    pub instance: Option<String>,
    /// The server's own address, from `inet_server_addr()`; through a tunnel this is still the far
    /// end.
    pub address: Option<String>,
    /// The server's own port, from `inet_server_port()`.
    pub port: Option<u16>,
    /// When the server process started, from `pg_postmaster_start_time()`.
    pub started: Timestamp,
    /// Whether the server only follows another, from `pg_is_in_recovery()`: true on an Aurora
    /// reader.
    pub in_recovery: bool,
    /// The server's version, from `server_version`.
    pub version: String,
    /// The database logged in to.
    pub database: String,
    /// The role logged in as.
    pub user: String,
}

impl Landed {
    /// Says whether both logins reached the same server process.
    ///
    /// Two servers never share address, port and start at once; on Aurora the instances'
    /// identifiers must agree as well.
    #[must_use]
    pub fn same_server(&self, other: &Self) -> bool {
        (&self.instance, &self.address, self.port, self.started)
            == (&other.instance, &other.address, other.port, other.started)
    }

    /// Returns the instance's identifier, or else its address.
    #[must_use]
    pub fn name(&self) -> String {
        match (&self.instance, &self.address, self.port) {
            (Some(instance), _, _) => instance.clone(),
            (None, Some(address), Some(port)) => format!("{address}:{port}"),
            (None, _, _) => "a server without a network address".to_owned(),
        }
    }
}

/// Asks the server who it is.
pub(super) async fn landed(session: &Session) -> Result<Landed, Error> {
    let doing = "ask the server who it is";
    let row = session.one(doing, include_str!("sql/landed.sql"), &[]).await?;
    let cell = |error| Error::statement(doing, error);
    let aurora: bool = row.try_get("aurora").map_err(cell)?;
    let instance = if aurora {
        let row = session.one(doing, "SELECT aurora_db_instance_identifier()::text", &[]).await?;
        row.try_get(0).map_err(cell)?
    } else {
        None
    };
    let port: Option<i32> = row.try_get("port").map_err(cell)?;
    Ok(Landed {
        instance,
        address: row.try_get("address").map_err(cell)?,
        port: port.and_then(|port| u16::try_from(port).ok()),
        started: row.try_get("started").map_err(cell)?,
        in_recovery: row.try_get("in_recovery").map_err(cell)?,
        version: row.try_get("version").map_err(cell)?,
        database: row.try_get("database").map_err(cell)?,
        user: row.try_get("username").map_err(cell)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somewhere() -> Landed {
        Landed {
            instance: Some("loans-1".into()),
            address: Some("10.0.0.7".into()),
            port: Some(5432),
            started: Timestamp::UNIX_EPOCH,
            in_recovery: false,
            version: "15.4".into(),
            database: "loans".into(),
            user: "app".into(),
        }
    }

    #[test]
    fn another_role_on_the_same_server_is_the_same_server() {
        let other = Landed { user: "daybreak".into(), database: "postgres".into(), ..somewhere() };
        assert!(somewhere().same_server(&other));
    }

    #[test]
    fn any_trait_of_the_server_tells_two_apart() {
        let here = somewhere();
        assert!(!here.same_server(&Landed { instance: Some("loans-db-k2x4-1".into()), ..somewhere() }));
        assert!(!here.same_server(&Landed { address: Some("10.0.0.8".into()), ..somewhere() }));
        assert!(!here.same_server(&Landed { port: Some(5433), ..somewhere() }));
        assert!(!here.same_server(&Landed { started: Timestamp::constant(1, 0), ..somewhere() }));
    }

    #[test]
    fn a_server_is_called_by_its_instance_then_by_its_address() {
        assert_eq!(somewhere().name(), "loans-1");
        assert_eq!(Landed { instance: None, ..somewhere() }.name(), "10.0.0.7:5432");
    }
}
