//! What belongs to a cluster and is no part of its own description: custom endpoints and autoscaling; and what names it from
//! outside: event subscriptions, alarms, proxies.

use futures_util::join;
use serde::{Deserialize, Serialize};

use super::world::World;
use crate::aws::{
    Error,
    metrics::Alarm,
    rds::{
        fittings::model::{ClusterEndpoint, EventSubscription, Proxy},
        model::{Cluster, Instance},
    },
    scaling::model::{ScalableTarget, ScalingPolicy},
};

/// All of it, as far as it could be seen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surroundings {
    /// The custom endpoints.
    pub endpoints: Vec<ClusterEndpoint>,
    /// The range in which readers are scaled.
    pub scalable_target: Option<ScalableTarget>,
    /// By what they are scaled.
    pub scaling_policies: Vec<ScalingPolicy>,
    /// Subscriptions to events that name the cluster or one of its instances.
    pub subscriptions: Vec<EventSubscription>,
    /// Alarms on their metrics, but for those that a scaling policy makes for itself.
    pub alarms: Vec<Alarm>,
    /// Proxies that lead to them.
    pub proxies: Vec<Proxy>,
    /// What could not be seen.
    pub unseen: Vec<Unseen>,
}

/// A list that could not be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unseen {
    /// What it would have told.
    pub what: String,
    /// Why there is none.
    pub why: String,
}

/// What custom endpoints are called among what could not be seen, and in tables of settings.
pub const ENDPOINTS: &str = "custom endpoints";
/// The same of autoscaling.
pub const AUTOSCALING: &str = "autoscaling";
/// The same of event subscriptions.
pub const SUBSCRIPTIONS: &str = "event subscriptions";
/// The same of alarms.
pub const ALARMS: &str = "alarms";
/// The same of proxies.
pub const PROXIES: &str = "proxies";

impl Surroundings {
    /// Looks at all of it at once. A list that cannot be had hides nothing but itself.
    pub async fn of(world: &World, cluster: &Cluster, instances: &[Instance]) -> Self {
        let name = &cluster.identifier;
        let names: Vec<String> =
            std::iter::once(name.clone()).chain(instances.iter().map(|instance| instance.identifier.clone())).collect();
        let (endpoints, target, policies, subscriptions, alarms, proxies) = join!(
            world.fittings.cluster_endpoints(name),
            world.scaling.scalable_target(name),
            world.scaling.scaling_policies(name),
            world.fittings.event_subscriptions(),
            world.alarms.alarms_on(&names),
            world.fittings.proxies(),
        );
        let mut unseen = Vec::new();
        let named = |those: &[String]| those.iter().any(|one| names.contains(one));
        let mut surroundings = Self {
            endpoints: seen(endpoints, ENDPOINTS, &mut unseen),
            scalable_target: seen(target, AUTOSCALING, &mut unseen),
            scaling_policies: seen(policies, AUTOSCALING, &mut unseen),
            subscriptions: seen(subscriptions, SUBSCRIPTIONS, &mut unseen),
            alarms: seen(alarms, ALARMS, &mut unseen),
            proxies: seen(proxies, PROXIES, &mut unseen),
            unseen: Vec::new(),
        };
        unseen.dedup_by(|one, other| one.what == other.what);
        surroundings.unseen = unseen;
        surroundings.subscriptions.retain(|subscription| named(&subscription.sources));
        surroundings.proxies.retain(|proxy| named(&proxy.targets));
        let policies = &surroundings.scaling_policies;
        surroundings.alarms.retain(|alarm| policies.iter().all(|policy| !policy.alarms.contains(&alarm.name)));
        surroundings.endpoints.sort_by(|one, other| one.identifier.cmp(&other.identifier));
        surroundings.scaling_policies.sort_by(|one, other| one.name.cmp(&other.name));
        surroundings
    }

    /// Whether that could be seen.
    pub fn saw(&self, what: &str) -> bool {
        self.unseen.iter().all(|unseen| unseen.what != what)
    }
}

fn seen<T: Default>(answer: Result<T, Error>, what: &str, unseen: &mut Vec<Unseen>) -> T {
    answer.unwrap_or_else(|error| {
        unseen.push(Unseen { what: what.to_owned(), why: error.to_string() });
        T::default()
    })
}
