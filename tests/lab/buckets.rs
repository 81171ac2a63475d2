//! State in S3: a run begun on one machine is gone on with on another, and no two executors go on with it at a time.

use std::{
    env,
    process::{Child, Command},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use daybreak::{
    aws::{Session, SessionOptions, s3::S3Client},
    run::store::{Lease, Store},
    store::{place::Place, s3::S3Store},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::{
    permissions::user,
    support::{
        Lab, Scene, assert_refused,
        bucket::Bucket,
        contract::{Ground, keeps_the_contract},
        daybreak::{Daybreak, Ended},
        http,
        scene::beside,
        until,
    },
};

/// A scene whose runs are kept in a bucket, and nowhere else.
struct Remote {
    scene: Scene,
    bucket: Bucket,
}

impl Remote {
    fn new(name: &str) -> Self {
        Self::in_bucket(Bucket::new(Lab::shared(), name))
    }

    fn in_bucket(bucket: Bucket) -> Self {
        Self { scene: Scene::new().with("DAYBREAK_STATE", bucket.state()), bucket }
    }

    /// Another person's daybreak: an empty home, the same account and the same bucket.
    fn elsewhere(&self) -> Daybreak {
        beside(self.scene.lab, self.scene.identity()).with("DAYBREAK_STATE", self.bucket.state()).with("USER", "bob")
    }

    /// Starts a recovery that stays at its watch.
    fn watching(&self) -> (Child, String) {
        self.scene.configure("", "[databases.loans.watch]\nfor = \"5m\"\ninterval = \"1s\"\n");
        let running = self.scene.start(&self.scene.recovery(&["--until", "cutover"]));
        until("the watch", || {
            let status = self.scene.run(&["status", "--output", "json"]);
            let steps = (status.code == Some(0)).then(|| status.json()["steps"].as_array().cloned()).flatten()?;
            steps.iter().any(|step| step["id"] == "watch" && step["state"] == "started").then_some(())
        });
        (running, self.bucket.runs().pop().expect("a run"))
    }

    fn lease(&self, run: &str) -> String {
        format!("daybreak/runs/{run}/lease")
    }

    fn assert_recovered(&self, ended: &Ended) {
        assert_eq!((ended.code, ended.json()["outcome"].clone()), (Some(0), json!("recovered")), "{ended}");
        let result = ended.json();
        self.scene.assert_recovered(result["target"]["identifier"].as_str().expect("a target"));
        assert_eq!(self.scene.runs(), Vec::<String>::new(), "nothing is kept on this machine");
        let run = result["run"].as_str().expect("a run");
        assert_eq!(self.bucket.read(&self.lease(run))["free"], true, "the lease is given up");
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        for run in self.bucket.runs() {
            self.scene.remove_servers(&run);
        }
    }
}

fn send(process: &Child, signal: Signal) {
    let pid = i32::try_from(process.id()).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, signal).expect("send the signal");
}

#[test]
fn a_run_whose_executor_was_killed_is_resumed_at_once_by_somebody_else() {
    let remote = Remote::new("killed-and-resumed");
    let mut running = remote.scene.start(&remote.scene.recovery(&["--until", "cutover"]));
    until("the fifth record", || (remote.bucket.records() >= 5).then_some(()));
    running.kill().expect("kill daybreak");
    running.wait().expect("its end");
    remote.assert_recovered(&remote.elsewhere().run(["resume", "--output", "json"]));
}

#[test]
fn a_run_whose_machine_is_gone_is_free_when_its_lease_has_expired() {
    let remote = Remote::new("machine-gone");
    let (mut running, run) = remote.watching();
    running.kill().expect("kill daybreak");
    running.wait().expect("its end");
    // Of a process on another machine nobody can tell whether it lives.
    remote.bucket.rewrite(&remote.lease(&run), |note| note["process"]["host"] = json!("anns-laptop"));

    let early = remote.elsewhere().run(["cancel", &run, "--yes"]);
    assert_refused(&early, 3);
    assert!(early.stderr.contains(&format!("run {run} is being executed by tester@")), "{early}");
    assert!(early.stderr.contains(", last heard of ") && early.stderr.contains(" s ago"), "{early}");
    assert!(early.stderr.contains(&format!("next: if that process has died, run {run} is free in ")), "{early}");

    remote.bucket.quirk("ahead_seconds", 60);
    let rolled_back = remote.elsewhere().run(["rollback", &run, "--yes", "--output", "json"]);
    assert_eq!(
        (rolled_back.code, rolled_back.json()["outcome"].clone()),
        (Some(0), json!("rolled_back")),
        "{rolled_back}"
    );
}

#[test]
fn one_run_has_one_executor_who_is_named_to_the_others() {
    let remote = Remote::new("one-executor");
    let (mut running, run) = remote.watching();
    for command in ["resume", "rollback", "cancel", "cutover"] {
        let ended = remote.elsewhere().run([command, &run, "--yes"]);
        assert_refused(&ended, 3);
        assert!(ended.stderr.contains(&format!("(process {})", running.id())), "{ended}");
    }
    send(&running, Signal::TERM);
    let code = running.wait().expect("daybreak's end").code();
    assert_eq!(code, Some(5), "{}", remote.scene.streams(code));
    assert_eq!(remote.bucket.read(&remote.lease(&run))["free"], true, "who is told to stop gives the lease up");
    let cancelled = remote.elsewhere().run(["rollback", &run, "--yes", "--output", "json"]);
    assert_eq!(cancelled.code, Some(0), "{cancelled}");
}

#[test]
fn an_executor_that_was_away_finds_its_run_taken_over_and_does_nothing_more() {
    let remote = Remote::new("stale-executor");
    let (mut running, run) = remote.watching();
    send(&running, Signal::STOP);
    remote.bucket.quirk("ahead_seconds", 60);
    let rolled_back = remote.elsewhere().run(["rollback", &run, "--yes", "--output", "json"]);
    assert_eq!(rolled_back.code, Some(0), "{rolled_back}");
    let (changes, records) = (remote.scene.changes(), remote.bucket.records());

    send(&running, Signal::CONT);
    let code = running.wait().expect("daybreak's end").code();
    let ended = remote.scene.streams(code);
    assert_refused(&ended, 5);
    assert!(ended.stderr.contains(&format!("went on with run {run} while this process was away")), "{ended}");
    assert_eq!((remote.scene.changes(), remote.bucket.records()), (changes, records), "it did nothing more");
    let status = remote.scene.run(&["status", &run, "--output", "json"]);
    assert_eq!(status.json()["outcome"], "rolled_back", "{status}");
}

#[test]
fn an_encrypted_bucket_that_keeps_versions_in_another_region() {
    let remote = Remote::in_bucket(Bucket::far_away(Lab::shared(), "far-and-locked").versioned().encrypted());
    let proven = remote.scene.recover(&["--until", "validated"]);
    assert_eq!(proven.code, Some(0), "{proven}");
    let run = proven.json()["run"].as_str().expect("a run").to_owned();
    remote.assert_recovered(&remote.elsewhere().run(["cutover", &run, "--yes", "--output", "json"]));
    let listed = remote.elsewhere().run(["runs", "--output", "json"]);
    assert_eq!(listed.json()["runs"][0]["run"], json!(run), "{listed}");
    let report = remote.elsewhere().run(["report", "--output", "json"]);
    assert_eq!(report.code, Some(0), "{report}");
}

#[test]
fn answers_that_are_lost_and_calls_that_fail_are_no_strangers() {
    let remote = Remote::new("lossy");
    let fault = |action: &str, kind: &str, seed: u64| {
        let probability = 0.15;
        json!({ "service": "s3", "action": action, "kind": kind, "probability": probability, "seed": seed, "match": { "Bucket": "^lossy$" } })
    };
    let kinds =
        [("PutObject", "drop-after"), ("PutObject", "500-after"), ("PutObject", "drop-before"), ("GetObject", "500")];
    let rules: Vec<Value> = kinds.iter().zip(1..).map(|((action, kind), seed)| fault(action, kind, seed)).collect();
    remote.scene.lab.faults(&json!(rules));
    let ended = remote.scene.recover(&["--until", "cutover"]);
    assert!(remote.scene.lab.struck("lossy") >= 5, "{ended}");
    remote.assert_recovered(&ended);
}

#[test]
fn a_bucket_that_overlooks_conditions_is_refused_before_anything_is_made() {
    let remote = Remote::new("overlooking");
    remote.bucket.quirk("ignores_conditions", true);
    let ended = remote.scene.recover(&["--yes"]);
    assert_refused(&ended, 3);
    assert!(
        ended.stderr.contains("s3://overlooking/daybreak cannot keep runs: it overwrites what must not exist yet"),
        "{ended}"
    );
    assert!(
        ended.stderr.contains("\n  next: keep runs in a bucket of Amazon S3, or in a directory: --state DIR"),
        "{ended}"
    );
    remote.scene.assert_untouched(&ended);
    assert_eq!(remote.bucket.runs(), Vec::<String>::new());
}

#[test]
fn a_bucket_that_is_not_there() {
    let scene = Scene::new().with("DAYBREAK_STATE", "s3://no-such-bucket/daybreak");
    for command in [vec!["recover", "loans", "--to", "latest", "--yes"], vec!["runs"], vec!["status"], vec!["resume"]] {
        let ended = scene.run(&command);
        assert_refused(&ended, 3);
        assert!(ended.stderr.contains("there is no bucket \"no-such-bucket\""), "{ended}");
        assert!(ended.stderr.contains("\n  next: make the bucket, or name another place with --state"), "{ended}");
    }
}

#[test]
fn a_permission_that_is_missing_is_named() {
    let lab: &'static Lab = Box::leak(Box::new(Lab::start(&["--iam"])));
    let bucket = Bucket::new(lab, "guarded");
    let policy = |without: &str| {
        let statement =
            |action: &str, resource: &str| json!({ "Effect": "Allow", "Action": action, "Resource": resource });
        let needed = [
            ("s3:ListBucket", "arn:aws:s3:::guarded"),
            ("s3:GetObject", "arn:aws:s3:::guarded/daybreak/*"),
            ("s3:PutObject", "arn:aws:s3:::guarded/daybreak/*"),
        ];
        let allowed: Vec<Value> = needed
            .iter()
            .filter(|(action, _)| *action != without)
            .map(|(action, resource)| statement(action, resource))
            .collect();
        json!({ "Version": "2012-10-17", "Statement": allowed }).to_string()
    };
    let recover = ["recover", "loans", "--to", "latest", "--yes"];
    for (number, action) in ["s3:PutObject", "s3:GetObject"].into_iter().enumerate() {
        let ended =
            user(lab, &format!("keeper-{number}"), &policy(action)).with("DAYBREAK_STATE", bucket.state()).run(recover);
        assert_refused(&ended, 3);
        assert!(ended.stderr.contains(&format!("\n  next: allow {action} to the identity")), "{ended}");
        assert!(ended.stderr.contains("\n  now: nothing was created or changed\n"), "{ended}");
    }
    let blind = user(lab, "blind", &policy("s3:ListBucket")).with("DAYBREAK_STATE", bucket.state()).run(["runs"]);
    assert_refused(&blind, 3);
    assert!(blind.stderr.contains("\n  next: allow s3:ListBucket to the identity"), "{blind}");
    let all = user(lab, "keeper", &policy("")).with("DAYBREAK_STATE", bucket.state()).run(["runs"]);
    assert_eq!(all.code, Some(0), "with all three the state can be used: {all}");
    assert_eq!(bucket.keys(), ["daybreak/probe"], "nothing but the probe was written");
}

/// Set for the process that is started to use the product's own session, which follows the environment.
const CHILD: &str = "DAYBREAK_TEST_CONTRACT";

#[test]
fn the_labs_s3_keeps_the_contract() {
    if let Ok(bucket) = env::var(CHILD) {
        return in_the_labs_s3(&bucket);
    }
    let bucket = Bucket::new(Lab::shared(), "contract");
    let child = Command::new(env::current_exe().expect("this test"))
        .args(["--exact", "buckets::the_labs_s3_keeps_the_contract", "--nocapture"])
        .env(CHILD, &bucket.name)
        .env("AWS_ENDPOINT_URL", &Lab::shared().endpoint)
        .envs([("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "contract"), ("AWS_SECRET_ACCESS_KEY", "contract")])
        .output()
        .expect("start it again");
    let words = String::from_utf8_lossy(&child.stdout) + String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{words}");
    assert!(bucket.keys().len() > 20, "it was in this bucket that it was kept: {words}");
}

/// A prefix of a bucket in the lab, reached as the product reaches it.
struct Prefix {
    client: S3Client,
    bucket: String,
    name: &'static str,
    ahead: Arc<AtomicU64>,
}

#[async_trait]
impl Ground for Prefix {
    fn enter(&self) -> Arc<dyn Store> {
        let place = Place::parse(&format!("s3://{}/{}", self.bucket, self.name)).expect("a place");
        let Place::Bucket(place) = place else { panic!("a bucket's place") };
        Arc::new(S3Store::new(Arc::new(self.client.clone()), place))
    }

    async fn die(&self, lease: Box<dyn Lease>) {
        drop(lease);
        let ahead = self.ahead.fetch_add(60, Ordering::Relaxed) + 60;
        let quirk = json!({ "bucket": self.bucket, "ahead_seconds": ahead }).to_string();
        let endpoint = env::var("AWS_ENDPOINT_URL").expect("the lab's");
        let (status, answer) = http::request(&endpoint, "POST", "/_lab/bucket", &[], &quirk);
        assert_eq!(status, 200, "{answer}");
    }
}

fn in_the_labs_s3(bucket: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let held = runtime.block_on(async {
        let session = Session::load(SessionOptions::default()).await.expect("a session");
        let client = session.bucket(bucket).await.expect("the bucket");
        let ahead = Arc::new(AtomicU64::new(0));
        keeps_the_contract(|name| {
            Box::new(Prefix { client: client.clone(), bucket: bucket.to_owned(), name, ahead: ahead.clone() })
        })
        .await
    });
    assert_eq!(held, 15, "tests of the contract");
}
