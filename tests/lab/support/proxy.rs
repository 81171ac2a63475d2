//! Proxies of the shared lab, as an administrator makes them.

use aws_sdk_rds::types::{EngineFamily, IamAuthMode, TargetType, UserAuthConfig};

use super::{Lab, aws::wait, until};

/// A proxy.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) name: String,
    /// Where its clients connect.
    pub(crate) host: String,
    lab: &'static Lab,
}

impl Proxy {
    /// Where a proxy's clients connect.
    pub(crate) const PORT: u16 = 5432;

    /// A proxy in the default VPC that logs in with these secrets, by name, and leads to a cluster.
    pub(crate) fn create(lab: &'static Lab, name: &str, secrets: &[&str], cluster: &str) -> Self {
        let vpc = lab.ec2("Action=DescribeVpcs&Filter.1.Name=is-default&Filter.1.Value.1=true", "vpcId");
        let subnet =
            lab.ec2(&format!("Action=DescribeSubnets&Filter.1.Name=vpc-id&Filter.1.Value.1={vpc}"), "subnetId");
        let auth = |secret: &&str| {
            let arn = wait(lab.aws.secrets.describe_secret().secret_id(*secret).send()).expect("the secret").arn;
            UserAuthConfig::builder().set_secret_arn(arn).iam_auth(IamAuthMode::Disabled).build()
        };
        let create = lab.aws.rds.create_db_proxy().db_proxy_name(name).engine_family(EngineFamily::Postgresql);
        let create = create.role_arn("arn:aws:iam::123456789012:role/proxy").vpc_subnet_ids(subnet);
        let create = create.set_auth(Some(secrets.iter().map(auth).collect()));
        let made = wait(create.send()).expect("make the proxy").db_proxy.expect("a proxy");
        let proxy = Self { name: name.to_owned(), host: made.endpoint.expect("an endpoint"), lab };
        until("the proxy", || {
            let seen = wait(lab.aws.rds.describe_db_proxies().db_proxy_name(name).send()).expect("describe the proxy");
            let status = seen.db_proxies?.pop()?.status?;
            (status.as_str() == "available").then_some(())
        });
        proxy.register(cluster);
        until("the proxy's targets", || {
            let states = proxy.states();
            (!states.is_empty() && states.iter().all(|state| state == "AVAILABLE")).then_some(())
        });
        proxy
    }

    /// Somebody lets it lead to a cluster, where it leads to none.
    pub(crate) fn register(&self, cluster: &str) {
        let call = self.lab.aws.rds.register_db_proxy_targets().db_proxy_name(&self.name);
        wait(call.db_cluster_identifiers(cluster).send()).expect("register the cluster");
    }

    /// Somebody takes a cluster from it.
    pub(crate) fn deregister(&self, cluster: &str) {
        let call = self.lab.aws.rds.deregister_db_proxy_targets().db_proxy_name(&self.name);
        wait(call.db_cluster_identifiers(cluster).send()).expect("deregister the cluster");
    }

    fn targets(&self) -> Vec<aws_sdk_rds::types::DbProxyTarget> {
        let seen = wait(self.lab.aws.rds.describe_db_proxy_targets().db_proxy_name(&self.name).send());
        seen.expect("describe the targets").targets.unwrap_or_default()
    }

    fn states(&self) -> Vec<String> {
        let state = |target: aws_sdk_rds::types::DbProxyTarget| Some(target.target_health?.state?.as_str().to_owned());
        self.targets().into_iter().filter_map(state).collect()
    }

    /// The clusters that it leads to.
    pub(crate) fn leads_to(&self) -> Vec<String> {
        let targets = self.targets().into_iter();
        let clusters = targets.filter(|target| target.r#type == Some(TargetType::TrackedCluster));
        clusters.filter_map(|target| target.rds_resource_id).collect()
    }
}
