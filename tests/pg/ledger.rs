//! The ledger on real servers: which rows were written since, on a server of its own and on a source whose copy went its own way.

use std::{collections::BTreeSet, time::Duration};

use daybreak::pg::ledger::{Account, Changes, Form, Ledgers, Mark, Rows, Since};
use serde_json::Value;

use crate::questions::client;
use crate::support::Server;

const WITHIN: Duration = Duration::from_secs(60);

/// A database of an application, with what its tables can be.
const TABLES: &str = "
CREATE TABLE loans (id bigint PRIMARY KEY, note text, amount numeric(12, 2));
CREATE TABLE \"Odd \"\"Name\"\"\" (\"a'b\" text, made timestamptz DEFAULT '2026-11-20 14:00+00', raw bytea, parts int[]);
CREATE TABLE parted (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE parted_old PARTITION OF parted FOR VALUES FROM ('2020-01-01') TO ('2026-01-01');
CREATE TABLE parted_new PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2030-01-01');
CREATE TABLE parent (id int);
CREATE TABLE child (more int) INHERITS (parent);
CREATE TABLE made (id int GENERATED ALWAYS AS IDENTITY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED);
CREATE TABLE nothing ();
CREATE UNLOGGED TABLE fleeting (id int);
INSERT INTO loans SELECT n, 'before', n FROM generate_series(1, 50) n;
INSERT INTO parted VALUES (1, '2025-06-01'), (2, '2026-06-01');
";

async fn mark(server: &Server) -> Mark {
    client().mark(&server.login()).await.expect("a mark")
}

async fn rows(server: &Server, since: &Since) -> Rows {
    client().rows(&server.login(), since, None, WITHIN).await.expect("the rows")
}

fn told(rows: &Rows) -> Vec<String> {
    let of = |(table, told): (&String, &daybreak::pg::ledger::TableRows)| {
        let why = told.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        format!("{table} {}+{}{why}", told.written, told.doubtful)
    };
    rows.tables.iter().map(of).collect()
}

/// Every row of an export, as table and text; those that are not certain with a question mark.
async fn exported(server: &Server, since: &Since, form: Form) -> Vec<String> {
    let mut lines = Vec::new();
    let told = client()
        .export(&server.login(), since, form, WITHIN, &mut |row| {
            lines.push(format!("{}{} {}", if row.doubtful { "?" } else { "" }, row.table, row.text));
            Ok(())
        })
        .await
        .expect("an export");
    let written: u64 = told.tables.values().map(|table| table.written + table.doubtful).sum();
    assert_eq!(u64::try_from(lines.len()).unwrap(), written);
    lines
}

#[tokio::test]
async fn what_was_written_after_a_mark_is_told_row_by_row_and_counted() {
    let server = Server::start();
    server.sql(TABLES);
    let before = mark(&server).await;
    server.sql(
        "INSERT INTO loans VALUES (51, 'it''s \\ new', 1.5), (52, NULL, 2), (53, 'taken back', 3);
         UPDATE loans SET note = 'changed' WHERE id = 7;
         DELETE FROM loans WHERE id IN (1, 2, 53);
         INSERT INTO \"Odd \"\"Name\"\"\" VALUES (E'two\\nlines', '2026-11-20 15:00:00.123456+01', '\\x00ff', '{1,NULL}');
         INSERT INTO parted VALUES (3, '2026-07-01');
         INSERT INTO child VALUES (1, 2);
         INSERT INTO made (n) VALUES (21);
         INSERT INTO nothing DEFAULT VALUES;",
    );
    server.sql("BEGIN; INSERT INTO loans VALUES (99, 'rolled back', 9); ROLLBACK;");
    let since = Since::Snapshot(before.snapshot.clone());
    let found = rows(&server, &since).await;
    assert_eq!(
        told(&found),
        [
            "public.\"Odd \"\"Name\"\"\" 1+0",
            "public.child 1+0",
            "public.loans 3+0",
            "public.made 1+0",
            "public.nothing 1+0",
            "public.parted_new 1+0",
        ]
    );
    let account = Account::of(Ok(&before), &mark(&server).await, &found);
    let loans = account.tables.iter().find(|entry| entry.table == "public.loans").expect("an entry");
    assert_eq!(
        loans.counted,
        Some(Changes { inserted: 4, updated: 1, deleted: 3 }),
        "what was rolled back is counted, and is no row"
    );
    assert_eq!(account.rows(), 8);

    let only = BTreeSet::from(["public.made".to_owned()]);
    let some = client().rows(&server.login(), &since, Some(&only), WITHIN).await.expect("the rows");
    assert_eq!(told(&some), ["public.made 1+0"]);

    let json = exported(&server, &since, Form::Json).await;
    let loan: Value = serde_json::from_str(json[2].split_once(' ').expect("a row").1).expect("JSON");
    assert!(json[2].starts_with("public.loans") && loan["id"].is_number(), "{json:?}");
    let sql = exported(&server, &since, Form::Sql).await;
    let statements: Vec<&str> = sql.iter().map(|line| &line[line.find("INSERT").expect("a statement")..]).collect();
    assert!(
        statements.contains(&r"INSERT INTO public.loans (id, note, amount) VALUES ('51', E'it''s \\ new', '1.50');"),
        "{statements:#?}"
    );
    assert!(statements.contains(&"INSERT INTO public.made (id, n) OVERRIDING SYSTEM VALUE VALUES ('1', '21');"));
    assert!(statements.contains(&"INSERT INTO public.nothing DEFAULT VALUES;"));

    // The statements give the very rows back.
    let all =
        "SELECT to_jsonb(t) FROM loans t WHERE id > 50 ORDER BY 1; SELECT to_jsonb(t) FROM \"Odd \"\"Name\"\"\" t;
               SELECT to_jsonb(t) FROM made t; SELECT to_jsonb(t) FROM parted t WHERE id = 3;";
    let was = server.sql(all);
    server.sql("DELETE FROM loans WHERE id > 50 OR id = 7; TRUNCATE \"Odd \"\"Name\"\"\", made, child; DELETE FROM parted WHERE id = 3;");
    server.sql(&statements.join("\n"));
    assert_eq!(server.sql(all), was);
}

#[tokio::test]
async fn what_is_under_way_at_a_mark_counts_once_it_is_committed() {
    let server = Server::start();
    server.sql(TABLES);
    server.sql("BEGIN; INSERT INTO loans VALUES (60, 'under way', 1); SAVEPOINT s; INSERT INTO loans VALUES (61, 'below it', 1); PREPARE TRANSACTION 'slow';");
    server.sql("INSERT INTO loans VALUES (62, 'done by then', 1)");
    let before = mark(&server).await;
    assert_eq!(before.snapshot.running.len(), 1);
    server.sql("COMMIT PREPARED 'slow'");
    let since = Since::Snapshot(before.snapshot);
    assert_eq!(
        told(&rows(&server, &since).await),
        ["public.loans 1+2"],
        "the id of a subtransaction tells not whose it is"
    );
    let lines = exported(&server, &since, Form::Json).await;
    let certain = |text: &str| lines.iter().any(|line| line.contains(text) && !line.starts_with('?'));
    assert!(certain("under way") && !certain("below it") && !certain("done by then"), "{lines:?}");
}

#[tokio::test]
async fn a_source_knows_what_its_copy_lacks() {
    let server = Server::start();
    server.sql(TABLES);
    server.sql("BEGIN; INSERT INTO loans VALUES (70, 'under way at the point', 1); PREPARE TRANSACTION 'slow';");
    server.sql("INSERT INTO loans VALUES (71, 'the last one on both', 1)");
    let (source, copy) = server.fork();
    copy.sql("ROLLBACK PREPARED 'slow'");
    let horizon = mark(&copy).await.snapshot.next;
    source.sql("COMMIT PREPARED 'slow'");
    source.sql("INSERT INTO loans VALUES (72, 'after the point', 1); INSERT INTO fleeting VALUES (1); DELETE FROM loans WHERE id = 3;");
    // What the application then does to the copy is no matter of the source.
    copy.sql("UPDATE loans SET note = 'changed' WHERE id <= 5");
    let since = Since::Restore { horizon, copy: Box::new(copy.login()) };
    let found = rows(&source, &since).await;
    assert_eq!(found.unasked, None);
    assert_eq!(
        told(&found),
        [
            "public.fleeting 1+0: it is unlogged: the target has none of its rows, these or older ones",
            "public.loans 2+0"
        ]
    );
    let lines = exported(&source, &since, Form::Json).await;
    assert!(lines.iter().any(|line| line.contains("under way at the point")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("after the point")), "{lines:?}");
}

/// A source and its copy, of which the latter has used ids for itself, and the source's rows of them.
async fn both_use_the_same_ids(server: Server, meanwhile: &str) -> Vec<String> {
    server.sql(TABLES);
    let (source, copy) = server.fork();
    // As a provider's own doings on a new server: ids without a row in it, and one with a row at the very same place.
    for _ in 0..3 {
        copy.sql("SELECT txid_current()");
    }
    copy.sql("INSERT INTO loans VALUES (80, 'the copy''s own', 1)");
    for id in 81..85 {
        source.sql(&format!("INSERT INTO loans VALUES ({id}, 'the source''s', 1)"));
    }
    let horizon = mark(&copy).await.snapshot.next;
    copy.sql(meanwhile);
    source.sql("INSERT INTO loans VALUES (86, 'for certain', 1)");
    let since = Since::Restore { horizon, copy: Box::new(copy.login()) };
    let lines = exported(&source, &since, Form::Json).await;
    assert_eq!(lines.len(), 5, "what both have is not doubted: {lines:?}");
    assert!(lines.iter().all(|line| line.contains("the source's") || line.contains("for certain")), "{lines:?}");
    told(&rows(&source, &since).await).into_iter().filter(|line| line.starts_with("public.loans")).collect()
}

#[tokio::test]
async fn ids_that_the_copy_used_itself_hide_nothing() {
    const NO_TIMES: &str = "track_commit_timestamp = off";
    let changes = "UPDATE loans SET note = 'changed' WHERE id <= 5";
    assert_eq!(both_use_the_same_ids(Server::start(), changes).await, ["public.loans 5+0"], "commits have their times");
    assert_eq!(
        both_use_the_same_ids(Server::configured(NO_TIMES), "").await,
        ["public.loans 5+0"],
        "nothing was changed"
    );
    assert_eq!(
        both_use_the_same_ids(Server::configured(NO_TIMES), changes).await,
        ["public.loans 1+4"],
        "what the copy has changed may have been those rows"
    );
}

#[tokio::test]
async fn a_copy_that_does_not_answer_leaves_what_was_under_way_untold() {
    let server = Server::start();
    server.sql(TABLES);
    let before = mark(&server).await;
    server.sql("INSERT INTO loans VALUES (90, 'after', 1)");
    let gone = Server::start().login();
    let since = Since::Restore { horizon: before.snapshot.next, copy: Box::new(gone) };
    let found = rows(&server, &since).await;
    assert_eq!(told(&found), ["public.loans 1+0"]);
    assert!(found.unasked.is_some_and(|why| why.contains("nothing listens")));
}

#[tokio::test]
async fn ids_go_on_over_the_end_of_an_epoch() {
    let server = Server::configured("track_commit_timestamp = off").at_transaction_id(u32::MAX - 40);
    server.sql(TABLES);
    let before = mark(&server).await;
    assert!(before.snapshot.next < 1 << 32);
    for id in 100..160 {
        server.sql(&format!("INSERT INTO loans VALUES ({id}, 'after', 1)"));
    }
    let now = mark(&server).await;
    assert!(now.snapshot.next > 1 << 32, "{now:?}");
    let since = Since::Snapshot(before.snapshot);
    assert_eq!(told(&rows(&server, &since).await), ["public.loans 60+0"]);
    let later = Since::Snapshot(now.snapshot);
    server.sql("INSERT INTO loans VALUES (200, 'later', 1)");
    assert_eq!(told(&rows(&server, &later).await), ["public.loans 1+0"]);
}

#[tokio::test]
async fn what_cannot_be_told_says_why_and_hides_nothing_else() {
    let server = Server::start();
    server.sql(TABLES);
    server.sql(
        "REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO PUBLIC;
         CREATE ROLE poor LOGIN PASSWORD 'correct horse battery staple';
         GRANT SELECT ON loans TO poor; CREATE TABLE guarded (id int); GRANT SELECT ON guarded TO poor;
         ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
         CREATE EXTENSION IF NOT EXISTS postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
         CREATE FOREIGN TABLE elsewhere (id int) SERVER far;",
    );
    let before = mark(&server).await;
    server.sql(
        "INSERT INTO loans VALUES (51, 'new', 1); INSERT INTO made (n) VALUES (1); INSERT INTO guarded VALUES (1);",
    );
    let poor = daybreak::pg::Login { user: "poor".to_owned(), ..server.login() };
    let since = Since::Snapshot(before.snapshot.clone());
    let found = client().rows(&poor, &since, None, WITHIN).await.expect("the rows");
    let lines = told(&found);
    assert!(lines.contains(&"public.loans 1+0".to_owned()), "{lines:?}");
    assert!(lines.contains(&"public.made 0+0: poor may not read it".to_owned()), "{lines:?}");
    assert!(
        lines.iter().any(|line| line.starts_with("public.guarded 0+0: ") && line.contains("row-level security")),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"public.elsewhere 0+0: a foreign table: its rows are kept elsewhere".to_owned()),
        "{lines:?}"
    );
    let account = Account::of(Ok(&before), &client().mark(&poor).await.expect("a mark"), &found);
    let made = account.tables.iter().find(|entry| entry.table == "public.made").expect("an entry");
    assert_eq!((made.counted.map(Changes::total), made.rows), (Some(1), None), "counted, though not read");

    let no_time = client().rows(&poor, &since, None, Duration::ZERO).await.expect("an answer");
    assert!(told(&no_time).contains(&"public.loans 0+0: it was not read: the time for it was over".to_owned()));

    server.sql("SELECT pg_stat_reset()");
    let account = Account::of(Ok(&before), &mark(&server).await, &found);
    assert_eq!((account.counted(), account.uncounted.as_deref()), (None, Some("the statistics were reset since")));
}
