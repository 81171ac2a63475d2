//! The writer, the tables and what would run by itself.

use daybreak::pg::{ProofRequest, Verdict};

use crate::questions::{assert_result, compared, request, result};
use crate::support::Server;

#[tokio::test]
async fn a_writer_passes_and_a_follower_fails() {
    let server = Server::start();
    assert_result(&result(&request(&server), "writer").await, Verdict::Passed, &[]);
    let server = server.standing_by();
    assert_result(&result(&request(&server), "writer").await, Verdict::Failed, &["in recovery"]);
}

const TABLES: &str = "
    CREATE SCHEMA \"Lending\";
    CREATE TABLE \"Lending\".\"Loans\" (id int, made date) PARTITION BY RANGE (made);
    CREATE TABLE \"Lending\".\"Loans 2026\" PARTITION OF \"Lending\".\"Loans\" FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    CREATE TABLE users (id int);
";

#[tokio::test]
async fn the_tables_of_the_source_are_there_or_missing() {
    let server = Server::start();
    server.sql(TABLES);
    let (source, target) = server.fork();
    let passed = result(&compared(&target, &source), "tables").await;
    assert_result(&passed, Verdict::Passed, &[]);
    assert_eq!((passed.found.as_deref(), passed.reason), (Some("3 tables"), None));
    target.sql("DROP TABLE \"Lending\".\"Loans 2026\";");
    let failed = result(&compared(&target, &source), "tables").await;
    assert_result(&failed, Verdict::Failed, &["\"Lending\".\"Loans 2026\""]);
}

#[tokio::test]
async fn what_happened_to_tables_since_is_told_and_not_held_against_the_target() {
    // As on Aurora by default.
    let server = Server::configured("track_commit_timestamp = off");
    server.sql(TABLES);
    server.sql("CREATE TABLE rates (id int); CREATE TABLE rates_new (id int);");
    let (source, target) = server.fork();
    source.sql(
        "DROP TABLE users; CREATE TABLE audit (); ALTER TABLE \"Lending\".\"Loans\" RENAME TO old;
         ALTER TABLE rates RENAME TO rates_old; ALTER TABLE rates_new RENAME TO rates;",
    );
    assert_result(
        &result(&compared(&target, &source), "tables").await,
        Verdict::Passed,
        &[
            "perhaps the very damage: public.users",
            "made since the restored moment: public.audit",
            "\"Lending\".\"Loans\" is \"Lending\".old in the source",
        ],
    );
}

#[tokio::test]
async fn a_table_of_a_transaction_open_at_the_restored_moment_is_not_missing() {
    let server = Server::start();
    server.sql(
        "BEGIN; SAVEPOINT a; CREATE TABLE audit (); RELEASE a; PREPARE TRANSACTION 'open'; CREATE TABLE users ();",
    );
    let (source, target) = server.fork();
    source.sql("COMMIT PREPARED 'open';");
    let since = ["made since the restored moment: public.audit"];
    assert_result(&result(&compared(&target, &source), "tables").await, Verdict::Passed, &since);
    target.sql("ROLLBACK PREPARED 'open';");
    assert_result(&result(&compared(&target, &source), "tables").await, Verdict::Passed, &since);
}

#[tokio::test]
async fn a_table_that_may_be_of_either_side_of_the_restored_moment_is_unchecked() {
    let server = Server::start();
    server.sql("CREATE TABLE users ();");
    let (source, target) = server.fork();
    // The target's own transactions bear the numbers that the source's next ones get.
    target.sql(&"SELECT pg_current_xact_id();\n".repeat(3));
    source.sql("CREATE TABLE audit ();");
    let unchecked = result(&compared(&target, &source), "tables").await;
    assert_result(&unchecked, Verdict::Unchecked, &["before or since the restored moment: public.audit"]);
}

#[tokio::test]
async fn tables_are_told_apart_across_a_wraparound_of_transaction_ids() {
    let server = Server::configured("track_commit_timestamp = off").at_transaction_id(4_294_967_290);
    server.sql("CREATE TABLE loans ();");
    // More transactions carry the ids over the edge.
    server.sql(&"SELECT pg_current_xact_id();\n".repeat(20));
    server.sql("CREATE TABLE users ();");
    let (source, target) = server.fork();
    source.sql("CREATE TABLE audit ();");
    let since = ["made since the restored moment: public.audit"];
    assert_result(&result(&compared(&target, &source), "tables").await, Verdict::Passed, &since);
    target.sql("DROP TABLE loans;");
    let missing = ["missing: public.loans"];
    assert_result(&result(&compared(&target, &source), "tables").await, Verdict::Failed, &missing);
}

#[tokio::test]
async fn of_many_missing_tables_ten_are_shown_and_all_are_kept() {
    let server = Server::start();
    let each = |sql: &str| (0..12).map(|n| format!("{sql} t{n};\n")).collect::<String>();
    server.sql(&each("CREATE TABLE").replace(';', "();"));
    server.sql("CREATE TABLE users ();");
    let (source, target) = server.fork();
    target.sql(&each("DROP TABLE"));
    let failed = result(&compared(&target, &source), "tables").await;
    assert_result(&failed, Verdict::Failed, &["and 2 more"]);
    assert_eq!(failed.items.len(), 12);
    assert!(failed.items.contains(&"missing: public.t11".to_owned()), "{:?}", failed.items);
}

