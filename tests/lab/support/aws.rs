//! The tests' own AWS client: what the lab holds, and changes that a person or another program would make.

use std::{future::Future, sync::OnceLock, thread};

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_rds::types::{DbCluster, DbClusterEndpoint, DbInstance, Tag};
use jiff::Timestamp;
use tokio::runtime::{Builder, Handle};

use super::until;

/// Clients of a lab.
pub(crate) struct Aws {
    pub(crate) rds: aws_sdk_rds::Client,
    pub(crate) secrets: aws_sdk_secretsmanager::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) scaling: aws_sdk_applicationautoscaling::Client,
    pub(crate) cloudwatch: aws_sdk_cloudwatch::Client,
    pub(crate) dns: aws_sdk_route53::Client,
}

/// Waits for a call. All calls share one runtime, for connections must not outlive theirs.
pub(crate) fn wait<T>(call: impl Future<Output = T>) -> T {
    static RUNTIME: OnceLock<Handle> = OnceLock::new();
    let handle = RUNTIME.get_or_init(|| {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let handle = runtime.handle().clone();
        thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
        handle
    });
    handle.block_on(call)
}

impl Aws {
    /// Clients that sign with `key`, whose secret is the same word.
    pub(crate) fn new(endpoint: &str, key: &str) -> Self {
        Self::of(endpoint, Credentials::new(key, key, None, None, "the tests"), "eu-west-1")
    }

    /// Clients with these credentials, in this region.
    pub(crate) fn of(endpoint: &str, credentials: Credentials, region: &'static str) -> Self {
        let config = wait(
            aws_config::defaults(BehaviorVersion::latest())
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .endpoint_url(endpoint)
                .region(Region::new(region))
                .credentials_provider(credentials)
                .load(),
        );
        Self {
            rds: aws_sdk_rds::Client::new(&config),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
            s3: aws_sdk_s3::Client::new(&config),
            kms: aws_sdk_kms::Client::new(&config),
            scaling: aws_sdk_applicationautoscaling::Client::new(&config),
            cloudwatch: aws_sdk_cloudwatch::Client::new(&config),
            dns: aws_sdk_route53::Client::new(&config),
        }
    }

    /// A client of RDS in another region.
    pub(crate) fn rds_in(&self, region: &'static str) -> aws_sdk_rds::Client {
        let config = self.rds.config().to_builder().region(aws_sdk_rds::config::Region::new(region)).build();
        aws_sdk_rds::Client::from_conf(config)
    }

    /// The cluster as DescribeDBClusters shows it; none where there is none.
    pub(crate) fn find_cluster(&self, identifier: &str) -> Option<DbCluster> {
        let answer = wait(self.rds.describe_db_clusters().db_cluster_identifier(identifier).send());
        match answer {
            Ok(output) => output.db_clusters.unwrap_or_default().pop(),
            Err(error) => {
                let error = error.into_service_error();
                assert!(error.is_db_cluster_not_found_fault(), "describe {identifier}: {error}");
                None
            }
        }
    }

    /// A cluster that is there.
    pub(crate) fn cluster(&self, identifier: &str) -> DbCluster {
        self.find_cluster(identifier).unwrap_or_else(|| panic!("there is no cluster {identifier}"))
    }

    /// All clusters and instances whose names begin with `prefix`, sorted.
    pub(crate) fn names(&self, prefix: &str) -> Vec<String> {
        let clusters =
            wait(self.rds.describe_db_clusters().into_paginator().items().send().collect::<Result<Vec<_>, _>>());
        let clusters = clusters.expect("list the clusters").into_iter();
        let mut names: Vec<String> = clusters.filter_map(|cluster| cluster.db_cluster_identifier).collect();
        names.extend(self.all_instances().into_iter().filter_map(|instance| instance.db_instance_identifier));
        names.retain(|name| name.starts_with(prefix));
        names.sort();
        names
    }

    /// All cluster snapshots whose names begin with `prefix`, sorted.
    pub(crate) fn snapshots(&self, prefix: &str) -> Vec<String> {
        let snapshots = wait(
            self.rds.describe_db_cluster_snapshots().into_paginator().items().send().collect::<Result<Vec<_>, _>>(),
        );
        let snapshots = snapshots.expect("list the snapshots").into_iter();
        let mut names: Vec<String> = snapshots.filter_map(|one| one.db_cluster_snapshot_identifier).collect();
        names.retain(|name| name.starts_with(prefix));
        names.sort();
        names
    }

