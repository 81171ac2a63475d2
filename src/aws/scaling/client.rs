//! Application Auto Scaling through the SDK.

use async_trait::async_trait;
use aws_sdk_applicationautoscaling::Client;
use aws_sdk_applicationautoscaling::types::ServiceNamespace;

use super::api::Scaling;
use super::convert;
use super::model::{READERS, ScalableTarget, ScalingPolicy, resource_id};
use super::requests::{DeregisterScalableTarget, PutScalingPolicy, RegisterScalableTarget};
use crate::aws::error::Error;
use crate::aws::sdk::Operation;

const DESCRIBE_TARGETS: Operation = Operation::scaling("DescribeScalableTargets");
const DESCRIBE_POLICIES: Operation = Operation::scaling("DescribeScalingPolicies");

/// One region's Application Auto Scaling, called through the SDK.
#[derive(Debug, Clone)]
pub struct ScalingClient {
    client: Client,
}

impl ScalingClient {
    pub(in crate::aws) fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Scaling for ScalingClient {
    async fn scalable_target(&self, cluster: &str) -> Result<Option<ScalableTarget>, Error> {
        let wanted = resource_id(cluster);
        let answer = self
            .client
            .describe_scalable_targets()
            .service_namespace(ServiceNamespace::Rds)
            .resource_ids(&wanted)
            .scalable_dimension(READERS.into())
            .send()
            .await
            .map_err(|error| DESCRIBE_TARGETS.failed(error))?;
        let mut found = answer.scalable_targets.unwrap_or_default().into_iter();
        Ok(found.find(|target| target.resource_id == wanted).map(convert::scalable_target))
    }

    async fn scaling_policies(&self, cluster: &str) -> Result<Vec<ScalingPolicy>, Error> {
        let wanted = resource_id(cluster);
        let call = self.client.describe_scaling_policies().service_namespace(ServiceNamespace::Rds);
        let call = call.resource_id(&wanted).scalable_dimension(READERS.into());
        let mut pages = call.into_paginator().items().send();
        let mut policies = Vec::new();
        while let Some(policy) = pages.next().await {
            policies.push(convert::scaling_policy(policy.map_err(|error| DESCRIBE_POLICIES.failed(error))?));
        }
        policies.retain(|policy| policy.resource_id == wanted);
        Ok(policies)
    }

    async fn register_scalable_target(&self, request: &RegisterScalableTarget) -> Result<(), Error> {
        let r = request.clone();
        let answer = self
            .client
            .register_scalable_target()
            .service_namespace(r.service_namespace.as_str().into())
            .resource_id(r.resource_id)
            .scalable_dimension(r.scalable_dimension.as_str().into())
            .min_capacity(r.min_capacity)
            .max_capacity(r.max_capacity)
            .suspended_state(convert::suspended_state(r.suspended_state))
            .set_tags((!r.tags.is_empty()).then(|| r.tags.into_iter().collect()))
            .send()
            .await;
        answer.map(drop).map_err(|error| Operation::scaling(RegisterScalableTarget::ACTION).failed(error))
    }

    async fn deregister_scalable_target(&self, request: &DeregisterScalableTarget) -> Result<(), Error> {
        let answer = self
            .client
            .deregister_scalable_target()
            .service_namespace(request.service_namespace.as_str().into())
            .resource_id(&request.resource_id)
            .scalable_dimension(request.scalable_dimension.as_str().into())
            .send()
            .await;
        answer.map(drop).map_err(|error| Operation::scaling(DeregisterScalableTarget::ACTION).failed(error))
    }

    async fn put_scaling_policy(&self, request: &PutScalingPolicy) -> Result<(), Error> {
        let operation = Operation::scaling(PutScalingPolicy::ACTION);
        let r = request.clone();
        let rule = convert::wanted(r.target_tracking_scaling_policy_configuration, operation)?;
        let answer = self
            .client
            .put_scaling_policy()
            .policy_name(r.policy_name)
            .service_namespace(r.service_namespace.as_str().into())
            .resource_id(r.resource_id)
            .scalable_dimension(r.scalable_dimension.as_str().into())
            .policy_type(r.policy_type.as_str().into())
            .target_tracking_scaling_policy_configuration(rule)
            .send()
            .await;
        answer.map(drop).map_err(|error| operation.failed(error))
    }
}
