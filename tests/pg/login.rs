//! Logging in: what is trusted, what is refused, and in which words.

use std::error::Error as _;
use std::net::TcpListener;
use std::time::Duration;

use daybreak::pg::{Error, ErrorKind, Login, Postgres};
use secrecy::SecretString;

use crate::questions::client;
use crate::support::{PASSWORD, Server};

async fn refused(login: &Login) -> Error {
    client().connect_check(login).await.expect_err("the login is refused")
}

/// Asserts the kind, that the whole chain of the error holds `word`, and that the password is
/// nowhere in it.
#[track_caller]
fn assert_error(error: &Error, kind: ErrorKind, word: &str) {
    assert_eq!(error.kind, kind, "{error:?}");
    let mut chain = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        chain = format!("{chain}: {cause}");
        source = cause.source();
    }
    assert!(chain.contains(word), "{word:?} is not in {chain}");
    assert!(!chain.contains(PASSWORD) && !format!("{error:?}").contains(PASSWORD), "{chain}");
}

#[tokio::test]
async fn a_good_login_says_where_it_landed() {
    let server = Server::start();
    let login = server.login();
    let landed = client().connect_check(&login).await.expect("the login works");
    assert_eq!(landed.instance, None);
    assert_eq!((landed.address.as_deref(), landed.port), (Some("127.0.0.1"), Some(login.port)));
    assert_eq!((landed.database.as_str(), landed.user.as_str()), ("loans", "validator"));
    assert!(!landed.in_recovery);
    assert!(server.sql("SHOW server_version").starts_with(&landed.version));
    let again = client().connect_check(&login).await.expect("the login works");
    assert!(landed.same_server(&again));
}

#[tokio::test]
async fn the_instance_is_named_where_aurora_names_it() {
    let server = Server::start();
    server.sql(
        "CREATE FUNCTION pg_catalog.aurora_db_instance_identifier() RETURNS text LANGUAGE sql AS $$ SELECT 'loans-1' $$;",
    );
    let landed = client().connect_check(&server.login()).await.expect("the login works");
    assert_eq!(landed.instance.as_deref(), Some("loans-1"));
}

#[tokio::test]
async fn a_wrong_password_is_an_authentication_error_that_keeps_the_password() {
    let server = Server::start();
    let wrong = format!("{PASSWORD}!");
    let error = refused(&Login { password: SecretString::from(wrong), ..server.login() }).await;
    assert_error(&error, ErrorKind::Authentication, "28P01");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("restored moment")));
    assert!(!error.may_pass());
}

#[tokio::test]
async fn an_authority_that_is_not_trusted_is_explained() {
    let server = Server::start();
    let error = refused(&Login { ca: None, ..server.login() }).await;
    assert_error(&error, ErrorKind::Tls, "not trusted");
    assert!(error.hint.expect("a hint").contains("global-bundle.pem"));
}

#[tokio::test]
async fn the_certificate_must_be_for_the_host_even_through_a_tunnel() {
    let server = Server::start();
    let error = refused(&Login { host: "loans.example".to_owned(), ..server.login() }).await;
    assert_error(&error, ErrorKind::Tls, "not for loans.example");
    assert!(error.hint.expect("a hint").contains("`via`"));
}

#[tokio::test]
async fn a_server_without_tls_gets_no_password() {
    let server = Server::configured("ssl = off");
    let error = refused(&server.login()).await;
    assert_error(&error, ErrorKind::Tls, "does not offer TLS");
}

#[tokio::test]
async fn a_closed_port_is_refused() {
    let server = Server::start();
    let login = server.login();
    drop(server);
    let error = refused(&login).await;
    assert_error(&error, ErrorKind::Refused, "nothing listens");
    assert!(error.may_pass());
}

#[tokio::test]
async fn a_name_without_address_is_unreachable() {
    let server = Server::start();
    let login = Login { host: "loans.invalid".to_owned(), via: None, ..server.login() };
    let error = refused(&login).await;
    assert_error(&error, ErrorKind::Unreachable, "does not resolve");
    assert!(error.may_pass());
}

#[tokio::test]
async fn a_silent_address_runs_into_the_timeout() {
    let server = Server::start();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("its address").port();
    let login = Login {
        via: Some(("127.0.0.1".to_owned(), port)),
        connect_timeout: Duration::from_millis(50),
        ..server.login()
    };
    assert_error(&refused(&login).await, ErrorKind::Timeout, "waited 0.05 s");
}

#[tokio::test]
async fn an_absent_database_is_refused_for_good() {
    let server = Server::start();
    let error = refused(&Login { database: "absent".to_owned(), ..server.login() }).await;
    assert_error(&error, ErrorKind::Refused, "3D000");
    assert!(!error.may_pass());
}

#[tokio::test]
async fn a_probe_holds_unless_the_answer_is_nothing_null_or_false() {
    let server = Server::start();
    let login = server.login();
    for sql in ["SELECT true", "SELECT 0", "SELECT generate_series(1, 3)", "SELECT 'x'"] {
        client().probe(&login, sql).await.expect(sql);
    }
    for (sql, word) in [
        ("SELECT false", "is false"),
        ("SELECT NULL", "is NULL"),
        ("SELECT 1 WHERE false", "no row"),
        ("SELECT 1 FROM absent", "42P01"),
        ("SELECT 1; SELECT 2", "42601"),
        ("CREATE TABLE t ()", "returns nothing"),
    ] {
        let error = client().probe(&login, sql).await.expect_err(sql);
        assert_error(&error, ErrorKind::Query, word);
    }
}

#[tokio::test]
async fn a_probe_cannot_write() {
    let server = Server::start();
    server.sql("CREATE TABLE t (n int); GRANT ALL ON t TO validator;");
    let error = client().probe(&server.login(), "INSERT INTO t VALUES (1) RETURNING n").await.expect_err("refused");
    assert_error(&error, ErrorKind::Query, "25006");
}
