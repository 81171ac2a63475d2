//! Which permissions a plan needs, by bundle: one bundle a capability, with the IAM actions that its calls require
//! (Service Authorization Reference of RDS, Secrets Manager, Route 53, KMS and IAM).

use super::{fence::SurveyedFence, promotion::survey::Outlook, survey::Survey};
use crate::{
    run::plan::Planned,
    steps::{
        access::{Access, Credentials},
        brief::Policy,
        modify_cluster::ModifyCluster,
        promotion::way::Way,
        purpose::Purpose,
        restore_cluster::{self, RestoreCluster},
        restore_instance::{self, RestoreInstance},
        step::Step,
        window::Family,
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
const FROM_SNAPSHOT: &[&str] = &["rds:RestoreDBClusterFromSnapshot", "rds:DescribeDBClusterSnapshots"];
const COPY_CLUSTER_SNAPSHOT: &[&str] = &["rds:CopyDBClusterSnapshot", "rds:DeleteDBClusterSnapshot"];
const RESTORE_INSTANCE: &[&str] = &[
    "rds:DescribeDBInstanceAutomatedBackups",
    "rds:DescribeDBSnapshots",
    "rds:RestoreDBInstanceToPointInTime",
    "rds:ModifyDBInstance",
    "rds:AddTagsToResource",
    "rds:RemoveTagsFromResource",
    "rds:DeleteDBInstance",
    "rds:CreateDBSnapshot",
];
const RESTORE_INSTANCE_SNAPSHOT: &[&str] = &[
    "rds:DescribeDBSnapshots",
    "rds:RestoreDBInstanceFromDBSnapshot",
    "rds:ModifyDBInstance",
    "rds:AddTagsToResource",
    "rds:RemoveTagsFromResource",
    "rds:DeleteDBInstance",
    "rds:CreateDBSnapshot",
];
const TAKE_CLUSTER_SNAPSHOT: &[&str] = &["rds:DescribeDBClusterSnapshots", "rds:CreateDBClusterSnapshot"];
const TAKE_SNAPSHOT: &[&str] = &["rds:DescribeDBSnapshots", "rds:CreateDBSnapshot"];
const COPY_SNAPSHOT: &[&str] = &["rds:CopyDBSnapshot", "rds:DeleteDBSnapshot"];
const MANAGED_PASSWORD: &[&str] = &[
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:GenerateDataKey",
    "secretsmanager:CreateSecret",
    "secretsmanager:TagResource",
    "secretsmanager:RotateSecret",
    "secretsmanager:GetSecretValue",
];
const CUTOVER_SECRET: &[&str] = &[
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
];
const CUTOVER_RENAME: &[&str] = &["rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:ModifyDBCluster"];
const CUTOVER_DNS: &[&str] = &[
    "route53:GetHostedZone",
    "route53:ListHostedZonesByName",
    "route53:ListResourceRecordSets",
    "route53:ChangeResourceRecordSets",
    "route53:GetChange",
];

const CUTOVER_PROXY: &[&str] = &[
    "rds:DescribeDBProxies",
    "rds:DescribeDBProxyTargetGroups",
    "rds:DescribeDBProxyTargets",
    "rds:RegisterDBProxyTargets",
    "rds:DeregisterDBProxyTargets",
    // Only of a target in a subnet group of its own.
    "rds:DescribeDBSubnetGroups",
    // Of the secrets that the proxy logs in with.
    "secretsmanager:GetSecretValue",
];

const PROMOTE: &[&str] = &[
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
    "rds:DescribeGlobalClusters",
    "rds:DescribeEvents",
    "cloudwatch:ListMetrics",
    "cloudwatch:GetMetricData",
];

/// Of the old primary's region. A refusal of it fails no promotion.
const KEEP_SNAPSHOT: &[&str] =
    &["rds:DescribeDBClusterSnapshots", "rds:CopyDBClusterSnapshot", "rds:AddTagsToResource"];

const CLEANUP: &[&str] = &[
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
    "rds:DescribeDBClusterSnapshots",
    "rds:DescribeDBSnapshots",
    "rds:DescribeDBProxies",
    "rds:DescribeDBProxyTargets",
    "rds:DeleteDBInstance",
    "rds:ModifyDBCluster",
    "rds:ModifyDBInstance",
    "rds:DeleteDBCluster",
    "rds:DeleteDBSnapshot",
    "rds:CreateDBClusterSnapshot",
    "rds:CreateDBSnapshot",
    "rds:AddTagsToResource",
    "secretsmanager:GetSecretValue",
    // Only of a target whose readers scale.
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DeregisterScalableTarget",
    // Only where the application follows a record.
    "route53:ListHostedZonesByName",
    "route53:ListResourceRecordSets",
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
fn parity(family: Family, steps: &[Planned<Step>]) -> Policy {
    let around = match family {
        Family::Cluster => SURROUNDINGS,
        Family::Instance => &[],
    };
    let mut parity = bundle("parity", around);
    for planned in steps {
        let actions: &[&str] = match &planned.step {
            Step::AddRole(step) if step.target.family == Family::Instance => {
                &["rds:AddRoleToDBInstance", "rds:RemoveRoleFromDBInstance", "iam:PassRole"]
            }
            Step::AddRole(_) => &["rds:AddRoleToDBCluster", "rds:RemoveRoleFromDBCluster", "iam:PassRole"],
            Step::ManagePassword(_) => MANAGED_PASSWORD,
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

/// The bundles that a promotion needs. The call that makes it takes it back too, where that can be.
pub fn promotion(outlook: &Outlook) -> Vec<Policy> {
    let mut promote = bundle("promote", PROMOTE);
    promote.actions.push(format!("rds:{}", outlook.promotion.way.call().action));
    let mut bundles = vec![promote];
    bundles.extend(outlook.access.as_ref().map(validate));
    bundles.extend(outlook.fence.as_ref().map(fencing));
    if !outlook.pointers.secrets.is_empty() {
        bundles.push(bundle("cutover-secret", CUTOVER_SECRET));
    }
    if outlook.pointers.record.is_some() {
        bundles.push(bundle("cutover-dns", CUTOVER_DNS));
    }
    if let Way::Failover(_) = outlook.promotion.way {
        bundles.push(bundle("keep-snapshot", KEEP_SNAPSHOT));
    }
    bundles
}

/// The bundle that a fence needs.
fn fencing(fence: &SurveyedFence) -> Policy {
    bundle("fence", &[login_action(&fence.server.access)])
}

fn validate(access: &Access) -> Policy {
    bundle("validate", &[login_action(access)])
}

/// The bundle that the steps which make the target need.
fn restoring(survey: &Survey, steps: &[Planned<Step>]) -> Policy {
    let mut restoring = steps
        .iter()
        .find_map(|planned| match &planned.step {
            Step::RestoreInstance(RestoreInstance { request: restore_instance::Request::PointInTime(_) }) => {
                Some(bundle("restore-instance", RESTORE_INSTANCE))
            }
            Step::RestoreInstance(RestoreInstance { request: restore_instance::Request::Snapshot(_) }) => {
                Some(bundle("restore-instance-snapshot", RESTORE_INSTANCE_SNAPSHOT))
            }
            _ => None,
        })
        .unwrap_or_else(|| bundle("restore", RESTORE));
    let mut add = |actions: &[&str]| {
        for action in actions {
            if !restoring.actions.iter().any(|known| known == action) {
                restoring.actions.push((*action).to_owned());
            }
        }
    };
    let mut of_snapshot = false;
    for planned in steps {
        match &planned.step {
            Step::RestoreCluster(RestoreCluster { request: restore_cluster::Request::Snapshot(_) }) => {
                of_snapshot = true;
                add(FROM_SNAPSHOT);
            }
            Step::CopySnapshot(_) => add(COPY_CLUSTER_SNAPSHOT),
            Step::CopyInstanceSnapshot(_) => add(COPY_SNAPSHOT),
            Step::TakeSnapshot(step) => add(match step.target.family {
                Family::Cluster => TAKE_CLUSTER_SNAPSHOT,
                Family::Instance => TAKE_SNAPSHOT,
            }),
            _ => {}
        }
    }
    if !survey.live && !of_snapshot && survey.source.family() == Family::Cluster {
        add(&["rds:DescribeDBClusterAutomatedBackups"]);
    }
    restoring
}

/// The bundles that a recovery of what was surveyed needs, by these steps.
pub fn needed(survey: &Survey, steps: &[Planned<Step>]) -> Vec<Policy> {
    let mut restoring = restoring(survey, steps);
    if survey.source.encrypted() {
        for action in ["kms:DescribeKey", "kms:CreateGrant"] {
            if !restoring.actions.iter().any(|known| known == action) {
                restoring.actions.push(action.to_owned());
            }
        }
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
    let parity = parity(survey.source.family(), steps);
    bundles.extend(Some(parity).filter(|parity| !parity.actions.is_empty()));
    bundles.extend(survey.access.as_ref().map(validate));
    bundles.extend(survey.fence.as_ref().map(fencing));
    if !survey.pointers.secrets.is_empty() {
        bundles.push(bundle("cutover-secret", CUTOVER_SECRET));
    }
    if survey.pointers.record.is_some() {
        bundles.push(bundle("cutover-dns", CUTOVER_DNS));
    }
    if survey.pointers.proxy.is_some() {
        bundles.push(bundle("cutover-proxy", CUTOVER_PROXY));
    }
    if survey.pointers.swap.is_some() {
        bundles.push(bundle("cutover-rename", CUTOVER_RENAME));
    }
    bundles
}

fn login_action(access: &Access) -> &'static str {
    match &access.credentials {
        Credentials::Secret { .. } | Credentials::UserSecret { .. } => "secretsmanager:GetSecretValue",
        Credentials::IamUser { .. } => "rds-db:connect",
    }
}
