//! Changes settings of the target instance: those a restore does not take, the security groups, the last ones.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    body::{Body, Description},
    failure,
    purpose::{Distance, Purpose, are_groups, in_force, is},
    restore_instance::{ID as RESTORE, RestoredInstance},
    tags,
    world::World,
};
use crate::{
    aws::{
        ErrorKind,
        rds::{model::Instance, plain::requests},
    },
    run::step::{Context, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// Changes the target instance, and changes it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModifyInstance {
    /// What it is for.
    pub purpose: Purpose,
    /// What is sent.
    pub request: Box<requests::ModifyInstance>,
    /// What is sent to take it back, where that matters: a target about to be deleted needs no former settings.
    pub back: Option<Box<requests::ModifyInstance>>,
}

impl ModifyInstance {
    fn target(&self) -> &str {
        &self.request.db_instance_identifier
    }

    async fn look(&self, world: &World, doing: &str) -> Result<Option<Instance>, StepError> {
        world.rds.instance(self.target()).await.map_err(|error| failure::of_aws(doing, &error))
    }

    fn doing(&self) -> String {
        match self.purpose {
            Purpose::ApplySettings | Purpose::ApplyMonitoring => {
                format!("apply settings to instance {}", self.target())
            }
            Purpose::LiftQuarantine => format!("lift the quarantine of instance {}", self.target()),
            Purpose::Settle => format!("apply the last settings to instance {}", self.target()),
        }
    }
}

/// Compares all that a request can carry. What else is pending is somebody else's and of no concern here.
fn distance(instance: &Instance, wanted: &requests::ModifyInstance) -> Distance {
    let secret = instance.master_user_secret.as_ref().filter(|_| wanted.manage_master_user_password == Some(true));
    let settled = instance.status.is_available()
        && instance.vpc_security_groups.iter().all(|group| in_force(&group.status))
        && secret.is_none_or(|secret| in_force(&secret.status));
    Distance::of(told(instance, wanted), settled)
}

fn told(instance: &Instance, wanted: &requests::ModifyInstance) -> bool {
    // Taken apart, so that a parameter that joins the request cannot be overlooked here.
    let requests::ModifyInstance {
        db_instance_identifier: _,
        apply_immediately: _,
        vpc_security_group_ids,
        preferred_maintenance_window,
        max_allocated_storage,
        cloudwatch_logs_export_configuration,
        deletion_protection,
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
        change.enable_log_types.iter().all(|log| instance.log_exports.contains(log))
            && !change.disable_log_types.iter().any(|log| instance.log_exports.contains(log))
    });
    let secret = instance.master_user_secret.as_ref();
    are_groups(vpc_security_group_ids, &instance.security_group_ids())
        && logs
        && is(preferred_maintenance_window, &instance.preferred_maintenance_window)
        && is(max_allocated_storage, &instance.max_allocated_storage)
        && is(deletion_protection, &instance.deletion_protection)
        && is(monitoring_interval, &instance.monitoring_interval)
        && is(monitoring_role_arn, &instance.monitoring_role_arn)
        && is(database_insights_mode, &instance.database_insights_mode)
        && is(enable_performance_insights, &instance.performance_insights)
        && is(performance_insights_kms_key_id, &instance.performance_insights_kms_key_id)
        && is(performance_insights_retention_period, &instance.performance_insights_retention_period)
        && is(manage_master_user_password, &Some(secret.is_some()))
        && is(master_user_secret_kms_key_id, &secret.and_then(|secret| secret.kms_key_id.clone()))
}

#[async_trait]
impl Body for ModifyInstance {
    fn id(&self) -> StepId {
        self.purpose.id()
    }

    fn until(&self) -> Until {
        self.purpose.until()
    }

    fn reversibility(&self) -> Undo {
        self.purpose.reversibility(self.back.is_some())
    }

    /// A target without its monitoring serves; one whose quarantine is not lifted does not.
    fn is_optional(&self) -> bool {
        self.purpose == Purpose::ApplySettings
    }

