//! Plans.

use super::story::{RUN, actor, run, time};
use crate::{
    aws::{
        dns::model::{RecordSet, ResourceRecord},
        rds::{
            model::Tag,
            requests::{self, RestoreClusterToPointInTime},
        },
        secrets::requests::PutVersion,
    },
    run::{
        plan::{FORMAT, Plan, Planned},
        step::Until,
    },
    steps::{
        access::{Access, Credentials},
        add_tags::{AddTags, Tagged},
        admit_writers::AdmitWriters,
        await_record::AwaitRecord,
        brief::{Brief, FollowedProxy, Pointer, Policy, Record as DnsRecord, Setting, Source, Target},
        create_instance::{CreateInstance, Role},
        fence::Fence,
        list_writers::{ListWriters, Unreachable},
        modify_cluster::ModifyCluster,
        move_record::MoveRecord,
        move_secret::MoveSecret,
        page::Page,
        prove::{Comparison, Prove, Question, Questions},
        proxy::{
            Proxied, ProxyLogin, Through, await_target::AwaitProxy, rehearse::RehearseProxy, release::ReleaseProxy,
            take::MoveProxy,
        },
        purpose::Purpose,
        renaming::{Swap, rename_source::RenameSource, rename_target::RenameTarget},
        restore_cluster::{Request, RestoreCluster},
        stage_secret::StageSecret,
        step::Step,
        target::TargetName,
        watch::{NewWrites, Watch},
        window::{Family, Kind, Window},
        writers::Server,
    },
};

const SOURCE: &str = "loanserve-prod-aurora";
pub(super) const TARGET: &str = "loanserve-prod-aurora-db-k3fa";
pub(super) const WRITER: &str = "loanserve-prod-aurora-db-k3fa-1";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf";
const REQUESTED: &str = "2026-11-20T14:22:05Z";

