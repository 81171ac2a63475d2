//! A stub resolver: one question over UDP, over TCP where the answer does not fit, and nothing remembered.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use async_trait::async_trait;
use hickory_proto::{
    op::{Message, MessageType, Query, ResponseCode},
    rr::{Name, RData, RecordType},
};
use resolv_conf::ScopedIp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

use super::{Alias, Answer, ResolveError, Resolver};

/// The port of name servers.
const PORT: u16 = 53;
/// The longest answer over UDP.
const LONGEST: usize = 4096;

/// Asks real name servers.
#[derive(Debug, Clone)]
pub struct DnsResolver {
    /// Where the system names its servers. It is read for every question: networks change.
    pub(super) system: PathBuf,
    /// How long a named server may take for an answer.
    pub(super) patience: Duration,
    /// How often every server is asked.
    pub(super) attempts: u32,
}

impl Default for DnsResolver {
    fn default() -> Self {
        Self { system: PathBuf::from("/etc/resolv.conf"), patience: Duration::from_secs(3), attempts: 2 }
    }
}

#[async_trait]
impl Resolver for DnsResolver {
    async fn resolve(&self, name: &str, server: Option<SocketAddr>) -> Result<Answer, ResolveError> {
        let servers = match server {
            Some(server) => vec![server],
            None => self.servers()?,
        };
        let mut asked = Name::from_ascii(name).map_err(|_| ResolveError::NoName { name: name.to_owned() })?;
        asked.set_fqdn(true);
        let mut failed = ResolveError::NoServer { file: self.system.display().to_string() };
        for _ in 0..self.attempts {
            for &server in &servers {
                match self.ask(&asked, server).await {
                    Ok(answer) => return Ok(answer),
                    Err(error) => failed = error,
                }
            }
        }
        Err(failed)
    }
}

impl DnsResolver {
    pub(super) fn servers(&self) -> Result<Vec<SocketAddr>, ResolveError> {
        let file = self.system.display().to_string();
        let bytes =
            std::fs::read(&self.system).map_err(|source| ResolveError::System { file: file.clone(), source })?;
        let (config, _) = resolv_conf::Config::parse_with_errors(&bytes);
        let address = |server: &ScopedIp| SocketAddr::new(server.into(), PORT);
        Ok(config.nameservers.iter().map(address).collect())
    }

    async fn ask(&self, name: &Name, server: SocketAddr) -> Result<Answer, ResolveError> {
        let mut question = Message::query();
        question.metadata.recursion_desired = true;
        question.add_query(Query::query(name.clone(), RecordType::A));
        let unreachable = |source| ResolveError::Unreachable { server, source };
        let packet = question.to_vec().map_err(|error| unreachable(io::Error::other(error)))?;
        let answer = timeout(self.patience, async {
            let answer = over_udp(server, &packet, &question).await?;
            if answer.metadata.truncation { over_tcp(server, &packet, &question).await } else { Ok(answer) }
        });
        let answer = answer.await.map_err(|_| ResolveError::Silent { server })?.map_err(unreachable)?;
        match answer.metadata.response_code {
            ResponseCode::NoError => Ok(told(name, &answer)),
            ResponseCode::NXDomain => Ok(told(name, &answer)),
            code => Err(ResolveError::Refused { server, code: format!("{code:?}") }),
        }
    }
}

async fn over_udp(server: SocketAddr, packet: &[u8], question: &Message) -> io::Result<Message> {
    let own: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(own).await?;
    socket.connect(server).await?;
    socket.send(packet).await?;
    let mut buffer = vec![0; LONGEST];
    loop {
        let length = socket.recv(&mut buffer).await?;
        // What answers no question of ours is late, or somebody's attempt to answer in the server's place.
        if let Some(answer) = answer_to(question, &buffer[..length]) {
            return Ok(answer);
        }
    }
}

async fn over_tcp(server: SocketAddr, packet: &[u8], question: &Message) -> io::Result<Message> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(packet.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), packet].concat()).await?;
    let mut buffer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut buffer).await?;
    answer_to(question, &buffer).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it answers something else"))
}

fn answer_to(question: &Message, packet: &[u8]) -> Option<Message> {
    let answer = Message::from_vec(packet).ok()?;
    let ours = answer.metadata.id == question.metadata.id
        && answer.metadata.message_type == MessageType::Response
        && answer.queries == question.queries;
    ours.then_some(answer)
}

/// Where the name leads by this answer: its aliases one after another, and the addresses at their end.
fn told(name: &Name, answer: &Message) -> Answer {
    let mut at = name.clone();
    let mut told = Answer::default();
    while told.aliases.len() < answer.answers.len() {
        let alias = answer.answers.iter().find_map(|record| match &record.data {
            RData::CNAME(alias) if same(&record.name, &at) => Some((alias.0.clone(), record.ttl)),
            _ => None,
        });
        let Some((next, ttl)) = alias else { break };
        told.aliases.push(Alias { leads_to: next.to_ascii().trim_end_matches('.').to_ascii_lowercase(), ttl });
        at = next;
    }
    told.addresses = answer
        .answers
        .iter()
        .filter_map(|record| match &record.data {
            RData::A(address) if same(&record.name, &at) => Some(address.0),
            _ => None,
        })
        .collect();
    told
}

fn same(one: &Name, other: &Name) -> bool {
    one.eq_ignore_root(other)
}
