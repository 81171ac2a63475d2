//! The part of Application Auto Scaling that daybreak uses.

use async_trait::async_trait;

use super::model::{ScalableTarget, ScalingPolicy};
use super::requests::{DeregisterScalableTarget, PutScalingPolicy, RegisterScalableTarget};
use crate::aws::error::Error;

/// How the readers of one region's clusters are scaled.
#[async_trait]
pub trait Scaling: Send + Sync {
    /// Returns the range of a cluster's readers (`DescribeScalableTargets`); none where nothing scales them.
    async fn scalable_target(&self, cluster: &str) -> Result<Option<ScalableTarget>, Error>;

    /// Returns the policies of a cluster, over all pages (`DescribeScalingPolicies`).
    async fn scaling_policies(&self, cluster: &str) -> Result<Vec<ScalingPolicy>, Error>;

    /// Registers a range, or changes it (`RegisterScalableTarget`).
    async fn register_scalable_target(&self, request: &RegisterScalableTarget) -> Result<(), Error>;

    /// Ends the scaling (`DeregisterScalableTarget`);
    /// [`ErrorKind::NotFound`](crate::aws::error::ErrorKind::NotFound) when there is none.
    async fn deregister_scalable_target(&self, request: &DeregisterScalableTarget) -> Result<(), Error>;

    /// Makes a policy, or changes it (`PutScalingPolicy`).
    async fn put_scaling_policy(&self, request: &PutScalingPolicy) -> Result<(), Error>;
}
