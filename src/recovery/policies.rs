//! Which permissions a plan needs, by bundle: one bundle a capability, with the IAM actions that its calls require
//! (Service Authorization Reference of RDS, Secrets Manager, KMS and IAM).

use super::survey::Survey;
use crate::steps::{
    access::{Access, Credentials},
    brief::Policy,
};

const OBSERVE: &[&str] = &["rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:DescribeEvents"];
const RESTORE: &[&str] = &[
    "rds:RestoreDBClusterToPointInTime",
    "rds:CreateDBInstance",
    "rds:ModifyDBCluster",
    "rds:AddTagsToResource",
    "rds:RemoveTagsFromResource",
    "rds:DeleteDBInstance",
    "rds:DeleteDBCluster",
];
const CUTOVER_SECRET: &[&str] = &[
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
];

const PROMOTE: &[&str] = &[
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
    "rds:DescribeGlobalClusters",
    "rds:DescribeEvents",
    "cloudwatch:ListMetrics",
    "cloudwatch:GetMetricData",
];

const CLEANUP: &[&str] = &[
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
    "rds:DescribeDBClusterSnapshots",
    "rds:DeleteDBInstance",
    "rds:ModifyDBCluster",
    "rds:DeleteDBCluster",
    "rds:CreateDBClusterSnapshot",
    "rds:AddTagsToResource",
    "secretsmanager:GetSecretValue",
];

fn bundle(name: &str, actions: &[&str]) -> Policy {
    Policy { bundle: name.to_owned(), actions: actions.iter().map(|action| (*action).to_owned()).collect() }
}

/// The bundle that listing and removing leftovers needs: final snapshots are made by the deletion, and get the cluster's tags
/// where it copies them.
pub fn cleanup() -> Policy {
    bundle("cleanup", CLEANUP)
}

/// The bundles that a promotion needs: `call` is the action that makes it, and takes it back where that can be.
pub fn promotion(call: &str, access: Option<&Access>, moves_secret: bool) -> Vec<Policy> {
    let mut promote = bundle("promote", PROMOTE);
    promote.actions.push(format!("rds:{call}"));
    let mut bundles = vec![promote];
    bundles.extend(access.map(validate));
    if moves_secret {
        bundles.push(bundle("cutover-secret", CUTOVER_SECRET));
    }
    bundles
}

fn validate(access: &Access) -> Policy {
    let action = match access.credentials {
        Credentials::Secret { .. } => "secretsmanager:GetSecretValue",
        Credentials::IamUser { .. } => "rds-db:connect",
    };
    bundle("validate", &[action])
}

/// The bundles that a recovery of what was surveyed needs.
pub fn needed(survey: &Survey) -> Vec<Policy> {
    let mut restoring = bundle("restore", RESTORE);
    if survey.source.encrypted() {
        restoring.actions.extend(["kms:DescribeKey", "kms:CreateGrant"].map(str::to_owned));
    }
    let monitored = survey
        .source
        .instances()
        .iter()
        .any(|instance| instance.monitoring_interval.is_some_and(|seconds| seconds > 0));
    if monitored {
        restoring.actions.push("iam:PassRole".to_owned());
    }
    let mut bundles = vec![bundle("observe", OBSERVE), restoring];
    bundles.extend(survey.access.as_ref().map(validate));
    if survey.secret.is_some() {
        bundles.push(bundle("cutover-secret", CUTOVER_SECRET));
    }
    bundles
}
