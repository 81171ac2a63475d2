//! Labs as processes: one that all tests share, and others for tests that change what all clients of a lab see.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{LazyLock, mpsc},
    thread,
    time::SystemTime,
};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::{aws::Aws, http};

/// A running lab.
pub(crate) struct Lab {
    pub(crate) endpoint: String,
    pub(crate) ca: PathBuf,
    /// The address of its name server.
    pub(crate) dns: String,
    pub(crate) aws: Aws,
    process: Child,
}

impl Lab {
    /// The lab that the tests of this process share. It lives as long as the process.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: LazyLock<Lab> = LazyLock::new(|| Lab::start(&[]));
        &SHARED
    }

    /// Starts another lab, which ends when it is dropped.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let (send, receive) = mpsc::channel();
        // The lab is told to end when the thread that started it ends, and that must not be a single test's.
        thread::spawn(move || {
            send.send(spawn(&arguments)).expect("the lab is awaited");
            loop {
                thread::park();
            }
        });
        let (process, ready) = receive.recv().expect("the lab is started");
        let text = |name: &str| ready[name].as_str().expect("the ready line has it").to_owned();
        let endpoint = text("endpoint");
        let (ca, dns) = (PathBuf::from(text("ca")), text("dns"));
        Self { aws: Aws::new(&endpoint, "lab-admin"), ca, dns, endpoint, process }
    }

    /// The calls that `identity`, an access key id, has made, oldest first.
    pub(crate) fn calls(&self, identity: &str) -> Vec<Value> {
        let answer = self.control("GET", &format!("/_lab/calls?identity={identity}"), &Value::Null);
        answer["calls"].as_array().expect("a list of calls").clone()
    }

    /// Adds rules for faults.
    pub(crate) fn faults(&self, rules: &Value) {
        self.control("POST", "/_lab/faults", rules);
    }

    /// Removes the rules for one caller, and lets go of the calls that they hold.
    pub(crate) fn forgive(&self, identity: &str) {
        self.control("DELETE", &format!("/_lab/faults?identity={identity}"), &Value::Null);
    }

    /// The calls of one caller that are held now; waits a little for the first.
    pub(crate) fn held(&self, identity: &str) -> Vec<Value> {
        let path = format!("/_lab/held?identity={identity}&milliseconds=200");
        let answer = self.control("GET", &path, &Value::Null);
        answer["held"].as_array().or(answer.as_array()).cloned().unwrap_or_default()
    }

    /// The rules in force, or those for one caller, with how often each has struck.
    pub(crate) fn rules(&self, identity: Option<&str>) -> Vec<Value> {
        let of_one = identity.map(|identity| format!("?identity={identity}")).unwrap_or_default();
        let answer = self.control("GET", &format!("/_lab/faults{of_one}"), &Value::Null);
        answer.as_array().expect("a list of rules").clone()
    }

    /// How often the rules whose `match` names `name` have struck.
    pub(crate) fn struck(&self, name: &str) -> u64 {
        self.rules(None)
            .iter()
            .filter(|rule| rule["match"].to_string().contains(name))
            .filter_map(|rule| rule["hits"].as_u64())
            .sum()
    }

    /// Changes delays and outcomes.
    pub(crate) fn delays(&self, changes: &Value) {
        self.control("POST", "/_lab/delays", changes);
    }

    /// Sets what is special about a bucket.
    pub(crate) fn bucket(&self, quirks: &Value) {
        self.control("POST", "/_lab/bucket", quirks);
    }

    /// Sets quotas; null lifts one.
    pub(crate) fn quotas(&self, quotas: &Value) {
        self.control("POST", "/_lab/quotas", quotas);
    }

    /// Gives each of these regions a default engine version that is not the installed one, as AWS does in time.
    pub(crate) fn newer_default_versions(&self, regions: &[&str]) {
        let installed = self.control("GET", "/_lab/versions", &Value::Null)["installed"].clone();
        let major = installed.as_str().and_then(|version| version.split('.').next()).expect("a version");
        let versions = regions.iter().map(|region| ((*region).to_owned(), json!(format!("{major}.99"))));
        self.control("POST", "/_lab/versions", &Value::Object(versions.collect()));
    }

    /// Calls EC2, for which there is no client here; the value of the first element `name` of the answer.
    pub(crate) fn ec2(&self, query: &str, name: &str) -> String {
        self.query(&Caller::default(), "ec2", &format!("{query}&Version=2016-11-15"), name)
    }

    /// The same with any service of the query protocol, as anybody.
    pub(crate) fn query(&self, caller: &Caller, service: &str, body: &str, name: &str) -> String {
        let mut headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        headers.extend(signature(&self.endpoint, caller, service, &headers, body));
        let (status, answer) = http::request(&self.endpoint, "POST", "/", &headers, body);
        assert_eq!(status, 200, "{body}: {answer}");
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let value = answer.split_once(&open).and_then(|(_, rest)| rest.split_once(&close)).map(|(value, _)| value);
        value.unwrap_or_else(|| panic!("no {name} in {answer}")).to_owned()
    }

    /// Calls KMS, for which there is no client here either.
    pub(crate) fn kms(&self, caller: &Caller, action: &str, parameters: &Value) -> Value {
        let mut headers = vec![
            ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target".to_owned(), format!("TrentService.{action}")),
        ];
        let body = parameters.to_string();
        headers.extend(signature(&self.endpoint, caller, "kms", &headers, &body));
        let (status, answer) = http::request(&self.endpoint, "POST", "/", &headers, &body);
        assert_eq!(status, 200, "{action}: {answer}");
        serde_json::from_str(&answer).unwrap_or_default()
    }

    /// A new key; its ARN.
    pub(crate) fn key(&self, caller: &Caller) -> String {
        let made = self.kms(caller, "CreateKey", &json!({}));
        made["KeyMetadata"]["Arn"].as_str().expect("an ARN").to_owned()
    }

    /// An administrator of another account.
    pub(crate) fn other_account(&self, number: &str) -> Caller {
        let role = format!("arn:aws:iam::{number}:role/test");
        let body = format!("Action=AssumeRole&RoleArn={role}&RoleSessionName=test&Version=2011-06-15");
        let me = Caller::default();
        // Each call makes another session, and any of them serves; so its three parts are read from one answer.
        let made = self.query(&me, "sts", &body, "Credentials");
        let part = |name: &str| {
            let (open, close) = (format!("<{name}>"), format!("</{name}>"));
            let value = made.split_once(&open).and_then(|(_, rest)| rest.split_once(&close)).map(|(value, _)| value);
            value.unwrap_or_else(|| panic!("no {name} in {made}")).to_owned()
        };
        let credentials = Credentials::new(
            part("AccessKeyId"),
            part("SecretAccessKey"),
            Some(part("SessionToken")),
            None,
            "the tests",
        );
        Caller { credentials, ..me }
    }

    /// Calls one of the lab's own endpoints; null is no document.
    pub(crate) fn control(&self, method: &str, path: &str, document: &Value) -> Value {
        let body = if document.is_null() { String::new() } else { document.to_string() };
        let (status, answer) = http::request(
            &self.endpoint,
            method,
            path,
            &[("content-type".to_owned(), "application/json".to_owned())],
            &body,
        );
        assert_eq!(status, 200, "{method} {path}: {answer}");
        serde_json::from_str(&answer).unwrap_or_else(|_| json!({}))
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let pid = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw).expect("a process id");
        // It has not been waited for, so its id is nobody else's.
        let _ = kill_process(pid, Signal::TERM);
        let _ = self.process.wait();
    }
}

