//! From the SDK's zones and record sets to ours, and back.

use aws_sdk_route53::types;

use super::model::{HostedZone, Listed, RecordSet, ResourceRecord, plain};
use super::requests::{Action, Batch};
use crate::aws::error::Error;
use crate::aws::sdk::Operation;

pub(super) fn zone(zone: types::HostedZone) -> HostedZone {
    HostedZone {
        id: id(&zone.id).to_owned(),
        name: plain(&zone.name),
        private: zone.config.is_some_and(|config| config.private_zone),
    }
}

/// An id without the path that Route 53 puts before it.
pub(super) fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

pub(super) fn listed(it: types::ResourceRecordSet) -> Listed {
    let beyond = [
        (it.alias_target.is_some(), "an alias target"),
        (it.traffic_policy_instance_id.is_some(), "a traffic policy"),
        (it.geo_location.is_some(), "geolocation routing"),
        (it.geo_proximity_location.is_some(), "geoproximity routing"),
        (it.cidr_routing_config.is_some(), "IP-based routing"),
        (it.multi_value_answer.is_some(), "multivalue routing"),
    ];
    let set = RecordSet {
        name: it.name,
        kind: it.r#type.as_str().to_owned(),
        set_identifier: it.set_identifier,
        weight: it.weight,
        region: it.region.map(|region| region.as_str().to_owned()),
        failover: it.failover.map(|failover| failover.as_str().to_owned()),
        ttl: it.ttl.and_then(|ttl| u64::try_from(ttl).ok()),
        resource_records: it
            .resource_records
            .unwrap_or_default()
            .into_iter()
            .map(|record| ResourceRecord { value: record.value })
            .collect(),
        health_check_id: it.health_check_id,
    };
    Listed { set, beyond: beyond.into_iter().find_map(|(there, what)| there.then_some(what)) }
}

pub(super) fn batch(batch: &Batch, operation: Operation) -> Result<types::ChangeBatch, Error> {
    let unsendable = |what: String| operation.error(crate::aws::ErrorKind::InvalidParameter, what);
    let mut changes = types::ChangeBatch::builder().comment(&batch.comment);
    for change in &batch.changes {
        let action = match change.action {
            Action::Delete => types::ChangeAction::Delete,
            Action::Create => types::ChangeAction::Create,
        };
        let set = record_set(&change.resource_record_set).map_err(|error| unsendable(error.to_string()))?;
        let change = types::Change::builder().action(action).resource_record_set(set).build();
        changes = changes.changes(change.map_err(|error| unsendable(error.to_string()))?);
    }
    changes.build().map_err(|error| unsendable(error.to_string()))
}

fn record_set(set: &RecordSet) -> Result<types::ResourceRecordSet, aws_smithy_types::error::operation::BuildError> {
    let mut built = types::ResourceRecordSet::builder()
        .name(&set.name)
        .r#type(set.kind.as_str().into())
        .set_set_identifier(set.set_identifier.clone())
        .set_weight(set.weight)
        .set_region(set.region.as_deref().map(Into::into))
        .set_failover(set.failover.as_deref().map(Into::into))
        .set_ttl(set.ttl.and_then(|ttl| i64::try_from(ttl).ok()))
        .set_health_check_id(set.health_check_id.clone());
    for record in &set.resource_records {
        built = built.resource_records(types::ResourceRecord::builder().value(&record.value).build()?);
    }
    built.build()
}
