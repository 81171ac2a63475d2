//! Proxies and their targets as RDS tells of them; named as in [`rds::model`](crate::aws::rds::model).

/// An RDS Proxy (`DescribeDBProxies`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxy {
    /// `DBProxyName`.
    pub name: String,
    /// `Status`: `available`, `modifying`, `incompatible-network`, …
    pub status: String,
    /// `EngineFamily`: `POSTGRESQL`, `MYSQL` or `SQLSERVER`.
    pub engine_family: String,
    /// `VpcId`.
    pub vpc_id: Option<String>,
    /// `VpcSecurityGroupIds`, sorted.
    pub security_groups: Vec<String>,
    /// `Endpoint`: the host name that its clients use.
    pub endpoint: Option<String>,
    /// `Auth`: whom it logs in as, and how its clients log in to it.
    pub auth: Vec<Auth>,
    /// `DefaultAuthScheme`: `IAM_AUTH` where it needs no secret.
    pub default_auth_scheme: Option<String>,
}

/// One way in which a proxy's clients, and it itself, log in (`UserAuthConfigInfo`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Auth {
    /// `SecretArn`: the user name and password that the database is given.
    pub secret: Option<String>,
    /// `IAMAuth`: `REQUIRED` where clients log in to the proxy by token.
    pub iam: Option<String>,
}

impl Auth {
    /// Whether clients must log in to the proxy with an IAM token.
    #[must_use]
    pub fn wants_token(&self) -> bool {
        self.iam.as_deref() == Some("REQUIRED")
    }
}

/// One entry of what a proxy leads to (`DescribeDBProxyTargets`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyTarget {
    /// `RdsResourceId`: the name of a cluster or instance.
    pub name: String,
    /// `TrackedClusterId`: the cluster of which an instance is a member.
    pub cluster: Option<String>,
    /// `Type`: `TRACKED_CLUSTER`, `RDS_INSTANCE`, …
    pub kind: Option<String>,
    /// `Role`: `READ_WRITE` of the writer.
    pub role: Option<String>,
    /// `TargetHealth.State`: `REGISTERING`, `AVAILABLE`, `UNAVAILABLE`, `UNUSED`.
    pub state: Option<String>,
    /// `TargetHealth.Reason`: why it is not available.
    pub reason: Option<String>,
    /// `TargetHealth.Description`: the same in RDS's words.
    pub description: Option<String>,
}

impl ProxyTarget {
    /// Whether the entry stands for a whole cluster, whose instances have entries of their own.
    #[must_use]
    pub fn is_cluster(&self) -> bool {
        self.kind.as_deref() == Some("TRACKED_CLUSTER")
    }
}
