//! RDS instances outside clusters, recovered from everything that AWS keeps of them; each time the rows are compared.

use std::fs;

use ::daybreak::{
    aws::rds::plain::requests::RestoreInstanceFromSnapshot,
    run::plan::{Plan, Planned},
    steps::{
        copy_instance_snapshot::CopyInstanceSnapshot,
        restore_instance::{Request, RestoreInstance},
        step::Step,
        window::Kind,
    },
};
use aws_sdk_rds::{config::Region, types::DbInstance};
use serde_json::{Value, json};

use crate::support::{
    Lab, assert_refused,
    aws::{own_tags, wait},
    daybreak::Daybreak,
    instance::{InstanceSource, available, find},
    scene::beside,
    source::{ALL_ROWS, APPLICATION, APPLICATION_PASSWORD},
    sql::Sql,
    until,
};

/// An instance about to be recovered.
struct Scene {
    lab: &'static Lab,
    source: &'static InstanceSource,
    daybreak: Daybreak,
    secret: String,
    value: String,
    key: String,
}

impl Scene {
    fn new(key: &str) -> Self {
        let (lab, source) = (Lab::shared(), InstanceSource::shared());
        let (key, secret) = (format!("instance-{key}"), format!("instance-{key}/archive/db"));
        let value = source.secret();
        lab.aws.create_secret(&secret, &value);
        let scene = Self { lab, source, daybreak: beside(lab, &key), secret, value, key };
        let ca = &lab.ca;
        let (name, quarantine) = (&source.name, &source.quarantine);
        let text = format!(
            "[databases.archive]\ninstance = {name:?}\nregion = \"eu-west-1\"\n\
             [databases.archive.restore]\nquarantine_security_groups = [{quarantine:?}]\n\
             [databases.archive.connect]\nsecret = {0:?}\nca = {ca:?}\n\
             [databases.archive.cutover]\nsecret = {0:?}\n[databases.archive.watch]\nfor = \"0s\"\n\
             [[databases.archive.checks]]\nname = \"loans exist\"\nquery = \"SELECT count(*) FROM loans\"\nexpect = \">= 1000\"\n",
            scene.secret
        );
        scene.daybreak.write("daybreak.toml", &text);
        scene
    }

    fn recovered(&self, until: &str) -> Value {
        let moment = self.source.moment.to_string();
        let ended = self.daybreak.run(["recover", "archive", "--to", &moment, "--until", until, "--output", "json"]);
        assert_eq!(ended.code, Some(0), "{ended}");
        ended.json()
    }

    /// Saves a plan, changed by `edit`, and executes it as far as `until`; the result.
    fn planned(&self, edit: impl FnOnce(&mut Plan<Step>), until: &str) -> Value {
        save_edited(&self.daybreak, "archive", &self.source.moment.to_string(), edit);
        execute(&self.daybreak, until)
    }