/// A recovery with quarantine, secret and watch.
pub(crate) fn plan() -> Plan<Step> {
    let tags = vec![Tag { key: "daybreak:run".to_owned(), value: RUN.to_owned() }];
    let access = Access {
        credentials: Credentials::Secret { id: SECRET.to_owned(), url_key: None },
        database: None,
        default_database: None,
        via: None,
        ca: None,
        connect_timeout_ms: 10_000,
    };
    let modify = |groups: &[&str], protection| requests::ModifyCluster {
        db_cluster_identifier: TARGET.to_owned(),
        apply_immediately: true,
        vpc_security_group_ids: groups.iter().map(|group| (*group).to_owned()).collect(),
        deletion_protection: protection,
        ..Default::default()
    };
    let steps = [
        (
            21_600,
            Step::RestoreCluster(RestoreCluster {
                request: Request::PointInTime(Box::new(RestoreClusterToPointInTime {
                    db_cluster_identifier: TARGET.to_owned(),
                    source_db_cluster_identifier: Some(SOURCE.to_owned()),
                    restore_type: Some("full-copy".to_owned()),
                    restore_to_time: Some(time(REQUESTED)),
                    port: Some(5432),
                    vpc_security_group_ids: vec!["sg-quarantine".to_owned()],
                    deletion_protection: Some(false),
                    tags: tags.clone(),
                    ..Default::default()
                })),
            }),
        ),
        (
            7_200,
            Step::CreateInstance(CreateInstance {
                role: Role::Writer,
                request: requests::CreateInstance {
                    db_instance_identifier: WRITER.to_owned(),
                    db_cluster_identifier: TARGET.to_owned(),
                    db_instance_class: "db.r6g.large".to_owned(),
                    engine: "aurora-postgresql".to_owned(),
                    publicly_accessible: Some(false),
                    tags,
                    ..Default::default()
                },
            }),
        ),
        (
            1_800,
            Step::ModifyCluster(ModifyCluster {
                purpose: Purpose::ApplySettings,
                request: Box::new(requests::ModifyCluster {
                    preferred_maintenance_window: Some("sun:03:00-sun:03:30".to_owned()),
                    ..modify(&[], None)
                }),
                back: None,
            }),
        ),
        (
            7_200,
            Step::Prove(Prove {
                target: TargetName::cluster(TARGET),
                access: access.clone(),
                source: Comparison::Without("the profile says so".to_owned()),
                requested_time: Some(time(REQUESTED)),
                questions: Questions {
                    checks: vec![Question {
                        name: "loans exist".to_owned(),
                        query: "SELECT count(*) FROM loans".to_owned(),
                        expect: ">= 1000".to_owned(),
                        timeout_seconds: None,
                    }],
                    tables: Vec::new(),
                    newest: None,
                    newest_within_seconds: None,
                    statement_timeout_seconds: 300,
                    lock_timeout_seconds: 10,
                },
                until: Until::Validated,
            }),
        ),
        (
            1_800,
            Step::ModifyCluster(ModifyCluster {
                purpose: Purpose::LiftQuarantine,
                request: Box::new(modify(&["sg-app"], None)),
                back: Some(Box::new(modify(&["sg-quarantine"], None))),
            }),
        ),
        (
            300,
            Step::StageSecret(StageSecret {
                nth: 1,
                from_version: "v-before".to_owned(),
                put: PutVersion {
                    secret_id: SECRET.to_owned(),
                    client_request_token: "v-after".to_owned(),
                    version_stages: vec!["daybreak-k3fa".to_owned()],
                },
                target: TargetName::cluster(TARGET),
                access: access.clone(),
                url_key: None,
                fenced: false,
            }),
        ),
        (
            300,
            Step::MoveSecret(MoveSecret {
                nth: 1,
                secret: SECRET.to_owned(),
                from_version: "v-before".to_owned(),
                previous_version: Some("v-older".to_owned()),
                to_version: "v-after".to_owned(),
                staging_label: "daybreak-k3fa".to_owned(),
                target: TargetName::cluster(TARGET),
                access: access.clone(),
                url_key: None,
            }),
        ),
        (
            900,
            Step::Watch(Watch {
                for_seconds: 300,
                interval_ms: 5_000,
                failures: 3,
                sql: Vec::new(),
                http: vec![Page {
                    url: "https://api.example.com/health".parse().expect("a URL"),
                    status: None,
                    body: None,
                    within_ms: 2_000,
                }],
                access,
                through: None,
                on_new_writes: NewWrites::RollBack,
            }),
        ),
        (
            1_800,
            Step::AddTags(AddTags {
                to: Tagged::Cluster,
                name: TARGET.to_owned(),
                tags: vec![Tag { key: "env".to_owned(), value: "prod".to_owned() }],
            }),
        ),
        (
            1_800,
            Step::ModifyCluster(ModifyCluster {
                purpose: Purpose::Settle,
                request: Box::new(modify(&[], Some(true))),
                back: None,
            }),
        ),
    ];
    Plan {
        format: FORMAT,
        run: run(),
        recipe: "point-in-time".to_owned(),
        database: "loans".to_owned(),
        made_at: time("2026-11-20T14:59:50Z"),
        made_by: actor(),
        deadline_seconds: None,
        brief: brief(),
        steps: steps.into_iter().map(|(deadline_seconds, step)| Planned { deadline_seconds, step }).collect(),
    }
}

/// The same with a fence before the pointer moves.
pub(crate) fn fenced_plan() -> Plan<Step> {
    let mut plan = plan();
    let Some(at) = plan.steps.iter().position(|planned| matches!(planned.step, Step::StageSecret(_))) else {
        return plan;
    };
    let access = Access {
        credentials: Credentials::Secret { id: "prod/loans/admin".to_owned(), url_key: None },
        database: None,
        default_database: None,
        via: None,
        ca: None,
        connect_timeout_ms: 10_000,
    };
    let server = Server {
        family: Family::Cluster,
        region: "eu-west-1".to_owned(),
        identifier: SOURCE.to_owned(),
        host: format!("{SOURCE}.cluster-c1.eu-west-1.rds.amazonaws.com"),
        port: 5432,
        access: access.clone(),
    };
    let list = ListWriters { server: server.clone(), roles: Vec::new(), when_unreachable: Unreachable::Stop };
    let seen = vec!["app".to_owned(), "batch".to_owned()];
    let fence = Fence { server, roles: Vec::new(), seen, clients: vec![access.clone()], promotion: None };
    let admit = AdmitWriters { target: TARGET.to_owned(), access, roles: Vec::new() };
    let steps = [Step::ListWriters(list), Step::Fence(fence), Step::AdmitWriters(admit)];
    plan.steps.splice(at..at, steps.map(|step| Planned { deadline_seconds: 300, step }));
    plan
}

