//! The fence on a real server: who is shut out, who is not, and that exactly they are let in again.

use std::process::{Child, Stdio};

use daybreak::pg::{
    Login,
    fencing::{Fencing, Kept, MAY_NOT_LOG_IN, Role, Writers, marker},
};
use secrecy::SecretString;

use crate::questions::client;
use crate::support::{PASSWORD, Server};

const MARKER: &str = "daybreak-fence-20261120-150000-k3fa";

/// A server with the roles of an application, and a keeper who may alter them as a master user of RDS may.
fn server() -> (Server, Login) {
    let server = Server::start();
    server.sql(&format!(
        "CREATE ROLE rds_superuser NOLOGIN;
         CREATE ROLE keeper LOGIN CREATEROLE PASSWORD '{PASSWORD}';
         GRANT pg_signal_backend TO keeper;
         CREATE ROLE \"Batch \"\"7\"\"\" LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 9 VALID UNTIL '2031-01-01';
         CREATE ROLE retired NOLOGIN;
         CREATE ROLE dba LOGIN IN ROLE rds_superuser;
         CREATE ROLE rdsadmin LOGIN;
         CREATE ROLE streamer LOGIN REPLICATION;
         GRANT app, \"Batch \"\"7\"\"\", validator TO keeper WITH ADMIN OPTION;"
    ));
    let keeper = Login { user: "keeper".to_owned(), ..server.login() };
    (server, keeper)
}

/// Every attribute and membership of every role.
fn roles(server: &Server) -> String {
    server.sql(
        "SELECT r.oid, rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
                rolconnlimit, rolvaliduntil, rolpassword
           FROM pg_authid r ORDER BY 1;
         SELECT roleid, member, admin_option FROM pg_auth_members ORDER BY 1, 2;",
    )
}

async fn look(login: &Login, named: &[&str]) -> Writers {
    let named: Vec<String> = named.iter().map(|&name| name.to_owned()).collect();
    client().writers(login, &named, MARKER).await.expect("the server tells")
}

fn names(roles: &[Role]) -> Vec<&str> {
    roles.iter().map(|role| role.name.as_str()).collect()
}

fn as_user(server: &Server, user: &str) -> Login {
    Login { user: user.to_owned(), password: SecretString::from(PASSWORD), ..server.login() }
}

/// A client of the application that holds a connection and never lets go of it.
fn session(server: &Server, user: &str) -> Child {
    let Login { port, .. } = server.login();
    let target = format!("host=localhost port={port} user={user} dbname=loans sslmode=require");
    std::process::Command::new("psql")
        .args(["-Xq", "-d", &target, "-c", "SELECT pg_sleep(600)"])
        .env("PGPASSWORD", PASSWORD)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("start psql")
}

#[tokio::test]
async fn the_applications_roles_are_shut_out_and_exactly_they_are_let_in_again() {
    let (server, keeper) = server();
    let before = roles(&server);
    let found = look(&keeper, &[]).await;
    assert_eq!(names(&found.open), ["Batch \"7\"", "app", "validator"]);
    assert!(!found.marker && found.shut.is_empty() && found.sessions == 0);
    assert!(found.position.lsn.is_some() && found.position.next_transaction > 3, "{:?}", found.position);

    assert!(client().rehearse(&keeper, MARKER, &found.open).await.expect("it may").is_empty());
    assert_eq!(roles(&server), before, "what was tried was rolled back");

    client().write(&as_user(&server, "app")).await.expect("the application writes");
    let mut open = session(&server, "app");
    while look(&keeper, &[]).await.sessions == 0 {}
    client().shut_out(&keeper, MARKER, &found.open).await.expect("shut out");
    open.wait().expect("the client's end");
    let fenced = look(&keeper, &[]).await;
    assert_eq!((fenced.shut.clone(), fenced.open.len(), fenced.sessions), (found.open.clone(), 0, 0));
    for user in ["app", "Batch \"7\"", "validator"] {
        let refused = client().write(&as_user(&server, user)).await.expect_err("refused");
        assert_eq!(refused.sqlstate.as_deref(), Some(MAY_NOT_LOG_IN), "{user}");
    }
    let logins = server.sql("SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolcanlogin");
    assert_eq!(logins, "dba keeper postgres rdsadmin streamer", "whom an application cannot be is left alone");

    // An answer was lost: it is done again.
    client().shut_out(&keeper, MARKER, &found.open).await.expect("shut out already");
    assert_eq!(look(&keeper, &[]).await.shut, found.open);

    let let_in = client().let_in(&keeper, MARKER).await.expect("let in");
    assert_eq!(
        let_in.iter().map(|one| (one.role.clone(), one.was_shut)).collect::<Vec<_>>(),
        found.open.into_iter().map(|role| (role, true)).collect::<Vec<_>>()
    );
    assert_eq!(roles(&server), before);
    assert!(client().let_in(&keeper, MARKER).await.expect("let in already").is_empty());
    client().write(&as_user(&server, "app")).await.expect("the application writes again");
}

