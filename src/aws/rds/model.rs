//! What RDS tells about clusters, instances and events, in our own types.
//!
//! Fields carry RDS's names in snake case, less the `DB` prefix. An absent value is `None` or
//! empty, exactly as described: nothing is filled in, since the difference between "off" and "not
//! said" matters when a setting is put on another cluster.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::status::{ClusterStatus, InstanceStatus};

/// An Aurora cluster as `DescribeDBClusters` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// `DBClusterIdentifier`: its name; changes on a rename.
    pub identifier: String,
    /// `DBClusterArn`: contains the name, so it changes with it.
    pub arn: String,
    /// `DbClusterResourceId`, `cluster-…`: never changes and is never used again.
    pub resource_id: String,
    /// `Status`.
    pub status: ClusterStatus,
    /// `PercentProgress`, in percent, while RDS reports it.
    pub percent_progress: Option<u8>,
    /// `ClusterCreateTime`.
    pub created: Option<Timestamp>,

    /// `Engine`, such as `aurora-postgresql`.
    pub engine: String,
    /// `EngineVersion`.
    pub engine_version: Option<String>,
    /// `EngineMode`: `provisioned` (also Serverless v2), `serverless`, …
    pub engine_mode: Option<String>,
    /// `EngineLifecycleSupport`.
    pub engine_lifecycle_support: Option<String>,

    /// `EarliestRestorableTime`.
    pub earliest_restorable_time: Option<Timestamp>,
    /// `LatestRestorableTime`: lags the present by some minutes.
    pub latest_restorable_time: Option<Timestamp>,
    /// `BackupRetentionPeriod`, in days.
    pub backup_retention_period: Option<i32>,
    /// `PreferredBackupWindow`, `hh:mm-hh:mm` in UTC.
    pub preferred_backup_window: Option<String>,
    /// `PreferredMaintenanceWindow`, `ddd:hh:mm-ddd:hh:mm` in UTC.
    pub preferred_maintenance_window: Option<String>,
    /// `AutoMinorVersionUpgrade`.
    pub auto_minor_version_upgrade: Option<bool>,

    /// `Endpoint`: the writer's host name; does not resolve before there is an instance.
    pub endpoint: Option<String>,
    /// `ReaderEndpoint`.
    pub reader_endpoint: Option<String>,
    /// `CustomEndpoints`: host names.
    pub custom_endpoints: Vec<String>,
    /// `Port`.
    pub port: Option<u16>,
    /// `DBSubnetGroup`: its name.
    pub subnet_group: Option<String>,
    /// `VpcSecurityGroups`.
    pub vpc_security_groups: Vec<SecurityGroup>,
    /// `NetworkType`: `IPV4` or `DUAL`.
    pub network_type: Option<String>,
    /// `AvailabilityZones`.
    pub availability_zones: Vec<String>,

    /// `DBClusterMembers`.
    pub members: Vec<ClusterMember>,
    /// `ServerlessV2ScalingConfiguration`.
    pub serverless_v2_scaling: Option<ServerlessV2Scaling>,
    /// `DBClusterParameterGroup`: its name.
    pub parameter_group: Option<String>,

    /// `DatabaseName`: the one made with the cluster.
    pub database_name: Option<String>,
    /// `MasterUsername`.
    pub master_username: Option<String>,
    /// `MasterUserSecret`: set when RDS manages the password itself.
    pub master_user_secret: Option<MasterUserSecret>,
    /// `IAMDatabaseAuthenticationEnabled`.
    pub iam_database_authentication: Option<bool>,
    /// `AssociatedRoles`: what the database may do in AWS.
    pub associated_roles: Vec<AssociatedRole>,

    /// `StorageEncrypted`.
    pub storage_encrypted: Option<bool>,
    /// `KmsKeyId`.
    pub kms_key_id: Option<String>,
    /// `StorageType`: `aurora` or `aurora-iopt1`; absent means `aurora`.
    pub storage_type: Option<String>,
    /// `DeletionProtection`.
    pub deletion_protection: Option<bool>,
    /// `CopyTagsToSnapshot`.
    pub copy_tags_to_snapshot: Option<bool>,
    /// `CloneGroupId`: shared by a cluster and its copy-on-write clones.
    pub clone_group_id: Option<String>,

    /// `EnabledCloudwatchLogsExports`.
    pub log_exports: Vec<String>,
    /// `MonitoringInterval` of Enhanced Monitoring, in seconds; 0 is off.
    pub monitoring_interval: Option<i32>,
    /// `MonitoringRoleArn`.
    pub monitoring_role_arn: Option<String>,
    /// `DatabaseInsightsMode`: `standard` or `advanced`.
    pub database_insights_mode: Option<String>,
    /// `PerformanceInsightsEnabled`.
    pub performance_insights: Option<bool>,
    /// `PerformanceInsightsKMSKeyId`.
    pub performance_insights_kms_key_id: Option<String>,
    /// `PerformanceInsightsRetentionPeriod`, in days.
    pub performance_insights_retention_period: Option<i32>,
    /// `ActivityStreamStatus`: `stopped`, `starting`, `started` or `stopping`.
    pub activity_stream_status: Option<String>,
    /// `ActivityStreamMode`: `sync` or `async`.
    pub activity_stream_mode: Option<String>,
    /// `ActivityStreamKmsKeyId`.
    pub activity_stream_kms_key_id: Option<String>,
    /// `ActivityStreamKinesisStreamName`.
    pub activity_stream_kinesis_stream: Option<String>,

    /// `HttpEndpointEnabled`: the Data API.
    pub http_endpoint: Option<bool>,
    /// `GlobalClusterIdentifier`: the global database it belongs to.
    pub global_cluster_identifier: Option<String>,
    /// `GlobalWriteForwardingRequested`.
    pub global_write_forwarding: Option<bool>,
    /// `LocalWriteForwardingStatus`.
    pub local_write_forwarding_status: Option<String>,
    /// `ReplicationSourceIdentifier`: what it replicates from.
    pub replication_source: Option<String>,
    /// `ReadReplicaIdentifiers`: what replicates from it.
    pub read_replicas: Vec<String>,

    /// `PendingModifiedValues`: the names of the values that RDS has still to apply.
    pub pending: Vec<String>,
    /// `TagList`.
    pub tags: Vec<Tag>,
}

