//! Creates an instance in the target cluster: the first one becomes the writer, later ones readers.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    absence,
    body::{Body, Description, Makes, Thing},
    failure,
    serving::Writer,
    tags::{self, Whose},
    world::World,
};
use crate::{
    aws::{
        self, ErrorKind,
        rds::{
            model::Instance,
            requests::{self, DeleteInstance},
        },
    },
    run::step::{Context, Observed, StepError, StepId, Undo, Undone, Until, Waiting},
};

/// The name of the step that creates the writer.
pub const WRITER: &str = "create-writer";

/// What an instance is created for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Waited for: without it nothing can be proven.
    Writer,
    /// Asked for, and not waited for here: it comes up while the data is being proven.
    Reader,
}

/// Makes one instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateInstance {
    /// What it is for.
    pub role: Role,
    /// What is sent.
    pub request: requests::CreateInstance,
}

/// What every instance's step leaves, whatever else it does: which instance it was.
#[derive(Serialize, Deserialize)]
struct Seen {
    resource_id: String,
}

impl CreateInstance {
    fn name(&self) -> &str {
        &self.request.db_instance_identifier
    }

    fn doing(&self) -> String {
        format!("create instance {}", self.name())
    }

    fn place(&self) -> String {
        let zone = self.request.availability_zone.as_ref();
        zone.map(|zone| format!(" in {zone}, or wherever there is room")).unwrap_or_default()
    }

    async fn look(&self, world: &World, doing: &str) -> Result<Option<Instance>, StepError> {
        world.rds.instance(self.name()).await.map_err(|error| failure::of_aws(doing, &error))
    }

    /// A cluster that takes no instance now may take one later, unless RDS has given it up.
    async fn refused(&self, world: &World, error: &aws::Error, cx: &Context<'_>) -> StepError {
        let lost = match world.rds.cluster(&self.request.db_cluster_identifier).await {
            Ok(Some(cluster)) => failure::of_cluster(world, &cluster, cx.run).await,
            Ok(None) | Err(_) => None,
        };
        lost.unwrap_or_else(|| failure::of_aws(&self.doing(), error))
    }

    /// The writer is ready once the cluster names it as its writer and has an endpoint to offer.
    async fn writer(&self, world: &World, instance: Instance, cx: &Context<'_>) -> Result<Observed, StepError> {
        let cluster = &self.request.db_cluster_identifier;
        let found = world.rds.cluster(cluster).await.map_err(|error| failure::of_aws(&self.doing(), &error))?;
        if let Some(found) = &found
            && let Some(lost) = failure::of_cluster(world, found, cx.run).await
        {
            return Err(lost);
        }
        let ready = found
            .as_ref()
            .filter(|found| found.writer() == Some(self.name()))
            .and_then(|found| Some((found.endpoint.clone()?, found.port?)));
        Ok(match ready {
            Some((endpoint, port)) => Observed::Done(json!(Writer {
                identifier: instance.identifier,
                arn: instance.arn,
                resource_id: instance.resource_id,
                endpoint,
                port,
                certified_as: None,
            })),
            None => Observed::Wait(Waiting::on(format!(
                "cluster {cluster} does not yet name {} as its writer",
                self.name()
            ))),
        })
    }
}

#[async_trait]
impl Body for CreateInstance {
    fn id(&self) -> StepId {
        match self.role {
            Role::Writer => StepId::from(WRITER),
            // The number alone: a step's name is the same in every run of a database, so that runs can be compared.
            Role::Reader => StepId(format!("create-reader-{}", self.name().rsplit('-').next().unwrap_or_default())),
        }
    }

    fn until(&self) -> Until {
        Until::Restored
    }

    fn reversibility(&self) -> Undo {
        Undo::Reversible
    }

    fn describe(&self) -> Description {
        let (role, class) = match self.role {
            Role::Writer => ("writer", &self.request.db_instance_class),
            Role::Reader => ("reader", &self.request.db_instance_class),
        };
        Description {
            title: format!("create the {role} {} ({class}{})", self.name(), self.place()),
            calls: vec![self.request.call()],
            undo: format!("delete instance {}", self.name()),
        }
    }

    fn makes(&self) -> Option<Makes<'_>> {
        let thing = match self.role {
            Role::Writer => Thing::Writer,
            Role::Reader => Thing::Reader,
        };
        Some(Makes { thing, identifier: self.name(), class: Some(&self.request.db_instance_class) })
    }

    async fn observe(&self, world: &World, cx: &Context<'_>) -> Result<Observed, StepError> {
        let Some(instance) = self.look(world, &self.doing()).await? else { return Ok(Observed::Act) };
        tags::ours(&instance, cx.run, None)?;
        if let Some(lost) = failure::of_instance(world, &instance, cx.run).await {
            return Err(lost);
        }
        match self.role {
            Role::Reader => Ok(Observed::Done(json!(Seen { resource_id: instance.resource_id }))),
            Role::Writer if instance.status.is_available() => self.writer(world, instance, cx).await,
            Role::Writer => {
                let progress = instance.percent_progress.map(|percent| format!("{percent} %"));
                let words = format!("instance {} is {}", self.name(), instance.status);
                Ok(Observed::Wait(Waiting::on(words).progress(progress)))
            }
        }
    }

    async fn act(&self, world: &World, cx: &Context<'_>) -> Result<(), StepError> {
        let mut answer = world.rds.create_instance(&self.request).await;
        // A zone that has no room, or is the very one that failed, is no reason to be without an instance.
        if self.request.availability_zone.is_some()
            && answer.as_ref().is_err_and(|error| error.kind == ErrorKind::Capacity)
        {
            let anywhere = requests::CreateInstance { availability_zone: None, ..self.request.clone() };
            answer = world.rds.create_instance(&anywhere).await;
        }
        match answer {
            Ok(()) => Ok(()),
            Err(error) if error.kind == ErrorKind::AlreadyExists => Ok(()),
            Err(error) if error.kind == ErrorKind::InvalidState => Err(self.refused(world, &error, cx).await),
            Err(error) => Err(failure::of_aws(&self.doing(), &error)),
        }
    }

    async fn undo(&self, world: &World, cx: &Context<'_>) -> Result<Undone, StepError> {
        let doing = format!("delete instance {}", self.name());
        let Some(instance) = self.look(world, &doing).await? else {
            let cluster = &self.request.db_cluster_identifier;
            let members = world.rds.instances_of(cluster).await.map_err(|error| failure::of_aws(&doing, &error))?;
            let listed = members.iter().any(|member| member.identifier == self.name());
            return Ok(absence::judge(&format!("instance {}", self.name()), &self.id().0, listed, cx));
        };
        let seen = cx.outputs.of::<Seen>(&self.id().0).ok();
        match tags::whose(&instance, cx.run, seen.as_ref().map(|seen| seen.resource_id.as_str())) {
            Whose::Ours => {}
            Whose::Theirs(why) => return Ok(Undone::Done(format!("left alone: {why}"))),
        }
        if !instance.status.is_deleting() {
            let request = DeleteInstance {
                db_instance_identifier: self.name().to_owned(),
                skip_final_snapshot: true,
                ..DeleteInstance::default()
            };
            match world.rds.delete_instance(&request).await {
                Err(error) if error.kind != ErrorKind::NotFound => return Err(failure::of_aws(&doing, &error)),
                _ => {}
            }
        }
        Ok(Undone::Wait(Waiting::on(format!("instance {} is being deleted", self.name()))))
    }
}
