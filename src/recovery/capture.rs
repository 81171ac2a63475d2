//! Configurations kept beforehand: a source that is gone, or a region that is lost, cannot be described any more.
//!
//! A capture is a document of the store, `captures/REGION/NAME/RESOURCE-ID/ID.json`, written once. Every run writes one at its
//! beginning, under its own id; `daybreak capture` writes one at any time. It holds what AWS describes, and so no secret: RDS
//! shows no password, and of a secret its ARN.

use futures_util::future::try_join;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    configuration::{ClusterConfiguration, Configuration, InstanceConfiguration},
    refusal::Refusal,
    windows,
};
use crate::{
    run::{
        id::RunId,
        plan::Actor,
        store::{Document, Store, StoreError},
    },
    steps::{surroundings::Surroundings, world::World},
};

/// The form of a capture; a newer one is refused and not guessed at.
pub const FORMAT: u32 = 1;

/// Where captures are kept.
pub const SHELF: &str = "captures";

/// A configuration as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capture {
    /// [`FORMAT`].
    pub format: u32,
    /// Its id: that of the run that wrote it, or one of its own.
    pub id: RunId,
    /// When AWS was asked.
    pub at: Timestamp,
    /// Who had it written.
    pub by: Actor,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The configuration.
    pub source: Configuration,
}

/// Whose capture is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    /// `DbClusterResourceId` or `DbiResourceId`, where it is known: it stays through renames.
    pub resource_id: Option<&'a str>,
    /// The region.
    pub region: &'a str,
    /// The name of the cluster or instance.
    pub identifier: &'a str,
}

