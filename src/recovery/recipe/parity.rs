//! What a restore drops, put back: roles, the managed password, the Data API, custom endpoints, autoscaling. And what will not
//! follow, said.
//!
//! What the application needs comes before it is moved; what only operators miss comes after the watch, so that it costs no
//! time to recover in, and never fails a recovery.

use super::{
    Wish, after,
    alike::{Owner, row},
    planned,
};
use crate::{
    aws::{
        rds::{
            fittings::{model::ClusterEndpoint, requests::CreateClusterEndpoint},
            model::{Instance, ParameterGroup, Tag},
            requests::CreateInstance,
        },
        scaling::{
            model::{NAMESPACE, READERS, TargetTracking, resource_id},
            requests::{PutScalingPolicy as PutPolicy, RegisterScalableTarget},
        },
    },
    recovery::{
        configuration::ClusterConfiguration,
        names, requests,
        settings::{AFTER_WATCH, AT_CUTOVER, NOT_CARRIED, WITH_NAME, WITH_READERS, setting},
        survey::Survey,
        swap,
    },
    run::plan::Planned,
    steps::{
        brief::Setting,
        configured::{self, Configured, UNSAID},
        create_endpoint::CreateEndpoint,
        enable_data_api::EnableDataApi,
        purpose::Purpose,
        put_scaling_policy::PutScalingPolicy,
        register_scaling::RegisterScaling,
        step::Step,
        surroundings::{ALARMS, AUTOSCALING, ENDPOINTS, PROXIES, SUBSCRIPTIONS},
        target::TargetName,
    },
};

/// An instance of the target, and the source's that it stands for.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// The source's instance; none for a reader that the profile asks for by number.
    pub like: Option<&'a Instance>,
    /// What is sent to make it.
    pub request: &'a CreateInstance,
}

/// What is put back, in the places where it comes.
#[derive(Debug, Default)]
pub struct Parity {
    /// Before the application is moved.
    pub before_the_move: Vec<Planned<Step>>,
    /// After the watch.
    pub after_the_watch: Vec<Planned<Step>>,
    /// The last step: the target read back.
    pub read_back: Option<Planned<Step>>,
    /// The rows of all this.
    pub settings: Vec<Setting>,
    /// What its reader should know.
    pub warnings: Vec<String>,
}

/// All of it for `target`, which is called `later` once the application is moved; its writer and readers are `members`, the
/// writer first. Without a way to log in nothing is proven, and nothing of this is done.
pub fn parity(
    wish: &Wish<'_>,
    survey: &Survey,
    source: &ClusterConfiguration,
    (target, later): (&str, &str),
    members: &[Member<'_>],
    tags: &[Tag],
) -> Parity {
    let mut parity = Parity { settings: readers(source, members), ..Parity::default() };
    let moved = survey.pointers.proxy.as_ref().map(|proxy| proxy.proxy.name.as_str());
    let (reached, swaps) = (survey.access.is_some(), survey.pointers.swap.is_some());
    let maker = Maker { wish, source, target: later, members, tags, moved, reached, swaps };
    let owner = Owner { wish, survey, name: TargetName::cluster(target) };
    owner.roles(&source.cluster.associated_roles, &mut parity);
    let (master, secret) = (source.cluster.master_username.as_deref(), source.cluster.master_user_secret.as_ref());
    owner.password(master, secret, &mut parity);
    maker.monitoring(&mut parity);
    maker.data_api(&mut parity);
    maker.endpoints(&mut parity);
    maker.scaling(&mut parity);
    maker.left_behind(&mut parity);
    let owner = Owner { name: TargetName::cluster(later), ..owner };
    parity.read_back =
        owner.read_back(members.iter().map(|member| member.request.db_instance_identifier.clone()).collect());
    parity
}

struct Maker<'a> {
    wish: &'a Wish<'a>,
    source: &'a ClusterConfiguration,
    /// The target, by its name after the watch.
    target: &'a str,
    members: &'a [Member<'a>],
    tags: &'a [Tag],
    /// The proxy that is moved.
    moved: Option<&'a str>,
    /// Whether the plan gets as far as the cutover.
    reached: bool,
    /// Whether the target takes the source's name.
    swaps: bool,
}

