//! The global databases that a database is part of.

use std::collections::BTreeMap;

use super::{catalogue::Catalogue, lineage::Lineage};
use crate::aws::rds::backups::model::{GlobalCluster, GlobalMember};

/// Each once, although it is listed in each of its regions. Where the list could not be seen, the secondaries that say of
/// themselves what they are a part of.
pub(super) fn of(lineage: &Lineage, catalogue: &Catalogue) -> Vec<GlobalCluster> {
    let mut globals: BTreeMap<String, GlobalCluster> = catalogue
        .each(|holdings| &holdings.global_clusters)
        .filter(|(_, global)| lineage.has_global(global))
        .map(|(_, global)| (global.identifier.clone(), global.clone()))
        .collect();
    for (_, cluster) in catalogue.each(|holdings| &holdings.clusters) {
        let Some(identifier) = &cluster.global_cluster_identifier else { continue };
        if !lineage.is_replica_cluster(cluster) {
            continue;
        }
        let global = globals
            .entry(identifier.clone())
            .or_insert_with(|| GlobalCluster { identifier: identifier.clone(), ..GlobalCluster::default() });
        if global.members.iter().all(|member| member.arn != cluster.arn) {
            global.members.push(GlobalMember { arn: cluster.arn.clone(), ..GlobalMember::default() });
        }
    }
    globals.into_values().collect()
}
