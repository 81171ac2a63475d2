//! The configuration as written: the types that the JSON Schema is derived from.
//!
//! Their doc comments are the schema's descriptions, read by people who write the file. What
//! the schema requires is still optional here, so that a file that lacks it can be checked to
//! its end.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

/// What [`crate::moment::parse_span`] reads, for editors.
const SPAN: &str = r"^\s*(\d+d\s*)?(\d+h\s*)?(\d+m\s*)?(\d+s\s*)?$";

/// The most instances a cluster has besides its writer.
pub(super) const MOST_READERS: i64 = 15;

/// The configuration of daybreak.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawConfig {
    /// The databases that can be recovered, by the name used on the command line.
    pub(super) databases: BTreeMap<String, RawDatabase>,
}

/// One database and how it is to be recovered.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("oneOf" = [{ "required": ["cluster"] }, { "required": ["instance"] }]))]
pub(super) struct RawDatabase {
    /// The identifier of the Aurora PostgreSQL cluster (DBClusterIdentifier). Either this or instance.
    #[schemars(regex(pattern = r"^[A-Za-z][A-Za-z0-9-]{0,62}$"))]
    pub(super) cluster: Option<String>,
    /// The identifier of the RDS for PostgreSQL instance (DBInstanceIdentifier), instead of a cluster.
    #[schemars(regex(pattern = r"^[A-Za-z][A-Za-z0-9-]{0,62}$"))]
    pub(super) instance: Option<String>,
    /// The AWS region. Default: that of the command line or of the AWS configuration.
    pub(super) region: Option<String>,
    /// The restored cluster. What is not set here is taken from the source cluster.
    pub(super) restore: RawRestore,
    /// How daybreak itself connects to the database, to check it.
    pub(super) connect: RawConnect,
    /// Questions put to the restored data before anything is moved onto it.
    pub(super) checks: Vec<RawCheck>,
    /// Settings of the proof, which is all checks together.
    pub(super) proof: RawProof,
    /// How the application is moved to the restored cluster.
    pub(super) cutover: RawCutover,
    /// How the source is kept from taking writes while the application moves. Default: it is not, and the plan says so.
    pub(super) fence: Option<RawFence>,
    /// What is watched after the cutover; failing brings the rollback.
    pub(super) watch: RawWatch,
    /// How long steps, and the run, may take before they are given up.
    pub(super) deadlines: RawDeadlines,
    /// What holds of the promotion of a replica or a secondary region.
    pub(super) promote: RawPromote,
    /// What a target in a certain region gets, by the region's name: needed where the source's cannot be taken, which is so in
    /// another region and once the source is deleted.
    pub(super) regions: BTreeMap<String, RawRegional>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawPromote {
    /// How far what is promoted may be behind without a loss being accepted. Default: "30s".
    #[schemars(regex(pattern = SPAN))]
    pub(super) max_lag: Option<String>,
}

/// What a target in one region gets instead of the source's.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawRegional {
    /// The DB subnet group.
    pub(super) subnet_group: Option<String>,
    /// The security groups once the data is proven.
    #[schemars(inner(regex(pattern = r"^sg-[0-9a-f]{8,17}$")))]
    pub(super) security_groups: Vec<String>,
    /// The security groups until the data is proven. Default in the database's own region: those under restore.
    #[schemars(inner(regex(pattern = r"^sg-[0-9a-f]{8,17}$")))]
    pub(super) quarantine_security_groups: Vec<String>,
    /// The cluster parameter group.
    pub(super) parameter_group: Option<String>,
    /// The parameter group of the instances.
    pub(super) instance_parameter_group: Option<String>,
    /// The KMS key (ARN, id or alias) that encrypts the target there.
    pub(super) kms_key: Option<String>,
    /// The class of the instances there. Default: that under restore.
    pub(super) instance_class: Option<String>,
    /// The secret there that daybreak logs in with. Default: the one under connect.
    pub(super) connect_secret: Option<String>,
    /// The secret there in which the application finds its database. Default in the database's own region: the one under
    /// cutover; elsewhere none.
    pub(super) cutover_secret: Option<String>,
    /// Instead of cutover_secret, several of them.
    pub(super) cutover_secrets: Vec<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawRestore {
    /// The security groups of the restored cluster until its data is proven.
    #[schemars(inner(regex(pattern = r"^sg-[0-9a-f]{8,17}$")))]
    pub(super) quarantine_security_groups: Vec<String>,
    /// The class of the instances: "source", or one such as "db.r6g.large". Default: "source".
    pub(super) instance_class: Option<String>,
    /// The number of readers: "source", or 0 to 15. Default: "source".
    pub(super) readers: Option<RawReaders>,
    /// The KMS key (ARN, id or alias) that encrypts the restored cluster. Default: the source's.
    pub(super) kms_key: Option<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawDeadlines {
    /// How long the restore of the cluster may take. Default: "6h".
    #[schemars(regex(pattern = SPAN))]
    pub(super) restore: Option<String>,
    /// How long an instance may take to be created or deleted. Default: "2h".
    #[schemars(regex(pattern = SPAN))]
    pub(super) instance: Option<String>,
    /// How long a change of settings or tags may take. Default: "30m".
    #[schemars(regex(pattern = SPAN))]
    pub(super) settings: Option<String>,
    /// How long the proof may take. Default: "2h".
    #[schemars(regex(pattern = SPAN))]
    pub(super) proof: Option<String>,
    /// How long the move of a pointer may take. Default: "5m".
    #[schemars(regex(pattern = SPAN))]
    pub(super) pointer: Option<String>,
    /// How long all that comes before the cutover may take; then the run holds, with everything kept. Default: no limit.
    #[schemars(regex(pattern = SPAN))]
    pub(super) run: Option<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawConnect {
    /// The Secrets Manager secret (name or ARN) with user and password. Not together with iam_user.
    pub(super) secret: Option<String>,
    /// The database user to log in as with an IAM authentication token. Not together with secret.
    pub(super) iam_user: Option<String>,
    /// The database to connect to. Default: the one in the secret, else the cluster's.
    pub(super) database: Option<String>,
    /// HOST:PORT of a tunnel to connect through. TLS still verifies the real host name.
    pub(super) via: Option<String>,
    /// A PEM file with the certificate authorities to trust, relative to this file.
    pub(super) ca: Option<String>,
    /// How long connecting may take. Default: "10s".
    #[schemars(regex(pattern = SPAN))]
    pub(super) connect_timeout: Option<String>,
}

/// One question put to the restored data.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name", "query", "expect"]))]
pub(super) struct RawCheck {
    /// The name of the check, unique among those of the database.
    pub(super) name: Option<String>,
    /// One SQL query that returns one value.
    pub(super) query: Option<String>,
    /// What the value must be: "= 0", ">= 1000", "= source", "within 1% of source", "= \"text\"".
    pub(super) expect: Option<String>,
    /// How long the query may take. Default: statement_timeout of the proof.
    #[schemars(regex(pattern = SPAN))]
    pub(super) timeout: Option<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawProof {
    /// Tables that must exist, used where the source cannot be read: "loans" or "public.loans".
    pub(super) tables: Vec<String>,
    /// A query for the time of the newest data, one timestamptz.
    pub(super) newest: Option<String>,
    /// How long before the requested time the newest data may be. Default: more than an hour is neither passed nor
    /// failed.
    #[schemars(regex(pattern = SPAN))]
    pub(super) newest_within: Option<String>,
    /// How long any one query may take. Default: "5m".
    #[schemars(regex(pattern = SPAN))]
    pub(super) statement_timeout: Option<String>,
    /// How long a query may wait for a lock. Default: "10s".
    #[schemars(regex(pattern = SPAN))]
    pub(super) lock_timeout: Option<String>,
    /// Whether checks may also query the source. Default: true.
    pub(super) compare_with_source: Option<bool>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawCutover {
    /// The Secrets Manager secret (name or ARN) in which the application finds its database.
    pub(super) secret: Option<String>,
    /// Instead of secret, several of them, such as a user's and that of its rotation's superuser: all are moved, or none is. The
    /// one that the application logs in with comes first.
    pub(super) secrets: Vec<String>,
    /// The key of the secrets' JSON that holds a connection URL. Needs secret, or secrets.
    pub(super) secret_key: Option<String>,
    /// The RDS Proxy through which the application reaches its database. With secrets or a record, all are moved, or none is.
    pub(super) proxy: Option<String>,
    /// The near end (HOST:PORT) of a tunnel to the proxy, where daybreak has no other way to it. Needs proxy.
    pub(super) proxy_via: Option<String>,
    /// How old the proof may be when the application is moved; an older one is made again. Default: "24h".
    #[schemars(regex(pattern = SPAN))]
    pub(super) proof_within: Option<String>,
    /// Whether the application may be moved to a target with lower limits (connections, locks, workers, memory) than
    /// the source. Default: false.
    pub(super) accept_less: Option<bool>,
    /// Whether a manual snapshot of the target is taken once the watch has passed. Default: true.
    pub(super) snapshot: Option<bool>,
    /// The DNS record in Route 53 by which the application finds its database. With secrets, all are moved, or none is.
    pub(super) dns: Option<RawDns>,
    /// Whether the application's roles begin on the target with reading only, until the probes of the watch pass. Needs a fence.
    /// Default: false.
    pub(super) probation: Option<bool>,
    /// Whether the restored cluster takes the source's name, and with it its endpoints: the source is renamed aside first.
    /// Aurora clusters only; not together with secret, proxy or dns, since what names the endpoint follows by itself. Default:
    /// false.
    pub(super) rename: Option<bool>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["zone", "record"]))]
pub(super) struct RawDns {
    /// The hosted zone: its id, or its name where one zone alone has that.
    pub(super) zone: Option<String>,
    /// The record's whole name, such as "db.corp.internal". It must be a CNAME that leads to the database's writer.
    pub(super) record: Option<String>,
    /// The set identifier, where the name has several records: weighted, latency or failover ones.
    pub(super) set_identifier: Option<String>,
    /// The name server (address, or address and port) that is asked as the application's clients ask theirs. Default:
    /// that of the system.
    pub(super) resolver: Option<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawFence {
    /// "roles": the application's roles may not log in to the source any more; "none": no fence. Default: "roles".
    #[schemars(extend("enum" = ["roles", "none"]))]
    pub(super) mode: Option<String>,
    /// The application's roles. Default: every role that can log in, but for superusers, members of rds_superuser,
    /// replication users, system roles and the one that daybreak logs in with.
    pub(super) roles: Vec<String>,
    /// The Secrets Manager secret (name or ARN) of a login that may alter these roles. Default: that of connect.
    pub(super) secret: Option<String>,
    /// When the source cannot be reached to be fenced: "stop" and let a person decide, or "go-on" without a fence.
    /// Default: "stop".
    #[schemars(extend("enum" = ["stop", "go-on"]))]
    pub(super) when_unreachable: Option<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawWatch {
    /// How long to watch; "0s" watches nothing. Default: "5m".
    #[serde(rename = "for")]
    #[schemars(regex(pattern = SPAN))]
    pub(super) duration: Option<String>,
    /// The time between two rounds of probes. Default: "5s".
    #[schemars(regex(pattern = SPAN))]
    pub(super) interval: Option<String>,
    /// How many failing rounds in a row bring the rollback. Default: 3.
    #[schemars(range(min = 1, max = 1000))]
    pub(super) failures: Option<i64>,
    /// Queries that must succeed and return neither nothing nor false.
    pub(super) sql: Vec<String>,
    /// Addresses (http, https) that must answer with a success status.
    pub(super) http: Vec<String>,
    /// How long one HTTP probe may take. Default: "5s".
    #[schemars(regex(pattern = SPAN))]
    pub(super) http_timeout: Option<String>,
    /// Pages of which more is wanted than a success status.
    pub(super) pages: Vec<RawPage>,
    /// When probes fail and the target has taken writes that the source lacks: "roll-back" all the same, or "hold" and let a
    /// person decide. Default: "roll-back".
    #[schemars(extend("enum" = ["roll-back", "hold"]))]
    pub(super) on_new_writes: Option<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["url"]))]
pub(super) struct RawPage {
    /// The address (http, https).
    pub(super) url: Option<String>,
    /// The status that it must answer with. Default: any success status.
    #[schemars(range(min = 100, max = 599))]
    pub(super) status: Option<i64>,
    /// What must stand in the first 64 KiB of its body.
    pub(super) body: Option<String>,
    /// How long the whole answer may take. Default: http_timeout.
    #[schemars(regex(pattern = SPAN))]
    pub(super) within: Option<String>,
}

/// A text, which can only be `source`, or a number.
#[derive(Debug)]
pub(super) enum RawReaders {
    Named(String),
    Count(i64),
}

impl<'de> Deserialize<'de> for RawReaders {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrNumber;

        impl Visitor<'_> for TextOrNumber {
            type Value = RawReaders;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "`source` or a number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<RawReaders, E> {
                Ok(RawReaders::Named(text.to_owned()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<RawReaders, E> {
                Ok(RawReaders::Count(number))
            }
        }

        deserializer.deserialize_any(TextOrNumber)
    }
}

impl JsonSchema for RawReaders {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Readers".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let counts = (0..=MOST_READERS).map(serde_json::Value::from);
        let allowed: Vec<_> = std::iter::once("source".into()).chain(counts).collect();
        json_schema!({ "type": ["string", "integer"], "enum": allowed })
    }
}
