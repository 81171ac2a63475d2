//! What AWS shows when it is asked.

use std::collections::BTreeMap;

use super::{
    plans::{TARGET, WRITER},
    story::{after, time},
};
use crate::{
    recovery::sighting::{Answer, Found, SecretSeen, Side, Sighting},
    run::state::RunState,
    steps::{moves, step::Step},
};

/// A look 16 minutes into the run: the target is there, about its writer there was no answer, and clients get `version`.
pub(crate) fn sighting(state: &RunState<Step>, version: &str) -> Sighting {
    let step = moves::secrets(&state.plan.steps)[0];
    let (side, host) = match version {
        "v-before" => (Side::Source, "loanserve-prod-aurora.cluster-c1.eu-west-1.rds.amazonaws.com".to_owned()),
        "v-after" => (Side::Target, format!("{TARGET}.cluster-c1.eu-west-1.rds.amazonaws.com")),
        _ => (Side::Elsewhere, "db.elsewhere.example".to_owned()),
    };
    let cluster = Found {
        called: TARGET.to_owned(),
        status: "available".to_owned(),
        resource_id: "cluster-TARGET42".to_owned(),
        created: Some(time("2026-11-20T15:00:02Z")),
        protected: false,
        stranger: None,
        endpoint: None,
    };
    let mut labels = BTreeMap::from([(version.to_owned(), vec!["AWSCURRENT".to_owned()])]);
    labels.entry(step.to_version.clone()).or_default().push(step.staging_label.clone());
    Sighting {
        at: after(960),
        things: BTreeMap::from([
            (TARGET.to_owned(), Answer::Found(cluster)),
            (WRITER.to_owned(), Answer::Unanswered("no answer within 10 s".to_owned())),
        ]),
        secrets: vec![SecretSeen {
            secret: step.secret.clone(),
            version: Ok(version.to_owned()),
            leads_to: Ok((host, 5432)),
            labels: Some(labels),
            side,
        }],
        record: None,
        proxy: None,
        name: None,
    }
}
