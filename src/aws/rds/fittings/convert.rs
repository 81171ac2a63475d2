//! From the SDK's endpoints and subscriptions to our model.

use aws_sdk_rds::types;

use super::model::{ClusterEndpoint, EventSubscription};
use crate::aws::error::Error;
use crate::aws::sdk::Operation;

/// None where it is a cluster's own endpoint, which has no name.
pub(super) fn cluster_endpoint(
    it: types::DbClusterEndpoint,
    operation: Operation,
) -> Result<Option<ClusterEndpoint>, Error> {
    let Some(identifier) = it.db_cluster_endpoint_identifier.filter(|name| !name.is_empty()) else { return Ok(None) };
    Ok(Some(ClusterEndpoint {
        identifier,
        resource_id: it.db_cluster_endpoint_resource_identifier,
        cluster: it.db_cluster_identifier.ok_or_else(|| operation.lacks("DBClusterIdentifier"))?,
        host: it.endpoint,
        status: it.status,
        kind: it.custom_endpoint_type,
        static_members: sorted(it.static_members),
        excluded_members: sorted(it.excluded_members),
    }))
}

pub(super) fn event_subscription(
    it: types::EventSubscription,
    operation: Operation,
) -> Result<EventSubscription, Error> {
    Ok(EventSubscription {
        name: it.cust_subscription_id.ok_or_else(|| operation.lacks("CustSubscriptionId"))?,
        source_type: it.source_type,
        sources: sorted(it.source_ids_list),
        topic: it.sns_topic_arn,
        categories: sorted(it.event_categories_list),
        enabled: it.enabled,
    })
}

fn sorted(names: Option<Vec<String>>) -> Vec<String> {
    let mut names = names.unwrap_or_default();
    names.sort_unstable();
    names
}
