//! Changes settings of the target cluster: those a restore does not take, the security groups, the last ones.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    body::{Body, Description},
    failure,
    purpose::{Distance, Purpose, are_groups, in_force, is},
    restore_cluster::{ID as RESTORE, RestoredCluster},
    tags,
    world::World,
};
use crate::{
    aws::{
        ErrorKind,
        rds::{model::Cluster, requests},
    },
    run::step::{Context, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// Changes the target cluster, and changes it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModifyCluster {
    /// What it is for.
    pub purpose: Purpose,
    /// What is sent.
    pub request: Box<requests::ModifyCluster>,
    /// What is sent to take it back, where that matters: a target about to be deleted needs no former settings.
    pub back: Option<Box<requests::ModifyCluster>>,
}

impl ModifyCluster {
    fn target(&self) -> &str {
        &self.request.db_cluster_identifier
    }

    async fn look(&self, world: &World, doing: &str) -> Result<Option<Cluster>, StepError> {
        world.rds.cluster(self.target()).await.map_err(|error| failure::of_aws(doing, &error))
    }

    fn doing(&self) -> String {
        match self.purpose {
            Purpose::ApplySettings => format!("apply settings to cluster {}", self.target()),
            Purpose::ApplyMonitoring => format!("apply the monitoring to cluster {}", self.target()),
            Purpose::LiftQuarantine => format!("lift the quarantine of cluster {}", self.target()),
            Purpose::Settle => format!("apply the last settings to cluster {}", self.target()),
        }
    }
}

/// Compares all that a request can carry. What else is pending is somebody else's and of no concern here.
fn distance(cluster: &Cluster, wanted: &requests::ModifyCluster) -> Distance {
    let secret = cluster.master_user_secret.as_ref().filter(|_| wanted.manage_master_user_password == Some(true));
    let settled = cluster.status.is_available()
        && cluster.vpc_security_groups.iter().all(|group| in_force(&group.status))
        && secret.is_none_or(|secret| in_force(&secret.status));
    Distance::of(told(cluster, wanted), settled)
}

fn told(cluster: &Cluster, wanted: &requests::ModifyCluster) -> bool {
    // Taken apart, so that a parameter that joins the request cannot be overlooked here.
    let requests::ModifyCluster {
        db_cluster_identifier: _,
        apply_immediately: _,
        new_db_cluster_identifier,
        vpc_security_group_ids,
        db_cluster_parameter_group_name,
        port,
        backup_retention_period,
        preferred_backup_window,
        preferred_maintenance_window,
        auto_minor_version_upgrade,
        enable_iam_database_authentication,
        cloudwatch_logs_export_configuration,
        deletion_protection,
        copy_tags_to_snapshot,
        serverless_v2_scaling_configuration,
        monitoring_interval,
        monitoring_role_arn,
        database_insights_mode,
        enable_performance_insights,
        performance_insights_kms_key_id,
        performance_insights_retention_period,
        manage_master_user_password,
        master_user_secret_kms_key_id,
    } = wanted;
    let logs = cloudwatch_logs_export_configuration.as_ref().is_none_or(|change| {
        change.enable_log_types.iter().all(|log| cluster.log_exports.contains(log))
            && !change.disable_log_types.iter().any(|log| cluster.log_exports.contains(log))
    });
    let secret = cluster.master_user_secret.as_ref();
    are_groups(vpc_security_group_ids, &cluster.security_group_ids())
        && is(new_db_cluster_identifier, &Some(cluster.identifier.clone()))
        && logs
        && is(db_cluster_parameter_group_name, &cluster.parameter_group)
        && is(port, &cluster.port)
        && is(backup_retention_period, &cluster.backup_retention_period)
        && is(preferred_backup_window, &cluster.preferred_backup_window)
        && is(preferred_maintenance_window, &cluster.preferred_maintenance_window)
        && is(auto_minor_version_upgrade, &cluster.auto_minor_version_upgrade)
        && is(enable_iam_database_authentication, &cluster.iam_database_authentication)
        && is(deletion_protection, &cluster.deletion_protection)
        && is(copy_tags_to_snapshot, &cluster.copy_tags_to_snapshot)
        && is(serverless_v2_scaling_configuration, &cluster.serverless_v2_scaling)
        && is(monitoring_interval, &cluster.monitoring_interval)
        && is(monitoring_role_arn, &cluster.monitoring_role_arn)
        && is(database_insights_mode, &cluster.database_insights_mode)
        && is(enable_performance_insights, &cluster.performance_insights)
        && is(performance_insights_kms_key_id, &cluster.performance_insights_kms_key_id)
        && is(performance_insights_retention_period, &cluster.performance_insights_retention_period)
        && is(manage_master_user_password, &Some(secret.is_some()))
        && is(master_user_secret_kms_key_id, &secret.and_then(|secret| secret.kms_key_id.clone()))
}

#[async_trait]
impl Body for ModifyCluster {
    fn id(&self) -> StepId {
        self.purpose.id()
    }

    fn until(&self) -> Until {
        self.purpose.until()
    }

    fn reversibility(&self) -> Undo {
        self.purpose.reversibility(self.back.is_some())
    }

    /// A target without its maintenance window serves; one whose quarantine is not lifted does not.
    fn is_optional(&self) -> bool {
        matches!(self.purpose, Purpose::ApplySettings | Purpose::ApplyMonitoring)
    }

    fn settings(&self) -> Vec<String> {
        let names: &[&str] = match self.purpose {
            Purpose::ApplySettings => &["maintenance window", "minor version upgrades"],
            Purpose::ApplyMonitoring => &["Database Insights", "monitoring of the cluster", "insights of the cluster"],
            Purpose::LiftQuarantine => &["security groups"],
            Purpose::Settle => &["deletion protection"],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn describe(&self) -> Description {
        let title = match self.purpose {
            Purpose::ApplySettings => format!("give {} the settings a restore does not take", self.target()),
            Purpose::ApplyMonitoring => format!("monitor {} like the source", self.target()),
            Purpose::LiftQuarantine => {
                format!("lift the quarantine: the source's security groups on {}", self.target())
            }
            Purpose::Settle => format!("protect {} like the source", self.target()),
        };
        let undo = match (self.purpose, &self.back) {
            (_, Some(back)) => format!("quarantine again: security groups {}", back.vpc_security_group_ids.join(", ")),
            (Purpose::Settle, None) => "none: from here on daybreak no longer rolls back by itself".to_owned(),
            (_, None) => "none needed: the cluster goes as a whole".to_owned(),
        };
        Description { title, calls: vec![self.request.call()], undo }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        let Some(cluster) = self.look(world, &doing).await? else {
            return Ok(Observed::Wait(Waiting::on(format!("cluster {} is not listed", self.target()))));
        };
        tags::ours(&cluster, cx.run, Some(&cx.outputs.of::<RestoredCluster>(RESTORE)?.resource_id))?;
        if let Some(lost) = failure::of_cluster(world, &cluster, cx.run).await {
            return Err(lost);
        }
        Ok(match distance(&cluster, &self.request) {
            Distance::None => Observed::Done(json!({})),
            Distance::Untold if cluster.status.is_available() => Observed::Act,
            Distance::Untold | Distance::Settling => {
                Observed::Wait(Waiting::on(format!("cluster {} is {}", self.target(), cluster.status)))
            }
        })
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        world.rds.modify_cluster(&self.request).await.map_err(|error| failure::of_aws(&self.doing(), &error))
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let Some(back) = &self.back else { return Ok(Undone::Done("nothing to take back".to_owned())) };
        let doing = format!("quarantine cluster {} again", self.target());
        let Some(cluster) = self.look(world, &doing).await? else {
            return Ok(Undone::Done(format!("cluster {} is gone", self.target())));
        };
        tags::ours(&cluster, cx.run, Some(&cx.outputs.of::<RestoredCluster>(RESTORE)?.resource_id))?;
        if cluster.status.is_terminal() || cluster.status.is_deleting() {
            // It serves nobody and takes no settings, and must not hold up the rest of the way back.
            let words = format!(
                "cluster {} is {}: nobody can use it, its security groups stay as they are",
                self.target(),
                cluster.status
            );
            return Ok(Undone::Done(words));
        }
        match distance(&cluster, back) {
            Distance::None => {
                return Ok(Undone::Done(format!("cluster {} is in quarantine again", self.target())));
            }
            Distance::Untold if cluster.status.is_available() => match world.rds.modify_cluster(back).await {
                Err(error) if error.kind == ErrorKind::NotFound => {}
                Err(error) => return Err(failure::of_aws(&doing, &error)),
                Ok(()) => {}
            },
            Distance::Untold | Distance::Settling => {}
        }
        Ok(Undone::Wait(Waiting::on(format!("cluster {} to take its quarantine groups", self.target()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::rds::model::{MasterUserSecret, SecurityGroup, ServerlessV2Scaling};

    fn wanted() -> requests::ModifyCluster {
        requests::ModifyCluster {
            db_cluster_identifier: "loans".to_owned(),
            apply_immediately: true,
            new_db_cluster_identifier: Some("renamed".to_owned()),
            vpc_security_group_ids: vec!["sg-2".to_owned(), "sg-1".to_owned()],
            db_cluster_parameter_group_name: Some("group".to_owned()),
            port: Some(5433),
            backup_retention_period: Some(7),
            preferred_backup_window: Some("01:00-02:00".to_owned()),
            preferred_maintenance_window: Some("mon:03:00-mon:04:00".to_owned()),
            auto_minor_version_upgrade: Some(false),
            enable_iam_database_authentication: Some(true),
            cloudwatch_logs_export_configuration: Some(requests::LogExportChange {
                enable_log_types: vec!["postgresql".to_owned()],
                disable_log_types: vec!["instance".to_owned()],
            }),
            deletion_protection: Some(true),
            copy_tags_to_snapshot: Some(true),
            serverless_v2_scaling_configuration: Some(ServerlessV2Scaling {
                max_capacity: Some(4.0),
                ..ServerlessV2Scaling::default()
            }),
            monitoring_interval: Some(60),
            monitoring_role_arn: Some("role".to_owned()),
            database_insights_mode: Some("advanced".to_owned()),
            enable_performance_insights: Some(true),
            performance_insights_kms_key_id: Some("key".to_owned()),
            performance_insights_retention_period: Some(465),
            manage_master_user_password: Some(true),
            master_user_secret_kms_key_id: Some("secret-key".to_owned()),
        }
    }

    fn as_wanted() -> Cluster {
        let group = |id: &str| SecurityGroup { id: id.to_owned(), status: Some("active".to_owned()) };
        let wanted = wanted();
        Cluster {
            identifier: "renamed".to_owned(),
            status: "available".into(),
            vpc_security_groups: vec![group("sg-1"), group("sg-2")],
            parameter_group: wanted.db_cluster_parameter_group_name,
            port: wanted.port,
            backup_retention_period: wanted.backup_retention_period,
            preferred_backup_window: wanted.preferred_backup_window,
            preferred_maintenance_window: wanted.preferred_maintenance_window,
            auto_minor_version_upgrade: wanted.auto_minor_version_upgrade,
            iam_database_authentication: wanted.enable_iam_database_authentication,
            log_exports: vec!["postgresql".to_owned()],
            deletion_protection: wanted.deletion_protection,
            copy_tags_to_snapshot: wanted.copy_tags_to_snapshot,
            serverless_v2_scaling: wanted.serverless_v2_scaling_configuration,
            monitoring_interval: wanted.monitoring_interval,
            monitoring_role_arn: wanted.monitoring_role_arn,
            database_insights_mode: wanted.database_insights_mode,
            performance_insights: wanted.enable_performance_insights,
            performance_insights_kms_key_id: wanted.performance_insights_kms_key_id,
            performance_insights_retention_period: wanted.performance_insights_retention_period,
            master_user_secret: Some(MasterUserSecret {
                arn: None,
                status: Some("active".to_owned()),
                kms_key_id: wanted.master_user_secret_kms_key_id,
            }),
            ..Cluster::default()
        }
    }

    #[test]
    fn a_cluster_as_wanted_is_at_no_distance() {
        assert_eq!(distance(&as_wanted(), &wanted()), Distance::None);
        assert_eq!(
            distance(&Cluster { status: "available".into(), ..Cluster::default() }, &Default::default()),
            Distance::None
        );
    }

    #[test]
    fn each_setting_that_differs_is_still_to_be_told() {
        let differ: [fn(&mut Cluster); 21] = [
            |it| it.identifier = "loans".to_owned(),
            |it| it.vpc_security_groups.truncate(1),
            |it| it.parameter_group = None,
            |it| it.port = Some(1),
            |it| it.backup_retention_period = Some(1),
            |it| it.preferred_backup_window = None,
            |it| it.preferred_maintenance_window = None,
            |it| it.auto_minor_version_upgrade = Some(true),
            |it| it.iam_database_authentication = Some(false),
            |it| it.log_exports.clear(),
            |it| it.log_exports.push("instance".to_owned()),
            |it| it.deletion_protection = Some(false),
            |it| it.copy_tags_to_snapshot = None,
            |it| it.serverless_v2_scaling = None,
            |it| it.monitoring_interval = Some(0),
            |it| it.monitoring_role_arn = None,
            |it| it.database_insights_mode = Some("standard".to_owned()),
            |it| it.performance_insights = None,
            |it| it.performance_insights_kms_key_id = None,
            |it| it.performance_insights_retention_period = Some(7),
            |it| it.master_user_secret = None,
        ];
        for (number, differ) in differ.iter().enumerate() {
            let mut cluster = as_wanted();
            differ(&mut cluster);
            assert_eq!(distance(&cluster, &wanted()), Distance::Untold, "difference {number}");
        }
    }

    #[test]
    fn what_was_told_and_is_not_in_force_settles() {
        let settling: [fn(&mut Cluster); 3] = [
            |it| it.status = "modifying".into(),
            |it| it.vpc_security_groups[0].status = Some("adding".to_owned()),
            |it| it.master_user_secret.as_mut().unwrap().status = Some("creating".to_owned()),
        ];
        for (number, settle) in settling.iter().enumerate() {
            let mut cluster = as_wanted();
            settle(&mut cluster);
            assert_eq!(distance(&cluster, &wanted()), Distance::Settling, "{number}");
        }
    }
}
