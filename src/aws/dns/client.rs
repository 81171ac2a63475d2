//! Route 53 through the SDK.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_route53::Client;
use aws_sdk_route53::config::Builder;
use aws_sdk_route53::operation::change_resource_record_sets::ChangeResourceRecordSetsError;
use aws_sdk_route53::types::ChangeStatus;
use aws_types::request_id::RequestId;

use super::api::Dns;
use super::convert::{batch, id, listed, zone};
use super::model::{HostedZone, Listed, RecordSet, plain};
use super::pace::Pace;
use super::requests::ReplaceRecord;
use crate::aws::error::{Error, ErrorKind};
use crate::aws::resend::OnlyIfThrottled;
use crate::aws::sdk::Operation;

const ZONE: Operation = Operation::route53("GetHostedZone");
const ZONES: Operation = Operation::route53("ListHostedZonesByName");
const RECORDS: Operation = Operation::route53("ListResourceRecordSets");
const REPLACE: Operation = Operation::route53(ReplaceRecord::ACTION);
const CHANGE: Operation = Operation::route53("GetChange");

/// The code of a refused batch, and the name of its document.
const INVALID_BATCH: &str = "InvalidChangeBatch";

/// The reasons of a refused batch that comes as a document of its own, instead of an error like all others: the SDK does not
/// know it then.
fn invalid_batch(body: &str) -> Option<String> {
    body.contains(&format!("<{INVALID_BATCH} ")).then(|| {
        let after = body.split("<Message>").skip(1);
        let messages: Vec<&str> = after.filter_map(|rest| rest.split("</Message>").next()).collect();
        messages.join(" ").replace("&apos;", "'").replace("&quot;", "\"")
    })
}

/// What all clients of one identity share.
#[derive(Debug, Default)]
pub(in crate::aws) struct Shared {
    pace: Pace,
    /// The last change to each record set.
    changes: Mutex<BTreeMap<Place, String>>,
}

/// Where a record set is: its zone, its name, and which of that name it is.
type Place = (String, String, Option<String>);

fn place(zone: &str, set: &RecordSet) -> Place {
    (zone.to_owned(), plain(&set.name), set.set_identifier.clone())
}

/// The account's Route 53, called through the SDK.
#[derive(Debug, Clone)]
pub struct DnsClient {
    client: Client,
    shared: Arc<Shared>,
}

impl DnsClient {
    pub(in crate::aws) fn new(client: Client, shared: Arc<Shared>) -> Self {
        Self { client, shared }
    }
}

#[async_trait]
impl Dns for DnsClient {
    async fn zone(&self, id: &str) -> Result<Option<HostedZone>, Error> {
        self.shared.pace.turn().await;
        match self.client.get_hosted_zone().id(id).send().await.map_err(|error| ZONE.failed(error)) {
            Ok(output) => output.hosted_zone.map(zone).map(Some).ok_or_else(|| ZONE.lacks("HostedZone")),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn zones_named(&self, name: &str) -> Result<Vec<HostedZone>, Error> {
        let mut found = Vec::new();
        let mut next = (Some(name.to_owned()), None);
        loop {
            self.shared.pace.turn().await;
            let request = self.client.list_hosted_zones_by_name();
            let answer = request.set_dns_name(next.0).set_hosted_zone_id(next.1).send().await;
            let output = answer.map_err(|error| ZONES.failed(error))?;
            let page = output.hosted_zones.len();
            found.extend(output.hosted_zones.into_iter().map(zone).filter(|zone| zone.name == plain(name)));
            // They are in the order of their names, the wanted one first.
            let more = output.next_dns_name.as_deref().map(plain) == Some(plain(name));
            if !output.is_truncated || page == 0 || !more {
                return Ok(found);
            }
            next = (output.next_dns_name, output.next_hosted_zone_id);
        }
    }

    async fn records(&self, zone: &str, name: &str) -> Result<Vec<Listed>, Error> {
        let mut found = Vec::new();
        let mut next = (Some(name.to_owned()), None, None);
        loop {
            self.shared.pace.turn().await;
            let (name_from, type_from, set_from) = next;
            let answer = self
                .client
                .list_resource_record_sets()
                .hosted_zone_id(zone)
                .set_start_record_name(name_from)
                .set_start_record_type(type_from)
                .set_start_record_identifier(set_from)
                .send()
                .await;
            let output = answer.map_err(|error| RECORDS.failed(error))?;
            let page = output.resource_record_sets.len();
            let sets = output.resource_record_sets.into_iter().map(listed);
            found.extend(sets.filter(|listed| plain(&listed.set.name) == plain(name)));
            let more = output.next_record_name.as_deref().map(plain) == Some(plain(name));
            if !output.is_truncated || page == 0 || !more {
                return Ok(found);
            }
            next = (output.next_record_name, output.next_record_type, output.next_record_identifier);
        }
    }

    async fn replace(&self, request: &ReplaceRecord) -> Result<String, Error> {
        let batch = batch(&request.change_batch, REPLACE)?;
        self.shared.pace.turn().await;
        let answer = self
            .client
            .change_resource_record_sets()
            .hosted_zone_id(&request.hosted_zone_id)
            .change_batch(batch)
            .customize()
            // A compare-and-set that succeeded unseen fails when repeated, and would be taken for
            // somebody else's change.
            .config_override(Builder::new().retry_classifier(OnlyIfThrottled::<ChangeResourceRecordSetsError>::new()))
            .send()
            .await;
        let output = answer.map_err(|error| {
            let body = error.raw_response().and_then(|raw| raw.body().bytes()).unwrap_or_default();
            match invalid_batch(&String::from_utf8_lossy(body)) {
                Some(reasons) => Error::answered(REPLACE.service, REPLACE.name, INVALID_BATCH, reasons)
                    .with_request_id(error.request_id().map(str::to_owned)),
                None => REPLACE.failed(error),
            }
        })?;
        let change = output.change_info.ok_or_else(|| REPLACE.lacks("ChangeInfo"))?;
        let change = id(&change.id).to_owned();
        let mut changes = self.shared.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let [_, made] = &request.change_batch.changes;
        changes.insert(place(&request.hosted_zone_id, &made.resource_record_set), change.clone());
        Ok(change)
    }

    async fn is_in_sync(&self, change: &str) -> Result<bool, Error> {
        self.shared.pace.turn().await;
        let output = self.client.get_change().id(change).send().await.map_err(|error| CHANGE.failed(error))?;
        let change = output.change_info.ok_or_else(|| CHANGE.lacks("ChangeInfo"))?;
        Ok(change.status == ChangeStatus::Insync)
    }

    fn last_change(&self, zone: &str, set: &RecordSet) -> Option<String> {
        self.shared.changes.lock().unwrap_or_else(PoisonError::into_inner).get(&place(zone, set)).cloned()
    }
}
