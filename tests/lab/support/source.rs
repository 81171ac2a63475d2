//! A source: a cluster with rows, damaged at a known moment.

use std::{collections::BTreeMap, sync::LazyLock};

use aws_sdk_rds::types::{DbCluster, ServerlessV2ScalingConfiguration, Tag};
use jiff::Timestamp;

use super::{
    aws::wait,
    lab::Lab,
    sql::{DATABASE, MASTER, PASSWORD, Sql},
    until,
};

/// Everything in the tables, in a form that can be compared.
pub(crate) const ALL_ROWS: &str =
    "SELECT id, amount, note FROM loans ORDER BY id; SELECT id, loan FROM payments ORDER BY id;";

const SEED: &str = "
CREATE TABLE loans (id serial PRIMARY KEY, amount numeric(12, 2) NOT NULL, note text NOT NULL);
CREATE TABLE payments (id serial PRIMARY KEY, loan int NOT NULL REFERENCES loans);
INSERT INTO loans (amount, note) SELECT g, 'loan ' || g FROM generate_series(1, 1500) g;
INSERT INTO payments (loan) SELECT g FROM generate_series(1, 500) g;
CREATE ROLE application LOGIN PASSWORD 'application-hunter2';
GRANT pg_read_all_data TO application;
";

/// Whom an application logs in as that does not use the master user.
pub(crate) const APPLICATION: &str = "application";
/// The password of [`APPLICATION`].
pub(crate) const APPLICATION_PASSWORD: &str = "application-hunter2";

/// The damage: what is written after the second that recoveries ask for, and what is lost then.
const DAMAGE: &str = "
INSERT INTO loans (amount, note) VALUES (0, 'after the moment');
DELETE FROM payments; DELETE FROM loans WHERE id BETWEEN 11 AND 1500;
";

/// A database filled, and then damaged at a known moment.
pub(crate) struct Damaged {
    /// [`ALL_ROWS`] as of `moment`.
    pub(crate) rows: String,
    /// The second before the damage.
    pub(crate) moment: Timestamp,
}

impl Damaged {
    /// Fills the empty database and damages it.
    pub(crate) fn make(sql: &Sql) -> Self {
        sql.rows(SEED);
        let rows = sql.rows(ALL_ROWS);
        // The server waits for a second to begin: before it the rows, from it on the damage.
        let moment = sql.rows(&format!(
            "SELECT to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') || pg_sleep_until(moment) \
             FROM (SELECT date_trunc('second', clock_timestamp()) + interval '2 seconds' AS moment) AS next; {DAMAGE}"
        ));
        Self { rows, moment: moment.parse().expect("a time") }
    }
}