/// The same with a DNS record instead of the secret.
pub(crate) fn plan_by_record() -> Plan<Step> {
    let mut plan = plan();
    let Some(at) = plan.steps.iter().position(|planned| matches!(planned.step, Step::StageSecret(_))) else {
        return plan;
    };
    let Some(access) = plan.steps.iter().find_map(|planned| match &planned.step {
        Step::MoveSecret(step) => Some(step.access.clone()),
        _ => None,
    }) else {
        return plan;
    };
    let host = format!("{SOURCE}.cluster-c1.eu-west-1.rds.amazonaws.com");
    let set = RecordSet {
        name: "db.corp.internal.".to_owned(),
        kind: "CNAME".to_owned(),
        ttl: Some(60),
        resource_records: vec![ResourceRecord { value: host.clone() }],
        ..RecordSet::default()
    };
    let moved = MoveRecord { zone: "Z1".to_owned(), from: set.clone(), target: TargetName::cluster(TARGET) };
    let awaited = AwaitRecord { moved: moved.clone(), resolver: None, access };
    let steps = [Step::MoveRecord(moved), Step::AwaitRecord(awaited)];
    plan.steps.splice(at..at + 2, steps.map(|step| Planned { deadline_seconds: 300, step }));
    plan.brief.secrets.clear();
    plan.brief.record = Some(DnsRecord {
        zone: "Z1".to_owned(),
        zone_words: "private zone corp.internal (Z1)".to_owned(),
        set,
        points_at: host,
        resolver: None,
    });
    plan
}

/// The same with a proxy instead of the secret.
pub(crate) fn plan_by_proxy() -> Plan<Step> {
    let mut plan = plan();
    let at = plan.steps.iter().position(|planned| matches!(planned.step, Step::StageSecret(_)));
    let access = plan.steps.iter().find_map(|planned| match &planned.step {
        Step::MoveSecret(step) => Some(step.access.clone()),
        _ => None,
    });
    let (Some(at), Some(access)) = (at, access) else { return plan };
    let login = ProxyLogin {
        secret: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:loans-proxy-AbCdEf".to_owned(),
        token: false,
    };
    let (name, host) = ("loans-proxy".to_owned(), "loans-proxy.proxy-c1.eu-west-1.rds.amazonaws.com".to_owned());
    let proxied = Proxied {
        proxy: name.clone(),
        region: "eu-west-1".to_owned(),
        from: TargetName::cluster(SOURCE),
        target: TargetName::cluster(TARGET),
        logins: vec![login.clone()],
        through: Through { host: host.clone(), port: 5432, via: None, login, access },
    };
    let steps = [
        Step::RehearseProxy(RehearseProxy { proxied: proxied.clone() }),
        Step::ReleaseProxy(ReleaseProxy { proxied: proxied.clone() }),
        Step::MoveProxy(MoveProxy { proxied: proxied.clone() }),
        Step::AwaitProxy(AwaitProxy { proxied: proxied.clone() }),
    ];
    plan.steps.splice(at..at + 2, steps.map(|step| Planned { deadline_seconds: 300, step }));
    plan.brief.secrets.clear();
    plan.brief.proxy = Some(FollowedProxy {
        name,
        region: proxied.region,
        endpoint: host,
        port: 5432,
        leads_to: proxied.from,
        borrow_timeout_seconds: Some(120),
    });
    plan
}