impl Cluster {
    /// The value of a tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        tag_value(&self.tags, key)
    }

    /// The identifier of the writer instance, once there is one.
    pub fn writer(&self) -> Option<&str> {
        self.members.iter().find(|member| member.is_writer).map(|member| member.instance.as_str())
    }

    /// The ids of its security groups, sorted, whatever their status.
    pub fn security_group_ids(&self) -> Vec<String> {
        security_group_ids(&self.vpc_security_groups)
    }
}

/// An instance as `DescribeDBInstances` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// `DBInstanceIdentifier`.
    pub identifier: String,
    /// `DBInstanceArn`.
    pub arn: String,
    /// `DbiResourceId`, `db-…`: never changes and is never used again.
    pub resource_id: String,
    /// `DBInstanceStatus`.
    pub status: InstanceStatus,
    /// `PercentProgress`, in percent, while RDS reports it.
    pub percent_progress: Option<u8>,
    /// `InstanceCreateTime`.
    pub created: Option<Timestamp>,
    /// `DBClusterIdentifier`: absent when it is no part of a cluster.
    pub cluster: Option<String>,
    /// `DBInstanceClass`: `db.serverless` for Serverless v2.
    pub class: String,
    /// `Engine`.
    pub engine: String,
    /// `EngineVersion`.
    pub engine_version: Option<String>,
    /// `EngineLifecycleSupport`.
    pub engine_lifecycle_support: Option<String>,
    /// `DBName`: the database made with the instance.
    pub database_name: Option<String>,
    /// `MasterUsername`.
    pub master_username: Option<String>,
    /// `MasterUserSecret`: set when RDS manages the password itself.
    pub master_user_secret: Option<MasterUserSecret>,
    /// `IAMDatabaseAuthenticationEnabled`.
    pub iam_database_authentication: Option<bool>,
    /// `AssociatedRoles`: what the database may do in AWS.
    pub associated_roles: Vec<AssociatedRole>,
    /// `MultiAZ`: whether there is a standby in another zone.
    pub multi_az: Option<bool>,
    /// `StorageType`: `gp2`, `gp3`, `io1`, `io2` or `standard`.
    pub storage_type: Option<String>,
    /// `AllocatedStorage`, in GiB; of an Aurora instance it says nothing.
    pub allocated_storage: Option<i32>,
    /// `MaxAllocatedStorage`, in GiB: how far storage grows by itself; absent when it does not.
    pub max_allocated_storage: Option<i32>,
    /// `Iops`.
    pub iops: Option<i32>,
    /// `StorageThroughput` of `gp3`, in MiB/s.
    pub storage_throughput: Option<i32>,
    /// `DedicatedLogVolume`.
    pub dedicated_log_volume: Option<bool>,
    /// `DeletionProtection`; of an Aurora instance its cluster's counts.
    pub deletion_protection: Option<bool>,
    /// `CopyTagsToSnapshot`.
    pub copy_tags_to_snapshot: Option<bool>,
    /// `EnabledCloudwatchLogsExports`.
    pub log_exports: Vec<String>,
    /// `NetworkType`: `IPV4` or `DUAL`.
    pub network_type: Option<String>,
    /// `OptionGroupMemberships`: the option group's name.
    pub option_group: Option<String>,
    /// `PreferredBackupWindow`, `hh:mm-hh:mm` in UTC.
    pub preferred_backup_window: Option<String>,
    /// `StorageEncrypted`.
    pub storage_encrypted: Option<bool>,
    /// `KmsKeyId`.
    pub kms_key_id: Option<String>,
    /// `LatestRestorableTime`; of the earliest RDS tells with the instance's automated backup only.
    pub latest_restorable_time: Option<Timestamp>,
    /// `BackupRetentionPeriod`, in days; 0 means that there are no automated backups.
    pub backup_retention_period: Option<i32>,
    /// `Endpoint.Address`: absent until the instance has one.
    pub address: Option<String>,
    /// `Endpoint.Port`.
    pub port: Option<u16>,
    /// `AvailabilityZone`.
    pub availability_zone: Option<String>,
    /// `DBSubnetGroup.DBSubnetGroupName`.
    pub subnet_group: Option<String>,
    /// `DBSubnetGroup.VpcId`.
    pub vpc_id: Option<String>,
    /// `VpcSecurityGroups`.
    pub vpc_security_groups: Vec<SecurityGroup>,
    /// `DBParameterGroups`.
    pub parameter_groups: Vec<ParameterGroup>,
    /// `PromotionTier`: 0 is promoted first.
    pub promotion_tier: Option<i32>,
    /// `PubliclyAccessible`.
    pub publicly_accessible: Option<bool>,
    /// `AutoMinorVersionUpgrade`.
    pub auto_minor_version_upgrade: Option<bool>,
    /// `PreferredMaintenanceWindow`, `ddd:hh:mm-ddd:hh:mm` in UTC.
    pub preferred_maintenance_window: Option<String>,
    /// `CACertificateIdentifier`.
    pub ca_certificate_identifier: Option<String>,
    /// `MonitoringInterval` of Enhanced Monitoring, in seconds; 0 is off.
    pub monitoring_interval: Option<i32>,
    /// `MonitoringRoleArn`.
    pub monitoring_role_arn: Option<String>,
    /// `DatabaseInsightsMode`: `standard` or `advanced`.
    pub database_insights_mode: Option<String>,
    /// `PerformanceInsightsEnabled`.
    pub performance_insights: Option<bool>,
    /// `PerformanceInsightsKMSKeyId`.
    pub performance_insights_kms_key_id: Option<String>,
    /// `PerformanceInsightsRetentionPeriod`, in days.
    pub performance_insights_retention_period: Option<i32>,
    /// `StatusInfos`: of a reader, whether it replicates.
    pub status_infos: Vec<StatusInfo>,
    /// `ReadReplicaSourceDBInstanceIdentifier`: a name in the same region, an ARN in another.
    pub read_replica_source_instance: Option<String>,
    /// `ReadReplicaSourceDBClusterIdentifier`.
    pub read_replica_source_cluster: Option<String>,
    /// `ReadReplicaDBInstanceIdentifiers`: what replicates from it; ARNs of those in other regions.
    pub read_replicas: Vec<String>,
    /// `ReadReplicaDBClusterIdentifiers`: Aurora clusters that replicate from it.
    pub read_replica_clusters: Vec<String>,
    /// `DBInstanceAutomatedBackupsReplications`: ARNs of its backups in other regions.
    pub backup_replications: Vec<String>,
    /// `PendingModifiedValues`: the names of the values that RDS has still to apply.
    pub pending: Vec<String>,
    /// `TagList`.
    pub tags: Vec<Tag>,
}

