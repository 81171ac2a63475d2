//! CloudWatch through the SDK.

use async_trait::async_trait;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{DimensionFilter, Metric, MetricDataQuery, MetricStat};
use jiff::Timestamp;

use super::api::{Gauge, Metrics, Sample};
use crate::aws::error::Error;
use crate::aws::sdk::{self, Operation};

const NAMESPACE: &str = "AWS/RDS";
/// How far back a figure still says something of now.
const SECONDS: i64 = 600;
/// The most series that `GetMetricData` takes.
const SERIES: usize = 500;

const LIST_METRICS: Operation = Operation { service: "cloudwatch", name: "ListMetrics" };
const GET_METRIC_DATA: Operation = Operation { service: "cloudwatch", name: "GetMetricData" };

/// One region's CloudWatch, called through the SDK.
#[derive(Debug, Clone)]
pub struct MetricsClient {
    pub(super) client: Client,
}

impl MetricsClient {
    pub(in crate::aws) fn new(client: Client) -> Self {
        Self { client }
    }

    /// The series of a gauge. Which other dimensions they have, RDS does not document.
    async fn series(&self, gauge: &Gauge) -> Result<Vec<Metric>, Error> {
        let dimension = DimensionFilter::builder().name(gauge.dimension).value(&gauge.identifier).build();
        let call = self.client.list_metrics().namespace(NAMESPACE).metric_name(gauge.metric).dimensions(dimension);
        let mut pages = call.into_paginator().send();
        let mut series = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| LIST_METRICS.failed(error))?;
            series.extend(page.metrics.unwrap_or_default());
        }
        series.truncate(SERIES);
        Ok(series)
    }
}

#[async_trait]
impl Metrics for MetricsClient {
    async fn newest(&self, gauge: &Gauge, now: Timestamp) -> Result<Option<Sample>, Error> {
        let series = self.series(gauge).await?;
        if series.is_empty() {
            return Ok(None);
        }
        let queries = (0..).zip(series).map(|(number, metric)| {
            let stat = MetricStat::builder().metric(metric).period(60).stat("Maximum").build();
            MetricDataQuery::builder().id(format!("series{number}")).metric_stat(stat).build()
        });
        let end = now.as_second();
        let call = self
            .client
            .get_metric_data()
            .set_metric_data_queries(Some(queries.collect()))
            .start_time(DateTime::from_secs(end - SECONDS))
            .end_time(DateTime::from_secs(end));
        let mut pages = call.into_paginator().send();
        let mut newest: Option<Sample> = None;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| GET_METRIC_DATA.failed(error))?;
            for result in page.metric_data_results.unwrap_or_default() {
                let times = result.timestamps.unwrap_or_default().into_iter();
                for (at, value) in times.zip(result.values.unwrap_or_default()) {
                    let Some(at) = sdk::timestamp(&at) else { continue };
                    let sample = Sample { at, value };
                    if newest.is_none_or(|best| (best.at, best.value) < (sample.at, sample.value)) {
                        newest = Some(sample);
                    }
                }
            }
        }
        Ok(newest)
    }
}