/// Why a capture cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something about the database cannot be part of a name.
    #[error("{what:?} cannot be kept under its name")]
    Unnameable {
        /// What.
        what: String,
    },
    /// It cannot be written as JSON.
    #[error("write the configuration of {identifier} as JSON")]
    Encode {
        /// Whose.
        identifier: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// It is of a later daybreak.
    #[error("capture {document} is in format {found}; this daybreak reads up to {FORMAT}")]
    Newer {
        /// Where it is kept.
        document: String,
        /// Its format.
        found: u32,
    },
    /// It is not what it should be.
    #[error("capture {document} cannot be read")]
    Unreadable {
        /// Where it is kept.
        document: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// Describes a cluster with all that belongs to it, or an instance that is no part of one.
pub async fn describe(world: &World, identifier: &str) -> Result<Configuration, Refusal> {
    let instances = async {
        let listed = world.rds.instances_of(identifier).await;
        listed.map_err(Refusal::aws(format!("list the instances of cluster {identifier}")))
    };
    let cluster = async {
        let found = world.rds.cluster(identifier).await;
        found.map_err(Refusal::aws(format!("look up cluster {identifier}")))
    };
    let (cluster, instances) = try_join(cluster, instances).await?;
    if let Some(cluster) = cluster {
        let surroundings = Surroundings::of(world, &cluster, &instances).await;
        return Ok(Configuration::Cluster(Box::new(ClusterConfiguration { cluster, instances, surroundings })));
    }
    let instance = world.rds.instance(identifier).await;
    let instance = instance.map_err(Refusal::aws(format!("look up instance {identifier}")))?;
    match instance.filter(|instance| instance.cluster.is_none()) {
        Some(instance) => Ok(Configuration::Instance(Box::new(InstanceConfiguration { instance }))),
        // It says which clusters there are.
        None => windows::find(&*world.rds, &world.region, identifier).await.and_then(|cluster| {
            Err(Refusal::Moved { what: format!("cluster {} appeared just now", cluster.identifier) })
        }),
    }
}

impl Capture {
    /// Its name in the store.
    pub fn document(&self) -> Result<Document, CaptureError> {
        let (identifier, resource_id) = (self.source.identifier(), self.source.resource_id());
        Document::named(&[SHELF, &self.region, identifier, resource_id, self.id.as_str()])
            .ok_or_else(|| CaptureError::Unnameable { what: format!("{identifier} ({resource_id})") })
    }
}

/// Keeps a capture; its name.
pub async fn save(store: &dyn Store, capture: &Capture) -> Result<Document, CaptureError> {
    let document = capture.document()?;
    let bytes = serde_json::to_vec_pretty(capture)
        .map_err(|source| CaptureError::Encode { identifier: capture.source.identifier().to_owned(), source })?;
    store.keep(&document, &bytes).await?;
    Ok(document)
}

/// The newest capture of a database: by its resource id; where that is not known, or nothing was captured under it, by its
/// name in its region.
pub async fn latest(store: &dyn Store, sought: Sought<'_>) -> Result<Option<Capture>, CaptureError> {
    let documents = store.kept(SHELF).await?;
    let Some(document) = newest(&documents, sought) else { return Ok(None) };
    let Some(bytes) = store.document(document).await? else { return Ok(None) };
    read(document, &bytes).map(Some)
}

/// The name of the newest capture, by the same rule.
fn newest<'a>(documents: &'a [Document], sought: Sought<'_>) -> Option<&'a Document> {
    let parts = |document: &'a Document| match document.parts() {
        [_, region, identifier, resource_id, id] => {
            Some((region.as_str(), identifier.as_str(), resource_id.as_str(), id.as_str()))
        }
        _ => None,
    };
    let of = |wanted: &dyn Fn(&str, &str, &str) -> bool| {
        let those = documents.iter().filter(|document| {
            parts(document).is_some_and(|(region, identifier, resource_id, _)| wanted(region, identifier, resource_id))
        });
        those.max_by_key(|document| parts(document).map(|(.., id)| id))
    };
    sought
        .resource_id
        .and_then(|wanted| of(&|_, _, resource_id| resource_id == wanted))
        .or_else(|| of(&|region, identifier, _| (region, identifier) == (sought.region, sought.identifier)))
}

/// Reads a capture. The format comes first: what a later daybreak wrote may have fields that this one does not know.
fn read(document: &Document, bytes: &[u8]) -> Result<Capture, CaptureError> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let unreadable = |source| CaptureError::Unreadable { document: document.path(), source };
    let Format { format } = serde_json::from_slice(bytes).map_err(unreadable)?;
    if format > FORMAT {
        return Err(CaptureError::Newer { document: document.path(), found: format });
    }
    serde_json::from_slice(bytes).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(region: &str, identifier: &str, resource_id: &str, id: &str) -> Document {
        Document::named(&[SHELF, region, identifier, resource_id, id]).expect("a name")
    }

    fn sought<'a>(resource_id: Option<&'a str>, identifier: &'a str) -> Sought<'a> {
        Sought { resource_id, region: "eu-west-1", identifier }
    }

    #[test]
    fn the_newest_is_found_by_the_id_that_never_changes_and_else_by_name_and_region() {
        let before = document("eu-west-1", "loans-old", "cluster-A", "20261120-142205-aaaa");
        let renamed = document("eu-west-1", "loans", "cluster-A", "20261121-142205-aaaa");
        let namesake = document("eu-west-1", "loans", "cluster-B", "20261122-142205-aaaa");
        let elsewhere = document("us-east-1", "loans", "cluster-C", "20261123-142205-aaaa");
        let all = [before.clone(), elsewhere, namesake.clone(), renamed.clone()];
        assert_eq!(newest(&all, sought(Some("cluster-A"), "loans")), Some(&renamed));
        assert_eq!(newest(&all, sought(Some("cluster-A"), "another")), Some(&renamed));
        assert_eq!(newest(&all, sought(None, "loans")), Some(&namesake));
        assert_eq!(newest(&all, sought(Some("cluster-X"), "loans-old")), Some(&before));
        assert_eq!(newest(&all, sought(Some("cluster-X"), "cards")), None);
    }

    #[test]
    fn what_a_later_daybreak_wrote_is_refused_and_what_is_none_too() {
        let name = document("eu-west-1", "loans", "cluster-A", "20261120-142205-aaaa");
        let newer = json!({ "format": FORMAT + 1, "unheard_of": true }).to_string();
        assert!(matches!(read(&name, newer.as_bytes()), Err(CaptureError::Newer { found: 2, .. })));
        for text in ["", "{}", r#"{"format":1}"#] {
            assert!(matches!(read(&name, text.as_bytes()), Err(CaptureError::Unreadable { .. })), "{text}");
        }
    }
}