    /// All cluster endpoints: one page is not all of those that the lab's tests make.
    pub(crate) fn cluster_endpoints(&self) -> Vec<DbClusterEndpoint> {
        let endpoints = wait(
            self.rds.describe_db_cluster_endpoints().into_paginator().items().send().collect::<Result<Vec<_>, _>>(),
        );
        endpoints.expect("list the endpoints")
    }

    /// The instances of a cluster, by name.
    pub(crate) fn instances(&self, cluster: &str) -> Vec<DbInstance> {
        let mut instances = self.all_instances();
        instances.retain(|instance| instance.db_cluster_identifier() == Some(cluster));
        instances.sort_by(|one, other| one.db_instance_identifier().cmp(&other.db_instance_identifier()));
        instances
    }

    fn all_instances(&self) -> Vec<DbInstance> {
        let instances =
            wait(self.rds.describe_db_instances().into_paginator().items().send().collect::<Result<Vec<_>, _>>());
        instances.expect("list the instances")
    }

    /// Takes a snapshot of a cluster and waits for it; its ARN and its time, in whole seconds rounded down.
    pub(crate) fn take_snapshot(&self, cluster: &str, name: &str) -> (String, Timestamp) {
        let taken = self.rds.create_db_cluster_snapshot().db_cluster_identifier(cluster);
        wait(taken.db_cluster_snapshot_identifier(name).send()).expect("take the snapshot");
        self.await_snapshot(name)
    }

    /// Waits until a snapshot is available; its ARN and its time.
    pub(crate) fn await_snapshot(&self, name: &str) -> (String, Timestamp) {
        until(&format!("snapshot {name}"), || {
            let described = self.rds.describe_db_cluster_snapshots().db_cluster_snapshot_identifier(name);
            let found = wait(described.send()).ok()?.db_cluster_snapshots?.pop()?;
            let created = found.snapshot_create_time.filter(|_| found.status.as_deref() == Some("available"))?;
            Some((found.db_cluster_snapshot_arn?, Timestamp::from_second(created.secs()).ok()?))
        })
    }

    /// Waits until a cluster is available.
    pub(crate) fn await_cluster(&self, identifier: &str) -> DbCluster {
        until(&format!("cluster {identifier}"), || {
            self.find_cluster(identifier).filter(|cluster| cluster.status() == Some("available"))
        })
    }

    /// Creates an instance and waits until it is available.
    pub(crate) fn create_instance(&self, cluster: &str, identifier: &str) {
        let instance = self.rds.create_db_instance().db_cluster_identifier(cluster).db_instance_identifier(identifier);
        wait(instance.engine("aurora-postgresql").db_instance_class("db.r6g.large").send())
            .expect("create the instance");
        until(&format!("instance {identifier}"), || {
            let found = self.instances(cluster);
            found.into_iter().find(|one| {
                one.db_instance_identifier() == Some(identifier) && one.db_instance_status() == Some("available")
            })
        });
    }

    /// Deletes a cluster with all of its instances, and waits until it is gone.
    pub(crate) fn delete_cluster(&self, identifier: &str) {
        self.remove_cluster(identifier, None);
    }

    /// The same, but its automated backups are retained, and there is a final snapshot of this name.
    pub(crate) fn delete_cluster_keeping_backups(&self, identifier: &str, snapshot: &str) {
        self.remove_cluster(identifier, Some(snapshot));
    }

    fn remove_cluster(&self, identifier: &str, snapshot: Option<&str>) {
        let unprotected = self.rds.modify_db_cluster().db_cluster_identifier(identifier).deletion_protection(false);
        wait(unprotected.apply_immediately(true).send()).expect("lift the protection");
        self.await_cluster(identifier);
        for instance in self.instances(identifier) {
            let name = instance.db_instance_identifier().expect("an identifier");
            wait(self.rds.delete_db_instance().db_instance_identifier(name).skip_final_snapshot(true).send())
                .expect("delete the instance");
        }
        until("the instances' end", || self.instances(identifier).is_empty().then_some(()));
        let deletion = self.rds.delete_db_cluster().db_cluster_identifier(identifier);
        let deletion = deletion.skip_final_snapshot(snapshot.is_none()).delete_automated_backups(snapshot.is_none());
        wait(deletion.set_final_db_snapshot_identifier(snapshot.map(str::to_owned)).send())
            .expect("delete the cluster");
        until("the cluster's end", || self.find_cluster(identifier).is_none().then_some(()));
    }

