//! Alarms through the SDK.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_cloudwatch::types::{AlarmType, Dimension, MetricAlarm};

use super::api::{Alarm, Alarms};
use super::client::MetricsClient;
use crate::aws::error::Error;
use crate::aws::sdk::Operation;

const DESCRIBE_ALARMS: Operation = Operation { service: "cloudwatch", name: "DescribeAlarms" };

/// The dimensions that name a database.
const DIMENSIONS: [&str; 2] = ["DBClusterIdentifier", "DBInstanceIdentifier"];

#[async_trait]
impl Alarms for MetricsClient {
    async fn alarms_on(&self, databases: &[String]) -> Result<Vec<Alarm>, Error> {
        // CloudWatch lists the alarms of one metric and its exact dimensions, or all of them.
        let call = self.client.describe_alarms().alarm_types(AlarmType::MetricAlarm);
        let mut pages = call.into_paginator().send();
        let mut alarms = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| DESCRIBE_ALARMS.failed(error))?;
            for alarm in page.metric_alarms.unwrap_or_default() {
                let named: Vec<String> = named(&alarm).into_iter().filter(|name| databases.contains(name)).collect();
                if let (Some(name), false) = (alarm.alarm_name, named.is_empty()) {
                    let (metric, actions_enabled) = (alarm.metric_name, alarm.actions_enabled);
                    alarms.push(Alarm { name, metric, databases: named, actions_enabled });
                }
            }
        }
        Ok(alarms)
    }
}

/// The databases that an alarm is about, also where it computes its metric from several.
fn named(alarm: &MetricAlarm) -> BTreeSet<String> {
    let computed = alarm.metrics().iter().filter_map(|query| query.metric_stat()?.metric());
    let dimensions = computed.flat_map(|metric| metric.dimensions()).chain(alarm.dimensions());
    let database = |dimension: &Dimension| {
        let named = dimension.name().is_some_and(|name| DIMENSIONS.contains(&name));
        dimension.value().filter(|_| named).map(str::to_owned)
    };
    dimensions.filter_map(database).collect()
}
