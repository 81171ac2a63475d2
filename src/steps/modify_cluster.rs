//! Changes settings of the target cluster: those a restore does not take, the security groups, the last ones.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    body::{Body, Description},
    failure, tags,
    world::World,
};
use crate::{
    aws::{
        ErrorKind,
        rds::{
            model::{Cluster, EventSource},
            requests,
        },
    },
    run::step::{Context, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// What the change is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Settings that a restore does not take.
    ApplySettings,
    /// The quarantine's security groups give way to the source's.
    LiftQuarantine,
    /// The last settings, after which the run no longer turns back by itself.
    Settle,
}

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
            Purpose::LiftQuarantine => format!("lift the quarantine of cluster {}", self.target()),
            Purpose::Settle => format!("apply the last settings to cluster {}", self.target()),
        }
    }
}

/// What keeps `cluster` from being as `wanted`, or nothing.
fn missing(cluster: &Cluster, wanted: &requests::ModifyCluster) -> Option<&'static str> {
    let mut groups = wanted.vpc_security_group_ids.clone();
    groups.sort_unstable();
    let groups_active =
        cluster.vpc_security_groups.iter().all(|group| group.status.as_deref().is_none_or(|status| status == "active"));
    let differs = |wanted: &Option<String>, found: &Option<String>| wanted.is_some() && wanted != found;
    let pairs = [
        (!groups.is_empty() && (groups != cluster.security_group_ids() || !groups_active), "security groups"),
        (
            wanted.deletion_protection.is_some() && wanted.deletion_protection != cluster.deletion_protection,
            "deletion protection",
        ),
        (differs(&wanted.preferred_maintenance_window, &cluster.preferred_maintenance_window), "maintenance window"),
        (
            wanted.auto_minor_version_upgrade.is_some()
                && wanted.auto_minor_version_upgrade != cluster.auto_minor_version_upgrade,
            "automatic minor upgrades",
        ),
        (
            wanted.monitoring_interval.is_some() && wanted.monitoring_interval != cluster.monitoring_interval,
            "Enhanced Monitoring",
        ),
        (differs(&wanted.database_insights_mode, &cluster.database_insights_mode), "Database Insights"),
        (
            wanted.enable_performance_insights.is_some()
                && wanted.enable_performance_insights != cluster.performance_insights,
            "Performance Insights",
        ),
        (!cluster.pending.is_empty(), "pending values"),
    ];
    pairs.into_iter().find_map(|(missing, name)| missing.then_some(name))
}

#[async_trait]
impl Body for ModifyCluster {
    fn id(&self) -> StepId {
        StepId::from(match self.purpose {
            Purpose::ApplySettings => "apply-settings",
            Purpose::LiftQuarantine => "lift-quarantine",
            Purpose::Settle => "settle",
        })
    }

    fn until(&self) -> Until {
        match self.purpose {
            Purpose::ApplySettings => Until::Restored,
            Purpose::LiftQuarantine | Purpose::Settle => Until::Cutover,
        }
    }

    fn reversibility(&self) -> Undo {
        match (self.purpose, &self.back) {
            (Purpose::Settle, _) => Undo::PointOfNoReturn,
            (_, Some(_)) => Undo::Reversible,
            (_, None) => Undo::NothingToUndo,
        }
    }

    fn describe(&self) -> Description {
        let title = match self.purpose {
            Purpose::ApplySettings => format!("give {} the settings a restore does not take", self.target()),
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
        tags::ours(&cluster, cx.run)?;
        if cluster.status.is_terminal() || cluster.status.is_deleting() {
            let source = EventSource::Cluster(self.target().to_owned());
            return Err(failure::of_status(
                world,
                &format!("cluster {}", self.target()),
                cluster.status.as_str(),
                &source,
            )
            .await);
        }
        Ok(match missing(&cluster, &self.request) {
            _ if !cluster.status.is_available() => {
                Observed::Wait(Waiting::on(format!("cluster {} is {}", self.target(), cluster.status)))
            }
            None => Observed::Done(json!({})),
            Some(_) => Observed::Act,
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
        tags::ours(&cluster, cx.run)?;
        match missing(&cluster, back) {
            _ if !cluster.status.is_available() => {}
            None => return Ok(Undone::Done(format!("cluster {} is in quarantine again", self.target()))),
            Some(_) => match world.rds.modify_cluster(back).await {
                Err(error) if error.kind == ErrorKind::NotFound => {}
                Err(error) => return Err(failure::of_aws(&doing, &error)),
                Ok(()) => {}
            },
        }
        Ok(Undone::Wait(Waiting::on(format!("cluster {} to take its quarantine groups", self.target()))))
    }
}