/// Who calls, and in which region.
pub(crate) struct Caller {
    pub(crate) credentials: Credentials,
    pub(crate) region: &'static str,
}

impl Default for Caller {
    /// The lab's administrator at home.
    fn default() -> Self {
        let credentials = Credentials::new("lab-admin", "lab-admin", None, None, "the tests");
        Self { credentials, region: "eu-west-1" }
    }
}

/// The headers that sign a POST of `body` to a service.
fn signature(
    endpoint: &str,
    caller: &Caller,
    service: &str,
    headers: &[(String, String)],
    body: &str,
) -> Vec<(String, String)> {
    let identity = caller.credentials.clone().into();
    let signing = v4::SigningParams::builder().identity(&identity).region(caller.region).name(service);
    let signing =
        signing.time(SystemTime::now()).settings(SigningSettings::default()).build().expect("all is given").into();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let request = SignableRequest::new("POST", format!("{endpoint}/"), headers, SignableBody::Bytes(body.as_bytes()));
    let (signed, _) = sign(request.expect("a request"), &signing).expect("a signature").into_parts();
    signed.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Starts the lab's process and reads its ready line. Its complaints go where the test's go.
fn spawn(arguments: &[String]) -> (Child, Value) {
    let up = Path::new(env!("CARGO_MANIFEST_DIR")).join("lab/up");
    let mut process = Command::new("setpriv")
        .args(["--pdeathsig=TERM", "--"])
        .arg(up)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("start lab/up");
    let mut line = String::new();
    let stdout = process.stdout.take().expect("the lab's stdout");
    BufReader::new(stdout).read_line(&mut line).expect("read the ready line");
    assert!(
        !line.is_empty(),
        "the lab did not start (see above): `make lab` makes what it needs, and PostgreSQL's server must be installed"
    );
    (process, serde_json::from_str(&line).expect("the ready line is JSON"))
}

/// The Python of the lab's virtual environment.
pub(crate) fn python() -> PathBuf {
    let environment = std::env::var_os("DAYBREAK_LAB_VENV")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("lab/.venv"), PathBuf::from);
    let python = environment.join("bin/python");
    assert!(python.is_file(), "there is no {}: `make lab` makes it", python.display());
    python
}
