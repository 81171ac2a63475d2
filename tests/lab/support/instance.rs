//! A source that is an RDS instance outside clusters, with rows, damaged at a known moment.

use std::sync::LazyLock;

use aws_sdk_rds::types::{DbInstance, Tag};
use jiff::Timestamp;

use super::{
    aws::wait,
    lab::Lab,
    source::{ALL_ROWS, Damaged},
    sql::{DATABASE, MASTER, PASSWORD, Sql},
    until,
};

/// A damaged instance.
pub(crate) struct InstanceSource {
    pub(crate) name: String,
    pub(crate) sql: Sql,
    /// The second before the damage.
    pub(crate) moment: Timestamp,
    /// [`ALL_ROWS`] as of [`Self::moment`].
    pub(crate) rows: String,
    /// The security group of the application.
    pub(crate) group: String,
    /// The security group of the quarantine.
    pub(crate) quarantine: String,
}

/// The instance of this name in a region, if there is one.
pub(crate) fn find(rds: &aws_sdk_rds::Client, name: &str) -> Option<DbInstance> {
    let listed = wait(rds.describe_db_instances().into_paginator().items().send().collect::<Result<Vec<_>, _>>());
    let listed = listed.expect("list the instances");
    listed.into_iter().find(|instance| instance.db_instance_identifier() == Some(name))
}

impl InstanceSource {
    /// The source in the shared lab that tests recover from side by side, and that nothing may change.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: LazyLock<InstanceSource> = LazyLock::new(|| InstanceSource::create(Lab::shared(), "archive"));
        &SHARED
    }

    /// Creates an instance with all that a restore drops, fills it, and damages it.
    pub(crate) fn create(lab: &Lab, name: &str) -> Self {
        let vpc = lab.ec2("Action=DescribeVpcs", "vpcId");
        let make = |kind: &str| {
            lab.ec2(
                &format!("Action=CreateSecurityGroup&GroupName={name}-{kind}&GroupDescription={kind}&VpcId={vpc}"),
                "groupId",
            )
        };
        let (group, quarantine) = (make("app"), make("quarantine"));
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        let create = lab.aws.rds.create_db_instance().db_instance_identifier(name).engine("postgres");
        let create = create
            .db_instance_class("db.m6g.large")
            .allocated_storage(100)
            .max_allocated_storage(500)
            .storage_type("gp3")
            .multi_az(true)
            .master_username(MASTER)
            .master_user_password(PASSWORD)
            .db_name(DATABASE)
            .vpc_security_group_ids(&group)
            .enable_cloudwatch_logs_exports("postgresql")
            .port(5455)
            .deletion_protection(true)
            .backup_retention_period(3)
            .preferred_maintenance_window("mon:03:00-mon:04:00")
            .monitoring_interval(0)
            .tags(tag("environment", "production"));
        wait(create.send()).expect("create the source");
        let described = available(lab, name);
        let endpoint = described.endpoint().and_then(|endpoint| endpoint.address()).expect("an endpoint").to_owned();
        let sql = Sql::new(&endpoint, 5455, &lab.ca);
        let Damaged { rows, moment } = Damaged::make(&sql);
        let source = Self { name: name.to_owned(), sql, moment, rows, group, quarantine };
        until("the moment in the window", || {
            let latest = source.described(lab).latest_restorable_time?;
            (latest.secs() > moment.as_second()).then_some(())
        });
        source
    }

    /// The source as AWS describes it now.
    pub(crate) fn described(&self, lab: &Lab) -> DbInstance {
        find(&lab.aws.rds, &self.name).expect("the source is there")
    }

    /// All that must be the same of the source before and after anything daybreak does.
    pub(crate) fn fingerprint(&self, lab: &Lab) -> String {
        let mut described = self.described(lab);
        described.latest_restorable_time = None;
        format!("{described:?}\n{}", self.sql.rows(ALL_ROWS))
    }

    /// A secret's value as RDS writes it for an instance.
    pub(crate) fn secret(&self) -> String {
        let Sql { host, port, .. } = &self.sql;
        format!(
            "{{ \"username\": \"{MASTER}\", \"password\": \"{PASSWORD}\", \"engine\": \"postgres\", \"host\": \"{host}\",\
             \n  \"port\": {port}, \"dbname\": \"{DATABASE}\", \"dbInstanceIdentifier\": \"{}\", \"note\": \"κ\" }}",
            self.name
        )
    }

    /// Deletes it; its automated backups stay.
    pub(crate) fn delete_keeping_backups(&self, lab: &Lab) {
        let rds = &lab.aws.rds;
        let unprotected = rds.modify_db_instance().db_instance_identifier(&self.name).deletion_protection(false);
        wait(unprotected.apply_immediately(true).send()).expect("lift the protection");
        available(lab, &self.name);
        let deletion = rds.delete_db_instance().db_instance_identifier(&self.name).skip_final_snapshot(true);
        wait(deletion.delete_automated_backups(false).send()).expect("delete the instance");
        until("the instance's end", || find(rds, &self.name).is_none().then_some(()));
    }
}

/// Waits until an instance is available.
pub(crate) fn available(lab: &Lab, name: &str) -> DbInstance {
    until(&format!("instance {name}"), || {
        find(&lab.aws.rds, name).filter(|instance| instance.db_instance_status() == Some("available"))
    })
}
