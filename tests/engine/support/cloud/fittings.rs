//! What is fitted to clusters, in memory: roles, the Data API, custom endpoints, autoscaling.

use std::collections::BTreeMap;

use async_trait::async_trait;
use daybreak::aws::{
    Error,
    metrics::{Alarm, Alarms},
    rds::{
        fittings::{
            Fittings,
            model::{ClusterEndpoint, EventSubscription, Proxy},
            requests::{
                AddInstanceRole, AddRole, CreateClusterEndpoint, DeleteClusterEndpoint, DisableHttpEndpoint,
                EnableHttpEndpoint, RemoveInstanceRole, RemoveRole,
            },
        },
        model::AssociatedRole,
    },
    scaling::{
        Scaling,
        model::{ScalableTarget, ScalingPolicy, resource_id},
        requests::{DeregisterScalableTarget, PutScalingPolicy, RegisterScalableTarget},
    },
};

use super::{Cloud, Inner, READS, answered};

/// What there is.
#[derive(Default)]
pub(in crate::support) struct Fitted {
    endpoints: BTreeMap<String, ClusterEndpoint>,
    targets: BTreeMap<String, ScalableTarget>,
    policies: BTreeMap<(String, String), ScalingPolicy>,
    /// Whether RDS can use the roles it is given.
    pub(super) roles_are_invalid: bool,
}

impl Cloud {
    /// A custom endpoint that is there.
    pub(crate) fn add_endpoint(&self, endpoint: ClusterEndpoint) {
        self.inner().fitted.endpoints.insert(endpoint.identifier.clone(), endpoint);
    }

    /// Readers that are scaled.
    pub(crate) fn add_scaling(&self, target: ScalableTarget, policies: Vec<ScalingPolicy>) {
        let mut inner = self.inner();
        let named = policies.into_iter().map(|policy| ((policy.resource_id.clone(), policy.name.clone()), policy));
        inner.fitted.policies.extend(named);
        inner.fitted.targets.insert(target.resource_id.clone(), target);
    }

    /// RDS finds that it cannot use the roles it is given, or finds that it can.
    pub(crate) fn roles_are_invalid(&self, invalid: bool) {
        let mut inner = self.inner();
        inner.fitted.roles_are_invalid = invalid;
        let status = if invalid { "INVALID" } else { "ACTIVE" };
        let Inner { clusters, instances, .. } = &mut *inner;
        let of_clusters = clusters.values_mut().flat_map(|cluster| &mut cluster.associated_roles);
        let roles = of_clusters.chain(instances.values_mut().flat_map(|instance| &mut instance.associated_roles));
        roles.filter(|role| role.status.as_deref() != Some("ACTIVE")).for_each(|role| {
            role.status = Some(status.to_owned());
        });
    }

    /// What is fitted to clusters, in words that can be compared.
    pub(crate) fn fitted(&self) -> Vec<String> {
        let inner = self.inner();
        let mut lines = Vec::new();
        for cluster in inner.clusters.values() {
            let mut roles: Vec<String> = cluster.associated_roles.iter().map(|role| role.role_arn.clone()).collect();
            roles.sort_unstable();
            let (api, managed) = (cluster.http_endpoint == Some(true), cluster.master_user_secret.is_some());
            lines.push(format!("{}: roles {roles:?}, data api {api}, managed {managed}", cluster.identifier));
        }
        for instance in inner.instances.values().filter(|instance| instance.cluster.is_none()) {
            let roles: Vec<&str> = instance.associated_roles.iter().map(|role| role.role_arn.as_str()).collect();
            let managed = instance.master_user_secret.is_some();
            lines.push(format!("{}: roles {roles:?}, managed {managed}", instance.identifier));
        }
        lines.extend(
            inner
                .fitted
                .endpoints
                .values()
                .map(|one| format!("endpoint {} of {} to {:?}", one.identifier, one.cluster, one.static_members)),
        );
        lines.extend(
            inner
                .fitted
                .targets
                .values()
                .map(|one| format!("scaling of {} from {} to {}", one.resource_id, one.min_capacity, one.max_capacity)),
        );
        lines.extend(inner.fitted.policies.keys().map(|(resource, name)| format!("policy {name} of {resource}")));
        lines
    }
}

impl Inner {
    /// What goes with a cluster that is gone.
    pub(in crate::support) fn forget_fitted(&mut self, cluster: &str) {
        self.fitted.endpoints.retain(|_, endpoint| endpoint.cluster != cluster);
    }

    /// Counts one read of the roles of a cluster or instance; in the end RDS has tried them.
    pub(in crate::support) fn progress_roles(&mut self, owner: &str) {
        if self.read_completes(&format!("role of {owner}"))
            && let Some(roles) = self.roles_of(owner)
        {
            for role in roles.iter_mut().filter(|role| role.status.as_deref() == Some("PENDING")) {
                role.status = Some("ACTIVE".to_owned());
            }
        }
    }

