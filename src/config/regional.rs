//! What holds in one region instead of the rest of a profile.

use super::model::{Credentials, CutoverSecret, Database, InstanceClass};

/// What a target in one region gets instead of the source's; what is not set is taken from the source where that is possible.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Regional {
    /// `DBSubnetGroupName`.
    pub subnet_group: Option<String>,
    /// `VpcSecurityGroupIds` once proven.
    pub security_groups: Vec<String>,
    /// `VpcSecurityGroupIds` until then.
    pub quarantine_security_groups: Vec<String>,
    /// `DBClusterParameterGroupName`.
    pub parameter_group: Option<String>,
    /// `DBParameterGroupName` of the instances.
    pub instance_parameter_group: Option<String>,
    /// `KmsKeyId`.
    pub kms_key: Option<String>,
    /// `DBInstanceClass` of the instances.
    pub instance_class: Option<String>,
    /// The secret there that daybreak logs in with.
    pub connect_secret: Option<String>,
    /// The secrets there that the application reads.
    pub cutover_secrets: Vec<String>,
}

impl Database {
    /// The profile as it holds for a target in `region`: what is set for that region instead of the rest. Security groups, keys
    /// and the application's secret are a region's own, and those of the `home` region hold nowhere else.
    #[must_use]
    pub fn in_region(&self, region: &str, home: &str) -> Self {
        let mut there = self.clone();
        if region != home {
            there.restore.quarantine_security_groups = Vec::new();
            there.restore.kms_key = None;
            // A name is one region's.
            there.cutover.rename = false;
        }
        // A zone is no region's own. Where the secret beside it is not moved, neither is the record.
        let set = self.regions.get(region).filter(|set| !set.cutover_secrets.is_empty());
        if region != home && !self.cutover.secrets.is_empty() && set.is_none() {
            there.cutover.dns = None;
        }
        there.cutover.secrets = match set {
            Some(set) => self.followed_there(set),
            None if region == home => self.cutover.secrets.clone(),
            None => Vec::new(),
        };
        let Some(set) = self.regions.get(region) else { return there };
        if !set.quarantine_security_groups.is_empty() {
            there.restore.quarantine_security_groups.clone_from(&set.quarantine_security_groups);
        }
        there.restore.kms_key = set.kms_key.clone().or(there.restore.kms_key);
        if let Some(class) = &set.instance_class {
            there.restore.instance_class = InstanceClass::Named(class.clone());
        }
        if let Some(secret) = &set.connect_secret {
            there.connect.credentials = Credentials::Secret(secret.clone());
        }
        there
    }

    /// The profile as it holds when what is in `region` becomes the primary: the secrets that are named for that region instead of
    /// the rest. Those that are not named stay, since what is promoted takes the old primary's place.
    #[must_use]
    pub fn promoted_in(&self, region: &str) -> Self {
        let mut there = self.clone();
        let Some(set) = self.regions.get(region) else { return there };
        if let Some(secret) = &set.connect_secret {
            there.connect.credentials = Credentials::Secret(secret.clone());
        }
        if !set.cutover_secrets.is_empty() {
            there.cutover.secrets = self.followed_there(set);
        }
        there
    }

    /// The application's secrets of another region, which hold their URLs under the same key.
    fn followed_there(&self, set: &Regional) -> Vec<CutoverSecret> {
        let key = self.cutover.secrets.first().and_then(|secret| secret.key.clone());
        set.cutover_secrets.iter().map(|id| CutoverSecret { id: id.clone(), key: key.clone() }).collect()
    }
}
