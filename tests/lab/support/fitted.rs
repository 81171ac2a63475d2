//! A source with all that a restore drops: a reader in another zone, monitoring, a role, the Data API, a custom endpoint, scaling,
//! an alarm, and a master password that RDS manages.

use aws_sdk_applicationautoscaling::types::{
    MetricType, PolicyType, PredefinedMetricSpecification, ScalableDimension, ServiceNamespace,
    TargetTrackingScalingPolicyConfiguration,
};
use aws_sdk_cloudwatch::types::{ComparisonOperator, Dimension, Statistic};

use super::{
    Lab, Source,
    aws::wait,
    source::{APPLICATION, APPLICATION_PASSWORD},
    sql::Sql,
    until,
};

/// The role that the source has.
pub(crate) const EXPORT: &str = "arn:aws:iam::123456789012:role/export";
/// The role of its monitoring.
pub(crate) const MONITORING: &str = "arn:aws:iam::123456789012:role/monitoring";

/// A source with everything set. RDS manages its master password.
pub(crate) fn fitted(lab: &Lab, name: &str) -> Source {
    let source = Source::create(lab, name);
    let (rds, reader) = (&lab.aws.rds, format!("{name}-2"));
    let zones = lab.aws.cluster(name).availability_zones.expect("zones");
    let create = rds.create_db_instance().db_cluster_identifier(name).db_instance_identifier(&reader);
    let create = create.engine("aurora-postgresql").db_instance_class("db.r6g.xlarge").promotion_tier(3);
    wait(create.availability_zone(&zones[1]).send()).expect("create the reader");
    let settled = || {
        let cluster = lab.aws.await_cluster(name);
        until("the instances", || {
            let all = lab.aws.instances(name);
            (all.len() == 2 && all.iter().all(|one| one.db_instance_status() == Some("available"))).then_some(())
        });
        cluster
    };
    settled();
    let modify = rds.modify_db_cluster().db_cluster_identifier(name).apply_immediately(true);
    let modify = modify
        .preferred_maintenance_window("tue:04:00-tue:05:00")
        .auto_minor_version_upgrade(false)
        .copy_tags_to_snapshot(true)
        .enable_performance_insights(true)
        .performance_insights_retention_period(465)
        .database_insights_mode("advanced".into())
        .monitoring_interval(60)
        .monitoring_role_arn(MONITORING)
        .manage_master_user_password(true);
    wait(modify.send()).expect("set the settings");
    settled();
    let role = rds.add_role_to_db_cluster().db_cluster_identifier(name).role_arn(EXPORT).feature_name("s3Export");
    wait(role.send()).expect("add the role");
    let arn = settled().db_cluster_arn.expect("an ARN");
    wait(rds.enable_http_endpoint().resource_arn(arn).send()).expect("enable the Data API");
    let endpoint = rds.create_db_cluster_endpoint().db_cluster_identifier(name);
    let endpoint = endpoint.db_cluster_endpoint_identifier(format!("{name}-reports")).endpoint_type("READER");
    wait(endpoint.static_members(&reader).send()).expect("create the endpoint");
    let (resource, dimension) = (format!("cluster:{name}"), ScalableDimension::RdsClusterReadReplicaCount);
    let target = lab.aws.scaling.register_scalable_target().service_namespace(ServiceNamespace::Rds);
    let target = target.resource_id(&resource).scalable_dimension(dimension.clone()).min_capacity(1).max_capacity(4);
    wait(target.send()).expect("register the scaling");
    let metric = PredefinedMetricSpecification::builder()
        .predefined_metric_type(MetricType::RdsReaderAverageCpuUtilization)
        .build()
        .expect("a metric");
    let rule = TargetTrackingScalingPolicyConfiguration::builder()
        .target_value(60.0)
        .predefined_metric_specification(metric)
        .scale_in_cooldown(300)
        .build()
        .expect("a rule");
    let policy = lab.aws.scaling.put_scaling_policy().policy_name("cpu").service_namespace(ServiceNamespace::Rds);
    let policy = policy.resource_id(&resource).scalable_dimension(dimension);
    let policy = policy.policy_type(PolicyType::TargetTrackingScaling);
    wait(policy.target_tracking_scaling_policy_configuration(rule).send()).expect("put the policy");
    let alarm = lab.aws.cloudwatch.put_metric_alarm().alarm_name(format!("{name}-cpu")).namespace("AWS/RDS");
    let alarm = alarm.metric_name("CPUUtilization").statistic(Statistic::Average).period(60).evaluation_periods(1);
    let alarm = alarm.threshold(90.0).comparison_operator(ComparisonOperator::GreaterThanThreshold);
    let alarm = alarm.dimensions(Dimension::builder().name("DBClusterIdentifier").value(name).build());
    wait(alarm.send()).expect("put the alarm");
    until("the role", || {
        let roles = lab.aws.cluster(name).associated_roles.unwrap_or_default();
        roles.iter().all(|role| role.status() == Some("ACTIVE")).then_some(())
    });
    source
}

/// A secret's value for an application that does not log in as the master user.
pub(crate) fn secret_of_the_application(source: &Source) -> String {
    let Sql { host, port, .. } = &source.sql;
    format!(
        r#"{{"engine":"postgres","host":"{host}","port":{port},"username":"{APPLICATION}","password":"{APPLICATION_PASSWORD}","dbname":"loans"}}"#
    )
}
