//! The proxy of the in-memory cloud: one target, a while until it is reached, and the faults of every other change.

use std::collections::BTreeMap;

use async_trait::async_trait;
use daybreak::{
    aws::{
        Error,
        rds::proxies::{
            Proxies,
            model::{Auth, Proxy, ProxyTarget},
            requests::{DeregisterTargets, RegisterTargets},
        },
        secrets::model::SecretDescription,
    },
    steps::{target::TargetName, window::Family},
};

use super::{Cloud, Inner, answered};

/// The only proxy's name.
pub(crate) const PROXY: &str = "loans-proxy";
/// Where its clients connect.
pub(crate) const ENDPOINT: &str = "loans-proxy.proxy-x.example";
/// The secret that it logs in with.
pub(crate) const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:loans-proxy-AbCdEf";

/// How many looks it takes until a target is reached.
const LOOKS: u32 = 2;

/// The proxy, where there is one.
#[derive(Default)]
pub(super) struct Fronted {
    proxy: Option<Proxy>,
    target: Option<TargetName>,
    /// How many more looks find it unreached.
    unreached: u32,
    /// Why it never is.
    reason: Option<&'static str>,
    /// How many more looks show what it led to before.
    stale: Option<(u32, Option<TargetName>)>,
    /// The VPCs of subnet groups.
    vpcs: BTreeMap<&'static str, &'static str>,
    /// All that it ever led to, one after the other.
    history: Vec<Option<String>>,
}

impl Cloud {
    /// A proxy that leads there.
    pub(crate) fn add_proxy(&self, target: Option<TargetName>) {
        let auth = Auth { secret: Some(SECRET.to_owned()), iam: Some("DISABLED".to_owned()) };
        let proxy = Proxy {
            name: PROXY.to_owned(),
            status: "available".to_owned(),
            engine_family: "POSTGRESQL".to_owned(),
            vpc_id: Some("vpc-1".to_owned()),
            security_groups: vec!["sg-0proxy".to_owned()],
            endpoint: Some(ENDPOINT.to_owned()),
            auth: vec![auth],
            default_auth_scheme: None,
        };
        let description = SecretDescription {
            arn: SECRET.to_owned(),
            name: "loans-proxy".to_owned(),
            versions: BTreeMap::from([("p1".to_owned(), vec!["AWSCURRENT".to_owned()])]),
            ..SecretDescription::default()
        };
        self.add_secret(description, "p1", r#"{"username":"app","password":"hunter2"}"#);
        self.inner().fronted.proxy = Some(proxy);
        self.set_proxy_target(target);
    }

    /// Changes what is known of the proxy.
    pub(crate) fn edit_proxy(&self, edit: impl FnOnce(&mut Option<Proxy>)) {
        edit(&mut self.inner().fronted.proxy);
    }

    /// Somebody lets it lead there.
    pub(crate) fn set_proxy_target(&self, target: Option<TargetName>) {
        self.inner().fronted.target = target;
    }

    /// What it leads to.
    pub(crate) fn proxy_leads_to(&self) -> Option<String> {
        self.inner().fronted.target.as_ref().map(ToString::to_string)
    }

    /// All that calls let it lead to, one after the other.
    pub(crate) fn proxy_led_to(&self) -> Vec<Option<String>> {
        self.inner().fronted.history.clone()
    }

    /// The next looks show what it leads to now, whatever becomes of it.
    pub(crate) fn proxy_looks_are_stale(&self, looks: u32) {
        let fronted = &mut self.inner().fronted;
        fronted.stale = Some((looks, fronted.target.clone()));
    }

    /// Its next targets are never reached, for this reason; or are again.
    pub(crate) fn proxy_does_not_reach(&self, reason: Option<&'static str>) {
        self.inner().fronted.reason = reason;
    }

    /// A subnet group is in this VPC.
    pub(crate) fn add_subnet_group(&self, group: &'static str, vpc: &'static str) {
        self.inner().fronted.vpcs.insert(group, vpc);
    }

    /// Where a client of a host lands: behind the proxy at what it leads to. None where it waits in vain.
    pub(crate) fn behind(&self, host: &str) -> Option<String> {
        let inner = self.inner();
        if host != ENDPOINT {
            return Some(host.to_owned());
        }
        let target = inner.fronted.target.as_ref()?;
        match target.family {
            Family::Cluster => inner.clusters.get(&target.identifier)?.endpoint.clone(),
            Family::Instance => inner.instances.get(&target.identifier)?.address.clone(),
        }
    }
}

impl Fronted {
    fn lead(&mut self, target: Option<TargetName>) {
        self.unreached = LOOKS;
        self.history.push(target.as_ref().map(ToString::to_string));
        self.target = target;
    }
}

fn shown(inner: &mut Inner) -> Vec<ProxyTarget> {
    let seen = match &mut inner.fronted.stale {
        Some((left, before)) if *left > 0 => {
            *left -= 1;
            before.clone()
        }
        _ => inner.fronted.target.clone(),
    };
    let Some(target) = seen else { return Vec::new() };
    let fronted = &mut inner.fronted;
    let (state, reason) = match (fronted.reason, fronted.unreached) {
        (Some(reason), 0) => ("UNAVAILABLE", Some(reason.to_owned())),
        (None, 0) => ("AVAILABLE", None),
        _ => ("REGISTERING", None),
    };
    fronted.unreached = fronted.unreached.saturating_sub(1);
    let entry = |name: &str, kind: &str, role: Option<&str>| ProxyTarget {
        name: name.to_owned(),
        kind: Some(kind.to_owned()),
        role: role.map(str::to_owned),
        state: Some(state.to_owned()),
        reason: reason.clone(),
        ..ProxyTarget::default()
    };
    let name = &target.identifier;
    if target.family == Family::Instance {
        return vec![entry(name, "RDS_INSTANCE", Some("READ_WRITE"))];
    }
    let members = inner.clusters.get(name).map(|cluster| cluster.members.clone()).unwrap_or_default();
    let member = members.iter().map(|member| ProxyTarget {
        cluster: Some(name.clone()),
        ..entry(&member.instance, "RDS_INSTANCE", Some(if member.is_writer { "READ_WRITE" } else { "READ_ONLY" }))
    });
    std::iter::once(entry(name, "TRACKED_CLUSTER", None)).chain(member).collect()
}

fn named(clusters: &[String], instances: &[String]) -> TargetName {
    match (clusters, instances) {
        ([cluster], []) => TargetName::cluster(cluster),
        ([], [instance]) => TargetName::instance(instance),
        other => panic!("exactly one cluster or instance: {other:?}"),
    }
}

#[async_trait]
impl Proxies for Cloud {
    async fn proxy(&self, name: &str) -> Result<Option<Proxy>, Error> {
        self.answers().await;
        Ok(self.inner().fronted.proxy.clone().filter(|proxy| proxy.name == name))
    }