impl Maker<'_> {
    fn step(&self, step: Step) -> Planned<Step> {
        planned(self.wish.database.deadlines.settings, step)
    }

    fn row(&self, name: &str, source: String, default: &str, target: String, when: &str) -> Setting {
        row(self.reached, name, source, default, target, when)
    }

    fn monitoring(&self, parity: &mut Parity) {
        let cluster = &self.source.cluster;
        let Some(request) = requests::monitoring(cluster, self.target) else { return };
        let rows = [
            ("Database Insights", configured::text(cluster.database_insights_mode.as_ref()), "standard"),
            ("monitoring of the cluster", configured::monitoring(cluster.monitoring_interval), "off"),
            (
                "insights of the cluster",
                configured::performance_insights(
                    cluster.performance_insights,
                    cluster.performance_insights_retention_period,
                ),
                "off",
            ),
        ];
        for (name, value, default) in rows {
            parity.settings.push(self.row(name, value.clone(), default, value, AFTER_WATCH));
        }
        if self.reached {
            let deadline = self.wish.database.deadlines.settings;
            parity.after_the_watch.push(after::modify(deadline, Purpose::ApplyMonitoring, request, None));
        }
    }

    fn data_api(&self, parity: &mut Parity) {
        if self.source.cluster.http_endpoint != Some(true) {
            return;
        }
        parity.settings.push(self.row("Data API", "on".to_owned(), "off", "on".to_owned(), AFTER_WATCH));
        if self.reached {
            let step = EnableDataApi { cluster: self.target.to_owned() };
            parity.after_the_watch.push(self.step(Step::EnableDataApi(step)));
        }
    }

    /// The target's instances that stand for these of the source; none where one of them has no counterpart.
    fn counterparts(&self, names: &[String]) -> Option<Vec<String>> {
        let counterpart = |name: &String| {
            let like = |member: &&Member<'_>| member.like.is_some_and(|like| like.identifier == *name);
            self.members.iter().find(like).map(|member| member.request.db_instance_identifier.clone())
        };
        names.iter().map(counterpart).collect()
    }

    fn endpoint(&self, like: &ClusterEndpoint) -> Option<CreateEndpoint> {
        let request = CreateClusterEndpoint {
            db_cluster_identifier: self.target.to_owned(),
            db_cluster_endpoint_identifier: names::custom_endpoint(&like.identifier, &self.wish.run),
            endpoint_type: like.kind.clone()?,
            static_members: self.counterparts(&like.static_members)?,
            excluded_members: self.counterparts(&like.excluded_members)?,
            tags: self.tags.to_vec(),
        };
        Some(CreateEndpoint { like: like.identifier.clone(), request })
    }

    fn endpoints(&self, parity: &mut Parity) {
        let endpoints = &self.source.surroundings.endpoints;
        if endpoints.is_empty() {
            return;
        }
        let mut made = Vec::new();
        for like in endpoints {
            match self.endpoint(like) {
                Some(step) => made.push(step),
                None => parity.warnings.push(format!(
                    "custom endpoint {} is not made: an instance that it names has no counterpart on the target",
                    like.identifier
                )),
            }
        }
        let source: Vec<&str> = endpoints.iter().map(|one| one.identifier.as_str()).collect();
        let target: Vec<&str> = made.iter().map(|one| one.request.db_cluster_endpoint_identifier.as_str()).collect();
        let row = self.row(ENDPOINTS, configured::list(&source), "none", configured::list(&target), AFTER_WATCH);
        parity.settings.push(row);
        if self.reached {
            if !made.is_empty() {
                parity.warnings.push(format!(
                    "custom endpoints get other names, since the source keeps its own: whoever uses {} has to be moved by hand",
                    source.join(", ")
                ));
            }
            parity.after_the_watch.extend(made.into_iter().map(|step| self.step(Step::CreateEndpoint(step))));
        }
    }

    fn scaling(&self, parity: &mut Parity) {
        let surroundings = &self.source.surroundings;
        let Some(range) = &surroundings.scalable_target else { return };
        let words = configured::autoscaling(surroundings);
        if self.swaps {
            // It is registered under the name, which is the target's then.
            parity.settings.push(self.row(AUTOSCALING, words.clone(), "none", words, WITH_NAME));
            return;
        }
        parity.settings.push(self.row(AUTOSCALING, words.clone(), "none", words, AFTER_WATCH));
        let resource_id = resource_id(self.target);
        let request = RegisterScalableTarget {
            service_namespace: NAMESPACE.to_owned(),
            resource_id: resource_id.clone(),
            scalable_dimension: READERS.to_owned(),
            min_capacity: range.min_capacity,
            max_capacity: range.max_capacity,
            suspended_state: range.suspended,
            tags: self.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect(),
        };
        let cluster = self.target.to_owned();
        let mut steps = vec![self.step(Step::RegisterScaling(RegisterScaling { cluster, request }))];
        for policy in &surroundings.scaling_policies {
            let Some(rule) = &policy.target_tracking else {
                parity.warnings.push(format!(
                    "scaling policy {} is not carried over: daybreak puts policies that track one metric, and it is another",
                    policy.name
                ));
                continue;
            };
            let request = Box::new(PutPolicy {
                policy_name: policy.name.clone(),
                service_namespace: NAMESPACE.to_owned(),
                resource_id: resource_id.clone(),
                scalable_dimension: READERS.to_owned(),
                policy_type: policy.kind.clone(),
                target_tracking_scaling_policy_configuration: self.retargeted(rule),
            });
            let cluster = self.target.to_owned();
            let step = PutScalingPolicy { cluster, number: steps.len(), request };
            steps.push(self.step(Step::PutScalingPolicy(step)));
        }
        if self.reached {
            parity.after_the_watch.extend(steps);
        }
    }

    /// The rule with the target in the place of the source, where it names that.
    fn retargeted(&self, rule: &TargetTracking) -> TargetTracking {
        let mut rule = rule.clone();
        let dimensions = rule.customized_metric_specification.iter_mut().flat_map(|metric| &mut metric.dimensions);
        for dimension in dimensions.filter(|dimension| dimension.value == self.source.cluster.identifier) {
            dimension.value = self.target.to_owned();
        }
        rule
    }

    /// What goes with the name, where the target takes that; none where nothing does.
    fn followers(&self, setting: &str) -> Option<Vec<&str>> {
        let (around, name) = (&self.source.surroundings, &self.source.cluster.identifier);
        let followers = match setting {
            SUBSCRIPTIONS if self.swaps => swap::subscriptions(around, name),
            ALARMS if self.swaps => swap::alarms(around, name),
            _ => Vec::new(),
        };
        (!followers.is_empty()).then_some(followers)
    }

    /// What names the source and will not name the target.
    fn left_behind(&self, parity: &mut Parity) {
        let surroundings = &self.source.surroundings;
        let source = Configured { cluster: &self.source.cluster, writer: None, readers: &[], surroundings };
        for (name, value) in source.rows() {
            let left = ["activity stream", "global database", SUBSCRIPTIONS, ALARMS, PROXIES].contains(&name.as_str());
            let seen = surroundings.unseen.iter().find(|unseen| unseen.what == name);
            if let Some(unseen) = seen {
                parity.warnings.push(format!("whether the source has {name} could not be seen: {}", unseen.why));
            } else if let (PROXIES, Some(moved)) = (name.as_str(), self.moved) {
                parity.settings.push(setting(&name, value, "none", moved.to_owned(), AT_CUTOVER));
            } else if let Some(followers) = self.followers(&name) {
                parity.settings.push(self.row(&name, value, "none", configured::list(&followers), WITH_NAME));
            } else if left && value != "none" {
                parity.settings.push(setting(&name, value, "none", "none".to_owned(), NOT_CARRIED));
            }
        }
        let moved = |name: &str| self.moved.is_some_and(|moved| moved.eq_ignore_ascii_case(name));
        let names = surroundings.proxies.iter().map(|proxy| proxy.name.as_str());
        let leads: Vec<&str> = names.filter(|name| !moved(name)).collect();
        if !leads.is_empty() {
            let names = leads.join(", ");
            parity.warnings.push(format!(
                "proxies go on leading to the source: {names}; name the application's under [databases.….cutover], or register the target with them"
            ));
        }
    }
}

/// A row for each reader of either side.
fn readers(source: &ClusterConfiguration, members: &[Member<'_>]) -> Vec<Setting> {
    let there: Vec<&Instance> = source.readers();
    let made = members.get(1..).unwrap_or_default();
    (0..there.len().max(made.len()))
        .map(|place| {
            let name = format!("reader {}", place + 1);
            let words = |reader: &Instance| configured::instance(reader);
            let like = there.get(place).map_or_else(|| UNSAID.to_owned(), |reader| words(reader));
            match made.get(place) {
                Some(member) => setting(&name, like, "none", words(&as_made(member.request)), WITH_READERS),
                None => setting(&name, like, "none", "none".to_owned(), NOT_CARRIED),
            }
        })
        .collect()
}

/// An instance as it will be described.
fn as_made(request: &CreateInstance) -> Instance {
    let group = request.db_parameter_group_name.as_ref();
    Instance {
        class: request.db_instance_class.clone(),
        availability_zone: request.availability_zone.clone(),
        promotion_tier: request.promotion_tier,
        parameter_groups: group.map(|name| ParameterGroup { name: name.clone(), status: None }).into_iter().collect(),
        ..Instance::default()
    }
}
