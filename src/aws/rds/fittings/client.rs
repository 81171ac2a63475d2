//! The calls through the SDK.

use async_trait::async_trait;
use aws_sdk_rds::config::Builder;
use aws_sdk_rds::operation::create_db_cluster_endpoint::CreateDBClusterEndpointError;

use super::api::Fittings;
use super::convert;
use super::model::{ClusterEndpoint, EventSubscription, Proxy};
use super::requests::{
    AddInstanceRole, AddRole, CreateClusterEndpoint, DeleteClusterEndpoint, DisableHttpEndpoint, EnableHttpEndpoint,
    RemoveInstanceRole, RemoveRole,
};
use crate::aws::error::{Error, ErrorKind};
use crate::aws::rds::RdsClient;
use crate::aws::rds::client::{PAGE, done, unless_not_found};
use crate::aws::rds::wire::{given, tags};
use crate::aws::resend::OnlyIfThrottled;
use crate::aws::sdk::Operation;

const DESCRIBE_ENDPOINTS: Operation = Operation::rds("DescribeDBClusterEndpoints");
const DESCRIBE_SUBSCRIPTIONS: Operation = Operation::rds("DescribeEventSubscriptions");
const DESCRIBE_PROXIES: Operation = Operation::rds("DescribeDBProxies");
const DESCRIBE_PROXY_TARGETS: Operation = Operation::rds("DescribeDBProxyTargets");

impl RdsClient {
    async fn endpoints(&self, cluster: Option<&str>, name: Option<&str>) -> Result<Vec<ClusterEndpoint>, Error> {
        let request = self
            .client
            .describe_db_cluster_endpoints()
            .set_db_cluster_identifier(cluster.map(str::to_owned))
            .set_db_cluster_endpoint_identifier(name.map(str::to_owned));
        let mut pages = request.into_paginator().page_size(PAGE).items().send();
        let mut endpoints = Vec::new();
        while let Some(endpoint) = pages.next().await {
            let endpoint = endpoint.map_err(|error| DESCRIBE_ENDPOINTS.failed(error))?;
            endpoints.extend(convert::cluster_endpoint(endpoint, DESCRIBE_ENDPOINTS)?);
        }
        Ok(endpoints)
    }

    /// The names of what a proxy leads to.
    async fn proxy_targets(&self, proxy: &str) -> Result<Vec<String>, Error> {
        let request = self.client.describe_db_proxy_targets().db_proxy_name(proxy);
        let mut pages = request.into_paginator().page_size(PAGE).items().send();
        let mut targets = Vec::new();
        while let Some(target) = pages.next().await {
            let target = target.map_err(|error| DESCRIBE_PROXY_TARGETS.failed(error))?;
            targets.extend([target.tracked_cluster_id, target.rds_resource_id].into_iter().flatten());
        }
        targets.sort_unstable();
        targets.dedup();
        Ok(targets)
    }
}

#[async_trait]
impl Fittings for RdsClient {
    async fn add_role(&self, request: &AddRole) -> Result<(), Error> {
        let r = request.clone();
        let call = self.client.add_role_to_db_cluster().db_cluster_identifier(r.db_cluster_identifier);
        let answer = call.role_arn(r.role_arn).set_feature_name(r.feature_name).send().await;
        done(answer.map_err(|error| Operation::rds(AddRole::ACTION).failed(error)))
    }

    async fn remove_role(&self, request: &RemoveRole) -> Result<(), Error> {
        let r = request.clone();
        let call = self.client.remove_role_from_db_cluster().db_cluster_identifier(r.db_cluster_identifier);
        let answer = call.role_arn(r.role_arn).set_feature_name(r.feature_name).send().await;
        done(answer.map_err(|error| Operation::rds(RemoveRole::ACTION).failed(error)))
    }

    async fn add_instance_role(&self, request: &AddInstanceRole) -> Result<(), Error> {
        let r = request.clone();
        let call = self.client.add_role_to_db_instance().db_instance_identifier(r.db_instance_identifier);
        let answer = call.role_arn(r.role_arn).feature_name(r.feature_name).send().await;
        done(answer.map_err(|error| Operation::rds(AddInstanceRole::ACTION).failed(error)))
    }

