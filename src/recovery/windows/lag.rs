//! How far what replicates from a database is behind it.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::{
    arn::Arn,
    catalogue::{Catalogue, Regions, within},
    global,
    lineage::Lineage,
    window::Lag,
};
use crate::aws::{self, metrics::Gauge};

/// Lags by the ARN of what is behind.
pub type Lags = BTreeMap<String, Lag>;

/// Something that replicates, and where its lag is read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Behind {
    arn: String,
    region: String,
    gauge: Gauge,
    per_second: u32,
}

/// Measures all that replicates from the database, everywhere at once.
pub async fn measure(world: &dyn Regions, lineage: &Lineage, catalogue: &Catalogue, now: Timestamp) -> Lags {
    let behind = behind(lineage, catalogue);
    let figures = join_all(behind.iter().map(async |one| {
        let metrics = world.metrics(&one.region);
        let figure = within(("cloudwatch", "GetMetricData"), metrics.newest(&one.gauge, now)).await;
        (one.arn.clone(), lag(one, figure))
    }));
    figures.await.into_iter().collect()
}

fn lag(of: &Behind, figure: Result<Option<aws::metrics::Sample>, aws::Error>) -> Lag {
    let metric = of.gauge.metric;
    match figure {
        Ok(Some(sample)) if sample.value.is_finite() && sample.value >= 0.0 => {
            Lag::Measured { seconds: sample.value / f64::from(of.per_second), at: sample.at, metric }
        }
        // RDS writes -1 for a replica that does not replicate.
        Ok(Some(sample)) => Lag::NotMeasured {
            why: format!("{metric} is {}, which means that it does not replicate or has not begun to", sample.value),
        },
        Ok(None) => Lag::NotMeasured { why: format!("CloudWatch has no {metric} of the last ten minutes") },
        Err(error) => {
            let code = error.code.clone().unwrap_or_else(|| error.message.clone());
            Lag::NotMeasured { why: format!("{code}: {}", error.action()) }
        }
    }
}

fn behind(lineage: &Lineage, catalogue: &Catalogue) -> Vec<Behind> {
    let gauge = |metric, dimension, identifier: &str| Gauge { metric, dimension, identifier: identifier.to_owned() };
    let mut found = Vec::new();
    for global in global::of(lineage, catalogue) {
        for member in global.members.iter().filter(|member| !member.is_writer) {
            let Some(arn) = Arn::parse(&member.arn) else { continue };
            found.push(Behind {
                arn: member.arn.clone(),
                region: arn.region.to_owned(),
                gauge: gauge("AuroraGlobalDBRPOLag", "DBClusterIdentifier", arn.name),
                per_second: 1000,
            });
        }
    }
    for (region, cluster) in catalogue.each(|holdings| &holdings.clusters) {
        if lineage.is_replica_cluster(cluster) && cluster.global_cluster_identifier.is_none() {
            found.push(Behind {
                arn: cluster.arn.clone(),
                region: region.to_owned(),
                gauge: gauge("RDSToAuroraPostgreSQLReplicaLag", "DBClusterIdentifier", &cluster.identifier),
                per_second: 1,
            });
        }
    }
    for (region, instance) in catalogue.each(|holdings| &holdings.instances) {
        if instance.cluster.is_none() && lineage.is_replica_instance(region, instance) {
            found.push(Behind {
                arn: instance.arn.clone(),
                region: region.to_owned(),
                gauge: gauge("ReplicaLag", "DBInstanceIdentifier", &instance.identifier),
                per_second: 1,
            });
        }
    }
    found
}