#[tokio::test]
async fn a_seal_stands_until_somebody_has_to_be_shut_out_again() {
    let (server, keeper) = server();
    let before = server.sql("SELECT count(*) FROM pg_shdescription");
    let found = look(&keeper, &["app"]).await;
    client().seal(&keeper, MARKER).await.expect_err("there is nothing to be sealed");
    client().shut_out(&keeper, MARKER, &found.open).await.expect("shut out");
    assert!(!look(&keeper, &["app"]).await.sealed);
    for _ in 0..2 {
        client().seal(&keeper, MARKER).await.expect("sealed");
        client().shut_out(&keeper, MARKER, &found.open).await.expect("shut out already");
        assert!(look(&keeper, &["app"]).await.sealed, "nobody had to be shut out");
    }
    server.sql("ALTER ROLE app LOGIN");
    client().shut_out(&keeper, MARKER, &found.open).await.expect("shut out again");
    assert!(!look(&keeper, &["app"]).await.sealed, "it may have written meanwhile");
    client().seal(&keeper, MARKER).await.expect("sealed");
    client().let_in(&keeper, MARKER).await.expect("let in");
    let after = look(&keeper, &["app"]).await;
    assert_eq!((after.marker, after.sealed), (false, false));
    assert_eq!(server.sql("SELECT count(*) FROM pg_shdescription"), before, "it goes with the marker");
}

#[tokio::test]
async fn a_fence_outlives_a_restart() {
    let (server, keeper) = server();
    let found = look(&keeper, &["app"]).await;
    client().shut_out(&keeper, MARKER, &found.open).await.expect("shut out");
    let (server, _) = server.fork();
    let keeper = Login { user: "keeper".to_owned(), ..server.login() };
    assert_eq!(names(&look(&keeper, &["app"]).await.shut), ["app"]);
    let refused = client().write(&as_user(&server, "app")).await.expect_err("refused");
    assert_eq!(refused.sqlstate.as_deref(), Some(MAY_NOT_LOG_IN));
}

#[tokio::test]
async fn only_the_named_are_shut_out_and_who_cannot_be_is_told() {
    let (server, keeper) = server();
    let found = look(&keeper, &["app", "dba", "retired", "streamer", "rdsadmin", "postgres", "keeper", "nobody"]).await;
    assert_eq!(names(&found.open), ["app", "dba"], "an administrator by name");
    assert_eq!(found.missing, ["nobody"]);
    let mut kept = found.kept;
    kept.sort();
    let of = |name: &str, why| (name.to_owned(), why);
    assert_eq!(
        kept,
        [
            of("keeper", Kept::Own),
            of("postgres", Kept::Superuser),
            of("rdsadmin", Kept::System),
            of("streamer", Kept::Replication)
        ]
    );
    client().shut_out(&keeper, MARKER, &look(&keeper, &["app"]).await.open).await.expect("shut out");
    client().write(&as_user(&server, "validator")).await.expect("who is not named is not shut out");
}

