//! A scene: a source, a secret that an application follows, and daybreak with a profile for them. Each scene calls AWS with an
//! access key of its own, so that its calls can be told from those of the tests beside it.

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::Child,
    sync::atomic::{AtomicUsize, Ordering},
};

use aws_sdk_rds::types::DbCluster;
use serde_json::Value;

use super::{
    Lab, Source,
    aws::{own_tags, wait},
    daybreak::{Daybreak, Ended},
    source::ALL_ROWS,
    sql::Sql,
};

/// A database about to be recovered.
pub(crate) struct Scene {
    pub(crate) lab: &'static Lab,
    pub(crate) source: &'static Source,
    pub(crate) daybreak: Daybreak,
    /// The secret's name.
    pub(crate) secret: String,
    /// The secret's version that leads to the source.
    pub(crate) version: String,
    /// The secret's value that leads to the source.
    pub(crate) value: String,
    key: String,
}

impl Scene {
    /// A scene whose secret is as RDS writes it.
    pub(crate) fn new() -> Self {
        Self::with_secret(&Source::shared().rds_secret(), "")
    }

    /// A scene with this secret; `cutover` is added to the profile's table of that name.
    pub(crate) fn with_secret(value: &str, cutover: &str) -> Self {
        Self::of(Source::shared(), value, cutover)
    }

    /// A scene of another source in the shared lab.
    pub(crate) fn of(source: &'static Source, value: &str, cutover: &str) -> Self {
        let lab = Lab::shared();
        static SCENES: AtomicUsize = AtomicUsize::new(0);
        let number = SCENES.fetch_add(1, Ordering::Relaxed);
        let key = format!("scene-{number:03}");
        let secret = format!("{key}/loans/db");
        let version = lab.aws.create_secret(&secret, value);
        let scene = Self { lab, source, daybreak: beside(lab, &key), secret, version, value: value.to_owned(), key };
        scene.configure(cutover, "[databases.loans.watch]\nfor = \"0s\"\n");
        scene
    }

    /// The same with one more environment variable.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.daybreak.set(name, value);
        self
    }

    /// Writes the profile: `cutover` is added to its table, `more` follows.
    pub(crate) fn configure(&self, cutover: &str, more: &str) {
        let Self { source, secret, .. } = self;
        let connect = format!("secret = {secret:?}\nca = {:?}\n", self.lab.ca);
        let text = profile(source, &connect, &format!("secret = {secret:?}\n{cutover}\n"), more);
        self.daybreak.write("daybreak.toml", &text);
    }

    /// The access key that the scene's daybreak signs with.
    pub(crate) fn identity(&self) -> &str {
        &self.key
    }

    /// Runs daybreak to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.daybreak.run(arguments)
    }

    /// The arguments of a recovery to the second before the damage.
    pub(crate) fn recovery(&self, more: &[&str]) -> Vec<String> {
        let moment = self.source.moment.to_string();
        let fixed = ["recover", "loans", "--to", &moment, "--output", "json"];
        fixed.iter().chain(more).map(|&argument| argument.to_owned()).collect()
    }

    /// Recovers to the second before the damage, with `--output json`.
    pub(crate) fn recover(&self, more: &[&str]) -> Ended {
        self.daybreak.run(self.recovery(more))
    }

    /// Recovers as far as that, and returns the result; it must go well.
    pub(crate) fn recovered(&self, until: &str) -> Value {
        let ended = self.recover(&["--until", until]);
        assert_eq!(ended.code, Some(0), "{ended}");
        ended.json()
    }

    /// Saves a plan for a recovery to the second before the damage; its file and its target's name.
    pub(crate) fn plan(&self) -> (PathBuf, String) {
        let moment = self.source.moment.to_string();
        let ended = self.run(&["plan", "loans", "--to", &moment, "--save", "loans.plan.json", "--output", "json"]);
        assert_eq!(ended.code, Some(0), "{ended}");
        let target = ended.json()["plan"]["brief"]["target"]["identifier"].as_str().expect("a target").to_owned();
        (self.daybreak.path("loans.plan.json"), target)
    }

    /// Executes a saved plan all the way.
    pub(crate) fn execute(&self) -> Ended {
        self.run(&["recover", "--plan", "loans.plan.json", "--until", "cutover", "--output", "json"])
    }

    /// Starts daybreak, its streams into files.
    pub(crate) fn start(&self, arguments: &[String]) -> Child {
        let file = |name| fs::File::create(self.daybreak.path(name)).expect("a file for a stream");
        let mut command = self.daybreak.command(arguments);
        command.stdout(file("stdout")).stderr(file("stderr")).spawn().expect("start daybreak")
    }

    /// What a daybreak that [`Self::start`] started has written.
    pub(crate) fn streams(&self, code: Option<i32>) -> Ended {
        let read = |name| fs::read_to_string(self.daybreak.path(name)).expect("daybreak writes UTF-8");
        Ended::new(code, read("stdout"), read("stderr"), self.daybreak.home())
    }

    /// The names of the calls that this scene's daybreak made and that change something of the world; its own state is none.
    pub(crate) fn changes(&self) -> Vec<String> {
        let calls = self.lab.calls(&self.key);
        let named = calls
            .iter()
            .filter(|call| call["service"] != "s3")
            .map(|call| call["action"].as_str().expect("an action").to_owned());
        named.filter(|action| !["Describe", "List", "Get"].iter().any(|read| action.starts_with(read))).collect()
    }

    /// Fails if anything was created or changed: by what the lab was asked, by the secret's versions and by what there
    /// is on disk.
    pub(crate) fn assert_untouched(&self, ended: &Ended) {
        assert_eq!(self.changes(), Vec::<String>::new(), "{ended}");
        let versions = [(self.version.clone(), vec!["AWSCURRENT".to_owned()])];
        assert_eq!(self.lab.aws.versions(&self.secret), versions, "{ended}");
        assert_eq!(self.runs(), Vec::<String>::new(), "{ended}");
    }

    /// Fails unless all is as after a recovery that nobody disturbed: one target with its instances, the source's
    /// settings on it, the rows, two versions of the secret, and no label too many.
    pub(crate) fn assert_recovered(&self, target: &str) {
        let names = [target.to_owned(), format!("{target}-1"), format!("{target}-2")];
        assert_eq!(self.lab.aws.names(target), names);
        let (source, made) = (self.source.described(self.lab), self.lab.aws.cluster(target));
        assert_eq!(own_tags(made.tag_list()), own_tags(source.tag_list()));
        let groups = |cluster: &DbCluster| -> Vec<Option<String>> {
            cluster.vpc_security_groups().iter().map(|group| group.vpc_security_group_id.clone()).collect()
        };
        assert_eq!((groups(&made), made.deletion_protection()), (groups(&source), source.deletion_protection()));
        let application = self.application();
        assert_eq!(Some(application.host.as_str()), made.endpoint());
        assert_eq!(application.rows(ALL_ROWS), self.source.rows);
        let labels: Vec<Vec<String>> =
            self.lab.aws.versions(&self.secret).into_iter().map(|(_, labels)| labels).collect();
        assert_eq!(labels.concat().len(), 2, "{labels:?}");
        assert_eq!(self.lab.aws.version_with(&self.secret, "AWSPREVIOUS"), Some(self.version.clone()));
    }

    /// The runs that have a journal.
    pub(crate) fn runs(&self) -> Vec<String> {
        let entries = fs::read_dir(self.state().join("runs")).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().into_string().expect("UTF-8")).collect()
    }

    /// The state directory.
    pub(crate) fn state(&self) -> PathBuf {
        self.daybreak.path(".local/state/daybreak")
    }

    /// What the last record of the only run says; null while there is none that is complete.
    pub(crate) fn last_entry(&self) -> Value {
        let Some(run) = self.runs().into_iter().find(|run| self.state().join("runs").join(run).is_dir()) else {
            return Value::Null;
        };
        let entries = fs::read_dir(self.state().join("runs").join(run)).into_iter().flatten().flatten();
        let records = entries.map(|entry| entry.path());
        let last = records.filter(|path| path.extension().is_some_and(|extension| extension == "json")).max();
        let text = last.and_then(|last| fs::read_to_string(last).ok()).unwrap_or_default();
        serde_json::from_str::<Value>(&text).map(|stored| stored["record"]["entry"].clone()).unwrap_or_default()
    }

    /// How many records the only run has.
    pub(crate) fn records(&self) -> usize {
        let Some(run) = self.runs().pop() else { return 0 };
        let entries = fs::read_dir(self.state().join("runs").join(run)).into_iter().flatten().flatten();
        entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "json")).count()
    }

    /// The cluster named by the secret, as a client would reach it.
    pub(crate) fn application(&self) -> Sql {
        let value: Value = serde_json::from_str(&self.lab.aws.secret(&self.secret)).expect("RDS's shape");
        let port = value["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        Sql::new(value["host"].as_str().expect("a host"), port, &self.lab.ca)
    }
}

