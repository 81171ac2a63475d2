//! Where a client of the endpoint lands. It is asked of the server, since it takes a while until a name leads elsewhere.
//!
//! A renamed cluster keeps the certificate of its former name until it is stopped and started. So what does not pass under the
//! endpoint's own name is tried again under the names that the certificate may carry; whom it passed under is remembered.

use std::time::Duration;

use super::{
    Swap,
    rename_source::{self, Aside},
};
use crate::{
    aws::rds::model::Cluster,
    pg::{self, ErrorKind, Landed},
    run::step::{Context, Failure, StepError},
    steps::{access::Access, failure, serving, world::World},
};

/// Where a client of the swapped name landed.
#[derive(Debug)]
pub(super) struct Client {
    /// The server.
    pub(super) landed: Landed,
    /// The name under which its certificate was taken, where that is not the endpoint's own.
    pub(super) certified_as: Option<String>,
    /// Whether it is the writer of the cluster that was asked for.
    pub(super) arrived: bool,
}

/// How long a login that fails may be one that has landed where the name led before: of whoever is there it says nothing.
pub(super) const PATIENCE: Duration = Duration::from_secs(3 * 60);

impl Swap {
    /// Connects to the endpoint as a client would, and to the writer of `cluster` by its own address, and compares.
    pub(super) async fn client(&self, world: &World, cx: &Context<'_>, cluster: &Cluster) -> Result<Client, StepError> {
        let doing = format!("follow the name {} as a client would", self.name);
        // Both may be met, and either may carry the name that it had before.
        let target = serving::brought_up(cx.outputs).ok().map(|writer| writer.endpoint);
        let aside = cx.outputs.of::<Aside>(rename_source::ID).ok().and_then(|aside| aside.endpoint);
        let certified: Vec<&str> = target.iter().chain(&aside).map(String::as_str).collect();
        let ask = async {
            let (landed, name) = dial(world, &self.access, &self.host, self.port, &certified, &doing).await?;
            let arrived = self.is_writer_of(world, &landed, cluster, &certified, &doing).await?;
            Ok(Client { landed, certified_as: (name != self.host).then_some(name), arrived })
        };
        ask.await.map_err(|error: StepError| match cx.attended < PATIENCE {
            true => StepError::passing(error.failure),
            false => error,
        })
    }

    async fn is_writer_of(
        &self,
        world: &World,
        landed: &Landed,
        cluster: &Cluster,
        certified: &[&str],
        doing: &str,
    ) -> Result<bool, StepError> {
        let writer = cluster.members.iter().find(|member| member.is_writer).map(|member| member.instance.as_str());
        let Some(writer) = writer else {
            return Err(StepError::passing(Failure::new(format!("{doing}: {} has no writer", cluster.identifier))));
        };
        if landed.instance.is_some() {
            return Ok(landed.instance.as_deref() == Some(writer));
        }
        let found = world.rds.instance(writer).await.map_err(|error| failure::of_aws(doing, &error))?;
        let Some((address, port)) = found.and_then(|found| found.address.zip(found.port)) else {
            return Err(StepError::passing(Failure::new(format!("{doing}: instance {writer} shows no address"))));
        };
        let direct = Access { via: None, ..self.access.clone() };
        let (writer, _) = dial(world, &direct, &address, port, certified, doing).await?;
        Ok(landed.same_server(&writer))
    }
}

/// Logs in at `host`, and returns the name under which the server's certificate was taken.
async fn dial(
    world: &World,
    access: &Access,
    host: &str,
    port: u16,
    certified: &[&str],
    doing: &str,
) -> Result<(Landed, String), StepError> {
    let failed = |error: &pg::Error| failure::of_postgres(doing, error);
    let own = match world.postgres.connect_check(&access.at(world, host, port).await?).await {
        Ok(landed) => return Ok((landed, host.to_owned())),
        Err(error) if error.kind == ErrorKind::Tls => error,
        Err(error) => return Err(failed(&error)),
    };
    for name in certified.iter().filter(|name| **name != host) {
        let login = access.certified_as(world, name, host, port).await?;
        match world.postgres.connect_check(&login).await {
            Ok(landed) => return Ok((landed, (*name).to_owned())),
            Err(error) if error.kind == ErrorKind::Tls => {}
            Err(error) => return Err(failed(&error)),
        }
    }
    Err(failed(&own))
}
