//! What is needed to log in.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

/// Where to connect, as whom, and what to trust.
#[derive(Clone, Debug)]
pub struct Login {
    /// The name the server's certificate must carry: an RDS endpoint, or an IP address if the
    /// certificate lists it.
    pub host: String,
    /// The server's TCP port.
    pub port: u16,
    /// The role to log in as.
    pub user: String,
    /// The database to log in to.
    pub database: String,
    /// The role's password, or an IAM authentication token signed for `host` and `port`.
    pub password: SecretString,
    /// The address to dial in place of `host` and `port`, such as the near end of a tunnel. The
    /// certificate is still checked for `host`.
    pub via: Option<(String, u16)>,
    /// A PEM file of certificate authorities to trust instead of the operating system's.
    pub ca: Option<PathBuf>,
    /// Whether this is the endpoint of an RDS Proxy: its certificate is one that operating systems
    /// trust, not RDS's own, so theirs are trusted as well as those in `ca`.
    pub is_proxy: bool,
    /// How long name resolution, dialling, TLS and authentication may take together.
    pub connect_timeout: Duration,
}

impl Login {
    /// Returns the host and port that are dialled.
    pub(super) fn dialled(&self) -> (&str, u16) {
        match &self.via {
            Some((host, port)) => (host, *port),
            None => (&self.host, self.port),
        }
    }

    /// Returns "connect to HOST:PORT/DATABASE as USER", with the tunnel's address when one is used.
    pub(super) fn doing(&self) -> String {
        let Self { host, port, user, database, .. } = self;
        let via = match &self.via {
            Some((host, port)) => format!(" through {host}:{port}"),
            None => String::new(),
        };
        format!("connect to {host}:{port}/{database} as {user}{via}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Login {
        /// A login through a tunnel.
        pub(in crate::pg) fn example() -> Self {
            Self {
                host: "loans.example".into(),
                port: 5432,
                user: "app".into(),
                database: "loans".into(),
                password: SecretString::from("hunter2"),
                via: Some(("127.0.0.1".into(), 15432)),
                ca: None,
                is_proxy: false,
                connect_timeout: Duration::from_secs(10),
            }
        }
    }

    #[test]
    fn debug_and_description_keep_the_password() {
        let login = Login::example();
        assert_eq!(login.doing(), "connect to loans.example:5432/loans as app through 127.0.0.1:15432");
        assert_eq!(login.dialled(), ("127.0.0.1", 15432));
        assert!(!format!("{login:?}").contains("hunter2"));
    }
}
