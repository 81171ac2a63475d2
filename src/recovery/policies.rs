//! Which permissions a plan needs, by bundle: one bundle a capability, with the IAM actions that its calls require
//! (Service Authorization Reference of RDS, Secrets Manager, KMS and IAM).

use super::survey::Survey;
use crate::{
    run::plan::Planned,
    steps::{
        access::{Access, Credentials},
        brief::Policy,
        modify_cluster::{ModifyCluster, Purpose},
        step::Step,
    },
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

/// What belongs to a cluster beside its description. What cannot be seen of it is said, and not carried over.
const SURROUNDINGS: &[&str] = &[
    "rds:DescribeDBClusterEndpoints",
    "rds:DescribeEventSubscriptions",
    "rds:DescribeDBProxies",
    "rds:DescribeDBProxyTargets",
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "cloudwatch:DescribeAlarms",
];

/// The bundle that giving the target what the source has beside its settings needs: what the steps call, and what AWS asks of
/// their caller. A refusal of it fails no recovery, but for a role, which waits for a person.
fn parity(steps: &[Planned<Step>]) -> Policy {
    let mut parity = bundle("parity", SURROUNDINGS);
    for planned in steps {
        let actions: &[&str] = match &planned.step {
            Step::AddRole(_) => &["rds:AddRoleToDBCluster", "rds:RemoveRoleFromDBCluster", "iam:PassRole"],
            Step::ManagePassword(_) => &[
                "secretsmanager:CreateSecret",
                "secretsmanager:TagResource",
                "secretsmanager:GetSecretValue",
                "kms:DescribeKey",
            ],
            Step::EnableDataApi(_) => &["rds:EnableHttpEndpoint", "rds:DisableHttpEndpoint"],
            Step::CreateEndpoint(_) => &["rds:CreateDBClusterEndpoint", "rds:DeleteDBClusterEndpoint"],
            Step::RegisterScaling(_) => &[
                "application-autoscaling:RegisterScalableTarget",
                "application-autoscaling:DeregisterScalableTarget",
                "application-autoscaling:TagResource",
                "iam:CreateServiceLinkedRole",
            ],
            Step::PutScalingPolicy(_) => {
                &["application-autoscaling:PutScalingPolicy", "cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"]
            }
            Step::ModifyCluster(ModifyCluster { purpose: Purpose::ApplyMonitoring, .. }) => &["iam:PassRole"],
            _ => &[],
        };
        for action in actions.iter().map(|action| (*action).to_owned()) {
            if !parity.actions.contains(&action) {
                parity.actions.push(action);
            }
        }
    }
    parity
}

/// The bundles that a recovery of what was surveyed needs.
pub fn needed(survey: &Survey, steps: &[Planned<Step>]) -> Vec<Policy> {
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
    let mut bundles = vec![bundle("observe", OBSERVE), restoring, parity(steps)];
    if let Some(Access { credentials, .. }) = &survey.access {
        let action = match credentials {
            Credentials::Secret { .. } => "secretsmanager:GetSecretValue",
            Credentials::IamUser { .. } => "rds-db:connect",
        };
        bundles.push(bundle("validate", &[action]));
    }
    if survey.secret.is_some() {
        bundles.push(bundle("cutover-secret", CUTOVER_SECRET));
    }
    bundles
}
