//! What can be promoted: RDS instances with replicas, clusters with readers, global databases of two regions; and daybreak with
//! a profile for them. Rows tell who has what.

use std::sync::LazyLock;

use aws_config::Region;
use serde_json::{Value, json};

use super::{
    Lab,
    aws::wait,
    daybreak::{Daybreak, Ended},
    scene::beside,
    sql::{DATABASE, MASTER, PASSWORD, Sql},
    until,
};

/// Where primaries are.
pub(crate) const HERE: &str = "eu-west-1";
/// Where secondaries are.
pub(crate) const AWAY: &str = "eu-central-1";

const SEED: &str = "CREATE TABLE loans AS SELECT g AS id FROM generate_series(1, 3) g;";
const ROWS: &str = "SELECT array_agg(id ORDER BY id) FROM loans";

/// The lab of those tests here that take no region away.
pub(crate) fn lab() -> &'static Lab {
    static SHARED: LazyLock<Lab> = LazyLock::new(|| Lab::start(&["--lag", "0.2"]));
    &SHARED
}

/// A database with what replicates from it.
pub(crate) struct Site<'l> {
    pub(crate) lab: &'l Lab,
    /// The primary's name, and that of the scene.
    pub(crate) name: String,
    pub(crate) daybreak: Daybreak,
    /// The secret that leads to the primary.
    pub(crate) secret: String,
}

impl<'l> Site<'l> {
    /// An RDS instance with three rows, of which one may be replicated.
    pub(crate) fn instance(lab: &'l Lab, name: &str) -> Self {
        let made = lab.aws.rds.create_db_instance().db_instance_identifier(name).engine("postgres");
        let made = made.db_instance_class("db.m6g.large").allocated_storage(20).db_name(DATABASE);
        let made = made.master_username(MASTER).master_user_password(PASSWORD).backup_retention_period(5);
        wait(made.send()).expect("create the instance");
        let sql = instance(lab, HERE, name);
        sql.rows(SEED);
        Self::beside(lab, name, &sql)
    }

    /// An Aurora cluster with three rows and its writer.
    pub(crate) fn cluster(lab: &'l Lab, name: &str) -> Self {
        let made = lab.aws.rds.create_db_cluster().db_cluster_identifier(name).engine("aurora-postgresql");
        let made = made.master_username(MASTER).master_user_password(PASSWORD).database_name(DATABASE);
        wait(made.send()).expect("create the cluster");
        add_instance(lab, HERE, name, &format!("{name}-1"));
        let sql = cluster(lab, HERE, name);
        sql.rows(SEED);
        Self::beside(lab, name, &sql)
    }

    /// A global database of that cluster, with a secondary that has an instance.
    pub(crate) fn global(lab: &'l Lab, name: &str) -> Self {
        let site = Self::cluster(lab, name);
        let arn = described(lab, HERE, name).db_cluster_arn.expect("an ARN");
        let made = rds(lab, HERE).create_global_cluster().global_cluster_identifier(site.world());
        wait(made.source_db_cluster_identifier(arn).send()).expect("create the global database");
        let global = || {
            let asked = rds(lab, HERE).describe_global_clusters().global_cluster_identifier(site.world());
            wait(asked.send()).expect("describe").global_clusters.and_then(|mut found| found.pop())?.status
        };
        until("the global database", || (global().as_deref() == Some("available")).then_some(()));
        awaited(lab, HERE, name);
        let made = rds(lab, AWAY).create_db_cluster().db_cluster_identifier(site.secondary());
        let made = made.engine("aurora-postgresql").global_cluster_identifier(site.world());
        wait(made.send()).expect("create the secondary");
        awaited(lab, AWAY, &site.secondary());
        add_instance(lab, AWAY, &site.secondary(), &format!("{}-1", site.secondary()));
        until("the secondary's rows", || (site.away().rows(ROWS) == "{1,2,3}").then_some(()));
        site
    }

    fn beside(lab: &'l Lab, name: &str, sql: &Sql) -> Self {
        let secret = format!("{name}/db");
        lab.aws.create_secret(&secret, &value(&sql.host, sql.port));
        let daybreak = beside(lab, &format!("promote-{name}"));
        let site = Self { lab, name: name.to_owned(), daybreak, secret };
        site.configure("");
        site
    }