    fn application(&self) -> Sql {
        let value: Value = serde_json::from_str(&self.lab.aws.secret(&self.secret)).expect("RDS's shape");
        let port = value["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        Sql::new(value["host"].as_str().expect("a host"), port, &self.lab.ca)
    }
}

const FILE: &str = "instance.plan.json";

fn save_edited(daybreak: &Daybreak, database: &str, to: &str, edit: impl FnOnce(&mut Plan<Step>)) {
    let ended = daybreak.run(["plan", database, "--to", to, "--save", FILE]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let path = daybreak.path(FILE);
    let mut plan = Plan::from_file(&fs::read_to_string(&path).expect("the plan")).expect("a plan");
    edit(&mut plan);
    fs::write(path, plan.to_file()).expect("save it");
}

fn execute(daybreak: &Daybreak, until: &str) -> Value {
    let ended = daybreak.run(["recover", "--plan", FILE, "--until", until, "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    ended.json()
}

/// The plan's restore, which is its first step as long as nothing is copied.
fn restore(plan: &mut Plan<Step>) -> &mut Request {
    let restore = plan.steps.iter_mut().find_map(|planned| match &mut planned.step {
        Step::RestoreInstance(RestoreInstance { request }) => Some(request),
        _ => None,
    });
    restore.expect("a plan that restores an instance")
}

/// Lets the plan restore from this snapshot instead.
fn from_snapshot(plan: &mut Plan<Step>, region: &str, snapshot: &str) {
    let window = &mut plan.brief.window;
    (window.kind, window.name, window.region) = (Kind::ManualSnapshot, snapshot.to_owned(), region.to_owned());
    let Request::PointInTime(request) = restore(plan).clone() else { panic!("it restores to a time") };
    *restore(plan) = Request::Snapshot(Box::new(RestoreInstanceFromSnapshot {
        db_instance_identifier: request.target_db_instance_identifier,
        db_snapshot_identifier: snapshot.to_owned(),
        db_instance_class: request.db_instance_class,
        port: request.port,
        vpc_security_group_ids: request.vpc_security_group_ids,
        deletion_protection: request.deletion_protection,
        tags: request.tags,
        ..RestoreInstanceFromSnapshot::default()
    }));
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path} in {value:#}"))
}

/// RDS of another region.
fn elsewhere(lab: &Lab, region: &str) -> aws_sdk_rds::Client {
    let config = lab.aws.rds.config().to_builder().region(Region::new(region.to_owned())).build();
    aws_sdk_rds::Client::from_conf(config)
}

fn rows_at(lab: &Lab, rds: &aws_sdk_rds::Client, name: &str) -> String {
    let described = find(rds, name).expect("the target is there");
    let endpoint = described.endpoint().and_then(|endpoint| endpoint.address()).expect("an endpoint").to_owned();
    Sql::new(&endpoint, 5455, &lab.ca).rows(ALL_ROWS)
}

#[test]
fn an_instance_comes_back_as_of_the_second_and_the_application_with_it_and_goes_again() {
    let scene = Scene::new("time");
    let before = scene.source.fingerprint(scene.lab);
    let result = scene.recovered("cutover");
    assert_eq!((text(&result, "/outcome"), text(&result, "/target/family")), ("recovered", "instance"));
    let target = text(&result, "/target/identifier").to_owned();
    let application = scene.application();
    assert_eq!(application.host, text(&result, "/target/endpoint"));
    assert_eq!(application.rows(ALL_ROWS), scene.source.rows);
    application.rows("INSERT INTO loans (amount, note) VALUES (1, 'after the recovery')");
    let written: Value = serde_json::from_str(&scene.lab.aws.secret(&scene.secret)).expect("JSON");
    assert_eq!((text(&written, "/dbInstanceIdentifier"), text(&written, "/note")), (target.as_str(), "κ"));

    let (source, made) = (scene.source.described(scene.lab), find(&scene.lab.aws.rds, &target).expect("the target"));
    assert_eq!(own_tags(made.tag_list()), own_tags(source.tag_list()));
    assert_eq!(made.dbi_resource_id(), Some(text(&result, "/target/resource_id")));
    let groups = made.vpc_security_groups().iter().filter_map(|group| group.vpc_security_group_id());
    assert_eq!(groups.collect::<Vec<_>>(), [scene.source.group.as_str()]);
    assert_eq!(
        (made.deletion_protection(), made.multi_az(), made.allocated_storage(), made.max_allocated_storage()),
        (source.deletion_protection(), source.multi_az(), source.allocated_storage(), source.max_allocated_storage())
    );
    assert_eq!(
        (made.db_instance_class(), made.backup_retention_period(), made.preferred_maintenance_window()),
        (source.db_instance_class(), source.backup_retention_period(), source.preferred_maintenance_window())
    );
    assert_eq!(made.enabled_cloudwatch_logs_exports(), source.enabled_cloudwatch_logs_exports());

    let ended = scene.daybreak.run(["rollback", "--yes", "--accept-loss", "1"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    assert_eq!(scene.lab.aws.secret(&scene.secret), scene.value, "byte for byte");
    let listed = scene.daybreak.run(["cleanup", "--region", "eu-west-1", "--output", "json"]).json();
    let leftover = listed["leftovers"].as_array().expect("a list").iter().find(|one| one["name"] == json!(target));
    let leftover = leftover.unwrap_or_else(|| panic!("{listed:#}"));
    assert_eq!((text(leftover, "/kind"), text(leftover, "/verdict")), ("instance", "removable"), "{leftover:#}");
    let ended = scene.daybreak.run(["cleanup", "--remove", &target, "--yes", "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(find(&scene.lab.aws.rds, &target).is_none());
    let kept = wait(scene.lab.aws.rds.describe_db_snapshots().db_snapshot_identifier(format!("{target}-final")).send());
    assert_eq!(kept.expect("what was written is kept").db_snapshots().len(), 1);
    assert_eq!(scene.source.fingerprint(scene.lab), before, "the source is sacred");
}

#[test]
fn roles_and_a_managed_password_come_back_with_an_instance() {
    const EXPORT: &str = "arn:aws:iam::123456789012:role/export";
    let lab = Lab::shared();
    let source = InstanceSource::create(lab, "archive-fitted");
    let rds = &lab.aws.rds;
    let role = rds.add_role_to_db_instance().db_instance_identifier(&source.name).role_arn(EXPORT);
    wait(role.feature_name("s3Export").send()).expect("give it the role");
    let managed = rds.modify_db_instance().db_instance_identifier(&source.name).manage_master_user_password(true);
    wait(managed.apply_immediately(true).send()).expect("hand the password to RDS");
    let described = until("the role and the password", || {
        let found = available(lab, &source.name);
        let active = found.associated_roles().iter().all(|role| role.status() == Some("ACTIVE"));
        let secret = found.master_user_secret().and_then(|secret| secret.secret_status());
        (active && secret == Some("active")).then_some(found)
    });
    let Sql { host, port, .. } = &source.sql;
    let application = json!({
        "engine": "postgres", "host": host, "port": port, "username": APPLICATION, "password": APPLICATION_PASSWORD,
        "dbname": "loans"
    });
    lab.aws.create_secret("archive-fitted/db", &application.to_string());
    let profile = format!(
        "[databases.archive]\ninstance = \"archive-fitted\"\nregion = \"eu-west-1\"\n\
         [databases.archive.connect]\nsecret = \"archive-fitted/db\"\nca = {:?}\n\
         [databases.archive.cutover]\nsecret = \"archive-fitted/db\"\n[databases.archive.watch]\nfor = \"0s\"\n",
        lab.ca
    );
    let daybreak = beside(lab, "archive-fitted").with_file("daybreak.toml", &profile);
    let moment = source.moment.to_string();
    let ended = daybreak.run(["recover", "archive", "--to", &moment, "--until", "cutover", "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let result = ended.json();
    let made = find(rds, text(&result, "/target/identifier")).expect("the target");
    let roles: Vec<_> = made.associated_roles().iter().map(|role| (role.role_arn(), role.status())).collect();
    assert_eq!(roles, [(Some(EXPORT), Some("ACTIVE"))]);
    let arn = |instance: &DbInstance| instance.master_user_secret().and_then(|it| it.secret_arn()).map(str::to_owned);
    let (theirs, ours) = (arn(&described).expect("a secret"), arn(&made).expect("a secret"));
    assert_ne!(theirs, ours);
    let login: Value = serde_json::from_str(&lab.aws.secret(&ours)).expect("RDS's shape");
    let sql = Sql::new(text(&result, "/target/endpoint"), *port, &lab.ca);
    assert_eq!(sql.rows_as(text(&login, "/username"), text(&login, "/password"), ALL_ROWS), source.rows);
    assert!(!ended.to_string().contains(text(&login, "/password")));
    let report = daybreak.run(["report", text(&result, "/run"), "--output", "json"]).json();
    let rows = report["read_back"].as_array().expect("settings that were read back");
    let likeness = |name: &str| rows.iter().find(|row| row["name"] == name).map(|row| text(row, "/likeness"));
    assert_eq!(likeness("IAM roles"), Some("same"), "{rows:#?}");
    assert_eq!(likeness("RDS-managed password"), Some("same"), "{rows:#?}");
    assert!(rows.iter().all(|row| ["same", "as-planned"].contains(&text(row, "/likeness"))), "{rows:#?}");

    let ended = daybreak.run(["rollback", "--yes"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    assert_eq!(find(rds, text(&result, "/target/identifier")).expect("it stays").associated_roles().len(), 0);
}

#[test]
fn a_cancel_before_the_cutover_leaves_nothing() {
    let scene = Scene::new("cancel");
    let result = scene.recovered("validated");
    let target = text(&result, "/target/identifier").to_owned();
    let made = find(&scene.lab.aws.rds, &target).expect("the target");
    let groups = made.vpc_security_groups().iter().filter_map(|group| group.vpc_security_group_id());
    assert_eq!(groups.collect::<Vec<_>>(), [scene.source.quarantine.as_str()]);
    assert!(own_tags(made.tag_list()).is_empty(), "tags that name production are held back");
    assert_eq!(made.deletion_protection(), Some(false));
    let status = scene.daybreak.run(["status"]);
    assert!(status.stdout.contains(&format!("instance {target}")), "{status}");
    let ended = scene.daybreak.run(["cancel", "--yes"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(find(&scene.lab.aws.rds, &target).is_none());
    let left = wait(scene.lab.aws.rds.describe_db_snapshots().db_instance_identifier(&target).send());
    assert!(left.expect("list the snapshots").db_snapshots().is_empty());
    assert_eq!(scene.lab.aws.secret(&scene.secret), scene.value);
}

/// Has a snapshot taken of the shared source; its ARN.
fn snapshot(lab: &Lab, source: &InstanceSource, name: &str) -> String {
    let rds = &lab.aws.rds;
    until("an instance that takes a snapshot", || {
        wait(rds.create_db_snapshot().db_instance_identifier(&source.name).db_snapshot_identifier(name).send()).ok()
    });
    until("the snapshot", || {
        let found = wait(rds.describe_db_snapshots().db_snapshot_identifier(name).send()).ok()?.db_snapshots?.pop()?;
        (found.status() == Some("available")).then_some(found.db_snapshot_arn?)
    })
}

#[test]
fn a_snapshot_is_restored_proven_and_cut_over_to() {
    let scene = Scene::new("snapshot");
    let now = scene.source.sql.rows(ALL_ROWS);
    snapshot(scene.lab, scene.source, "archive-now");
    let without_the_check = |plan: &mut Plan<Step>| {
        from_snapshot(plan, "eu-west-1", "archive-now");
        for planned in &mut plan.steps {
            if let Step::Prove(step) = &mut planned.step {
                step.questions.checks.clear();
                step.requested_time = None;
            }
        }
    };
    let result = scene.planned(without_the_check, "cutover");
    assert_eq!(text(&result, "/outcome"), "recovered");
    assert_eq!(scene.application().rows(ALL_ROWS), now);
}

#[test]
fn a_snapshot_is_copied_into_another_region_and_restored_there() {
    let scene = Scene::new("far");
    let region = "eu-central-1";
    let now = scene.source.sql.rows(ALL_ROWS);
    let arn = snapshot(scene.lab, scene.source, "archive-far");
    let result = scene.planned(
        |plan| {
            from_snapshot(plan, "eu-west-1", "archive-far");
            region.clone_into(&mut plan.brief.target.region);
            let copy = format!("{}-copy", plan.brief.target.identifier);
            let Request::Snapshot(request) = restore(plan) else { panic!("it restores a snapshot") };
            request.vpc_security_group_ids.clear();
            request.db_snapshot_identifier.clone_from(&copy);
            let request = ::daybreak::recovery::plain::requests::copy(&arn, &copy, None, request.tags.clone());
            let step = Step::CopyInstanceSnapshot(CopyInstanceSnapshot { request });
            plan.steps.truncate(1);
            plan.steps.insert(0, Planned { deadline_seconds: 600, step });
            plan.brief.secrets.clear();
            plan.brief.point_of_no_return = None;
        },
        "restored",
    );
    let target = text(&result, "/target/identifier").to_owned();
    let there = elsewhere(scene.lab, region);
    assert_eq!(rows_at(scene.lab, &there, &target), now);
    let run = text(&result, "/run").to_owned();
    let ended = scene.daybreak.run(["cancel", &run, "--yes"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(find(&there, &target).is_none());
    let left = wait(there.describe_db_snapshots().into_paginator().items().send().collect::<Result<Vec<_>, _>>());
    let left = left.expect("list the snapshots");
    let names: Vec<&str> = left.iter().filter_map(|one| one.db_snapshot_identifier()).collect();
    assert!(!names.contains(&format!("{target}-copy").as_str()), "{names:?}");
}

#[test]
fn a_backup_replicated_into_another_region_is_restored_there() {
    let lab = Lab::shared();
    let source = InstanceSource::shared();
    let scene = Scene::new("replicated");
    let region = "eu-north-1";
    let there = elsewhere(lab, region);
    let arn = source.described(lab).db_instance_arn.expect("an ARN");
    let replication = there.start_db_instance_automated_backups_replication().source_db_instance_arn(&arn);
    wait(replication.send()).expect("replicate the backups");
    let backup = until("the replicated backup", || {
        let listed = wait(there.describe_db_instance_automated_backups().send()).ok()?;
        let found = listed.db_instance_automated_backups?.into_iter().find(|one| {
            one.db_instance_identifier() == Some(&source.name)
                && one
                    .restore_window()
                    .and_then(|window| window.latest_time())
                    .is_some_and(|latest| latest.secs() > source.moment.as_second())
        })?;
        found.db_instance_automated_backups_arn
    });
    let result = scene.planned(
        |plan| {
            region.clone_into(&mut plan.brief.target.region);
            region.clone_into(&mut plan.brief.window.region);
            plan.brief.window.kind = Kind::Replicated;
            let Request::PointInTime(request) = restore(plan) else { panic!("it restores to a time") };
            request.source_db_instance_identifier = None;
            request.source_db_instance_automated_backups_arn = Some(backup.clone());
            request.vpc_security_group_ids.clear();
            request.db_subnet_group_name = None;
            plan.steps.truncate(1);
            plan.brief.secrets.clear();
            plan.brief.point_of_no_return = None;
        },
        "restored",
    );
    assert_eq!(rows_at(lab, &there, text(&result, "/target/identifier")), source.rows);
}

#[test]
fn the_retained_backup_of_a_deleted_instance_is_restored() {
    let lab = Lab::shared();
    let source = InstanceSource::create(lab, "archive-gone");
    let daybreak = beside(lab, "instance-gone");
    let text_of = format!("[databases.gone]\ninstance = {:?}\nregion = \"eu-west-1\"\n", source.name);
    daybreak.write("daybreak.toml", &text_of);
    let id = source.described(lab).dbi_resource_id.expect("an id");
    save_edited(&daybreak, "gone", &source.moment.to_string(), |plan| {
        plan.brief.window.kind = Kind::Retained;
        let Request::PointInTime(request) = restore(plan) else { panic!("it restores to a time") };
        request.source_db_instance_identifier = None;
        request.source_dbi_resource_id = Some(id);
    });
    source.delete_keeping_backups(lab);
    let result = execute(&daybreak, "restored");
    assert_eq!(rows_at(lab, &lab.aws.rds, text(&result, "/target/identifier")), source.rows);
}

#[test]
fn what_cannot_be_recovered_is_refused_before_anything_is_created() {
    let lab = Lab::shared();
    let rds = &lab.aws.rds;
    let create = rds.create_db_instance().db_instance_identifier("archive-bare").engine("postgres");
    let create = create.db_instance_class("db.t4g.micro").allocated_storage(20).backup_retention_period(0);
    wait(create.master_username("master").master_user_password("Tr0ub4dor-3").send()).expect("create an instance");
    available(lab, "archive-bare");
    let daybreak = beside(lab, "instance-refused").with("AWS_REGION", "eu-west-1");
    for (name, time, words) in [
        ("archive-bare", "12m ago", "instance archive-bare cannot be recovered: its automated backups are off"),
        (
            InstanceSource::shared().name.as_str(),
            "2020-01-01T00:00:00Z",
            "2020-01-01 00:00:00 UTC is before the earliest",
        ),
        ("archive-nowhere", "12m ago", "there is no cluster archive-nowhere in eu-west-1"),
    ] {
        let ended = daybreak.run(["recover", name, "--to", time, "--until", "restored"]);
        assert_refused(&ended, 3);
        assert!(ended.stderr.starts_with(&format!("error: {words}")), "{words:?} does not begin {ended}");
        assert!(ended.stderr.contains("\n  next: "), "{ended}");
    }
    let changes: Vec<Value> = lab.calls("instance-refused");
    let changed = changes.iter().filter(|call| !text(call, "/action").starts_with("Describe"));
    let named: Vec<&str> =
        changed.map(|call| text(call, "/action")).filter(|action| *action != "GetCallerIdentity").collect();
    assert_eq!(named, Vec::<&str>::new());
}

#[test]
fn a_name_that_somebody_takes_after_the_plan_is_refused() {
    let scene = Scene::new("taken");
    let moment = scene.source.moment.to_string();
    let mut target = String::new();
    save_edited(&scene.daybreak, "archive", &moment, |plan| target.clone_from(&plan.brief.target.identifier));
    let create = scene.lab.aws.rds.create_db_instance().db_instance_identifier(&target).engine("postgres");
    let create = create.db_instance_class("db.t4g.micro").allocated_storage(20);
    wait(create.master_username("master").master_user_password("Tr0ub4dor-3").send()).expect("create an instance");
    let ended = scene.daybreak.run(["recover", "--plan", FILE, "--until", "restored"]);
    assert_refused(&ended, 3);
    assert!(ended.stderr.contains(&format!("an instance named {target} exists already")), "{ended}");
    available(scene.lab, &target);
}

#[test]
fn a_quota_that_is_reached_undoes_what_there_is_and_says_so() {
    let scene = Scene::new("quota");
    scene.lab.faults(&json!([{
        "service": "rds",
        "action": "RestoreDBInstanceToPointInTime",
        "identity": scene.key,
        "kind": "code",
        "code": "InstanceQuotaExceeded",
    }]));
    let moment = scene.source.moment.to_string();
    let ended = scene.daybreak.run(["recover", "archive", "--to", &moment, "--until", "restored"]);
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(ended.stderr.contains("InstanceQuotaExceeded"), "{ended}");
    assert_eq!(
        scene
            .lab
            .aws
            .names(&format!("{}-db-", scene.source.name))
            .iter()
            .filter(|name| { ended.stderr.contains(name.as_str()) })
            .count(),
        0,
        "{ended}"
    );
}
