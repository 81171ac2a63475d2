//! Clusters that are renamed: their endpoints follow the name at once or late, and their certificates do not.

use std::collections::BTreeMap;

use daybreak::aws::{Error, rds::model::Cluster};

use super::{Cloud, Inner, READS, answered};

/// What renames leave.
#[derive(Default)]
pub(in crate::support) struct Renames {
    /// The names that clusters are on their way to, by the present ones.
    under_way: BTreeMap<String, String>,
    /// The names on the certificates of clusters that were renamed, by resource id.
    certificates: BTreeMap<String, String>,
    /// Who was found at an endpoint before, and how many more logins find it there.
    stale: Option<(String, String, u32)>,
}

impl Inner {
    /// Has a cluster renamed.
    pub(super) fn begin_rename(&mut self, from: &str, to: &str) -> Result<(), Error> {
        let taken = self.clusters.contains_key(to) || self.renames.under_way.values().any(|name| name == to);
        if from != to && taken {
            return answered("ModifyDBCluster", "DBClusterAlreadyExistsFault");
        }
        let Some(cluster) = self.clusters.get_mut(from) else {
            return answered("ModifyDBCluster", "DBClusterNotFoundFault");
        };
        if !cluster.status.is_available() {
            return answered("ModifyDBCluster", "InvalidDBClusterStateFault");
        }
        cluster.status = "renaming".into();
        self.renames.under_way.insert(from.to_owned(), to.to_owned());
        self.pending.insert(from.to_owned(), READS);
        Ok(())
    }

    /// What was under way with a cluster that is being renamed is complete.
    pub(in crate::support) fn finish_rename(&mut self, from: &str) {
        let Some(to) = self.renames.under_way.remove(from) else { return };
        let Some(mut cluster) = self.clusters.remove(from) else { return };
        let before = cluster.endpoint.clone();
        if let Some(before) = &before {
            self.renames.certificates.entry(cluster.resource_id.clone()).or_insert_with(|| before.clone());
        }
        cluster.endpoint = before.as_ref().map(|_| format!("{to}.cluster.example"));
        cluster.arn = cluster.arn.replace(&format!(":cluster:{from}"), &format!(":cluster:{to}"));
        cluster.identifier.clone_from(&to);
        for instance in self.instances.values_mut().filter(|instance| instance.cluster.as_deref() == Some(from)) {
            instance.cluster = Some(to.clone());
        }
        self.fitted_to(from, &to);
        if let (Some(before), Some(after)) = (before, &cluster.endpoint)
            && let Some(site) = self.take_site(&before)
        {
            self.put_site(after, site);
        }
        self.clusters.insert(to, cluster);
    }

    fn at(&self, host: &str) -> Option<&Cluster> {
        self.clusters.values().find(|cluster| cluster.endpoint.as_deref() == Some(host))
    }
}

impl Cloud {
    /// Somebody else renames a cluster, at once.
    pub(crate) fn somebody_renames(&self, from: &str, to: &str) {
        let mut inner = self.inner();
        inner.begin_rename(from, to).unwrap();
        inner.pending.remove(from);
        inner.clusters.get_mut(from).unwrap().status = "available".into();
        inner.finish_rename(from);
    }

    /// The next `logins` at `host` find whoever is there now.
    pub(crate) fn leads_late(&self, host: &str, logins: u32) {
        let mut inner = self.inner();
        let there = inner.at(host).unwrap().resource_id.clone();
        inner.renames.stale = Some((host.to_owned(), there, logins));
    }

    /// The writer that a login at `host` reaches, with the name on its certificate; none where nobody is.
    pub(in crate::support) fn reached_at(&self, host: &str) -> Option<(String, String)> {
        let mut inner = self.inner();
        let late = match &mut inner.renames.stale {
            Some((stale, there, left)) if *stale == host && *left > 0 => {
                *left -= 1;
                Some(there.clone())
            }
            _ => None,
        };
        let found = match late {
            Some(id) => inner.clusters.values().find(|cluster| cluster.resource_id == id),
            None => inner.at(host),
        }?;
        let writer = found.members.iter().find(|member| member.is_writer)?.instance.clone();
        let certificate = inner.renames.certificates.get(&found.resource_id).or(found.endpoint.as_ref())?;
        Some((writer, certificate.clone()))
    }

    /// The resource ids of the clusters, by their names.
    pub(crate) fn who_is_called(&self) -> Vec<(String, String)> {
        let inner = self.inner();
        inner.clusters.values().map(|one| (one.identifier.clone(), one.resource_id.clone())).collect()
    }
}