impl Instance {
    /// The value of a tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        tag_value(&self.tags, key)
    }

    /// The ids of its security groups, sorted, whatever their status.
    pub fn security_group_ids(&self) -> Vec<String> {
        security_group_ids(&self.vpc_security_groups)
    }

    /// Whether it replicates from another instance or cluster.
    pub fn is_replica(&self) -> bool {
        self.read_replica_source_instance.is_some() || self.read_replica_source_cluster.is_some()
    }
}

/// A cluster's snapshot as `DescribeDBClusterSnapshots` shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterSnapshot {
    /// `DBClusterSnapshotIdentifier`, in lower case.
    pub identifier: String,
    /// `DBClusterSnapshotArn`.
    pub arn: String,
    /// `DBClusterIdentifier`: the cluster's name when it was taken.
    pub cluster: String,
    /// `DbClusterResourceId`: the cluster it was taken of, whatever that is called now.
    pub cluster_resource_id: Option<String>,
    /// `SnapshotType`: `automated`, `manual`, `shared` or `public`. Those of AWS Backup are `manual`.
    pub kind: Option<String>,
    /// `Status`: `creating`, `available`, `copying`.
    pub status: String,
    /// `PercentProgress`, in percent.
    pub percent_progress: Option<u8>,
    /// `SnapshotCreateTime`.
    pub created: Option<Timestamp>,
    /// `SourceDBClusterSnapshotArn`: what it was copied from; absent when it is no copy.
    pub copied_from: Option<String>,
    /// `Engine`.
    pub engine: Option<String>,
    /// `EngineVersion`.
    pub engine_version: Option<String>,
    /// `EngineMode`.
    pub engine_mode: Option<String>,
    /// `AllocatedStorage`, in GiB; Aurora often says 0 or 1, which means nothing.
    pub allocated_storage: Option<i32>,
    /// `StorageEncrypted`.
    pub storage_encrypted: Option<bool>,
    /// `KmsKeyId`.
    pub kms_key_id: Option<String>,
    /// `StorageType`: `aurora` or `aurora-iopt1`.
    pub storage_type: Option<String>,
    /// `Port`.
    pub port: Option<u16>,
    /// `IAMDatabaseAuthenticationEnabled`.
    pub iam_database_authentication: Option<bool>,
    /// `TagList`.
    pub tags: Vec<Tag>,
}

