//! The arithmetic of losses, and that the order can be relied on.

use proptest::prelude::*;

use super::*;
use crate::recovery::windows::window::{Estimate, Family, Kind};

fn at(text: &str) -> Timestamp {
    text.parse().expect("tests use real times")
}

fn second(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("tests use real times")
}

fn span(earliest: &str, latest: &str) -> Points {
    Points::Span { earliest: at(earliest), latest: at(latest) }
}

fn before(seconds: u64) -> Loss {
    Loss::Before { seconds, bound: Bound::Exact }
}

#[test]
fn a_span_gives_every_whole_second_before_its_end() {
    let window = span("2026-11-20T10:00:00.2Z", "2026-11-20T14:56:10Z");
    let nearest = |wanted: &str| nearest(&window, at(wanted));
    assert_eq!(nearest("2026-11-20T14:22:05Z"), (Some(at("2026-11-20T14:22:05Z")), Loss::Nothing));
    assert_eq!(nearest("2026-11-20T10:00:01Z"), (Some(at("2026-11-20T10:00:01Z")), Loss::Nothing));
    // The latest restorable time itself is refused by RDS.
    assert_eq!(nearest("2026-11-20T14:56:09Z").1, Loss::Nothing);
    assert_eq!(nearest("2026-11-20T14:56:10Z"), (Some(at("2026-11-20T14:56:09Z")), before(1)));
    assert_eq!(nearest("2026-11-20T15:00:00Z"), (Some(at("2026-11-20T14:56:09Z")), before(231)));
    let early = nearest("2026-11-20T10:00:00Z");
    assert_eq!(early, (Some(at("2026-11-20T10:00:01Z")), Loss::Later { seconds: 1 }));
}

#[test]
fn a_span_that_has_just_begun_gives_nothing() {
    let window = span("2026-11-20T10:00:00.2Z", "2026-11-20T10:00:00.9Z");
    let (point, loss) = nearest(&window, at("2026-11-20T10:00:00Z"));
    assert_eq!(point, None);
    assert!(matches!(loss, Loss::Unknown { .. }));
}

#[test]
fn a_snapshot_loses_what_came_after_it_and_no_loss_is_understated() {
    let taken = at("2026-11-20T02:11:31.120Z");
    assert_eq!(nearest(&Points::At(taken), at("2026-11-20T02:11:40Z")).1, before(9));
    assert_eq!(nearest(&Points::At(taken), at("2026-11-20T02:11:31Z")).1, Loss::Later { seconds: 1 });
    assert_eq!(nearest(&Points::At(at("2026-11-20T02:11:31Z")), at("2026-11-20T02:11:31Z")).1, Loss::Nothing);
}

#[test]
fn a_copy_whose_time_is_its_own_loses_at_least_that() {
    let copied = at("2026-11-20T09:00:00Z");
    let at_least = |seconds| Loss::Before { seconds, bound: Bound::AtLeast };
    assert_eq!(nearest(&Points::NotAfter(copied), at("2026-11-20T10:00:00Z")).1, at_least(3600));
    assert_eq!(nearest(&Points::NotAfter(copied), copied).1, at_least(0));
    // Its data may be of the wanted time, or of any other before the copy.
    assert!(matches!(nearest(&Points::NotAfter(copied), at("2026-11-20T08:00:00Z")).1, Loss::Unknown { .. }));
}

#[test]
fn a_replica_loses_at_most_its_lag() {
    let (wanted, point) = (at("2026-11-20T10:00:00Z"), at("2026-11-20T09:59:00Z"));
    let loss = nearest(&Points::NotBefore(point), wanted).1;
    assert_eq!(loss, Loss::Before { seconds: 60, bound: Bound::AtMost });
    assert_eq!(nearest(&Points::NotBefore(wanted), point).1, Loss::Later { seconds: 60 });
}

