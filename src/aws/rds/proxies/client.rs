//! The calls through the SDK. All of them may be sent again: what was done already is told apart by its code.

use async_trait::async_trait;

use super::api::Proxies;
use super::convert;
use super::model::{Proxy, ProxyTarget};
use super::requests::{DeregisterTargets, RegisterTargets};
use crate::aws::error::Error;
use crate::aws::rds::RdsClient;
use crate::aws::rds::client::{PAGE, done, unless_not_found};
use crate::aws::rds::wire::given;
use crate::aws::sdk::Operation;

const DESCRIBE: Operation = Operation::rds("DescribeDBProxies");
const DESCRIBE_GROUPS: Operation = Operation::rds("DescribeDBProxyTargetGroups");
const DESCRIBE_TARGETS: Operation = Operation::rds("DescribeDBProxyTargets");
const DESCRIBE_SUBNET_GROUPS: Operation = Operation::rds("DescribeDBSubnetGroups");

#[async_trait]
impl Proxies for RdsClient {
    async fn proxy(&self, name: &str) -> Result<Option<Proxy>, Error> {
        let answer = self.client.describe_db_proxies().db_proxy_name(name).send().await;
        let Some(output) = unless_not_found(answer.map_err(|error| DESCRIBE.failed(error)))? else { return Ok(None) };
        let found = output.db_proxies.unwrap_or_default().into_iter().next();
        found.map(|proxy| convert::proxy(proxy, DESCRIBE)).transpose()
    }

    async fn borrow_timeout_seconds(&self, name: &str) -> Result<Option<u32>, Error> {
        let answer = self.client.describe_db_proxy_target_groups().db_proxy_name(name).send().await;
        let output = answer.map_err(|error| DESCRIBE_GROUPS.failed(error))?;
        let pool = output.target_groups.unwrap_or_default().into_iter().find_map(|group| group.connection_pool_config);
        Ok(pool.and_then(|pool| pool.connection_borrow_timeout).and_then(|seconds| seconds.try_into().ok()))
    }

    async fn targets(&self, name: &str) -> Result<Vec<ProxyTarget>, Error> {
        let request = self.client.describe_db_proxy_targets().db_proxy_name(name);
        let mut pages = request.into_paginator().page_size(PAGE).items().send();
        let mut targets = Vec::new();
        while let Some(target) = pages.next().await {
            let target = target.map_err(|error| DESCRIBE_TARGETS.failed(error))?;
            targets.push(convert::target(target, DESCRIBE_TARGETS)?);
        }
        Ok(targets)
    }

    async fn register(&self, request: &RegisterTargets) -> Result<(), Error> {
        let r = request.clone();
        let call = self.client.register_db_proxy_targets().db_proxy_name(r.db_proxy_name);
        let call = call.set_db_cluster_identifiers(given(r.db_cluster_identifiers));
        let answer = call.set_db_instance_identifiers(given(r.db_instance_identifiers)).send().await;
        done(answer.map_err(|error| Operation::rds(RegisterTargets::ACTION).failed(error)))
    }

    async fn deregister(&self, request: &DeregisterTargets) -> Result<(), Error> {
        let r = request.clone();
        let call = self.client.deregister_db_proxy_targets().db_proxy_name(r.db_proxy_name);
        let call = call.set_db_cluster_identifiers(given(r.db_cluster_identifiers));
        let answer = call.set_db_instance_identifiers(given(r.db_instance_identifiers)).send().await;
        done(answer.map_err(|error| Operation::rds(DeregisterTargets::ACTION).failed(error)))
    }

    async fn vpc_of(&self, subnet_group: &str) -> Result<Option<String>, Error> {
        let answer = self.client.describe_db_subnet_groups().db_subnet_group_name(subnet_group).send().await;
        let answer = unless_not_found(answer.map_err(|error| DESCRIBE_SUBNET_GROUPS.failed(error)))?;
        let groups = answer.and_then(|output| output.db_subnet_groups).unwrap_or_default();
        Ok(groups.into_iter().next().and_then(|group| group.vpc_id))
    }
}
