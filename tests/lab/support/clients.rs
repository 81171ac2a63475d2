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
    host: String,
}

impl Connection {
    fn open(scene: &SceneOfClients, user: &str) -> Self {
        let (host, port) = scene.serves_at();
        // A cluster that is renamed keeps the certificate of its former name.
        let verify = if scene.address.is_some() { "verify-ca" } else { "verify-full" };
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
        Self { process, input, output, host }
    }

    /// Writes, and returns the id that was acknowledged, and on which timeline: of two servers that come to have one address, that
    /// tells which it was.
    fn write(&mut self, client: usize) -> Option<(i64, String)> {
        let timeline = "(SELECT timeline_id FROM pg_control_checkpoint())";
        writeln!(self.input, "INSERT INTO orders (client) VALUES ({client}) RETURNING id, {timeline};").ok()?;
        self.input.flush().ok()?;
        let mut line = String::new();
        self.output.read_line(&mut line).ok()?;
        let (id, timeline) = line.trim().split_once('|')?;
        Some((id.parse().ok()?, format!("timeline {timeline}")))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What clients need to know of a scene.
struct SceneOfClients {
    lab: &'static Lab,
    secret: String,
    /// The zone in which clients resolve a record; without it they take the secret's host.
    zone: Option<Zone>,
    /// The address that clients know by heart, instead of both.
    address: Option<(String, u64)>,
}

impl SceneOfClients {
    /// Where a client finds its database now.
    fn serves_at(&self) -> (String, u64) {
        if let Some(address) = &self.address {
            return address.clone();
        }
        let value: Value = serde_json::from_str(&self.lab.aws.secret(&self.secret)).expect("JSON");
        let told = || value["host"].as_str().expect("a host").to_owned();
        let host = self.zone.as_ref().map_or_else(told, |zone| zone.resolve().1);
        (host, value["port"].as_u64().expect("a port"))
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
        Self::following(lab, secret, None)
    }

    /// Clients that resolve the record of a zone.
    pub(crate) fn following(lab: &'static Lab, secret: &str, zone: Option<&Zone>) -> Self {
        Self::of(|| SceneOfClients { lab, secret: secret.to_owned(), zone: zone.cloned(), address: None })
    }

    /// Clients that know their database's address by heart. The timeline stands in the place of the host that acknowledged.
    pub(crate) fn at(lab: &'static Lab, host: &str, port: u16) -> Self {
        let address = Some((host.to_owned(), u64::from(port)));
        Self::of(|| SceneOfClients { lab, secret: String::new(), zone: None, address: address.clone() })
    }

    fn of(scene: impl Fn() -> SceneOfClients) -> Self {
        let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let start = |(client, user): (usize, &'static str)| {
            let scene = scene();
            let (stop, acknowledged) = (Arc::clone(&stop), Arc::clone(&acknowledged));
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let mut connection = Connection::open(&scene, user);
                    while let Some((id, timeline)) = connection.write(client) {
                        let by = if scene.address.is_some() { timeline } else { connection.host.clone() };
                        acknowledged.lock().expect("no client panicked").push((by, id));
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