#[tokio::test]
async fn a_role_that_may_not_be_altered_is_found_by_trying() {
    let (server, keeper) = server();
    server.sql("CREATE ROLE owner LOGIN SUPERUSER;");
    let oid = server.sql("SELECT oid FROM pg_roles WHERE rolname = 'owner'").parse().expect("an id");
    let role = Role { name: "owner".to_owned(), oid };
    let mut wanted = look(&keeper, &["app"]).await.open;
    wanted.push(role);
    let refused = client().rehearse(&keeper, MARKER, &wanted).await.expect("tried");
    assert_eq!(refused.len(), 1);
    assert_eq!((refused[0].0.as_str(), refused[0].1.sqlstate.as_deref()), ("owner", Some("42501")));

    let weak = as_user(&server, "validator");
    let refused = client().rehearse(&weak, MARKER, &wanted).await.expect_err("no role can be made at all");
    assert_eq!(refused.sqlstate.as_deref(), Some("42501"));
    assert!(client().shut_out(&keeper, MARKER, &wanted).await.is_err());
    assert_eq!(names(&look(&keeper, &["app"]).await.open), ["app"], "all or none");
}

#[tokio::test]
async fn sessions_that_may_not_be_ended_are_found_by_asking() {
    let (server, keeper) = server();
    server.sql("REVOKE pg_signal_backend FROM keeper; REVOKE app FROM keeper;");
    let wanted = look(&keeper, &["app"]).await.open;
    let refused = client().rehearse(&keeper, MARKER, &wanted).await.expect("asked");
    assert!(
        refused.iter().any(|(role, why)| role == "app" && why.message.contains("pg_signal_backend")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_somebody_changed_meanwhile_is_left_alone_and_told() {
    let (server, keeper) = server();
    let found = look(&keeper, &[]).await;
    client().shut_out(&keeper, MARKER, &found.open).await.expect("shut out");
    server.sql("ALTER ROLE validator LOGIN; DROP ROLE \"Batch \"\"7\"\"\"; CREATE ROLE \"Batch \"\"7\"\"\" NOLOGIN;");
    let meanwhile = look(&keeper, &[]).await;
    assert_eq!((names(&meanwhile.shut), names(&meanwhile.reopened)), (vec!["app"], vec!["validator"]));
    let let_in = client().let_in(&keeper, MARKER).await.expect("let in");
    let found: Vec<(&str, bool)> = let_in.iter().map(|one| (one.role.name.as_str(), one.was_shut)).collect();
    assert_eq!(found, [("app", true), ("validator", false)]);
    assert_eq!(server.sql("SELECT rolcanlogin FROM pg_roles WHERE rolname LIKE 'Batch%'"), "f", "it is another role");
}

#[tokio::test]
async fn a_role_made_anew_since_the_list_is_not_shut_out_for_the_old_one() {
    let (server, keeper) = server();
    let found = look(&keeper, &["Batch \"7\""]).await;
    server.sql("DROP ROLE \"Batch \"\"7\"\"\"; CREATE ROLE \"Batch \"\"7\"\"\" LOGIN;");
    let error = client().shut_out(&keeper, MARKER, &found.open).await.expect_err("another role");
    assert!(error.message.contains("made anew"), "{error}");
    assert!(!look(&keeper, &[]).await.marker, "nothing was changed");
}

#[tokio::test]
async fn the_fence_of_another_run_is_not_this_ones() {
    let (_server, keeper) = server();
    let found = look(&keeper, &["app"]).await;
    client().shut_out(&keeper, MARKER, &found.open).await.expect("shut out");
    let other = marker("20261120-160000-zzzz");
    assert!(client().let_in(&keeper, &other).await.expect("nothing to let in").is_empty());
    let seen = client().writers(&keeper, &["app".to_owned()], &other).await.expect("the server tells");
    assert!(seen.open.is_empty() && seen.shut.is_empty() && !seen.marker);
}