fn window(loses: Loss) -> Window {
    Window {
        database: "loans".to_owned(),
        kind: Kind::Continuous,
        family: Family::Cluster,
        source: "loans".to_owned(),
        arn: None,
        resource_id: None,
        region: "eu-west-1".to_owned(),
        earliest: None,
        latest: None,
        retention_days: None,
        latest_age_seconds: None,
        restore_point: None,
        loses,
        lag: None,
        takes: Estimate { seconds: None, basis: String::new() },
        size_gib: None,
        engine: None,
        engine_version: None,
        kms_key_id: None,
        status: None,
        call: Kind::Continuous.call(Family::Cluster),
        usable: true,
        obstacles: Vec::new(),
        notes: Vec::new(),
    }
}

#[test]
fn the_order_is_by_use_then_loss_then_distance_then_time() {
    let unknown = || Loss::Unknown { why: "w".to_owned() };
    let named = |name: &str, window: Window| Window { source: name.to_owned(), ..window };
    let abroad = |window: Window| Window { region: "eu-central-1".to_owned(), ..window };
    let taking =
        |seconds, window: Window| Window { takes: Estimate { seconds: Some(seconds), basis: String::new() }, ..window };
    let bound = |bound| Loss::Before { seconds: 60, bound };
    let mut windows = [
        named("11", Window { usable: false, ..window(Loss::Nothing) }),
        named("10", window(Loss::Later { seconds: 9 })),
        named("09", window(Loss::Later { seconds: 1 })),
        named("08", window(unknown())),
        named("07", window(before(61))),
        named("06", window(bound(Bound::AtLeast))),
        named("05", window(bound(Bound::Exact))),
        named("04", window(bound(Bound::AtMost))),
        named("03", abroad(taking(1, window(Loss::Nothing)))),
        named("02", window(Loss::Nothing)),
        named("01", taking(600, window(Loss::Nothing))),
        named("00", taking(60, window(Loss::Nothing))),
    ];
    windows.sort_by(|one, other| order(one, other, "eu-west-1"));
    let names: Vec<&str> = windows.iter().map(|window| window.source.as_str()).collect();
    assert_eq!(names, ["00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11"]);
}

fn losses() -> impl Strategy<Value = Loss> {
    prop_oneof![
        Just(Loss::Nothing),
        (0..5_u64, prop_oneof![Just(Bound::Exact), Just(Bound::AtLeast), Just(Bound::AtMost)])
            .prop_map(|(seconds, bound)| Loss::Before { seconds, bound }),
        Just(Loss::Unknown { why: "w".to_owned() }),
        (1..5_u64).prop_map(|seconds| Loss::Later { seconds }),
    ]
}

fn windows() -> impl Strategy<Value = Window> {
    (losses(), any::<bool>(), any::<bool>(), prop::option::of(0..3_u64), 0..3_u8).prop_map(
        |(loses, usable, abroad, seconds, name)| Window {
            usable,
            source: format!("window-{name}"),
            region: if abroad { "eu-central-1" } else { "eu-west-1" }.to_owned(),
            takes: Estimate { seconds, basis: String::new() },
            ..window(loses)
        },
    )
}

/// Times to the millisecond, within some days, so that they meet often enough.
fn times() -> impl Strategy<Value = Timestamp> {
    (0..400_000_i64, prop_oneof![Just(0), 0..1000_i64]).prop_map(|(seconds, millis)| {
        Timestamp::from_millisecond((1_790_000_000 + seconds) * 1000 + millis).expect("in range")
    })
}

fn wanted() -> impl Strategy<Value = Timestamp> {
    (0..400_000_i64).prop_map(|seconds| second(1_790_000_000 + seconds))
}