    /// Creates a secret and returns the id of its version.
    pub(crate) fn create_secret(&self, name: &str, value: &str) -> String {
        let answer =
            wait(self.secrets.create_secret().name(name).secret_string(value).send()).expect("create the secret");
        answer.version_id.expect("a version")
    }

    /// Has a secret replicated to a region.
    pub(crate) fn replicate(&self, name: &str, region: &str) {
        use aws_sdk_secretsmanager::types::ReplicaRegionType;
        let to = ReplicaRegionType::builder().region(region).build();
        wait(self.secrets.replicate_secret_to_regions().secret_id(name).add_replica_regions(to).send())
            .expect("replicate the secret");
    }

    /// A client of Secrets Manager in another region.
    fn secrets_in(&self, region: &'static str) -> aws_sdk_secretsmanager::Client {
        let region = aws_sdk_secretsmanager::config::Region::new(region);
        aws_sdk_secretsmanager::Client::from_conf(self.secrets.config().to_builder().region(region).build())
    }

    /// Somebody has a secret of this name in another region.
    pub(crate) fn takes_the_name(&self, name: &str, region: &'static str) {
        let taken = self.secrets_in(region).create_secret().name(name).secret_string("theirs");
        wait(taken.send()).expect("create the secret");
    }

    /// The value that a client in another region gets of a replica.
    pub(crate) fn secret_in(&self, region: &'static str, name: &str) -> String {
        let arn = wait(self.secrets.describe_secret().secret_id(name).send()).expect("describe the secret").arn;
        let arn = arn.expect("an ARN").replace("eu-west-1", region);
        let answer = wait(self.secrets_in(region).get_secret_value().secret_id(arn).send()).expect("get the value");
        answer.secret_string.expect("a string")
    }

    /// Puts another value, which becomes AWSCURRENT, and returns the id of its version.
    pub(crate) fn put_secret(&self, name: &str, value: &str) -> String {
        let answer =
            wait(self.secrets.put_secret_value().secret_id(name).secret_string(value).send()).expect("put the value");
        answer.version_id.expect("a version")
    }

    /// The value that a client gets who names no version.
    pub(crate) fn secret(&self, name: &str) -> String {
        let answer = wait(self.secrets.get_secret_value().secret_id(name).send()).expect("get the value");
        answer.secret_string.expect("a string")
    }

    /// The versions of a secret with their labels, each sorted.
    pub(crate) fn versions(&self, name: &str) -> Vec<(String, Vec<String>)> {
        let answer = wait(self.secrets.list_secret_version_ids().secret_id(name).include_deprecated(true).send())
            .expect("list the versions");
        let versions = answer.versions.unwrap_or_default().into_iter();
        let mut versions: Vec<_> = versions
            .map(|version| {
                let mut labels = version.version_stages.unwrap_or_default();
                labels.sort();
                (version.version_id.unwrap_or_default(), labels)
            })
            .collect();
        versions.sort();
        versions
    }

    /// The id of the version with a label; none where no version has it.
    pub(crate) fn version_with(&self, name: &str, label: &str) -> Option<String> {
        let versions = self.versions(name).into_iter();
        versions.filter(|(_, labels)| labels.iter().any(|one| one == label)).map(|(version, _)| version).next()
    }
}

/// Tags as text, sorted, without those of daybreak.
pub(crate) fn own_tags(tags: &[Tag]) -> Vec<String> {
    let mut own: Vec<String> = tags
        .iter()
        .map(|tag| format!("{}={}", tag.key().unwrap_or_default(), tag.value().unwrap_or_default()))
        .filter(|tag| !tag.starts_with("daybreak:"))
        .collect();
    own.sort();
    own
}
