//! RDS through the SDK.

use async_trait::async_trait;
use aws_sdk_rds::Client;
use aws_sdk_rds::config::Builder;
use aws_sdk_rds::types::{Filter, SourceType};

use super::api::{Listing, Rds};
use super::convert;
use super::model::{Cluster, ClusterSnapshot, Event, EventSource, Instance};
use super::requests::{
    AddTags, CreateInstance, DeleteCluster, DeleteInstance, ModifyCluster, RemoveTags, RestoreClusterToPointInTime,
};
use super::wire;
use crate::aws::error::{Error, ErrorKind};
use crate::aws::resend::OnlyIfThrottled;
use crate::aws::sdk::Operation;

/// The most that RDS gives a page.
pub(super) const PAGE: i32 = 100;

const DESCRIBE_CLUSTERS: Operation = Operation::rds("DescribeDBClusters");
const DESCRIBE_INSTANCES: Operation = Operation::rds("DescribeDBInstances");
const DESCRIBE_CLUSTER_SNAPSHOTS: Operation = Operation::rds("DescribeDBClusterSnapshots");
const DESCRIBE_EVENTS: Operation = Operation::rds("DescribeEvents");

/// One region's RDS, called through the SDK.
#[derive(Debug, Clone)]
pub struct RdsClient {
    pub(super) client: Client,
}

impl RdsClient {
    pub(in crate::aws) fn new(client: Client) -> Self {
        Self { client }
    }

    pub(super) async fn list_clusters(&self, filter: Option<Filter>) -> Result<Vec<Cluster>, Error> {
        let filters = filter.map(|filter| vec![filter]);
        let request = self.client.describe_db_clusters().set_filters(filters);
        let mut pages = request.into_paginator().page_size(PAGE).items().send();
        let mut clusters = Vec::new();
        while let Some(cluster) = pages.next().await {
            let cluster = cluster.map_err(|error| DESCRIBE_CLUSTERS.failed(error))?;
            clusters.push(convert::cluster(cluster, DESCRIBE_CLUSTERS)?);
        }
        Ok(clusters)
    }

    async fn list_instances(&self, filter: Option<Filter>) -> Result<Vec<Instance>, Error> {
        let filters = filter.map(|filter| vec![filter]);
        let request = self.client.describe_db_instances().set_filters(filters);
        let mut pages = request.into_paginator().page_size(PAGE).items().send();
        let mut instances = Vec::new();
        while let Some(instance) = pages.next().await {
            let instance = instance.map_err(|error| DESCRIBE_INSTANCES.failed(error))?;
            instances.push(convert::instance(instance, DESCRIBE_INSTANCES)?);
        }
        Ok(instances)
    }
}

#[async_trait]
impl Rds for RdsClient {
    async fn cluster(&self, identifier: &str) -> Result<Option<Cluster>, Error> {
        let answer = self.client.describe_db_clusters().db_cluster_identifier(identifier).send().await;
        let Some(output) = unless_not_found(answer.map_err(|error| DESCRIBE_CLUSTERS.failed(error)))? else {
            return Ok(None);
        };
        for cluster in output.db_clusters.unwrap_or_default() {
            let cluster = convert::cluster(cluster, DESCRIBE_CLUSTERS)?;
            // Around a rename RDS has been seen to answer with another cluster than the one asked
            // for.
            if is_named(identifier, &cluster.identifier, &cluster.arn) {
                return Ok(Some(cluster));
            }
        }
        Ok(None)
    }

    async fn clusters(&self) -> Result<Vec<Cluster>, Error> {
        self.list_clusters(None).await
    }

    async fn instance(&self, identifier: &str) -> Result<Option<Instance>, Error> {
        let answer = self.client.describe_db_instances().db_instance_identifier(identifier).send().await;
        let Some(output) = unless_not_found(answer.map_err(|error| DESCRIBE_INSTANCES.failed(error)))? else {
            return Ok(None);
        };
        for instance in output.db_instances.unwrap_or_default() {
            let instance = convert::instance(instance, DESCRIBE_INSTANCES)?;
            if is_named(identifier, &instance.identifier, &instance.arn) {
                return Ok(Some(instance));
            }
        }
        Ok(None)
    }

    async fn instances_of(&self, cluster: &str) -> Result<Vec<Instance>, Error> {
        let listed = self.list_instances(Some(filter("db-cluster-id", &[cluster.to_owned()]))).await;
        let mut instances = unless_not_found(listed)?.unwrap_or_default();
        // What is listed here may be deleted by name later, so membership is not left to the filter
        // alone.
        let name = cluster.rsplit(':').next().unwrap_or(cluster);
        instances.retain(|instance| {
            instance.cluster.as_deref().is_some_and(|member_of| member_of.eq_ignore_ascii_case(name))
        });
        Ok(instances)
    }

    async fn instances(&self) -> Result<Vec<Instance>, Error> {
        self.list_instances(None).await
    }

    async fn cluster_snapshot(&self, identifier: &str) -> Result<Option<ClusterSnapshot>, Error> {
        let answer =
            self.client.describe_db_cluster_snapshots().db_cluster_snapshot_identifier(identifier).send().await;
        let Some(output) = unless_not_found(answer.map_err(|error| DESCRIBE_CLUSTER_SNAPSHOTS.failed(error)))? else {
            return Ok(None);
        };
        for snapshot in output.db_cluster_snapshots.unwrap_or_default() {
            let snapshot = convert::cluster_snapshot(snapshot, DESCRIBE_CLUSTER_SNAPSHOTS)?;
            if is_named(identifier, &snapshot.identifier, &snapshot.arn) {
                return Ok(Some(snapshot));
            }
        }
        Ok(None)
    }

