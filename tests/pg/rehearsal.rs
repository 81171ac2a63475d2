//! Parsing the profile's questions before anything is created.

use daybreak::pg::{ErrorKind, Login, Postgres};

use crate::questions::{check, client};
use crate::support::Server;

#[tokio::test]
async fn faulty_questions_are_named_and_nothing_is_executed() {
    let server = Server::start();
    server.sql("CREATE TABLE loans (id int);");
    let checks = [
        check("SELECT count(*) FROM loans", ">= 0"),
        check("SELECT count(*) FROM laons", ">= 0"),
        check("SELECT 1, 2", "= 1"),
        check("SELECT $1::int", "= 1"),
        check("SELECT 1; DROP TABLE loans", "= 1"),
        // Would fail if it were executed.
        check("SELECT 1 / 0", "= 1"),
    ];
    let faults = client()
        .rehearse(&server.login(), &checks, Some("SELECT max(made) FROM loans"))
        .await
        .expect("the login works");
    let found: Vec<(&str, Option<&str>)> =
        faults.iter().map(|(name, error)| (name.as_str(), error.sqlstate.as_deref())).collect();
    assert_eq!(
        found,
        [
            ("SELECT count(*) FROM laons", Some("42P01")),
            ("SELECT 1, 2", None),
            ("SELECT $1::int", None),
            ("SELECT 1; DROP TABLE loans", Some("42601")),
            ("newest data", Some("42703")),
        ]
    );
}

#[tokio::test]
async fn an_answer_that_could_not_be_judged_is_a_fault_of_the_question() {
    let server = Server::start();
    server.sql("CREATE TABLE payments (made timestamp, state text, amount numeric);");
    let checks = [
        check("SELECT max(state) FROM payments", ">= 1"),
        check("SELECT sum(amount) FROM payments", "= \"1\""),
        check("SELECT sum(amount) FROM payments", ">= 1"),
        check("SELECT max(state) FROM payments", "= source"),
    ];
    let newest = "SELECT max(made) FROM payments";
    let faults = client().rehearse(&server.login(), &checks, Some(newest)).await.expect("the login works");
    let words = [(checks[0].name.as_str(), "::numeric"), (&checks[1].name, "::text"), ("newest data", "AT TIME ZONE")];
    assert_eq!(faults.len(), words.len(), "{faults:?}");
    for ((name, fault), (expected, word)) in faults.iter().zip(words) {
        assert_eq!((name.as_str(), fault.kind, fault.sqlstate.as_deref()), (expected, ErrorKind::Query, None));
        assert!(fault.message.contains(word), "{fault}");
    }
    let zoned = "SELECT max(made) AT TIME ZONE 'UTC' FROM payments";
    assert!(client().rehearse(&server.login(), &[], Some(zoned)).await.expect("the login works").is_empty());
}

#[tokio::test]
async fn a_rehearsal_without_a_server_tells_nothing_of_the_questions() {
    let server = Server::start();
    let login = Login { database: "absent".to_owned(), ..server.login() };
    let error = client().rehearse(&login, &[check("SELECT 1", "= 1")], None).await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Refused);
}