    fn settings(&self) -> Vec<String> {
        let names: &[&str] = match self.purpose {
            Purpose::ApplySettings => &[
                "maintenance window",
                "storage grows up to",
                "Enhanced Monitoring",
                "Performance Insights",
                "Database Insights",
            ],
            Purpose::LiftQuarantine => &["security groups"],
            Purpose::Settle => &["deletion protection"],
            Purpose::ApplyMonitoring => &[],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn describe(&self) -> Description {
        let title = match self.purpose {
            Purpose::ApplySettings | Purpose::ApplyMonitoring => {
                format!("give {} the settings a restore does not take", self.target())
            }
            Purpose::LiftQuarantine => {
                format!("lift the quarantine: the source's security groups on {}", self.target())
            }
            Purpose::Settle => format!("protect {} like the source", self.target()),
        };
        let undo = match (self.purpose, &self.back) {
            (_, Some(back)) => format!("quarantine again: security groups {}", back.vpc_security_group_ids.join(", ")),
            (Purpose::Settle, None) => "none: from here on daybreak no longer rolls back by itself".to_owned(),
            (_, None) => "none needed: the instance goes as a whole".to_owned(),
        };
        Description { title, calls: vec![self.request.call()], undo }
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let doing = self.doing();
        let Some(instance) = self.look(world, &doing).await? else {
            return Ok(Observed::Wait(Waiting::on(format!("instance {} is not listed", self.target()))));
        };
        tags::ours(&instance, cx.run, Some(&cx.outputs.of::<RestoredInstance>(RESTORE)?.resource_id))?;
        if let Some(lost) = failure::of_instance(world, &instance, cx.run).await {
            return Err(lost);
        }
        Ok(match distance(&instance, &self.request) {
            Distance::None => Observed::Done(json!({})),
            Distance::Untold if instance.status.is_available() => Observed::Act,
            Distance::Untold | Distance::Settling => {
                Observed::Wait(Waiting::on(format!("instance {} is {}", self.target(), instance.status)))
            }
        })
    }

    async fn act(&self, world: &World, _: &Context<'_>) -> Result<(), StepError> {
        world.instances.modify_instance(&self.request).await.map_err(|error| failure::of_aws(&self.doing(), &error))
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let Some(back) = &self.back else { return Ok(Undone::Done("nothing to take back".to_owned())) };
        let doing = format!("quarantine instance {} again", self.target());
        let Some(instance) = self.look(world, &doing).await? else {
            return Ok(Undone::Done(format!("instance {} is gone", self.target())));
        };
        tags::ours(&instance, cx.run, Some(&cx.outputs.of::<RestoredInstance>(RESTORE)?.resource_id))?;
        if instance.status.is_terminal() || instance.status.is_deleting() {
            // It serves nobody and takes no settings, and must not hold up the rest of the way back.
            let words = format!(
                "instance {} is {}: nobody can use it, its security groups stay as they are",
                self.target(),
                instance.status
            );
            return Ok(Undone::Done(words));
        }
        match distance(&instance, back) {
            Distance::None => {
                return Ok(Undone::Done(format!("instance {} is in quarantine again", self.target())));
            }
            Distance::Untold if instance.status.is_available() => match world.instances.modify_instance(back).await {
                Err(error) if error.kind == ErrorKind::NotFound => {}
                Err(error) => return Err(failure::of_aws(&doing, &error)),
                Ok(()) => {}
            },
            Distance::Untold | Distance::Settling => {}
        }
        Ok(Undone::Wait(Waiting::on(format!("instance {} to take its quarantine groups", self.target()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::rds::model::{MasterUserSecret, SecurityGroup};

    fn instance() -> Instance {
        Instance { identifier: "loans-db-k3fa".to_owned(), status: "available".into(), ..Instance::default() }
    }

    #[test]
    fn groups_count_only_once_they_are_in_force() {
        let wanted = requests::ModifyInstance {
            vpc_security_group_ids: vec!["sg-b".to_owned(), "sg-a".to_owned()],
            ..requests::ModifyInstance::default()
        };
        let with = |status: &str, ids: [&str; 2]| Instance {
            vpc_security_groups: ids
                .map(|id| SecurityGroup { id: id.to_owned(), status: Some(status.to_owned()) })
                .to_vec(),
            ..instance()
        };
        assert_eq!(distance(&instance(), &wanted), Distance::Untold);
        assert_eq!(distance(&with("adding", ["sg-a", "sg-b"]), &wanted), Distance::Settling);
        assert_eq!(distance(&with("active", ["sg-a", "sg-b"]), &wanted), Distance::None);
        assert_eq!(distance(&with("active", ["sg-a", "sg-c"]), &wanted), Distance::Untold);
        let busy = Instance { status: "modifying".into(), ..with("active", ["sg-a", "sg-b"]) };
        assert_eq!(distance(&busy, &wanted), Distance::Settling);
    }

    #[test]
    fn a_managed_password_counts_once_its_secret_is_active() {
        let wanted =
            requests::ModifyInstance { manage_master_user_password: Some(true), ..requests::ModifyInstance::default() };
        let with = |status: &str| Instance {
            master_user_secret: Some(MasterUserSecret {
                status: Some(status.to_owned()),
                ..MasterUserSecret::default()
            }),
            ..instance()
        };
        assert_eq!(distance(&instance(), &wanted), Distance::Untold);
        assert_eq!(distance(&with("creating"), &wanted), Distance::Settling);
        assert_eq!(distance(&with("active"), &wanted), Distance::None);
    }
}
