//! What a month of something costs, roughly: list prices that do not change with every release of AWS.
//!
//! The prices are those on demand in us-east-1 for Aurora PostgreSQL; other regions cost up to half as much again, and
//! reservations less. What is not in the table is unknown, never guessed.

use serde::Serialize;

use crate::aws::rds::model::{Cluster, Instance};

/// What an estimate is made of, for whoever reads one.
pub const BASIS: &str =
    "list price on demand in us-east-1, 730 hours, without storage, backups and I/O, whose amounts RDS does not tell";

const HOURS_A_MONTH: f64 = 730.0;

/// USD an hour of the smallest size, by family; every size is a multiple of it.
const FAMILIES: &[(&str, f64)] =
    &[("r5", 0.29), ("r6g", 0.2595), ("r6i", 0.29), ("r7g", 0.2765), ("t3", 0.041), ("t4g", 0.0365)];

/// How many times the smallest size's price a size costs: `large` for the r families, half a `medium` for the t families.
fn multiple(family: &str, size: &str) -> Option<f64> {
    Some(match (family.starts_with('t'), size) {
        (true, "medium") => 2.0,
        (true, "large") => 4.0,
        (false, "large") => 1.0,
        (false, "xlarge") => 2.0,
        (false, "2xlarge") => 4.0,
        (false, "4xlarge") => 8.0,
        (false, "8xlarge") => 16.0,
        (false, "12xlarge") => 24.0,
        (false, "16xlarge") => 32.0,
        (false, "24xlarge") => 48.0,
        _ => return None,
    })
}

/// USD an hour of one Aurora capacity unit.
const CAPACITY_UNIT: f64 = 0.12;

/// What `aurora-iopt1` storage adds to compute; I/O is then free.
const IO_OPTIMIZED: f64 = 1.3;

/// What a month costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// USD a month, in whole dollars; none where it is not known.
    pub usd_per_month: Option<f64>,
    /// Whether it is the least it can be, as of a serverless instance that does nothing.
    pub at_least: bool,
}

impl Estimate {
    /// What cannot be estimated.
    pub const UNKNOWN: Self = Self { usd_per_month: None, at_least: false };
}

/// The price of a cluster's instances: without one that is in the table, unknown.
pub fn of(cluster: Option<&Cluster>, instances: &[&Instance]) -> Estimate {
    let mut at_least = false;
    let hourly: Option<f64> = instances
        .iter()
        .map(|instance| match instance.class.as_str() {
            "db.serverless" => {
                at_least = true;
                let range = cluster.and_then(|cluster| cluster.serverless_v2_scaling)?;
                Some(range.min_capacity? * CAPACITY_UNIT)
            }
            class => provisioned(class),
        })
        .try_fold(0.0, |sum, price| Some(sum + price?));
    let optimized = cluster.is_some_and(|cluster| cluster.storage_type.as_deref() == Some("aurora-iopt1"));
    let factor = if optimized { IO_OPTIMIZED } else { 1.0 };
    Estimate { usd_per_month: hourly.map(|hourly| (hourly * factor * HOURS_A_MONTH).round()), at_least }
}

fn provisioned(class: &str) -> Option<f64> {
    let (family, size) = class.strip_prefix("db.")?.split_once('.')?;
    let (_, price) = FAMILIES.iter().find(|(known, _)| *known == family)?;
    Some(price * multiple(family, size)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::rds::model::ServerlessV2Scaling;

    fn instance(class: &str) -> Instance {
        Instance { class: class.to_owned(), ..Instance::default() }
    }

    fn monthly(classes: &[&str]) -> Option<f64> {
        let instances: Vec<Instance> = classes.iter().map(|class| instance(class)).collect();
        of(None, &instances.iter().collect::<Vec<_>>()).usd_per_month
    }

    #[test]
    fn instances_are_added_up_by_family_and_size() {
        assert_eq!(monthly(&["db.r6g.large"]), Some(189.0));
        assert_eq!(monthly(&["db.r6g.large", "db.r5.24xlarge"]), Some(10_351.0));
        assert_eq!(monthly(&["db.t4g.medium"]), Some(53.0));
        assert_eq!(monthly(&[]).map(|usd| usd.to_string()).as_deref(), Some("0"), "only storage is left to pay for");
    }

    #[test]
    fn what_is_not_in_the_table_is_unknown() {
        for class in ["db.x2g.large", "db.r6g.enormous", "db.t4g.xlarge", "r6g.large", "db.serverless", ""] {
            assert_eq!(monthly(&[class]), None, "{class}");
        }
        assert_eq!(monthly(&["db.r6g.large", "db.x2g.large"]), None, "a part is not the whole");
    }

    #[test]
    fn serverless_costs_at_least_its_least_capacity() {
        let range = ServerlessV2Scaling { min_capacity: Some(0.5), ..ServerlessV2Scaling::default() };
        let mut cluster = Cluster { serverless_v2_scaling: Some(range), ..Cluster::default() };
        let serverless = instance("db.serverless");
        assert_eq!(of(Some(&cluster), &[&serverless]), Estimate { usd_per_month: Some(44.0), at_least: true });
        cluster.storage_type = Some("aurora-iopt1".to_owned());
        assert_eq!(of(Some(&cluster), &[&serverless]).usd_per_month, Some(57.0));
    }
}