proptest! {
    #[test]
    fn a_span_never_gives_a_time_that_rds_refuses(one in times(), other in times(), wanted in wanted()) {
        let (earliest, latest) = (one.min(other), one.max(other));
        let (point, loss) = nearest(&Points::Span { earliest, latest }, wanted);
        match point {
            None => prop_assert!(elapsed(earliest, latest).as_secs() <= 1, "{earliest} to {latest}"),
            Some(point) => {
                prop_assert!(earliest <= point && point < latest && point.subsec_nanosecond() == 0);
                let inside = earliest <= wanted && wanted < latest;
                prop_assert_eq!(inside, loss == Loss::Nothing);
                prop_assert_eq!(inside, point == wanted);
                // No other second of the window is nearer.
                match loss {
                    Loss::Nothing => {}
                    Loss::Before { .. } => prop_assert!(point < wanted && point.as_second() + 1 >= latest.as_second()),
                    Loss::Later { .. } => prop_assert!(wanted < point && point.as_second() <= earliest.as_second() + 1),
                    Loss::Unknown { why } => prop_assert!(false, "{}", why),
                }
            }
        }
    }

    #[test]
    fn the_loss_is_the_way_from_the_point_to_the_wanted_time_rounded_up(taken in times(), wanted in wanted()) {
        let (point, loss) = nearest(&Points::At(taken), wanted);
        prop_assert_eq!(point, Some(taken));
        match loss {
            Loss::Nothing => prop_assert_eq!(taken, wanted),
            Loss::Before { seconds, bound } => {
                prop_assert_eq!(bound, Bound::Exact);
                prop_assert!(taken < wanted);
                prop_assert_eq!(seconds, u64::try_from(wanted.as_second() - taken.as_second()).expect("positive"));
            }
            Loss::Later { seconds } => {
                prop_assert!(taken > wanted);
                prop_assert_eq!(seconds, u64::try_from(ceil(taken).as_second() - wanted.as_second()).expect("positive"));
            }
            Loss::Unknown { why } => prop_assert!(false, "{}", why),
        }
    }

    #[test]
    fn of_two_snapshots_before_the_wanted_time_the_later_one_never_comes_second(
        one in times(), other in times(), wanted in wanted(),
    ) {
        let of = |taken| Window { source: format!("{taken}"), ..window(nearest(&Points::At(taken), wanted).1) };
        let (older, newer) = (one.min(other), one.max(other));
        prop_assume!(newer <= wanted && older.as_second() < newer.as_second());
        prop_assert_eq!(order(&of(newer), &of(older), "eu-west-1"), Ordering::Less);
    }

    #[test]
    fn the_order_is_total_and_does_not_depend_on_where_it_starts(
        list in prop::collection::vec(windows(), 1..8),
        (from, to) in (0..8_usize, 0..8_usize),
    ) {
        let sorted = |mut list: Vec<Window>| {
            list.sort_by(|one, other| order(one, other, "eu-west-1"));
            list
        };
        let mut shuffled = list.clone();
        shuffled.swap(from % list.len(), to % list.len());
        shuffled.reverse();
        let (one, other) = (sorted(list), sorted(shuffled));
        for pair in one.windows(2) {
            prop_assert_ne!(order(&pair[0], &pair[1], "eu-west-1"), Ordering::Greater);
            prop_assert_eq!(
                order(&pair[0], &pair[1], "eu-west-1").reverse(),
                order(&pair[1], &pair[0], "eu-west-1")
            );
            prop_assert!(pair[0].usable || !pair[1].usable);
        }
        // What is equal in the order is equal in all that the order looks at.
        for (first, second) in one.iter().zip(&other) {
            prop_assert_eq!(order(first, second, "eu-west-1"), Ordering::Equal);
        }
    }

    /// To know less never makes a window look better.
    #[test]
    fn uncertainty_never_wins(seconds in 0..100_u64, wanted in wanted()) {
        let before = wanted.as_second() - i64::try_from(seconds).expect("small");
        let points = [Points::At(second(before)), Points::NotAfter(second(before)), Points::Unknown("w".to_owned())];
        let ranked = points.map(|points| window(nearest(&points, wanted).1));
        for pair in ranked.windows(2) {
            prop_assert_eq!(order(&pair[0], &pair[1], "eu-west-1"), Ordering::Less);
        }
    }
}
