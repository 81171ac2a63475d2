//! Real PostgreSQL servers for tests: with TLS, on a loopback port of their own, gone when the test
//! is.
//!
//! A server starts from a copy of a template that the tests of one process share: roles `app`, who
//! owns database `loans`, and `validator`, who may read everything. [`Server::fork`] makes the
//! physical copy that a restore would make.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use daybreak::pg::Login;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustix::process::{Pid, Signal, kill_process};
use secrecy::SecretString;
use tempfile::TempDir;

/// The password of both roles. No error may ever show it.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

const CONFIGURATION: &str = "
listen_addresses = '127.0.0.1'
ssl = on
fsync = off
shared_buffers = 16MB
max_connections = 30
max_prepared_transactions = 4
track_commit_timestamp = on
autovacuum = off
";

const HBA: &str = "
local   all all trust
hostssl all all 127.0.0.1/32 scram-sha-256
";

/// A running server.
pub(crate) struct Server {
    process: Process,
    port: u16,
    directory: TempDir,
    template: Arc<Template>,
}

impl Server {
    /// Starts a server.
    pub(crate) fn start() -> Self {
        Self::configured("")
    }

    /// Starts a server with more lines in its configuration file; later lines prevail.
    pub(crate) fn configured(lines: &str) -> Self {
        let template = Template::shared();
        let directory = copy(template.directory.path());
        append(&directory.path().join("data/postgresql.conf"), lines);
        Self::serve(directory, template)
    }

    /// Makes a physical copy as of now and starts it beside this one, which restarts.
    pub(crate) fn fork(self) -> (Self, Self) {
        let Self { process, directory, template, .. } = self;
        process.stop(Signal::INT);
        let twin = copy(directory.path());
        (Self::serve(directory, Arc::clone(&template)), Self::serve(twin, template))
    }

    /// Restarts as a standby that follows nobody.
    pub(crate) fn standing_by(self) -> Self {
        let Self { process, directory, template, .. } = self;
        process.stop(Signal::INT);
        signal(&directory.path().join("data/standby.signal"));
        Self::serve(directory, template)
    }

    /// Restarts with `id` for the next transaction id, in epoch 0, and keeps commit timestamps from
    /// there on. Until here it must not have kept any.
    pub(crate) fn at_transaction_id(self, id: u32) -> Self {
        for database in ["postgres", "loans", "template1"] {
            psql(self.directory.path(), self.port, database, "VACUUM FREEZE");
        }
        let Self { process, directory, template, .. } = self;
        process.stop(Signal::INT);
        let data = directory.path().join("data");
        let mut reset = unprivileged("pg_resetwal");
        let oldest = id - 1_000_000;
        reset.args(["-e", "0", "-x", &id.to_string(), "-u", &oldest.to_string(), "-c", "0,0", "-D"]).arg(&data);
        succeed(&mut reset);
        // One segment of the transaction log holds 32 pages of 8 KiB, four transactions to the
        // byte.
        let segment = data.join(format!("pg_xact/{:04X}", id / (32 * 8192 * 4)));
        fs::write(&segment, vec![0; 32 * 8192]).expect("write the segment");
        give_away(&segment);
        append(&data.join("postgresql.conf"), "track_commit_timestamp = on");
        Self::serve(directory, template)
    }

    fn serve(directory: TempDir, template: Arc<Template>) -> Self {
        // Between finding a free port and listening on it another process may take it: then another
        // is tried.
        let (process, port) = loop {
            let port = free_port();
            match spawn(directory.path(), port) {
                Ok(process) => break (process, port),
                Err(log) => assert!(log.contains("Address already in use"), "PostgreSQL does not start: {log}"),
            }
        };
        Self { process, port, directory, template }
    }

    /// Returns the login of `validator` to database `loans`.
    pub(crate) fn login(&self) -> Login {
        Login {
            host: "localhost".to_owned(),
            port: self.port,
            user: "validator".to_owned(),
            database: "loans".to_owned(),
            password: SecretString::from(PASSWORD),
            via: Some(("127.0.0.1".to_owned(), self.port)),
            ca: Some(self.template.ca()),
            is_proxy: false,
            connect_timeout: Duration::from_secs(20),
        }
    }

    /// Runs SQL as superuser in database `loans` and returns what it prints.
    pub(crate) fn sql(&self, sql: &str) -> String {
        psql(self.directory.path(), self.port, "loans", sql)
    }
}

/// A server's process. Dropping it ends it at once.
struct Process(Child);

impl Process {
    fn stop(mut self, signal: Signal) {
        self.end(signal);
    }

    fn end(&mut self, signal: Signal) {
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw).expect("a process id");
        // An ended child stays a zombie until it is waited for, so its id is nobody else's.
        let _ = kill_process(pid, signal);
        self.0.wait().expect("the server's end");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // After a wait the id may be another's; the standard library knows whether it has waited.
        if let Ok(None) = self.0.try_wait() {
            self.end(Signal::QUIT);
        }
    }
}

/// A data directory ready to be copied, and the certificates. It goes when the last server made
/// from it goes.
struct Template {
    directory: TempDir,
}