#[tokio::test]
async fn a_database_without_tables_beside_others_may_be_the_wrong_one() {
    let server = Server::start();
    server.sql("CREATE DATABASE reports;");
    let (source, target) = server.fork();
    let request = ProofRequest { tables: vec!["loans".to_owned()], ..compared(&target, &source) };
    let unchecked = result(&request, "tables").await;
    assert_result(&unchecked, Verdict::Unchecked, &["database loans has no tables", "connect.database"]);
}

#[tokio::test]
async fn the_profiles_tables_are_looked_for_in_any_schema() {
    let server = Server::start();
    server.sql(TABLES);
    server.sql("CREATE UNLOGGED TABLE scratch (); CREATE DATABASE reports;");
    let wanted = |names: &[&str]| ProofRequest {
        tables: names.iter().map(|&name| name.to_owned()).collect(),
        ..request(&server)
    };
    let there = wanted(&["users", "public.Users", "\"Loans\"", "\"Lending\".\"Loans 2026\""]);
    assert_result(
        &result(&there, "tables").await,
        Verdict::Passed,
        &["only the profile's tables", "empty after any recovery: public.scratch", "not looked into: reports"],
    );
    let missing = result(&wanted(&["users", "loans", "lending.users", "a b"]), "tables").await;
    assert_result(&missing, Verdict::Failed, &["missing of the profile's: loans, lending.users", "no table name"]);
}

#[tokio::test]
async fn with_nothing_to_compare_with_the_tables_are_unchecked() {
    let server = Server::start();
    let result = result(&request(&server), "tables").await;
    assert_result(&result, Verdict::Unchecked, &["there is none in this test", "names no tables"]);
}

#[tokio::test]
async fn a_quiet_database_has_no_scheduled_work() {
    let server = Server::start();
    // An ordinary role suffices for what is asked.
    server.sql(
        "REVOKE pg_read_all_data FROM validator;
         CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
                CREATE TABLE t (); CREATE TRIGGER quiet BEFORE INSERT ON t EXECUTE FUNCTION f();",
    );
    let passed = result(&request(&server), "scheduled work").await;
    assert_result(&passed, Verdict::Passed, &[]);
    assert_eq!(passed.found.as_deref(), Some("none"));
}

#[tokio::test]
async fn whatever_would_run_by_itself_is_listed_and_left_to_a_person() {
    let server = Server::start();
    server.sql(
        "CREATE SCHEMA cron;
         CREATE TABLE cron.job (jobid int, schedule text, database text, active bool, command text);
         INSERT INTO cron.job VALUES (1, '* * * * *', 'loans', true, 'secret command'), (2, '@daily', 'loans', false, '');
         CREATE SUBSCRIPTION inbound CONNECTION 'host=127.0.0.1 port=1 password=hidden' PUBLICATION p
                WITH (connect = false, slot_name = 'inbound');
         ALTER SUBSCRIPTION inbound ENABLE;
         CREATE FOREIGN DATA WRAPPER wrapper;
         CREATE SERVER production FOREIGN DATA WRAPPER wrapper OPTIONS (host 'prod.example', password 'hidden');
         CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
         CREATE EVENT TRIGGER watcher ON ddl_command_end EXECUTE FUNCTION watch();
         CREATE FUNCTION call() RETURNS trigger LANGUAGE plpgsql
                AS $$ BEGIN PERFORM aws_lambda.invoke('f', '{}'); RETURN NEW; END $$;
         CREATE TABLE orders ();
         CREATE TRIGGER notify AFTER INSERT ON orders EXECUTE FUNCTION call();
         BEGIN; CREATE TABLE undecided (); PREPARE TRANSACTION 'two-phase';",
    );
    let unchecked = result(&request(&server), "scheduled work").await;
    assert_result(
        &unchecked,
        Verdict::Unchecked,
        &[
            "pg_cron job 1 (* * * * *) in database loans",
            "subscription inbound in database loans",
            "foreign server production (prod.example)",
            "event trigger watcher",
            "trigger notify on public.orders",
            "prepared transaction 'two-phase'",
        ],
    );
    assert_eq!((unchecked.found.as_deref(), unchecked.items.len()), (Some("6 items"), 6));
    let reason = unchecked.reason.unwrap_or_default();
    assert!(!reason.contains("hidden") && !reason.contains("secret command"), "{reason}");
    // Disabling each leaves nothing but the server that leads out.
    server.sql(
        "UPDATE cron.job SET active = false; ALTER SUBSCRIPTION inbound DISABLE;
         ALTER EVENT TRIGGER watcher DISABLE; ALTER TABLE orders DISABLE TRIGGER notify;
         ROLLBACK PREPARED 'two-phase'; DROP SERVER production;",
    );
    assert_result(&result(&request(&server), "scheduled work").await, Verdict::Passed, &[]);
    server.sql("ALTER SUBSCRIPTION inbound SET (slot_name = NONE); DROP SUBSCRIPTION inbound;");
}

#[tokio::test]
async fn jobs_that_may_not_be_read_are_not_taken_for_none() {
    let server = Server::configured("cron.database_name = 'postgres'");
    server.sql(
        "CREATE SCHEMA cron; CREATE TABLE cron.job (jobid int, schedule text, database text, active bool, username text);
         ALTER TABLE cron.job ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON cron.job USING (username = CURRENT_USER);",
    );
    let unchecked = result(&request(&server), "scheduled work").await;
    assert_result(&unchecked, Verdict::Unchecked, &["this role may not read", "pg_cron jobs of database postgres"]);
}
