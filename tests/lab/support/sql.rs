//! psql against a server of the lab, over verified TLS. The password goes through a file, never through the command line.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::NamedTempFile;

/// Who owns the databases of the tests.
pub(crate) const MASTER: &str = "master";
/// The password of [`MASTER`], which must not be seen anywhere.
pub(crate) const PASSWORD: &str = "Tr0ub4dor&3#hunter2%";
/// The database.
pub(crate) const DATABASE: &str = "loans";

/// A server of the lab.
#[derive(Debug, Clone)]
pub(crate) struct Sql {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) ca: PathBuf,
}

impl Sql {
    /// A way in.
    pub(crate) fn new(host: &str, port: u16, ca: &Path) -> Self {
        Self { host: host.to_owned(), port, ca: ca.to_owned() }
    }

    /// Runs SQL and returns what it yields, one row a line.
    pub(crate) fn rows(&self, sql: &str) -> String {
        self.rows_as(MASTER, PASSWORD, sql)
    }

    /// The same as another user.
    pub(crate) fn rows_as(&self, user: &str, password: &str, sql: &str) -> String {
        let mut passfile = NamedTempFile::new().expect("a file for the password");
        writeln!(passfile, "*:*:*:*:{password}").expect("write the password");
        let Self { host, port, ca } = self;
        let target = format!(
            "host={host} port={port} user={user} dbname={DATABASE} sslmode=verify-full sslrootcert={}",
            ca.display()
        );
        let mut psql = Command::new("psql")
            .args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", &target])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("PGPASSFILE", passfile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("start psql");
        psql.stdin.take().expect("its stdin").write_all(sql.as_bytes()).expect("hand the SQL over");
        let output = psql.wait_with_output().expect("psql's end");
        assert!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
    }

    /// A session that stays until it is dropped, as an application's does.
    pub(crate) fn session(&self) -> Held {
        let mut passfile = NamedTempFile::new().expect("a file for the password");
        writeln!(passfile, "*:*:*:*:{PASSWORD}").expect("write the password");
        let Self { host, port, ca } = self;
        let target = format!(
            "host={host} port={port} user={MASTER} dbname={DATABASE} sslmode=verify-full sslrootcert={}",
            ca.display()
        );
        let mut psql = Command::new("psql")
            .args(["-XqAt", "-d", &target])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("PGPASSFILE", passfile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("start psql");
        psql.stdin.as_mut().expect("its stdin").write_all(b"SELECT 1;\n").expect("hand the SQL over");
        let mut line = String::new();
        BufReader::new(psql.stdout.take().expect("its stdout")).read_line(&mut line).expect("an answer");
        Held(psql)
    }
}

/// A session that is held open.
pub(crate) struct Held(Child);

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