    fn roles_of(&mut self, owner: &str) -> Option<&mut Vec<AssociatedRole>> {
        let cluster = self.clusters.get_mut(owner).map(|cluster| &mut cluster.associated_roles);
        cluster.or_else(|| self.instances.get_mut(owner).map(|instance| &mut instance.associated_roles))
    }

    /// Custom endpoints keep to a cluster that is renamed.
    pub(super) fn fitted_to(&mut self, from: &str, to: &str) {
        for endpoint in self.fitted.endpoints.values_mut().filter(|endpoint| endpoint.cluster == from) {
            to.clone_into(&mut endpoint.cluster);
        }
    }

    fn add_role(
        &mut self,
        [action, gone, taken]: [&'static str; 3],
        owner: &str,
        role_arn: &str,
        feature_name: Option<String>,
    ) -> Result<(), Error> {
        let status = if self.fitted.roles_are_invalid { "INVALID" } else { "PENDING" };
        let Some(roles) = self.roles_of(owner) else { return answered(action, gone) };
        if roles.iter().any(|role| role.role_arn == role_arn) {
            return answered(action, taken);
        }
        let (role_arn, status) = (role_arn.to_owned(), Some(status.to_owned()));
        roles.push(AssociatedRole { role_arn, feature_name, status });
        self.pending.insert(format!("role of {owner}"), READS);
        Ok(())
    }

    fn remove_role(
        &mut self,
        [action, gone, none]: [&'static str; 3],
        owner: &str,
        role_arn: &str,
    ) -> Result<(), Error> {
        let Some(roles) = self.roles_of(owner) else { return answered(action, gone) };
        let before = roles.len();
        roles.retain(|role| role.role_arn != role_arn);
        if roles.len() == before { answered(action, none) } else { Ok(()) }
    }
}

#[async_trait]
impl Fittings for Cloud {
    async fn add_role(&self, request: &AddRole) -> Result<(), Error> {
        let words = [AddRole::ACTION, "DBClusterNotFoundFault", "DBClusterRoleAlreadyExists"];
        let AddRole { db_cluster_identifier, role_arn, feature_name } = request;
        let add = |inner: &mut Inner| inner.add_role(words, db_cluster_identifier, role_arn, feature_name.clone());
        self.change(AddRole::ACTION, add).await
    }

    async fn remove_role(&self, request: &RemoveRole) -> Result<(), Error> {
        let words = [RemoveRole::ACTION, "DBClusterNotFoundFault", "DBClusterRoleNotFound"];
        let remove = |inner: &mut Inner| inner.remove_role(words, &request.db_cluster_identifier, &request.role_arn);
        self.change(RemoveRole::ACTION, remove).await
    }

    async fn add_instance_role(&self, request: &AddInstanceRole) -> Result<(), Error> {
        let words = [AddInstanceRole::ACTION, "DBInstanceNotFound", "DBInstanceRoleAlreadyExists"];
        let AddInstanceRole { db_instance_identifier, role_arn, feature_name } = request;
        let feature = Some(feature_name.clone());
        self.change(AddInstanceRole::ACTION, |inner| inner.add_role(words, db_instance_identifier, role_arn, feature))
            .await
    }

    async fn remove_instance_role(&self, request: &RemoveInstanceRole) -> Result<(), Error> {
        let words = [RemoveInstanceRole::ACTION, "DBInstanceNotFound", "DBInstanceRoleNotFound"];
        let remove = |inner: &mut Inner| inner.remove_role(words, &request.db_instance_identifier, &request.role_arn);
        self.change(RemoveInstanceRole::ACTION, remove).await
    }

    async fn enable_http_endpoint(&self, request: &EnableHttpEndpoint) -> Result<(), Error> {
        self.change("EnableHttpEndpoint", |inner| {
            let mut clusters = inner.clusters.values_mut();
            let Some(cluster) = clusters.find(|cluster| cluster.arn == request.resource_arn) else {
                return answered("EnableHttpEndpoint", "ResourceNotFoundFault");
            };
            cluster.http_endpoint = Some(true);
            Ok(())
        })
        .await
    }

    async fn disable_http_endpoint(&self, request: &DisableHttpEndpoint) -> Result<(), Error> {
        self.change("DisableHttpEndpoint", |inner| {
            let mut clusters = inner.clusters.values_mut();
            let Some(cluster) = clusters.find(|cluster| cluster.arn == request.resource_arn) else {
                return answered("DisableHttpEndpoint", "ResourceNotFoundFault");
            };
            cluster.http_endpoint = Some(false);
            Ok(())
        })
        .await
    }

    async fn create_cluster_endpoint(&self, request: &CreateClusterEndpoint) -> Result<(), Error> {
        self.change("CreateDBClusterEndpoint", |inner| {
            let name = &request.db_cluster_endpoint_identifier;
            if inner.fitted.endpoints.contains_key(name) {
                return answered("CreateDBClusterEndpoint", "DBClusterEndpointAlreadyExistsFault");
            }
            let endpoint = ClusterEndpoint {
                identifier: name.clone(),
                cluster: request.db_cluster_identifier.clone(),
                host: Some(format!("{name}.cluster-custom.example")),
                status: Some("creating".to_owned()),
                kind: Some(request.endpoint_type.clone()),
                static_members: request.static_members.clone(),
                excluded_members: request.excluded_members.clone(),
                ..ClusterEndpoint::default()
            };
            inner.fitted.endpoints.insert(name.clone(), endpoint);
            inner.pending.insert(format!("endpoint {name}"), READS);
            Ok(())
        })
        .await
    }

    async fn delete_cluster_endpoint(&self, request: &DeleteClusterEndpoint) -> Result<(), Error> {
        self.change("DeleteDBClusterEndpoint", |inner| {
            let name = &request.db_cluster_endpoint_identifier;
            let Some(endpoint) = inner.fitted.endpoints.get_mut(name) else {
                return answered("DeleteDBClusterEndpoint", "DBClusterEndpointNotFoundFault");
            };
            endpoint.status = Some("deleting".to_owned());
            inner.pending.insert(format!("endpoint {name}"), READS);
            Ok(())
        })
        .await
    }

    async fn cluster_endpoint(&self, identifier: &str) -> Result<Option<ClusterEndpoint>, Error> {
        let mut inner = self.inner();
        let complete = inner.read_completes(&format!("endpoint {identifier}"));
        let Some(endpoint) = inner.fitted.endpoints.get_mut(identifier).filter(|_| complete) else {
            return Ok(inner.fitted.endpoints.get(identifier).cloned());
        };
        if endpoint.status.as_deref() == Some("deleting") {
            inner.fitted.endpoints.remove(identifier);
            return Ok(None);
        }
        endpoint.status = Some("available".to_owned());
        Ok(Some(endpoint.clone()))
    }

    async fn cluster_endpoints(&self, cluster: &str) -> Result<Vec<ClusterEndpoint>, Error> {
        let endpoints = self.inner().fitted.endpoints.values().cloned().collect::<Vec<_>>();
        Ok(endpoints.into_iter().filter(|endpoint| endpoint.cluster == cluster).collect())
    }

    async fn event_subscriptions(&self) -> Result<Vec<EventSubscription>, Error> {
        Ok(Vec::new())
    }

    async fn proxies(&self) -> Result<Vec<Proxy>, Error> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Scaling for Cloud {
    async fn scalable_target(&self, cluster: &str) -> Result<Option<ScalableTarget>, Error> {
        Ok(self.inner().fitted.targets.get(&resource_id(cluster)).cloned())
    }

    async fn scaling_policies(&self, cluster: &str) -> Result<Vec<ScalingPolicy>, Error> {
        let inner = self.inner();
        let wanted = resource_id(cluster);
        Ok(inner.fitted.policies.values().filter(|policy| policy.resource_id == wanted).cloned().collect())
    }

    async fn register_scalable_target(&self, request: &RegisterScalableTarget) -> Result<(), Error> {
        self.change("RegisterScalableTarget", |inner| {
            let target = ScalableTarget {
                resource_id: request.resource_id.clone(),
                min_capacity: request.min_capacity,
                max_capacity: request.max_capacity,
                suspended: request.suspended_state,
            };
            inner.fitted.targets.insert(request.resource_id.clone(), target);
            Ok(())
        })
        .await
    }

    async fn deregister_scalable_target(&self, request: &DeregisterScalableTarget) -> Result<(), Error> {
        self.change("DeregisterScalableTarget", |inner| {
            if inner.fitted.targets.remove(&request.resource_id).is_none() {
                return answered("DeregisterScalableTarget", "ObjectNotFoundException");
            }
            inner.fitted.policies.retain(|(resource, _), _| *resource != request.resource_id);
            Ok(())
        })
        .await
    }

    async fn put_scaling_policy(&self, request: &PutScalingPolicy) -> Result<(), Error> {
        self.change("PutScalingPolicy", |inner| {
            if !inner.fitted.targets.contains_key(&request.resource_id) {
                return answered("PutScalingPolicy", "ObjectNotFoundException");
            }
            let policy = ScalingPolicy {
                name: request.policy_name.clone(),
                resource_id: request.resource_id.clone(),
                kind: request.policy_type.clone(),
                target_tracking: Some(request.target_tracking_scaling_policy_configuration.clone()),
                alarms: Vec::new(),
            };
            let key = (request.resource_id.clone(), request.policy_name.clone());
            inner.fitted.policies.insert(key, policy);
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl Alarms for Cloud {
    async fn alarms_on(&self, _: &[String]) -> Result<Vec<Alarm>, Error> {
        Ok(Vec::new())
    }
}
