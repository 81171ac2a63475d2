//! Clients of an application that write without pause, and keep all that was acknowledged.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use serde_json::Value;

use super::{
    Lab,
    proxy::Proxy,
    sql::{PASSWORD, Sql},
    until,
    zone::Zone,
};

/// Roles of an application.
pub(crate) const ROLES: &str = "
CREATE ROLE shop LOGIN PASSWORD 'Tr0ub4dor&3#hunter2%' CONNECTION LIMIT 40;
CREATE ROLE batch LOGIN PASSWORD 'Tr0ub4dor&3#hunter2%' VALID UNTIL '2031-01-01';
CREATE ROLE weak LOGIN PASSWORD 'Tr0ub4dor&3#hunter2%';
CREATE ROLE retired NOLOGIN;
GRANT pg_read_all_data TO shop;
CREATE TABLE orders (id serial PRIMARY KEY, client int NOT NULL);
GRANT SELECT, INSERT ON orders TO shop, batch; GRANT USAGE ON SEQUENCE orders_id_seq TO shop, batch;
";

/// A connection of a client, held as long as it lives.
struct Connection {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// SQL for the server that acknowledges.
    by: &'static str,
}

impl Connection {
    fn open(scene: &SceneOfClients, user: &str) -> Self {
        let (host, port) = scene.serves_at();
        // A cluster that is renamed keeps the certificate of its former name.
        let (verify, by) = match scene.follow {
            Follow::Address(..) => ("verify-ca", "(SELECT 'timeline ' || timeline_id FROM pg_control_checkpoint())"),
            Follow::Secret(_) | Follow::Record(..) | Follow::Proxy(_) => ("verify-full", "host(inet_server_addr())"),
        };
        let target = format!(
            "host={host} port={port} user={user} dbname=loans sslmode={verify} sslrootcert={} connect_timeout=5",
            scene.lab.ca.display()
        );
        let mut process = Command::new("psql")
            .args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", &target])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("PGPASSWORD", PASSWORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("start psql");
        let input = process.stdin.take().expect("its stdin");
        let output = BufReader::new(process.stdout.take().expect("its stdout"));
        Self { process, input, output, by }
    }

    /// Writes, and returns which server acknowledged it, and the id.
    fn write(&mut self, client: usize) -> Option<(String, i64)> {
        let by = self.by;
        writeln!(self.input, "INSERT INTO orders (client) VALUES ({client}) RETURNING {by}, id;").ok()?;
        self.input.flush().ok()?;
        let mut line = String::new();
        self.output.read_line(&mut line).ok()?;
        let (by, id) = line.trim().split_once('|')?;
        Some((by.to_owned(), id.parse().ok()?))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What clients need to know of a scene.
#[derive(Clone)]
struct SceneOfClients {
    lab: &'static Lab,
    follow: Follow,
}

/// What clients follow to their database.
#[derive(Clone)]
enum Follow {
    /// A secret's host.
    Secret(String),
    /// A secret's port, and a record of this zone.
    Record(String, Zone),
    /// A proxy.
    Proxy(Proxy),
    /// An address that clients know by heart.
    Address(String, u64),
}

impl SceneOfClients {
    /// Where a client finds its database now.
    fn serves_at(&self) -> (String, u64) {
        let value = |secret: &str| -> Value { serde_json::from_str(&self.lab.aws.secret(secret)).expect("JSON") };
        let port = |value: &Value| value["port"].as_u64().expect("a port");
        match &self.follow {
            Follow::Secret(secret) => {
                let value = value(secret);
                (value["host"].as_str().expect("a host").to_owned(), port(&value))
            }
            Follow::Record(secret, zone) => (zone.resolve().1, port(&value(secret))),
            Follow::Address(host, port) => (host.clone(), *port),
            Follow::Proxy(proxy) => (proxy.host.clone(), Proxy::PORT.into()),
        }
    }
}

/// Clients that write until they are stopped: each keeps its connection, and finds its database anew when that
/// is lost. Every acknowledged write is kept, in the order of acknowledgement, with the host that gave it.
pub(crate) struct Clients {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<Vec<(String, i64)>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Clients {
    pub(crate) fn start(lab: &'static Lab, secret: &str) -> Self {
        Self::of(SceneOfClients { lab, follow: Follow::Secret(secret.to_owned()) })
    }

    /// Clients that resolve the record of a zone.
    pub(crate) fn following(lab: &'static Lab, secret: &str, zone: &Zone) -> Self {
        Self::of(SceneOfClients { lab, follow: Follow::Record(secret.to_owned(), zone.clone()) })
    }

    /// Clients that connect to a proxy.
    pub(crate) fn through(lab: &'static Lab, proxy: &Proxy) -> Self {
        Self::of(SceneOfClients { lab, follow: Follow::Proxy(proxy.clone()) })
    }

    /// Clients that know their database's address by heart. Which server acknowledged a write they tell by its timeline: two come to
    /// have one address.
    pub(crate) fn at(lab: &'static Lab, host: &str, port: u16) -> Self {
        Self::of(SceneOfClients { lab, follow: Follow::Address(host.to_owned(), port.into()) })
    }

    fn of(scene: SceneOfClients) -> Self {
        let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let start = |(client, user): (usize, &'static str)| {
            let scene = scene.clone();
            let (stop, acknowledged) = (Arc::clone(&stop), Arc::clone(&acknowledged));
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let mut connection = Connection::open(&scene, user);
                    while let Some(written) = connection.write(client) {
                        acknowledged.lock().expect("no client panicked").push(written);
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                    }
                }
            })
        };
        let threads = ["shop", "batch", "shop"].into_iter().enumerate().map(start).collect();
        Self { stop, acknowledged, threads }
    }

    fn so_far(&self) -> Vec<(String, i64)> {
        self.acknowledged.lock().expect("no client panicked").clone()
    }

    /// Waits until `host` has acknowledged some more writes.
    pub(crate) fn write_to(&self, host: &str) {
        let before = self.so_far().len();
        until(&format!("writes to {host}"), || {
            let found = self.so_far();
            (found[before..].iter().filter(|(at, _)| at == host).count() >= 5).then_some(())
        });
    }

    pub(crate) fn stop(self) -> Vec<(String, i64)> {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.threads {
            client.join().expect("a client's end");
        }
        Arc::into_inner(self.acknowledged).expect("all clients have ended").into_inner().expect("no client panicked")
    }
}

/// The hosts in the order in which they acknowledged, without repetitions.
pub(crate) fn order(acknowledged: &[(String, i64)]) -> Vec<&str> {
    let mut hosts: Vec<&str> = acknowledged.iter().map(|(host, _)| host.as_str()).collect();
    hosts.dedup();
    hosts
}

/// The acknowledged writes of a host that it does not have.
pub(crate) fn lost(sql: &Sql, acknowledged: &[(String, i64)]) -> Vec<i64> {
    let there: Vec<i64> = sql.rows("SELECT id FROM orders").lines().map(|line| line.parse().expect("an id")).collect();
    let wanted = acknowledged.iter().filter(|(host, _)| *host == sql.host).map(|(_, id)| *id);
    wanted.filter(|id| !there.contains(id)).collect()
}

/// The acknowledged writes, of any host, that this one does not have.
pub(crate) fn missing(sql: &Sql, acknowledged: &[(String, i64)]) -> Vec<i64> {
    let everywhere: Vec<(String, i64)> = acknowledged.iter().map(|(_, id)| (sql.host.clone(), *id)).collect();
    lost(sql, &everywhere)
}
