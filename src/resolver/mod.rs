//! DNS as the application's clients see it: a resolver is asked, and says where a name leads.

mod client;
#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};

use async_trait::async_trait;

pub use client::DnsResolver;

/// Asks resolvers.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// What a client is told that wants the addresses of `name`, by this server or else by the system's. A name that does not
    /// exist leads nowhere.
    async fn resolve(&self, name: &str, server: Option<SocketAddr>) -> Result<Answer, ResolveError>;
}

/// Where a name leads. Names are in lower case and without the dot at their end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The aliases on the way, from the name asked for on.
    pub aliases: Vec<Alias>,
    /// The addresses at its end.
    pub addresses: Vec<Ipv4Addr>,
}

/// One alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// Where it leads.
    pub leads_to: String,
    /// For how many seconds more the resolver answers so without asking again.
    pub ttl: u32,
}

/// Why a resolver's answer could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The system names no server.
    #[error("{file} names no name server")]
    NoServer {
        /// The system's file.
        file: String,
    },
    /// The system's file cannot be read.
    #[error("read the system's name servers from {file}")]
    System {
        /// The system's file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// What is asked for is no name.
    #[error("{name} is no DNS name")]
    NoName {
        /// The name.
        name: String,
    },
    /// The server cannot be asked.
    #[error("ask the name server {server}")]
    Unreachable {
        /// The server.
        server: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The server does not answer.
    #[error("the name server {server} does not answer")]
    Silent {
        /// The server.
        server: SocketAddr,
    },
    /// The server answers that it cannot.
    #[error("the name server {server} answers {code}")]
    Refused {
        /// The server.
        server: SocketAddr,
        /// The response code's name.
        code: String,
    },
}