    /// Writes the profile, with this in its table `promote`.
    pub(crate) fn configure(&self, promote: &str) {
        let Self { name, secret, .. } = self;
        let kind = if self.lab.aws.find_cluster(name).is_some() { "cluster" } else { "instance" };
        let text = format!(
            "[databases.loans]\n{kind} = {name:?}\nregion = {HERE:?}\n[databases.loans.connect]\nsecret = {secret:?}\n\
             connect_timeout = \"3s\"\nca = {:?}\n[databases.loans.cutover]\nsecret = {secret:?}\n[databases.loans.watch]\n\
             for = \"0s\"\n[[databases.loans.checks]]\nname = \"loans exist\"\nquery = \"SELECT count(*) FROM loans\"\n\
             expect = \">= 3\"\n[databases.loans.promote]\n{promote}\n",
            self.lab.ca
        );
        self.daybreak.write("daybreak.toml", &text);
    }

    /// The secret where the application of the other region reads it.
    pub(crate) fn secret_away(&self) {
        let config = self.lab.aws.secrets.config().to_builder().region(Some(Region::new(AWAY)));
        let primary = self.application();
        let made = aws_sdk_secretsmanager::Client::from_conf(config.build()).create_secret().name(&self.secret);
        wait(made.secret_string(value(&primary.host, primary.port)).send()).expect("create the secret");
    }

    /// A read replica of the instance, with its rows.
    pub(crate) fn replica(&self, name: &str) -> Sql {
        let made = self.lab.aws.rds.create_db_instance_read_replica().db_instance_identifier(name);
        wait(made.source_db_instance_identifier(&self.name).send()).expect("create the replica");
        let sql = instance(self.lab, HERE, name);
        until("the replica's rows", || (sql.rows(ROWS) == "{1,2,3}").then_some(()));
        sql
    }

    /// An Aurora cluster that replicates from the instance, with its rows.
    pub(crate) fn replica_cluster(&self, name: &str) -> Sql {
        let described = wait(self.lab.aws.rds.describe_db_instances().db_instance_identifier(&self.name).send());
        let arn = described.expect("describe").db_instances()[0].db_instance_arn().expect("an ARN").to_owned();
        let made = self.lab.aws.rds.create_db_cluster().db_cluster_identifier(name).engine("aurora-postgresql");
        wait(made.replication_source_identifier(arn).send()).expect("create the replica cluster");
        awaited(self.lab, HERE, name);
        add_instance(self.lab, HERE, name, &format!("{name}-1"));
        let sql = cluster(self.lab, HERE, name);
        until("the replica's rows", || (sql.rows(ROWS) == "{1,2,3}").then_some(()));
        sql
    }

    /// The global database's name.
    pub(crate) fn world(&self) -> String {
        format!("{}-world", self.name)
    }

    /// The secondary cluster's name.
    pub(crate) fn secondary(&self) -> String {
        format!("{}-away", self.name)
    }

    /// The secondary's server.
    pub(crate) fn away(&self) -> Sql {
        cluster(self.lab, AWAY, &self.secondary())
    }

    /// The primary's server, as the secret led to it first.
    pub(crate) fn primary(&self) -> Sql {
        let found = self.lab.aws.find_cluster(&self.name);
        if found.is_some() { cluster(self.lab, HERE, &self.name) } else { instance(self.lab, HERE, &self.name) }
    }

    /// Puts a row where `sql` leads.
    pub(crate) fn put(&self, sql: &Sql, id: u32) {
        sql.rows(&format!("INSERT INTO loans VALUES ({id})"));
    }

    /// Cuts, breaks or resumes the replication of a replica or secondary.
    pub(crate) fn replication(&self, what: &str, name: &str, state: &str) {
        self.lab.control("POST", "/_lab/replication", &json!({ what: name, "state": state }));
    }

    /// Runs `daybreak promote loans …` to the end without questions, with JSON.
    pub(crate) fn promote(&self, more: &[&str]) -> Ended {
        let fixed = ["promote", "loans", "--yes", "--output", "json"];
        self.daybreak.run(fixed.iter().chain(more))
    }

    /// The same; it must go well. The result.
    pub(crate) fn promoted(&self, more: &[&str]) -> Value {
        let ended = self.promote(more);
        assert_eq!(ended.code, Some(0), "{ended}");
        let result = ended.json();
        assert_eq!((&result["outcome"], &result["target"]["exists"]), (&json!("recovered"), &json!(true)), "{ended}");
        result
    }