impl Template {
    fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Template>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let template = Arc::new(Self::make());
            *shared = Arc::downgrade(&template);
            template
        })
    }

    fn make() -> Self {
        let directory = TempDir::with_prefix("daybreak-pg-").expect("a directory for the template");
        let path = directory.path();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("open the directory");
        certificates(path);
        give_away(path);
        let data = path.join("data");
        let mut initdb = unprivileged("initdb");
        initdb.args(["--no-sync", "--encoding=UTF8", "--locale=C", "--auth=trust", "--username=postgres"]);
        succeed(initdb.args(["--wal-segsize=1", "--pgdata"]).arg(&data));
        append(&data.join("postgresql.conf"), CONFIGURATION);
        fs::write(data.join("pg_hba.conf"), HBA).expect("write pg_hba.conf");
        let port = free_port();
        let process = spawn(path, port).expect("the template's server starts");
        let roles = format!(
            "CREATE ROLE app LOGIN PASSWORD '{PASSWORD}';
             CREATE ROLE validator LOGIN PASSWORD '{PASSWORD}' IN ROLE pg_read_all_data;
             CREATE DATABASE loans OWNER app;"
        );
        psql(path, port, "postgres", &roles);
        process.stop(Signal::INT);
        Self { directory }
    }

    fn ca(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }
}

/// Writes a certificate authority and a certificate for `localhost`.
fn certificates(directory: &Path) {
    let ca_key = KeyPair::generate().expect("a key");
    let mut ca = CertificateParams::new(Vec::new()).expect("parameters");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = ca.self_signed(&ca_key).expect("an authority");
    let issuer = Issuer::from_params(&ca, &ca_key);
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .and_then(|parameters| parameters.signed_by(&key, &issuer))
        .expect("a certificate");
    for (name, pem, mode) in [
        ("ca.pem", authority.pem(), 0o644),
        ("server.crt", certificate.pem(), 0o644),
        ("server.key", key.serialize_pem(), 0o600),
    ] {
        let path = directory.join(name);
        fs::write(&path, pem).expect("write a certificate");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("protect it");
    }
}

/// Starts a server and waits until it accepts connections; returns its log if it ends before that.
fn spawn(directory: &Path, port: u16) -> Result<Process, String> {
    let mut server = unprivileged("postgres");
    server.arg("-D").arg(directory.join("data")).args(["-p", &port.to_string()]);
    server.arg("-k").arg(directory);
    for (setting, file) in [("ssl_cert_file", "server.crt"), ("ssl_key_file", "server.key")] {
        server.arg("-c").arg(format!("{setting}={}", directory.join(file).display()));
    }
    let mut process = server.stderr(Stdio::piped()).spawn().expect("start postgres");
    let mut log = BufReader::new(process.stderr.take().expect("its log")).lines();
    let mut read = Vec::new();
    while let Some(Ok(line)) = log.next() {
        if line.contains("ready to accept") {
            // A full pipe would stop the server.
            thread::spawn(move || log.for_each(drop));
            return Ok(Process(process));
        }
        read.push(line);
    }
    process.wait().expect("its end");
    Err(read.join("\n"))
}

/// Leaves the empty file that tells a server how to start.
fn signal(path: &Path) {
    fs::write(path, "").expect("leave the signal file");
    give_away(path);
}

fn psql(directory: &Path, port: u16, database: &str, sql: &str) -> String {
    let mut psql = Command::new(binary("psql"));
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database]);
    psql.arg("-h").arg(directory).args(["-p", &port.to_string()]);
    let mut child =
        psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("start psql");
    child.stdin.take().expect("its input").write_all(sql.as_bytes()).expect("hand over the SQL");
    let output = child.wait_with_output().expect("its end");
    assert!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// Copies a server's directory, owners and modes included.
fn copy(directory: &Path) -> TempDir {
    let twin = TempDir::with_prefix("daybreak-pg-").expect("a directory for the copy");
    succeed(Command::new("cp").args(["-a", "--reflink=auto"]).arg(directory.join(".")).arg(twin.path()));
    twin
}

/// A command that does not run as root, which PostgreSQL refuses, and that dies with the thread
/// that starts it.
fn unprivileged(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    command.args(["--pdeathsig=QUIT", "--"]).arg(binary(program)).env("LC_ALL", "C").current_dir("/");
    command
}

fn give_away(directory: &Path) {
    if is_root() {
        succeed(Command::new("chown").args(["-R", "postgres:postgres"]).arg(directory));
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Finds a program of PostgreSQL: on the path, or where Debian keeps the newest version.
fn binary(name: &str) -> PathBuf {
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).map(|directory| directory.join(name)).collect::<Vec<_>>());
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin").join(name))))
        .collect();
    versions.sort();
    on_path
        .chain(versions.into_iter().rev().map(|(_, path)| path))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{name} is not installed: apt-get install postgresql"))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

fn append(path: &Path, lines: &str) {
    let mut file = fs::OpenOptions::new().append(true).open(path).expect("open the configuration");
    writeln!(file, "{lines}").expect("write the configuration");
}

fn succeed(command: &mut Command) {
    let Output { status, stderr, .. } = command.output().expect("start a program");
    assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&stderr));
}
