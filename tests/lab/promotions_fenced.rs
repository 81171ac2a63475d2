//! Promotions behind a fence, seen by clients that write without pause: no acknowledged write is lost, and the old primary takes
//! none any more.

use serde_json::json;

use crate::support::{
    clients::{Clients, ROLES, lost, missing, order},
    daybreak::Ended,
    promotion::{Site, lab, value},
    sql::{MASTER, Sql},
};

const LOGINS: &str = "SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolcanlogin";

/// The site with an application that logs in as `shop`, as daybreak does, and a fence that logs in as the master does.
fn fenced(mut site: Site<'static>) -> Site<'static> {
    let primary = site.primary();
    primary.rows(ROLES);
    let (admin, shop) = (format!("{}/admin", site.name), format!("{}/shop", site.name));
    let master = value(&primary.host, primary.port);
    site.lab.aws.create_secret(&admin, &master);
    site.lab.aws.create_secret(&shop, &master.replace(&format!("{MASTER:?}"), "\"shop\""));
    site.secret = shop;
    site.configure(&format!("[databases.loans.fence]\nsecret = {admin:?}"));
    site
}

/// Who can log in to a server, but for administrators.
fn logins(sql: &Sql) -> String {
    sql.rows(LOGINS)
}

fn promoted_under_load(site: &Site<'static>, more: &[&str], target: impl Fn() -> Sql) {
    let primary = site.primary();
    let clients = Clients::start(site.lab, &site.secret);
    clients.write_to(&primary.host);
    let result = site.promoted(more);
    let target = target();
    clients.write_to(&target.host);
    let acknowledged = clients.stop();
    assert_eq!(order(&acknowledged), [&primary.host, &target.host], "never both at once");
    assert_eq!(missing(&target, &acknowledged), Vec::<i64>::new(), "nothing that was acknowledged is lost");
    assert_eq!(lost(&primary, &acknowledged), Vec::<i64>::new());
    assert_eq!(logins(&primary), "master rdsadmin", "the application cannot log in to the old primary");
    assert_eq!(logins(&target), "batch master rdsadmin shop weak");

    let run = result["run"].as_str().expect("a run");
    let told = |ended: &Ended, words: &str| {
        let text = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(words), "{words}: {ended}");
    };
    let status = site.daybreak.run(["status", run]);
    told(&status, "is fenced: batch, shop, weak cannot log in to it");
    told(&status, "ALTER ROLE");
    // The promotion cannot be taken back, so the way back opens nothing.
    let refused = site.daybreak.run(["rollback", run, "--yes"]);
    assert_eq!(refused.code, Some(3), "the old primary lacks what the new one was written: {refused}");
    assert!(refused.stderr.contains("--accept-loss "), "{refused}");
    let back = site.daybreak.run(["rollback", run, "--yes", "--accept-loss", "1000000", "--output", "json"]);
    assert_eq!((back.code, &back.json()["outcome"]), (Some(0), &json!("rolled_back")), "{back}");
    assert_eq!((logins(&primary), logins(&target)), ("master rdsadmin".to_owned(), "master rdsadmin".to_owned()));
    told(&site.daybreak.run(["status", run]), "STAYS FENCED");
    let again = site.daybreak.run(["cutover", run, "--yes"]);
    assert_eq!((again.code, logins(&target).as_str()), (Some(0), "batch master rdsadmin shop weak"), "{again}");
}

#[test]
fn a_read_replica_takes_over_from_a_primary_in_use_and_nothing_is_lost() {
    let site = fenced(Site::instance(lab(), "guarded"));
    let replica = site.replica("guarded-r");
    promoted_under_load(&site, &[], || replica.clone());
    assert_eq!(site.changes(), ["PromoteReadReplica"]);
}

#[test]
fn a_secondary_is_detached_from_a_primary_in_use_and_nothing_is_lost() {
    let site = fenced(Site::global(lab(), "sealed"));
    promoted_under_load(&site, &["--to-replica", "sealed-away", "--detach"], || site.away());
    assert_eq!(site.changes(), ["RemoveFromGlobalCluster"]);
}