    /// Where the secret leads.
    pub(crate) fn application(&self) -> Sql {
        let value: Value = serde_json::from_str(&self.lab.aws.secret(&self.secret)).expect("RDS's shape");
        let port = value["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        Sql::new(value["host"].as_str().expect("a host"), port, &self.lab.ca)
    }

    /// The calls that daybreak made and that change something of RDS.
    pub(crate) fn changes(&self) -> Vec<String> {
        let calls = self.lab.calls(&format!("promote-{}", self.name));
        let rds = calls.iter().filter(|call| call["service"] == "rds" && call["error"].is_null());
        let named = rds.map(|call| call["action"].as_str().expect("an action").to_owned());
        named.filter(|action| !action.starts_with("Describe")).collect()
    }

    /// Which cluster of the global database is its primary, as `region` tells.
    pub(crate) fn leader(&self, region: &str) -> String {
        let asked = rds(self.lab, region).describe_global_clusters().global_cluster_identifier(self.world());
        let found = wait(asked.send()).expect("describe the global database").global_clusters.expect("it is there");
        let leader = found[0].global_cluster_members().iter().find(|member| member.is_writer == Some(true));
        leader.and_then(|member| member.db_cluster_arn()).expect("a primary").to_owned()
    }
}

/// The ids that a server has.
pub(crate) fn rows(sql: &Sql) -> String {
    sql.rows(ROWS)
}

/// Waits until a server has these.
pub(crate) fn await_rows(sql: &Sql, expected: &str) {
    until(&format!("the rows {expected}"), || (rows(sql) == expected).then_some(()));
}

/// A secret's value as RDS writes it.
pub(crate) fn value(host: &str, port: u16) -> String {
    json!({
        "engine": "postgres", "host": host, "port": port, "username": MASTER, "password": PASSWORD, "dbname": DATABASE,
    })
    .to_string()
}

/// A client of another region.
pub(crate) fn rds(lab: &Lab, region: &str) -> aws_sdk_rds::Client {
    let config = lab.aws.rds.config().to_builder().region(Some(Region::new(region.to_owned())));
    aws_sdk_rds::Client::from_conf(config.build())
}

/// The cluster as its region describes it.
pub(crate) fn described(lab: &Lab, region: &str, name: &str) -> aws_sdk_rds::types::DbCluster {
    let answer = wait(rds(lab, region).describe_db_clusters().db_cluster_identifier(name).send());
    answer.expect("describe").db_clusters.and_then(|mut found| found.pop()).expect("the cluster")
}

fn awaited(lab: &Lab, region: &str, name: &str) {
    until(&format!("{name} available"), || (described(lab, region, name).status() == Some("available")).then_some(()));
}

/// Adds an instance to a cluster, and waits for it.
pub(crate) fn add_instance(lab: &Lab, region: &str, cluster: &str, name: &str) {
    awaited(lab, region, cluster);
    let made = rds(lab, region).create_db_instance().db_instance_identifier(name).db_cluster_identifier(cluster);
    wait(made.engine("aurora-postgresql").db_instance_class("db.r6g.large").send()).expect("create an instance");
    let status = || {
        let answer = wait(rds(lab, region).describe_db_instances().db_instance_identifier(name).send());
        answer.expect("describe").db_instances()[0].db_instance_status().map(str::to_owned)
    };
    until(&format!("{name} available"), || (status().as_deref() == Some("available")).then_some(()));
}

/// A cluster's server.
pub(crate) fn cluster(lab: &Lab, region: &str, name: &str) -> Sql {
    let found = until("an endpoint", || {
        let found = described(lab, region, name);
        let host = found.endpoint.clone().or_else(|| found.reader_endpoint.clone())?;
        Some((host, found.port?))
    });
    Sql::new(&found.0, u16::try_from(found.1).expect("a port"), &lab.ca)
}

fn instance(lab: &Lab, region: &str, name: &str) -> Sql {
    let found = until(&format!("{name} available"), || {
        let answer = wait(rds(lab, region).describe_db_instances().db_instance_identifier(name).send());
        let found = answer.expect("describe").db_instances?.pop()?;
        let endpoint = found.endpoint?;
        (found.db_instance_status.as_deref() == Some("available")).then_some((endpoint.address?, endpoint.port?))
    });
    Sql::new(&found.0, u16::try_from(found.1).expect("a port"), &lab.ca)
}
