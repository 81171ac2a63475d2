//! Faulty configurations: exit code 2, all faults at once, nothing called.

use crate::support::{Daybreak, Ended};

fn windows(configuration: &str) -> Ended {
    Daybreak::new().with_file("daybreak.toml", configuration).run(["windows", "loans"])
}

#[test]
fn an_unknown_key_is_told_with_the_nearest_one() {
    let configuration = r#"
        [databases.loans]
        cluster = "loanserve-prod-aurora"
        [databases.loans.cutover]
        secert = "prod/loans/db"
        [databases.loans.restore]
        quarantine_security_group = ["sg-0a1b2c3d"]
        [databases.loans.failover]
        for = "5m"
    "#;
    insta::assert_snapshot!(windows(configuration), @r"
    exit code 2
    --- stderr
    error: ~/daybreak.toml has 3 faults:
      ~/daybreak.toml:5: databases.loans.cutover.secert: unknown key, did you mean `secret`?
      ~/daybreak.toml:7: databases.loans.restore.quarantine_security_group: unknown key, did you mean `quarantine_security_groups`?
      ~/daybreak.toml:8: databases.loans.failover: unknown key, the keys here are cluster, instance, region, restore, connect, checks, proof, cutover, fence, watch, deadlines, promote, regions
      now: nothing was created or changed
      next: `daybreak config --default` prints every setting with its explanation
    ");
}

#[test]
fn all_faults_of_values_are_told_at_once() {
    let configuration = r#"
        [databases.loans]
        cluster = "Loans_Prod"
        region = "Ireland"
        [databases.loans.restore]
        readers = 16
        [databases.loans.connect]
        secret = "postgres://master:hunter2@db.example/loans"
        via = "localhost"
        [[databases.loans.checks]]
        name = "loans exist"
        query = ""
        expect = "many"
        [databases.loans.watch]
        failures = 0
        http = ["ftp://example.com"]
        [databases.loans.deadlines]
        restore = "soon"
    "#;
    let ended = windows(configuration);
    assert!(!ended.stderr.contains("hunter2"), "{ended}");
    insta::assert_snapshot!(ended, @r#"
    exit code 2
    --- stderr
    error: ~/daybreak.toml has 10 faults:
      ~/daybreak.toml:3: databases.loans.cluster: the identifier of a cluster or instance has only letters, digits and hyphens
      ~/daybreak.toml:4: databases.loans.region: `Ireland` is not the name of an AWS region, such as `eu-west-1`
      ~/daybreak.toml:6: databases.loans.restore.readers: write `"source"` or a number from 0 to 15
      ~/daybreak.toml:8: databases.loans.connect.secret: this is not the name of a secret, it looks like the content of one: put it into Secrets Manager and write its name or ARN here
      ~/daybreak.toml:9: databases.loans.connect.via: write a host and a port, such as `127.0.0.1:15432` or `[::1]:15432`
      ~/daybreak.toml:12: databases.loans.checks[0].query: empty
      ~/daybreak.toml:13: databases.loans.checks[0].expect: `many` is not an expectation: write `= 0`, `>= 1000`, `= source`, `within 1% of source` or `= "text"`
      ~/daybreak.toml:15: databases.loans.watch.failures: write a number from 1 to 1000
      ~/daybreak.toml:16: databases.loans.watch.http[0]: write a complete address, such as `https://api.example.com/health`
      ~/daybreak.toml:18: databases.loans.deadlines.restore: `soon` is not a duration: write days, hours, minutes and seconds like `90s`, `5m` or `1h30m`
      now: nothing was created or changed
      next: `daybreak config --default` prints every setting with its explanation
    "#);
}

#[test]
fn a_file_that_is_no_toml() {
    insta::assert_snapshot!(windows("[databases.loans\ncluster = 1"), @r"
    exit code 2
    --- stderr
    error: ~/daybreak.toml has a fault:
      ~/daybreak.toml:1: not valid TOML: unclosed table, expected `]`
      now: nothing was created or changed
      next: `daybreak config --default` prints every setting with its explanation
    ");
}

#[test]
fn a_profile_that_is_not_there() {
    let daybreak = Daybreak::new().with_file("daybreak.toml", "[databases.loans]\ncluster = \"loans-prod\"\n");
    insta::assert_snapshot!(daybreak.run(["windows", "loan_s"]), @r"
    exit code 2
    --- stderr
    error: `loan_s` is neither a profile in ~/daybreak.toml nor an identifier: the identifier of a cluster or instance has only letters, digits and hyphens
      now: nothing was created or changed
      next: did you mean `loans`?
    ");
}

#[test]
fn a_file_that_is_not_there() {
    insta::assert_snapshot!(Daybreak::new().run(["--config", "other.toml", "windows", "loans"]), @r"
    exit code 2
    --- stderr
    error: read the configuration other.toml
      because: No such file or directory (os error 2)
      now: nothing was created or changed
      next: check the path given with `--config`; without it, ./daybreak.toml is read
    ");
}

#[test]
fn the_file_in_the_xdg_directory_is_read_where_there_is_none_here() {
    let daybreak = Daybreak::new().with_file(".config/daybreak/daybreak.toml", "databases = 1\n");
    insta::assert_snapshot!(daybreak.run(["windows", "loans"]), @r"
    exit code 2
    --- stderr
    error: ~/.config/daybreak/daybreak.toml has a fault:
      ~/.config/daybreak/daybreak.toml:1: databases: expected a table, found a whole number
      now: nothing was created or changed
      next: `daybreak config --default` prints every setting with its explanation
    ");
}