/// A damaged cluster.
pub(crate) struct Source {
    pub(crate) cluster: String,
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

impl Source {
    /// The source in the shared lab that tests recover from side by side. Nothing may change it: that is daybreak's
    /// first promise.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: LazyLock<Source> = LazyLock::new(|| {
            let source = Source::create(Lab::shared(), "loans-prod");
            Lab::shared().aws.create_instance("loans-prod", "loans-prod-2");
            source
        });
        &SHARED
    }

    /// Creates a cluster with all that a restore drops, fills it, and damages it.
    pub(crate) fn create(lab: &Lab, cluster: &str) -> Self {
        let vpc = lab.ec2("Action=DescribeVpcs", "vpcId");
        let make = |name: &str| {
            lab.ec2(
                &format!("Action=CreateSecurityGroup&GroupName={cluster}-{name}&GroupDescription={name}&VpcId={vpc}"),
                "groupId",
            )
        };
        let (group, quarantine) = (make("app"), make("quarantine"));
        Self::with_groups(lab, cluster, group, quarantine)
    }

    /// The same with security groups that are there.
    pub(crate) fn with_groups(lab: &Lab, cluster: &str, group: String, quarantine: String) -> Self {
        Self::encrypted(lab, cluster, group, quarantine, None)
    }

    /// The same with storage that is encrypted with `key`, if there is one.
    pub(crate) fn encrypted(lab: &Lab, cluster: &str, group: String, quarantine: String, key: Option<&str>) -> Self {
        let parameters = format!("{cluster}-parameters");
        let family =
            wait(lab.aws.rds.describe_db_engine_versions().engine("aurora-postgresql").default_only(true).send());
        let family = family.ok().and_then(|answer| answer.db_engine_versions?.pop()?.db_parameter_group_family);
        let family = family.unwrap_or_else(|| "aurora-postgresql15".to_owned());
        let made = lab.aws.rds.create_db_cluster_parameter_group().db_cluster_parameter_group_name(&parameters);
        // A source made again under its name finds its parameter group there.
        let _ = wait(made.db_parameter_group_family(family).description("the tests'").send());
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        let create = lab.aws.rds.create_db_cluster().db_cluster_identifier(cluster).engine("aurora-postgresql");
        let scaling = ServerlessV2ScalingConfiguration::builder().min_capacity(0.5).max_capacity(4.0).build();
        let create = create
            .master_username(MASTER)
            .master_user_password(PASSWORD)
            .database_name(DATABASE)
            .vpc_security_group_ids(&group)
            .db_cluster_parameter_group_name(parameters)
            .enable_iam_database_authentication(true)
            .enable_cloudwatch_logs_exports("postgresql")
            .serverless_v2_scaling_configuration(scaling)
            .port(5444)
            .deletion_protection(true)
            .storage_encrypted(key.is_some())
            .set_kms_key_id(key.map(str::to_owned))
            .backup_retention_period(3)
            .tags(tag("environment", "production"))
            .tags(tag("team", "loans"));
        wait(create.send()).expect("create the source");
        lab.aws.await_cluster(cluster);
        lab.aws.create_instance(cluster, &format!("{cluster}-1"));
        let described = lab.aws.cluster(cluster);
        let sql = Sql::new(described.endpoint().expect("an endpoint"), 5444, &lab.ca);
        let Damaged { rows, moment } = Damaged::make(&sql);
        let source = Self { cluster: cluster.to_owned(), sql, moment, rows, group, quarantine };
        source.await_moment(lab);
        source
    }

    fn await_moment(&self, lab: &Lab) {
        until("the moment in the window", || {
            let latest = self.described(lab).latest_restorable_time.expect("a window");
            (latest.secs() > self.moment.as_second()).then_some(())
        });
    }

    /// The source as AWS describes it now.
    pub(crate) fn described(&self, lab: &Lab) -> DbCluster {
        lab.aws.cluster(&self.cluster)
    }

    /// All that must be the same of the source before and after anything daybreak does: its description but for the
    /// moving end of its window, its instances, and its rows.
    pub(crate) fn fingerprint(&self, lab: &Lab) -> String {
        let mut described = self.described(lab);
        described.latest_restorable_time = None;
        let instances: BTreeMap<_, _> = lab
            .aws
            .instances(&self.cluster)
            .into_iter()
            .map(|mut instance| {
                instance.latest_restorable_time = None;
                (instance.db_instance_identifier.clone(), format!("{instance:?}"))
            })
            .collect();
        format!("{described:?}\n{instances:?}\n{}", self.sql.rows(ALL_ROWS))
    }

    /// A secret's value as RDS writes it, with spaces and an order of its own that a cutover must keep.
    pub(crate) fn rds_secret(&self) -> String {
        let Sql { host, port, .. } = &self.sql;
        format!(
            "{{ \"username\": \"{MASTER}\",\n  \"password\": \"{PASSWORD}\", \"engine\": \"postgres\", \"host\": \"{host}\",\
             \n  \"port\": {port}, \"dbname\": \"{DATABASE}\", \"dbClusterIdentifier\": \"{}\", \"note\": \"κ\" }}",
            self.cluster
        )
    }

    /// The same as a connection URL.
    pub(crate) fn url(&self) -> String {
        let Sql { host, port, .. } = &self.sql;
        let password = PASSWORD.replace('%', "%25").replace('#', "%23").replace('&', "%26");
        format!("postgres://{MASTER}:{password}@{host}:{port}/{DATABASE}?application_name=loans")
    }
}