impl ClusterSnapshot {
    /// The value of a tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        tag_value(&self.tags, key)
    }
}

/// A security group on a cluster or instance (`VpcSecurityGroupMembership`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroup {
    /// `VpcSecurityGroupId`, `sg-…`.
    pub id: String,
    /// `Status`: `active` once it is in force.
    pub status: Option<String>,
}

/// An instance's place in a cluster (`DBClusterMember`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterMember {
    /// `DBInstanceIdentifier`.
    pub instance: String,
    /// `IsClusterWriter`.
    pub is_writer: bool,
    /// `PromotionTier`.
    pub promotion_tier: Option<i32>,
    /// `DBClusterParameterGroupStatus`: `in-sync`, or `pending-reboot`.
    pub parameter_group_status: Option<String>,
}

/// The range of a Serverless v2 cluster, in Aurora capacity units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ServerlessV2Scaling {
    /// `MinCapacity`; 0 lets it pause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_capacity: Option<f64>,
    /// `MaxCapacity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_capacity: Option<f64>,
    /// `SecondsUntilAutoPause`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_until_auto_pause: Option<i32>,
}

/// The secret in which RDS keeps a password that it manages (`MasterUserSecret`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MasterUserSecret {
    /// `SecretArn`.
    pub arn: Option<String>,
    /// `SecretStatus`: `creating`, `active`, `rotating` or `impaired`.
    pub status: Option<String>,
    /// `KmsKeyId`.
    pub kms_key_id: Option<String>,
}

/// An IAM role of a cluster or an instance (`DBClusterRole`, `DBInstanceRole`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssociatedRole {
    /// `RoleArn`.
    pub role_arn: String,
    /// `FeatureName`, such as `s3Import`.
    pub feature_name: Option<String>,
    /// `Status`: `PENDING`, `ACTIVE` or `INVALID`.
    pub status: Option<String>,
}

/// An instance's parameter group (`DBParameterGroupStatus`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterGroup {
    /// `DBParameterGroupName`.
    pub name: String,
    /// `ParameterApplyStatus`: `in-sync`, `applying` or `pending-reboot`.
    pub status: Option<String>,
}

/// One of an instance's `StatusInfos`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusInfo {
    /// `StatusType`, such as `read replication`.
    pub kind: Option<String>,
    /// `Status`, such as `replicating` or `error`.
    pub status: Option<String>,
    /// `Normal`.
    pub normal: Option<bool>,
    /// `Message`: the details of an error.
    pub message: Option<String>,
}

/// A tag. On the wire and in plans it is `{"Key": …, "Value": …}`, as in the API.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Tag {
    /// `Key`.
    pub key: String,
    /// `Value`; RDS allows it to be empty.
    pub value: String,
}

impl Tag {
    /// A tag of this key and value.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }

    /// Whether only AWS may set it: such tags cannot be copied.
    pub fn is_reserved(&self) -> bool {
        self.key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
    }
}

/// Whose events are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventSource {
    /// `SourceType` `db-cluster`, and the cluster's identifier.
    Cluster(String),
    /// `SourceType` `db-instance`, and the instance's identifier.
    Instance(String),
}

/// Something that RDS reports to have happened (`DescribeEvents`); RDS gives them no id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// `Date`.
    pub date: Timestamp,
    /// `SourceIdentifier`.
    pub source: String,
    /// `Message`.
    pub message: String,
    /// `EventCategories`, such as `failure`.
    pub categories: Vec<String>,
}

pub(super) fn tag_value<'a>(tags: &'a [Tag], key: &str) -> Option<&'a str> {
    tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str())
}

fn security_group_ids(groups: &[SecurityGroup]) -> Vec<String> {
    let mut ids: Vec<String> = groups.iter().map(|group| group.id.clone()).collect();
    ids.sort_unstable();
    ids
}