    async fn borrow_timeout_seconds(&self, _: &str) -> Result<Option<u32>, Error> {
        self.answers().await;
        Ok(Some(120))
    }

    async fn targets(&self, name: &str) -> Result<Vec<ProxyTarget>, Error> {
        self.answers().await;
        let mut inner = self.inner();
        if inner.fronted.proxy.as_ref().is_none_or(|proxy| proxy.name != name) {
            return answered("DescribeDBProxyTargets", "DBProxyNotFoundFault");
        }
        Ok(shown(&mut inner))
    }

    async fn register(&self, request: &RegisterTargets) -> Result<(), Error> {
        let wanted = named(&request.db_cluster_identifiers, &request.db_instance_identifiers);
        self.change("RegisterDBProxyTargets", |inner| match &inner.fronted.target {
            Some(target) if *target == wanted => {
                answered("RegisterDBProxyTargets", "DBProxyTargetAlreadyRegisteredFault")
            }
            Some(_) => answered("RegisterDBProxyTargets", "InvalidParameterCombination"),
            None => {
                inner.fronted.lead(Some(wanted));
                Ok(())
            }
        })
        .await
    }

    async fn deregister(&self, request: &DeregisterTargets) -> Result<(), Error> {
        let wanted = named(&request.db_cluster_identifiers, &request.db_instance_identifiers);
        self.change("DeregisterDBProxyTargets", |inner| {
            if inner.fronted.target.as_ref() != Some(&wanted) {
                return answered("DeregisterDBProxyTargets", "DBProxyTargetNotFoundFault");
            }
            inner.fronted.lead(None);
            Ok(())
        })
        .await
    }

    async fn vpc_of(&self, subnet_group: &str) -> Result<Option<String>, Error> {
        self.answers().await;
        Ok(self.inner().fronted.vpcs.get(subnet_group).map(|vpc| (*vpc).to_owned()))
    }
}
