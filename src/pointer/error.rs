//! Why a secret's text cannot serve as a pointer.

/// Why the text of a secret is no connection that can be read and retargeted.
///
/// No message and no field repeats any of the secret's text: keys are named only where the
/// configuration or RDS's own shape names them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretValueError {
    /// The text is neither a JSON object nor a URL.
    #[error("it is neither JSON nor a `postgres://` URL")]
    NotAConnection,
    /// The text begins like a JSON object and is not one.
    #[error("it begins like JSON and is not valid at line {line}, column {column}")]
    BadJson {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
    },
    /// A key occurs twice in the JSON; readers disagree on which of the two counts.
    #[error("its JSON has a key twice, and programs differ in which of the two they read")]
    RepeatedKey,
    /// Only a user and a password, the shape of the secrets that RDS manages.
    #[error(
        "it holds a user and a password but no `host`, like the secrets that RDS manages and \
         deletes with the cluster: the application must follow a secret of its own"
    )]
    OnlyCredentials,
    /// No JSON with a user and a password, where RDS is said to keep just these.
    #[error("it is not JSON with a user and a password, as RDS writes the secrets that it manages")]
    NoCredentials,
    /// The JSON has no `host`.
    #[error("its JSON has no `host`; if a connection URL stands under a key, name that key with `secret_key`")]
    NoHost,
    /// The key that the configuration names is not there.
    #[error("its JSON has no key `{0}`")]
    NoSuchKey(String),
    /// The key that the configuration names holds something else than a text.
    #[error("the key `{0}` of its JSON does not hold a text")]
    KeyNotText(String),
    /// The configuration names a key, the secret is no JSON.
    #[error("it is not JSON, so it has no key `{0}`: remove `secret_key` if it is a plain URL")]
    NoKeys(String),
    /// The engine or the URL's scheme is that of another database.
    #[error("it is a connection to something else than PostgreSQL")]
    NotPostgres,
    /// A key of RDS's shape holds a value of the wrong type.
    #[error("`{0}` in its JSON does not hold the kind of value that RDS writes there")]
    BadField(&'static str),
    /// Several hosts are listed.
    #[error(
        "it lists several hosts, and which of them is the source's writer cannot be told: use the cluster endpoint alone"
    )]
    MultipleHosts,
    /// A parameter after the `?` overrides the host or the port.
    #[error("the parameter `{0}` of its URL overrides the address: put the address before the `/`")]
    AddressInQuery(&'static str),
    /// The host is a directory with a Unix socket, or there is none.
    #[error("its URL names no host")]
    NoUrlHost,
    /// The host is not a host name or an address.
    #[error("its host is not a host name or an IP address")]
    BadHost,
    /// The port is not a number from 1 to 65535.
    #[error("its port is not a number from 1 to 65535")]
    BadPort,
    /// An `@` follows where the host should have ended.
    #[error("an `@` stands after the end of its host: a `/`, `?` or `#` in the password must be percent-encoded")]
    MisplacedAt,
    /// Percent-encoding that does not decode to text.
    #[error("its percent-encoding does not decode to text")]
    BadEncoding,
}