/// The same with a swap of names instead of the secret.
pub(crate) fn plan_by_name() -> Plan<Step> {
    let mut plan = plan_by_record();
    let at = plan.steps.iter().position(|planned| matches!(planned.step, Step::MoveRecord(_)));
    let access = plan.steps.iter().find_map(|planned| match &planned.step {
        Step::AwaitRecord(step) => Some(step.access.clone()),
        _ => None,
    });
    let (Some(at), Some(access)) = (at, access) else { return plan };
    let swap = Swap {
        name: SOURCE.to_owned(),
        source: plan.brief.source.resource_id.clone(),
        aside: format!("{SOURCE}-aside-k3fa"),
        target: TARGET.to_owned(),
        host: format!("{SOURCE}.cluster-c1.eu-west-1.rds.amazonaws.com"),
        port: 5432,
        region: "eu-west-1".to_owned(),
        access,
    };
    let renames = [
        Step::RenameSource(RenameSource { swap: swap.clone() }),
        Step::RenameTarget(RenameTarget { swap: swap.clone() }),
    ];
    plan.steps.splice(at..at + 2, renames.map(|step| Planned { deadline_seconds: 1800, step }));
    plan.brief.record = None;
    plan.brief.swap = Some(swap);
    plan
}

/// The same without a pointer: nothing follows the target by itself.
pub(crate) fn plan_without_pointer() -> Plan<Step> {
    let mut plan = plan();
    plan.steps.retain(|planned| !matches!(planned.step, Step::StageSecret(_) | Step::MoveSecret(_) | Step::Watch(_)));
    plan.brief.secrets.clear();
    plan
}

fn brief() -> Brief {
    let setting = |name: &str, source: &str, default: &str, target: &str, when: &str| Setting {
        name: name.to_owned(),
        source: source.to_owned(),
        default: default.to_owned(),
        target: target.to_owned(),
        when: when.to_owned(),
    };
    Brief {
        source: Source {
            family: Family::Cluster,
            identifier: SOURCE.to_owned(),
            resource_id: "cluster-SOURCE17".to_owned(),
            region: "eu-west-1".to_owned(),
            account: "123456789012".to_owned(),
            engine: "aurora-postgresql".to_owned(),
            engine_version: Some("15.10".to_owned()),
            endpoint: Some(format!("{SOURCE}.cluster-c1.eu-west-1.rds.amazonaws.com")),
            port: Some(5432),
        },
        target: Target {
            family: Family::Cluster,
            identifier: TARGET.to_owned(),
            region: "eu-west-1".to_owned(),
            writer: WRITER.to_owned(),
        },
        requested_time: time(REQUESTED),
        window: Window {
            kind: Kind::Continuous,
            name: SOURCE.to_owned(),
            region: "eu-west-1".to_owned(),
            earliest: Some(time("2026-11-13T15:00:00Z")),
            latest: Some(time("2026-11-20T14:56:10Z")),
            restore_point: Some(time(REQUESTED)),
            why: "it gives the time itself".to_owned(),
        },
        given_up_seconds: 2_265,
        quarantine: vec!["sg-quarantine".to_owned()],
        settings: vec![
            setting("subnet group", "loans-subnets", "default", "loans-subnets", "at restore"),
            setting(
                "instance parameter group",
                "loans-instances",
                "default.aurora-postgresql15",
                "loans-instances",
                "with the writer",
            ),
            setting("backup retention", "7 days", "the source's", "7 days", "at restore"),
            setting(
                "security groups",
                "sg-app",
                "the VPC's default group",
                "sg-quarantine until proven, then sg-app",
                "at cutover",
            ),
            setting("IAM roles", "arn:aws:iam::123456789012:role/aurora-s3-export", "none", "none", "not carried over"),
        ],
        secrets: vec![Pointer {
            secret: "prod/loans/db".to_owned(),
            arn: SECRET.to_owned(),
            version: "v-before".to_owned(),
            previous: Some("v-older".to_owned()),
            points_at: format!("{SOURCE}.cluster-c1.eu-west-1.rds.amazonaws.com:5432"),
        }],
        record: None,
        proxy: None,
        swap: None,
        point_of_no_return: Some("settle".to_owned()),
        policies: vec![Policy {
            bundle: "observe".to_owned(),
            actions: vec!["rds:DescribeDBClusters".to_owned(), "rds:DescribeDBInstances".to_owned()],
        }],
        promotion: None,
        warnings: vec!["not carried over to the target: IAM roles".to_owned()],
    }
}
