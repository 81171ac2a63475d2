//! The part of CloudWatch that daybreak uses.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::aws::error::Error;

/// What is measured, of one database; the namespace is `AWS/RDS`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gauge {
    /// `MetricName`.
    pub metric: &'static str,
    /// The name of a dimension that tells the database: `DBInstanceIdentifier` or `DBClusterIdentifier`.
    pub dimension: &'static str,
    /// Its value.
    pub identifier: String,
}

/// One figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// The beginning of the minute it was measured in.
    pub at: Timestamp,
    /// In the metric's unit.
    pub value: f64,
}

/// One region's metrics.
#[async_trait]
pub trait Metrics: Send + Sync {
    /// The newest figure of the ten minutes before `now`: the maximum of its minute, and of all series in which the
    /// dimension has the value, whatever other dimensions they have; none where nothing was measured. (`ListMetrics`,
    /// `GetMetricData`.)
    async fn newest(&self, gauge: &Gauge, now: Timestamp) -> Result<Option<Sample>, Error>;
}

/// An alarm on a figure of a database (`DescribeAlarms`, `MetricAlarms`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// `AlarmName`.
    pub name: String,
    /// `MetricName`; absent where it is computed from several.
    pub metric: Option<String>,
    /// The databases that its dimensions name.
    pub databases: Vec<String>,
    /// `ActionsEnabled`: whether anybody is told.
    pub actions_enabled: Option<bool>,
}

/// One region's alarms.
#[async_trait]
pub trait Alarms: Send + Sync {
    /// Returns the alarms with a metric of one of these clusters and instances, over all pages (`DescribeAlarms`).
    async fn alarms_on(&self, databases: &[String]) -> Result<Vec<Alarm>, Error>;
}