    async fn manual_cluster_snapshots(&self) -> Result<Vec<ClusterSnapshot>, Error> {
        let mut pages = self
            .client
            .describe_db_cluster_snapshots()
            .snapshot_type("manual")
            .into_paginator()
            .page_size(PAGE)
            .items()
            .send();
        let mut snapshots = Vec::new();
        while let Some(snapshot) = pages.next().await {
            let snapshot = snapshot.map_err(|error| DESCRIBE_CLUSTER_SNAPSHOTS.failed(error))?;
            snapshots.push(convert::cluster_snapshot(snapshot, DESCRIBE_CLUSTER_SNAPSHOTS)?);
        }
        Ok(snapshots)
    }

    async fn events(&self, source: &EventSource, minutes: u32) -> Result<Vec<Event>, Error> {
        let (kind, identifier) = match source {
            EventSource::Cluster(identifier) => (SourceType::DbCluster, identifier),
            EventSource::Instance(identifier) => (SourceType::DbInstance, identifier),
        };
        let mut pages = self
            .client
            .describe_events()
            .source_type(kind)
            .source_identifier(identifier)
            .duration(i32::try_from(minutes).unwrap_or(i32::MAX))
            .into_paginator()
            .page_size(PAGE)
            .items()
            .send();
        let mut events = Vec::new();
        while let Some(event) = pages.next().await {
            events.extend(convert::event(event.map_err(|error| DESCRIBE_EVENTS.failed(error))?));
        }
        events.sort_by_key(|event| event.date);
        Ok(events)
    }

    async fn restore_cluster_to_point_in_time(&self, request: &RestoreClusterToPointInTime) -> Result<(), Error> {
        let answer = wire::restore_cluster_to_point_in_time(&self.client, request)?
            .customize()
            .config_override(Builder::new().retry_classifier(OnlyIfThrottled::<
                aws_sdk_rds::operation::restore_db_cluster_to_point_in_time::RestoreDBClusterToPointInTimeError,
            >::new()))
            .send()
            .await;
        done(answer.map_err(|error| Operation::rds(RestoreClusterToPointInTime::ACTION).failed(error)))
    }

    async fn create_instance(&self, request: &CreateInstance) -> Result<(), Error> {
        let answer = wire::create_instance(&self.client, request)
            .customize()
            .config_override(Builder::new().retry_classifier(OnlyIfThrottled::<
                aws_sdk_rds::operation::create_db_instance::CreateDBInstanceError,
            >::new()))
            .send()
            .await;
        done(answer.map_err(|error| Operation::rds(CreateInstance::ACTION).failed(error)))
    }

    async fn modify_cluster(&self, request: &ModifyCluster) -> Result<(), Error> {
        let answer = wire::modify_cluster(&self.client, request).send().await;
        done(answer.map_err(|error| Operation::rds(ModifyCluster::ACTION).failed(error)))
    }

    async fn delete_instance(&self, request: &DeleteInstance) -> Result<(), Error> {
        let answer = wire::delete_instance(&self.client, request).send().await;
        done(answer.map_err(|error| Operation::rds(DeleteInstance::ACTION).failed(error)))
    }

    async fn delete_cluster(&self, request: &DeleteCluster) -> Result<(), Error> {
        let answer = wire::delete_cluster(&self.client, request).send().await;
        done(answer.map_err(|error| Operation::rds(DeleteCluster::ACTION).failed(error)))
    }

    async fn add_tags(&self, request: &AddTags) -> Result<(), Error> {
        let answer = wire::add_tags(&self.client, request).send().await;
        done(answer.map_err(|error| Operation::rds(AddTags::ACTION).failed(error)))
    }

    async fn remove_tags(&self, request: &RemoveTags) -> Result<(), Error> {
        let answer = wire::remove_tags(&self.client, request).send().await;
        done(answer.map_err(|error| Operation::rds(RemoveTags::ACTION).failed(error)))
    }
}

#[async_trait]
impl Listing for RdsClient {
    async fn clusters_named(&self, identifiers: &[String]) -> Result<Vec<Cluster>, Error> {
        self.list_clusters(Some(filter("db-cluster-id", identifiers))).await
    }

    async fn instances_named(&self, identifiers: &[String]) -> Result<Vec<Instance>, Error> {
        self.list_instances(Some(filter("db-instance-id", identifiers))).await
    }

    async fn instances_of_any(&self, clusters: &[String]) -> Result<Vec<Instance>, Error> {
        self.list_instances(Some(filter("db-cluster-id", clusters))).await
    }
}

pub(super) fn filter(name: &str, values: &[String]) -> Filter {
    Filter::builder().name(name).set_values(Some(values.to_vec())).build()
}

/// The answer to a change is a first glimpse of the resource, and stale at once; callers describe
/// instead.
pub(super) fn done<T>(answer: Result<T, Error>) -> Result<(), Error> {
    answer.map(drop)
}

pub(super) fn unless_not_found<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(output) => Ok(Some(output)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// RDS stores names in lower case and takes them in any.
pub(super) fn is_named(asked: &str, identifier: &str, arn: &str) -> bool {
    asked.eq_ignore_ascii_case(identifier) || asked == arn
}
