//! Read-only probation on a real server: who only reads, and that exactly the former setting comes back.

use daybreak::pg::{
    Login,
    fencing::{Fencing, Probation, Role},
};

use crate::questions::client;
use crate::support::{PASSWORD, Server};

const MARKER: &str = "daybreak-probation-20261120-150000-k3fa";

/// Every setting of every role, every role and membership.
const ALL: &str = "
SELECT rolname, datname, setconfig FROM pg_db_role_setting LEFT JOIN pg_roles r ON r.oid = setrole
  LEFT JOIN pg_database d ON d.oid = setdatabase ORDER BY 1, 2;
SELECT oid, rolname FROM pg_roles ORDER BY 1; SELECT roleid, member, admin_option FROM pg_auth_members ORDER BY 1, 2;
SELECT count(*) FROM pg_shdescription;";

fn server() -> (Server, Login) {
    let server = Server::start();
    server.sql(&format!(
        "CREATE ROLE keeper LOGIN CREATEROLE PASSWORD '{PASSWORD}'; GRANT pg_signal_backend TO keeper;
         CREATE ROLE \"Batch \"\"7\"\"\" LOGIN PASSWORD '{PASSWORD}';
         ALTER ROLE \"Batch \"\"7\"\"\" IN DATABASE loans SET default_transaction_read_only = 'off';
         ALTER ROLE \"Batch \"\"7\"\"\" IN DATABASE loans SET work_mem = '5MB';
         ALTER ROLE app SET default_transaction_read_only = 'off';
         GRANT app, \"Batch \"\"7\"\"\" TO keeper WITH ADMIN OPTION;
         CREATE TABLE t (n int); GRANT ALL ON t TO PUBLIC;"
    ));
    let keeper = Login { user: "keeper".to_owned(), ..server.login() };
    (server, keeper)
}

async fn roles(keeper: &Login) -> Vec<Role> {
    let named = ["app".to_owned(), "Batch \"7\"".to_owned()];
    client().writers(keeper, &named, "nobody").await.expect("the server tells").open
}

/// Whether a new session of `user` may write without asking for it.
fn writes(server: &Server, user: &str) -> bool {
    let target = format!("host=localhost port={} user={user} dbname=loans sslmode=require", server.login().port);
    let output = std::process::Command::new("psql")
        .args(["-XqAt", "-d", &target, "-c", "SHOW transaction_read_only"])
        .env("PGPASSWORD", PASSWORD)
        .output()
        .expect("psql");
    match String::from_utf8_lossy(&output.stdout).trim() {
        "on" => false,
        "off" => true,
        other => panic!("{other}: {}", String::from_utf8_lossy(&output.stderr)),
    }
}

#[tokio::test]
async fn roles_only_read_until_they_have_exactly_their_setting_again() {
    let (server, keeper) = server();
    let (before, roles) = (server.sql(ALL), roles(&keeper).await);
    assert_eq!(roles.len(), 2);
    assert!(!client().held(&keeper, MARKER).await.expect("an answer").marker);
    client().hold(&keeper, MARKER, &roles).await.expect("held");
    let held = client().held(&keeper, MARKER).await.expect("an answer");
    assert!(held.marker && held.roles == roles, "{held:?}");
    for user in ["app", "'Batch \"7\"'"] {
        assert!(!writes(&server, user), "{user}");
    }
    // An answer was lost: what was set before is still what it was.
    client().hold(&keeper, MARKER, &roles).await.expect("held already");
    client().release(&keeper, MARKER).await.expect("released");
    assert_eq!(server.sql(ALL), before);
    client().release(&keeper, MARKER).await.expect("released already");
    assert!(writes(&server, "app"));
}

#[tokio::test]
async fn sessions_that_began_with_reading_end() {
    let (server, keeper) = server();
    let roles = roles(&keeper).await;
    client().hold(&keeper, MARKER, &roles).await.expect("held");
    let target = format!("host=localhost port={} user=app dbname=loans sslmode=require", server.login().port);
    let mut open = std::process::Command::new("psql")
        .args(["-Xq", "-d", &target, "-c", "SELECT pg_sleep(600)"])
        .env("PGPASSWORD", PASSWORD)
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("psql");
    while client().held(&keeper, MARKER).await.expect("an answer").sessions == 0 {}
    client().release(&keeper, MARKER).await.expect("released");
    assert!(!open.wait().expect("the client's end").success());
}

#[tokio::test]
async fn a_login_that_may_not_alter_them_changes_nothing() {
    let (server, keeper) = server();
    let roles = roles(&keeper).await;
    let before = server.sql(ALL);
    client().hold(&server.login(), MARKER, &roles).await.expect_err("refused");
    assert_eq!(server.sql(ALL), before);
}
