//! Times that cannot be meant are refused before anything else is looked at.

use crate::support::Daybreak;

/// What is said of `--to` each text. There is neither configuration nor AWS here: the time alone is judged.
fn refused(zone: &str, texts: &[&str]) -> String {
    let daybreak = Daybreak::new().with("TZ", zone);
    let mut said = String::new();
    for text in texts {
        let ended = daybreak.run(["plan", "loans", "--to", text]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended}");
        let same = daybreak.run(["recover", "loans", "--yes", "--to", text]);
        assert_eq!((same.code, first_words(&same.stderr)), (Some(2), first_words(&ended.stderr)));
        said.push_str(&ended.stderr);
    }
    said
}

/// The error's first words: what follows may tell the time.
fn first_words(stderr: &str) -> &str {
    stderr.split_once(": it is ").map_or(stderr, |(words, _)| words)
}

#[test]
fn a_time_without_a_zone_is_shown_in_utc_and_in_local_time() {
    let texts = ["2026-07-20 14:22:05", "2026-01-20T14:22:05"];
    insta::assert_snapshot!(refused("Europe/Berlin", &texts), @r"
    error: `2026-07-20 14:22:05` has no time zone: write `2026-07-20T14:22:05Z` if it is UTC, `2026-07-20T14:22:05+02:00` if it is local time (Europe/Berlin)
      now: nothing was created or changed
      next: daybreak windows DATABASE shows the times that can be restored
    error: `2026-01-20T14:22:05` has no time zone: write `2026-01-20T14:22:05Z` if it is UTC, `2026-01-20T14:22:05+01:00` if it is local time (Europe/Berlin)
      now: nothing was created or changed
      next: daybreak windows DATABASE shows the times that can be restored
    ");
}

#[test]
fn malformed_times() {
    let texts = [
        "yesterday",
        "",
        "12m",
        "m ago",
        "14:22",
        "2026-02-30T14:22:05Z",
        "2026-11-20T25:00:00Z",
        "2026-11-20T14:22:05.5Z",
        "2026-11-20 14:22:05 Europe/Berlin",
        "1763648525",
    ];
    insta::assert_snapshot!(refused("UTC", &texts), @r"
    error: `yesterday` is not a time: write `2026-11-20T14:22:05Z`, `2026-11-20T14:22:05+02:00`, `2026-11-20 14:22:05 UTC`, `12m ago` or `latest`
      now: nothing was created or changed
      next: daybreak windows DATABASE shows the times that can be restored
    error: `` is not a time: write `2026-11-20T14:22:05Z`, `2026-11-20T14:22:05+02:00`, `2026-11-20 14:22:05 UTC`, `12m ago` or `latest`
      now: nothing was created or changed
      next: daybreak windows DATABASE shows the times that can be restored
    error: `12m` is not a time: write `2026-11-20T14:22:05Z`, `2026-11-20T14:22:05+02:00`, `2026-11-20 14:22:05 UTC`, `12m ago` or `latest`
      now: nothing was created or changed
      next: daybreak windows DATABASE shows the times that can be restored
    error: `m ago` is not a time
      because: `m` is not a duration: write days, hours, minutes and seconds like `90s`, `5m` or `1h30m`
      now: nothing was created or changed
      next: daybreak windows DATABASE shows the times that can be restored
    error: `14:22` is not a time: write `2026-11-20T14:22:05Z`, `2026-11-20T14:22:05+02:00`, `2026-11-20 14:22:05 UTC`, `12m ago` or `latest`
      now: nothing was created or changed
      next: daybreak windows DATABASE shows the times that can be restored
    error: `2026-02-30T14:22:05Z` does not exist: check the day and the time of day
      now: nothing was created or changed
      next: daybreak windows DATABASE shows the times that can be restored
    error: `2026-11-20T25:00:00Z` does not exist: check the day and the time of day
      now: nothing was created or changed
      next: daybreak windows DATABASE shows the times that can be restored
    error: `2026-11-20T14:22:05.5Z` is finer than a second, which is the precision of a restore: write `2026-11-20T14:22:05Z` or `2026-11-20T14:22:06Z`
      now: nothing was created or changed
      next: daybreak windows DATABASE shows the times that can be restored
    error: `Europe/Berlin` in `2026-11-20 14:22:05 Europe/Berlin` is not a time zone daybreak reads: write `UTC` or an offset such as `+02:00`
      now: nothing was created or changed
      next: daybreak windows DATABASE shows the times that can be restored
    error: `1763648525` is not a time: write `2026-11-20T14:22:05Z`, `2026-11-20T14:22:05+02:00`, `2026-11-20 14:22:05 UTC`, `12m ago` or `latest`
      now: nothing was created or changed
      next: daybreak windows DATABASE shows the times that can be restored
    ");
}

#[test]
fn a_time_to_come() {
    let said = refused("UTC", &["2999-01-01T00:00:00Z"]);
    insta::assert_snapshot!(first_words(&said), @"error: 2999-01-01 00:00:00 UTC is in the future");
    assert!(said.contains("\n  next: "), "{said}");
}
