//! The resolver against name servers that answer as each test wants.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use hickory_proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{
        Name, RData, Record,
        rdata::{A, CNAME},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UdpSocket},
};

use super::{Alias, Answer, DnsResolver, ResolveError, Resolver};

const NAME: &str = "db.corp.internal";

fn name(text: &str) -> Name {
    Name::from_ascii(format!("{text}.")).expect("a name")
}

fn alias(of: &str, to: &str, ttl: u32) -> Record {
    Record::from_rdata(name(of), ttl, RData::CNAME(CNAME(name(to))))
}

fn address(of: &str, last: u8) -> Record {
    Record::from_rdata(name(of), 5, RData::A(A(Ipv4Addr::new(127, 0, 0, last))))
}

fn reply(question: &Message, code: ResponseCode, records: Vec<Record>) -> Message {
    let mut reply = question.clone();
    reply.metadata.message_type = MessageType::Response;
    reply.metadata.response_code = code;
    reply.add_answers(records);
    reply
}

/// A server that answers every question over UDP with what `answers` makes of it; how often it was asked.
async fn serve(answers: impl Fn(&Message) -> Vec<Message> + Send + 'static) -> (SocketAddr, Arc<AtomicU32>) {
    serve_at(UdpSocket::bind("127.0.0.1:0").await.expect("a port"), answers)
}

fn serve_at(
    socket: UdpSocket,
    answers: impl Fn(&Message) -> Vec<Message> + Send + 'static,
) -> (SocketAddr, Arc<AtomicU32>) {
    let (at, asked) = (socket.local_addr().expect("bound"), Arc::new(AtomicU32::new(0)));
    let count = asked.clone();
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).await.expect("a question");
            count.fetch_add(1, Ordering::SeqCst);
            let question = Message::from_vec(&buffer[..length]).expect("a question");
            for answer in answers(&question) {
                socket.send_to(&answer.to_vec().expect("a packet"), from).await.expect("sent");
            }
        }
    });
    (at, asked)
}

/// One port for UDP and TCP.
async fn both() -> (UdpSocket, TcpListener) {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().expect("bound")).await {
            return (udp, tcp);
        }
    }
}

fn resolver() -> DnsResolver {
    DnsResolver { patience: Duration::from_millis(200), ..DnsResolver::default() }
}

#[tokio::test]
async fn aliases_are_followed_in_their_order_to_the_addresses_at_their_end() {
    let (at, _) = serve(|question| {
        assert!(question.metadata.recursion_desired);
        let records = vec![
            address("elsewhere.example.com", 9),
            alias("app.corp.internal", "PROD.example.com", 30),
            alias(NAME, "app.corp.internal", 60),
            address("prod.EXAMPLE.com", 2),
        ];
        vec![reply(question, ResponseCode::NoError, records)]
    })
    .await;
    let answer = resolver().resolve("DB.corp.internal", Some(at)).await.expect("an answer");
    let to = |leads_to: &str, ttl| Alias { leads_to: leads_to.to_owned(), ttl };
    assert_eq!(
        answer,
        Answer {
            aliases: vec![to("app.corp.internal", 60), to("prod.example.com", 30)],
            addresses: vec![Ipv4Addr::new(127, 0, 0, 2)],
        }
    );
}

#[tokio::test]
async fn a_circle_of_aliases_ends_and_a_name_that_is_not_there_leads_nowhere() {
    let (at, _) = serve(|question| {
        let circle = vec![alias(NAME, "b.corp.internal", 1), alias("b.corp.internal", NAME, 1)];
        vec![reply(question, ResponseCode::NoError, circle)]
    })
    .await;
    assert_eq!(resolver().resolve(NAME, Some(at)).await.expect("an answer").aliases.len(), 2);
    let (at, _) = serve(|question| vec![reply(question, ResponseCode::NXDomain, Vec::new())]).await;
    assert_eq!(resolver().resolve(NAME, Some(at)).await.expect("an answer"), Answer::default());
}

#[tokio::test]
async fn what_answers_another_question_is_not_listened_to() {
    let (at, _) = serve(|question| {
        let lie = || vec![address(NAME, 66)];
        let mut other_id = reply(question, ResponseCode::NoError, lie());
        other_id.metadata.id = other_id.metadata.id.wrapping_add(1);
        let mut other_name = reply(question, ResponseCode::NoError, lie());
        other_name.queries[0].set_name(name("elsewhere.example.com"));
        let mut no_answer = reply(question, ResponseCode::NoError, lie());
        no_answer.metadata.message_type = MessageType::Query;
        vec![other_id, other_name, no_answer, reply(question, ResponseCode::NoError, vec![address(NAME, 2)])]
    })
    .await;
    let answer = resolver().resolve(NAME, Some(at)).await.expect("an answer");
    assert_eq!(answer.addresses, [Ipv4Addr::new(127, 0, 0, 2)]);
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_fetched_over_tcp() {
    let (udp, listener) = both().await;
    let (at, _) = serve_at(udp, |question| {
        let mut cut = reply(question, ResponseCode::NoError, Vec::new());
        cut.metadata.truncation = true;
        vec![cut]
    });
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut packet = vec![0; usize::from(stream.read_u16().await.expect("a length"))];
        stream.read_exact(&mut packet).await.expect("a question");
        let question = Message::from_vec(&packet).expect("a question");
        let answer = reply(&question, ResponseCode::NoError, vec![address(NAME, 3)]).to_vec().expect("a packet");
        stream.write_u16(u16::try_from(answer.len()).expect("short")).await.expect("sent");
        stream.write_all(&answer).await.expect("sent");
    });
    let answer = resolver().resolve(NAME, Some(at)).await.expect("an answer");
    assert_eq!(answer.addresses, [Ipv4Addr::new(127, 0, 0, 3)]);
}

#[tokio::test]
async fn servers_are_asked_again_before_they_are_given_up() {
    let (at, asked) = serve(|_| Vec::new()).await;
    let error = resolver().resolve(NAME, Some(at)).await.expect_err("silence");
    assert_eq!(error.to_string(), format!("the name server {at} does not answer"));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    let (at, asked) = serve(|question| vec![reply(question, ResponseCode::Refused, Vec::new())]).await;
    let error = resolver().resolve(NAME, Some(at)).await.expect_err("a refusal");
    assert_eq!(error.to_string(), format!("the name server {at} answers Refused"));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_systems_servers_are_those_of_its_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let system = directory.path().join("resolv.conf");
    let resolver = DnsResolver { system: system.clone(), ..resolver() };
    let error = resolver.resolve(NAME, None).await.expect_err("no file");
    assert!(matches!(error, ResolveError::System { .. }), "{error}");
    std::fs::write(&system, "# none\nsearch corp.internal\n").expect("written");
    let error = resolver.resolve(NAME, None).await.expect_err("no server");
    assert!(matches!(error, ResolveError::NoServer { .. }), "{error}");
    std::fs::write(&system, "nameserver 10.0.0.2\nnameserver fd00::2\noptions nonsense\n").expect("written");
    let servers = resolver.servers().expect("servers");
    assert_eq!(servers, ["10.0.0.2:53".parse().expect("one"), "[fd00::2]:53".parse().expect("two")]);
}
