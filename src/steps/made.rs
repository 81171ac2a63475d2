//! The target, for the steps that give it something: looked up by its name, and known by its resource id.

use super::{
    failure,
    restore_cluster::{self, RestoredCluster},
    restore_instance::{self, RestoredInstance},
    serving,
    tags::{self, Whose},
    target::TargetName,
    window::Family,
    world::World,
};
use crate::{
    aws::{
        self, ErrorKind,
        rds::{
            model::{AssociatedRole, Cluster, Instance, MasterUserSecret},
            status::Phase,
        },
    },
    run::step::{Context, Forgone, Observed, StepError, Undone, Waiting},
};

/// The target as RDS describes it.
pub(super) enum Made {
    /// A cluster.
    Cluster(Box<Cluster>),
    /// An instance outside clusters.
    Instance(Box<Instance>),
}

impl Made {
    /// Its IAM roles.
    pub(super) fn roles(&self) -> &[AssociatedRole] {
        match self {
            Self::Cluster(cluster) => &cluster.associated_roles,
            Self::Instance(instance) => &instance.associated_roles,
        }
    }

    /// The secret in which RDS manages its master password.
    pub(super) fn master_secret(&self) -> Option<&MasterUserSecret> {
        match self {
            Self::Cluster(cluster) => cluster.master_user_secret.as_ref(),
            Self::Instance(instance) => instance.master_user_secret.as_ref(),
        }
    }

    fn phase(&self) -> Phase {
        match self {
            Self::Cluster(cluster) => cluster.status.phase(),
            Self::Instance(instance) => instance.status.phase(),
        }
    }

    fn status(&self) -> &str {
        match self {
            Self::Cluster(cluster) => cluster.status.as_str(),
            Self::Instance(instance) => instance.status.as_str(),
        }
    }

    fn whose(&self, cx: &Context<'_>) -> Result<Whose, StepError> {
        Ok(match self {
            Self::Cluster(cluster) => tags::whose(&**cluster, cx.run, Some(&seen(cx)?.resource_id)),
            Self::Instance(instance) => {
                let restored: RestoredInstance = cx.outputs.of(restore_instance::ID)?;
                tags::whose(&**instance, cx.run, Some(&restored.resource_id))
            }
        })
    }
}

/// What a look at the target found.
pub(super) struct Look {
    /// The target, where it is listed.
    pub(super) made: Option<Made>,
    /// What it does instead of taking changes.
    busy: Option<Waiting>,
}

impl Look {
    /// The target, where it is listed and a cluster.
    pub(super) fn cluster(&self) -> Option<&Cluster> {
        match &self.made {
            Some(Made::Cluster(cluster)) => Some(cluster),
            _ => None,
        }
    }

    /// What a step says that has still to change it: it acts, once the target takes changes.
    pub(super) fn into_change(self) -> Observed {
        self.busy.map_or(Observed::Act, Observed::Wait)
    }

    /// Whether the target takes changes now.
    pub(super) fn is_ready(&self) -> bool {
        self.busy.is_none()
    }
}

async fn described(world: &World, name: &TargetName, doing: &str) -> Result<Option<Made>, StepError> {
    let found = match name.family {
        Family::Cluster => world.rds.cluster(&name.identifier).await.map(|it| it.map(|it| Made::Cluster(Box::new(it)))),
        Family::Instance => {
            world.rds.instance(&name.identifier).await.map(|it| it.map(|it| Made::Instance(Box::new(it))))
        }
    };
    found.map_err(|error| failure::of_aws(doing, &error))
}

/// The target, for a step that wants to change it; an error when it is no longer this run's, or given up.
pub(super) async fn target(world: &World, cx: &Context<'_>, name: &TargetName, doing: &str) -> Result<Look, StepError> {
    let Some(made) = described(world, name, doing).await? else {
        return Ok(Look { made: None, busy: Some(Waiting::on(format!("{name} is not listed"))) });
    };
    made.whose(cx)?.ours()?;
    let lost = match &made {
        Made::Cluster(cluster) => failure::of_cluster(world, cluster, cx.run).await,
        Made::Instance(instance) => failure::of_instance(world, instance, cx.run).await,
    };
    if let Some(lost) = lost {
        return Err(lost);
    }
    let busy = (made.phase() != Phase::Available).then(|| Waiting::on(format!("{name} is {}", made.status())));
    Ok(Look { made: Some(made), busy })
}

/// The target, for an undo; none when there is nothing left to take anything from: it is gone, going, given up, or not
/// this run's.
pub(super) async fn target_to_undo(
    world: &World,
    cx: &Context<'_>,
    name: &TargetName,
    doing: &str,
) -> Result<Option<Made>, StepError> {
    let Some(made) = described(world, name, doing).await? else { return Ok(None) };
    let ours = made.whose(cx)? == Whose::Ours;
    Ok(Some(made).filter(|made| ours && !matches!(made.phase(), Phase::Terminal | Phase::Deleting)))
}

/// What the target cluster is called now; `planned` where it was not seen yet.
pub(super) fn called(cx: &Context<'_>, planned: &str) -> String {
    let renamed = serving::renamed(cx.outputs).map(|renamed| renamed.identifier);
    renamed.or_else(|| seen(cx).ok().map(|seen| seen.identifier)).unwrap_or_else(|| planned.to_owned())
}

/// The target cluster's ARN, which has its name in it.
pub(super) fn arn(cx: &Context<'_>) -> Result<String, StepError> {
    match serving::renamed(cx.outputs) {
        Some(renamed) => Ok(renamed.arn),
        None => Ok(seen(cx)?.arn),
    }
}

/// The target cluster as it was restored.
pub(super) fn seen(cx: &Context<'_>) -> Result<RestoredCluster, StepError> {
    cx.outputs.of(restore_cluster::ID)
}

/// An undo that failed. What the run was not allowed to make, and went on without, it may not be allowed to look for either:
/// that is no reason to be stuck.
pub(super) fn not_undone(step: &str, doing: &str, error: &aws::Error, cx: &Context<'_>) -> Result<Undone, StepError> {
    match cx.outputs.of::<Forgone>(step) {
        Ok(Forgone { forgone: why }) if error.kind == ErrorKind::AccessDenied => {
            Ok(Undone::Done(format!("not looked for, {error}; the run went on without it: {}", why.message)))
        }
        _ => Err(failure::of_aws(doing, error)),
    }
}
