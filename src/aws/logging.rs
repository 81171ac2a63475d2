//! What the SDK tells whoever listens to its logging at its most talkative: the reason why nobody may.

use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
};

use secrecy::SecretString;
use serde_json::json;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber,
};

use super::{
    secrets::{Secrets, model::VersionRef, requests::PutVersion},
    testing::{script, session},
};

/// Writes down everything, at every level.
#[derive(Clone, Default)]
struct Eavesdropper(Arc<Mutex<String>>);

struct Pen<'a>(&'a mut String);

impl Visit for Pen<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = writeln!(self.0, "{}={value:?}", field.name());
    }
}

impl Subscriber for Eavesdropper {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Pen(&mut self.0.lock().expect("one thread")));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Pen(&mut self.0.lock().expect("one thread")));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = self.0.lock().expect("one thread");
        let _ = writeln!(text, "{} {}", event.metadata().level(), event.metadata().target());
        event.record(&mut Pen(&mut text));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Everything that is logged while a secret is read and written.
async fn overheard() -> String {
    // A place that logs for the first time just as a listener comes, in another test, may take it that nobody listens. The second
    // listener finds all places known.
    listen().await;
    listen().await
}

async fn listen() -> String {
    let eavesdropper = Eavesdropper::default();
    let _listening = subscriber::set_default(eavesdropper.clone());
    let read = json!({ "ARN": "arn", "Name": "db", "VersionId": "v1", "SecretString": "hunter2-read", "VersionStages": ["a"] });
    let written = json!({ "ARN": "arn", "Name": "db", "VersionId": "daybreak-20261120-142205-k3pz-put-1" });
    let http = script([(200, read.to_string()), (200, written.to_string())]);
    let secrets = session(http).await.secrets("eu-west-1");
    secrets.get("db", &VersionRef::Current).await.expect("an answer").expect("a secret");
    let request = PutVersion {
        secret_id: "db".to_owned(),
        client_request_token: "daybreak-20261120-142205-k3pz-put-1".to_owned(),
        version_stages: vec!["staged".to_owned()],
    };
    secrets.put_version(&request, &SecretString::from("hunter2-written")).await.expect("an answer");
    eavesdropper.0.lock().expect("one thread").clone()
}

/// The SDK redacts what its model calls sensitive, but writes the answer's bytes as they came: so nothing in daybreak listens
/// (tests/architecture.rs). Should this fail because the SDK no longer does so, all the better.
#[tokio::test]
async fn whoever_listens_hears_the_secrets_that_are_read() {
    let text = overheard().await;
    assert!(text.contains("TRACE aws_smithy_runtime"), "it was listened to");
    assert!(text.lines().any(|line| line.starts_with("response=") && line.contains("hunter2-read")));
}

#[tokio::test]
async fn not_even_who_listens_hears_what_is_written_or_what_signs() {
    let text = overheard().await;
    for secret in ["hunter2-written", "signing-key", "Signature="] {
        assert!(!text.contains(secret), "{secret}");
    }
}