    async fn remove_instance_role(&self, request: &RemoveInstanceRole) -> Result<(), Error> {
        let r = request.clone();
        let call = self.client.remove_role_from_db_instance().db_instance_identifier(r.db_instance_identifier);
        let answer = call.role_arn(r.role_arn).feature_name(r.feature_name).send().await;
        done(answer.map_err(|error| Operation::rds(RemoveInstanceRole::ACTION).failed(error)))
    }

    async fn enable_http_endpoint(&self, request: &EnableHttpEndpoint) -> Result<(), Error> {
        let answer = self.client.enable_http_endpoint().resource_arn(&request.resource_arn).send().await;
        done(answer.map_err(|error| Operation::rds(EnableHttpEndpoint::ACTION).failed(error)))
    }

    async fn disable_http_endpoint(&self, request: &DisableHttpEndpoint) -> Result<(), Error> {
        let answer = self.client.disable_http_endpoint().resource_arn(&request.resource_arn).send().await;
        done(answer.map_err(|error| Operation::rds(DisableHttpEndpoint::ACTION).failed(error)))
    }

    async fn create_cluster_endpoint(&self, request: &CreateClusterEndpoint) -> Result<(), Error> {
        let r = request.clone();
        let answer = self
            .client
            .create_db_cluster_endpoint()
            .db_cluster_identifier(r.db_cluster_identifier)
            .db_cluster_endpoint_identifier(r.db_cluster_endpoint_identifier)
            .endpoint_type(r.endpoint_type)
            .set_static_members(given(r.static_members))
            .set_excluded_members(given(r.excluded_members))
            .set_tags(given(tags(r.tags)))
            .customize()
            .config_override(Builder::new().retry_classifier(OnlyIfThrottled::<CreateDBClusterEndpointError>::new()))
            .send()
            .await;
        done(answer.map_err(|error| Operation::rds(CreateClusterEndpoint::ACTION).failed(error)))
    }

    async fn delete_cluster_endpoint(&self, request: &DeleteClusterEndpoint) -> Result<(), Error> {
        let name = &request.db_cluster_endpoint_identifier;
        let answer = self.client.delete_db_cluster_endpoint().db_cluster_endpoint_identifier(name).send().await;
        done(answer.map_err(|error| Operation::rds(DeleteClusterEndpoint::ACTION).failed(error)))
    }

    async fn cluster_endpoint(&self, identifier: &str) -> Result<Option<ClusterEndpoint>, Error> {
        // Whether an unknown name is refused or answered with an empty list, AWS does not say.
        let found = unless_not_found(self.endpoints(None, Some(identifier)).await)?.unwrap_or_default();
        Ok(found.into_iter().find(|endpoint| endpoint.identifier.eq_ignore_ascii_case(identifier)))
    }

    async fn cluster_endpoints(&self, cluster: &str) -> Result<Vec<ClusterEndpoint>, Error> {
        let mut endpoints = unless_not_found(self.endpoints(Some(cluster), None).await)?.unwrap_or_default();
        endpoints.retain(|endpoint| endpoint.cluster.eq_ignore_ascii_case(cluster));
        Ok(endpoints)
    }

    async fn event_subscriptions(&self) -> Result<Vec<EventSubscription>, Error> {
        let mut pages = self.client.describe_event_subscriptions().into_paginator().page_size(PAGE).items().send();
        let mut found = Vec::new();
        while let Some(one) = pages.next().await {
            let one = one.map_err(|error| DESCRIBE_SUBSCRIPTIONS.failed(error))?;
            found.push(convert::event_subscription(one, DESCRIBE_SUBSCRIPTIONS)?);
        }
        Ok(found)
    }

    async fn proxies(&self) -> Result<Vec<Proxy>, Error> {
        let mut pages = self.client.describe_db_proxies().into_paginator().page_size(PAGE).items().send();
        let mut found = Vec::new();
        while let Some(proxy) = pages.next().await {
            let proxy = proxy.map_err(|error| DESCRIBE_PROXIES.failed(error))?;
            let name = proxy.db_proxy_name.ok_or_else(|| DESCRIBE_PROXIES.lacks("DBProxyName"))?;
            let targets = match self.proxy_targets(&name).await {
                Ok(targets) => targets,
                // It went while the others were being asked about.
                Err(error) if error.kind == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            found.push(Proxy { name, endpoint: proxy.endpoint, targets });
        }
        Ok(found)
    }
}