impl Scene {
    /// Takes the servers of a run's target away.
    pub(crate) fn remove_servers(&self, run: &str) {
        let suffix = run.rsplit('-').next().unwrap_or_default();
        let target = format!("{}-db-{suffix}", self.source.cluster);
        for number in 1..=2 {
            let instance = self.lab.aws.rds.delete_db_instance().db_instance_identifier(format!("{target}-{number}"));
            // It may be gone already, or never have been.
            let _ = wait(instance.skip_final_snapshot(true).send());
        }
    }
}

/// Takes the targets' servers away, so that those of tests that are over do not slow down the others.
impl Drop for Scene {
    fn drop(&mut self) {
        for run in self.runs() {
            self.remove_servers(&run);
        }
    }
}

/// daybreak beside a lab, signing with `key`.
pub(crate) fn beside(lab: &Lab, key: &str) -> Daybreak {
    let secret = key.to_owned();
    Daybreak::new()
        .with("AWS_ENDPOINT_URL", lab.endpoint.clone())
        .with("AWS_ACCESS_KEY_ID", key)
        .with("AWS_SECRET_ACCESS_KEY", secret)
}

/// The text of a profile `loans`.
pub(crate) fn profile(source: &Source, connect: &str, cutover: &str, more: &str) -> String {
    let Source { cluster, quarantine, .. } = source;
    let mut text = Vec::new();
    writeln!(text, "[databases.loans]\ncluster = {cluster:?}\nregion = \"eu-west-1\"").expect("write to memory");
    writeln!(text, "[databases.loans.restore]\nquarantine_security_groups = [{quarantine:?}]")
        .expect("write to memory");
    writeln!(text, "[databases.loans.connect]\n{connect}").expect("write to memory");
    writeln!(text, "[databases.loans.cutover]\n{cutover}").expect("write to memory");
    writeln!(text, "[[databases.loans.checks]]\nname = \"loans exist\"").expect("write to memory");
    writeln!(text, "query = \"SELECT count(*) FROM loans\"\nexpect = \">= 1000\"\n{more}").expect("write to memory");
    String::from_utf8(text).expect("UTF-8")
}
