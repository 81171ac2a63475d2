//! Where a proxy leads, by the targets that RDS lists.

use std::fmt;

use crate::{aws::rds::proxies::model::ProxyTarget, steps::target::TargetName};

/// Where a proxy leads. Shown, it is `cluster loans`, or `nothing`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leads {
    /// To this cluster or instance.
    To(TargetName),
    /// To nothing: its clients wait.
    Nowhere,
    /// To more than one, which AWS does not do today.
    ToSeveral(Vec<TargetName>),
}

impl Leads {
    /// What these targets come to: a cluster is listed with its instances.
    #[must_use]
    pub fn of(targets: &[ProxyTarget]) -> Self {
        let mut found: Vec<TargetName> = Vec::new();
        for target in targets {
            let of = match &target.cluster {
                Some(cluster) => TargetName::cluster(cluster),
                None if target.is_cluster() => TargetName::cluster(&target.name),
                None => TargetName::instance(&target.name),
            };
            if !found.iter().any(|one| same(one, &of)) {
                found.push(of);
            }
        }
        match found.len() {
            0 => Self::Nowhere,
            1 => Self::To(found.remove(0)),
            _ => Self::ToSeveral(found),
        }
    }

    /// Whether it leads there, and nowhere else.
    #[must_use]
    pub fn is(&self, name: &TargetName) -> bool {
        matches!(self, Self::To(to) if same(to, name))
    }
}

fn same(one: &TargetName, other: &TargetName) -> bool {
    one.family == other.family && one.identifier.eq_ignore_ascii_case(&other.identifier)
}

impl fmt::Display for Leads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::To(name) => name.fmt(f),
            Self::Nowhere => f.write_str("nothing"),
            Self::ToSeveral(names) => {
                let names: Vec<String> = names.iter().map(ToString::to_string).collect();
                f.write_str(&names.join(" and "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(name: &str, cluster: Option<&str>, kind: &str) -> ProxyTarget {
        ProxyTarget {
            name: name.to_owned(),
            cluster: cluster.map(str::to_owned),
            kind: Some(kind.to_owned()),
            ..ProxyTarget::default()
        }
    }

    #[test]
    fn a_cluster_is_listed_with_its_instances_and_is_one_target() {
        let cluster = [
            target("loans", None, "TRACKED_CLUSTER"),
            target("loans-1", Some("loans"), "RDS_INSTANCE"),
            target("loans-2", Some("loans"), "RDS_INSTANCE"),
        ];
        assert!(Leads::of(&cluster).is(&TargetName::cluster("Loans")));
        assert!(Leads::of(&cluster[1..]).is(&TargetName::cluster("loans")));
        assert!(!Leads::of(&cluster).is(&TargetName::instance("loans")));
        assert!(Leads::of(&[target("loans", None, "RDS_INSTANCE")]).is(&TargetName::instance("loans")));
        assert_eq!(Leads::of(&[]), Leads::Nowhere);
        let two = Leads::of(&[cluster[0].clone(), target("plain", None, "RDS_INSTANCE")]);
        assert_eq!(two.to_string(), "cluster loans and instance plain");
    }
}
