//! What the live view shows: a pure picture of a run, and the region of the screen it is drawn in.

use std::{collections::BTreeMap, time::Duration};

use crossterm::{
    Command,
    cursor::{MoveToColumn, MoveUp},
    terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate},
};
use jiff::Timestamp;

use super::{
    history::title,
    theme::{Mark, Theme, Tone},
    words::{clean, fit, pad, plural, stopwatch, width, wrap},
};
use crate::{
    moment::{ago, show},
    run::{
        clock::elapsed,
        journal::History,
        record::{Entry, Outcome, Record, Scope},
        state::{RunState, Stage, StepState, StepStatus},
        step::{Step as _, StepId},
    },
    steps::step::Step,
};

/// Columns of the time a step took, right-aligned: `1:02:09`.
const CLOCK: usize = 8;
/// On a narrower screen the times give way to the titles.
const ROOM_FOR_CLOCK: usize = 24;
/// What usually takes less is over before anybody wonders.
const WORTH_SAYING: Duration = Duration::from_secs(5);
/// How much longer than usual a step may take before that is said.
const LATE: f64 = 1.5;

/// The size of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

/// One line of the picture: what is written, and the columns it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    text: String,
    width: usize,
}

impl Row {
    fn plain(text: String) -> Self {
        Self { width: width(&text), text }
    }

    fn painted(theme: Theme, tone: Tone, text: &str) -> Self {
        Self { width: width(text), text: theme.paint(tone, text) }
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// A run as the live view knows it.
pub(super) struct Picture {
    state: RunState<Step>,
    titles: BTreeMap<StepId, String>,
    expected: BTreeMap<StepId, Duration>,
    /// What the step at work waits for, as last heard.
    now: Option<(StepId, String)>,
    /// Whether the last thing heard is that this process was asked to stop.
    interrupted: bool,
}

impl Picture {
    pub(super) fn new(history: &History<Step>, expected: BTreeMap<StepId, Duration>) -> Self {
        let plan = &history.state.plan;
        let titles = plan.steps.iter().map(|planned| (planned.step.id(), title(plan, &planned.step))).collect();
        Self { state: history.state.clone(), titles, expected, now: None, interrupted: false }
    }

    /// Takes a record into account.
    pub(super) fn apply(&mut self, record: &Record<Step>) {
        // The journal has accepted the record: it can follow. What a step waited for is over with each of them.
        if self.state.apply(record).is_ok() {
            self.now = None;
            self.interrupted = matches!(record.entry, Entry::Interrupted { .. });
        }
    }

    /// Takes note of what `step` waits for.
    pub(super) fn waits(&mut self, step: &StepId, on: &str) {
        self.now = Some((step.clone(), clean(on)));
    }

    /// The picture at `now`, in at most `size`.
    pub(super) fn rows(&self, now: Timestamp, size: Size, theme: Theme) -> Vec<Row> {
        // The last column stays free: some terminals break a line that fills it.
        let columns = size.columns.saturating_sub(1).max(2);
        let mut rows = self.head(now, columns, theme);
        let current = self.current();
        let detail =
            current.map(|index| self.detail(&self.state.steps[index], now, columns, theme)).unwrap_or_default();
        // One row of the screen is the cursor's.
        let room = size.rows.saturating_sub(rows.len() + detail.len() + 1).max(3);
        let (before, shown, behind) = part(self.state.steps.len(), current, room);
        if before > 0 {
            rows.push(Row::painted(
                theme,
                Tone::Quiet,
                &fit(&format!("  {} before", plural(before, "step")), columns, theme.ellipsis()),
            ));
        }
        for (index, step) in self.state.steps.iter().enumerate().skip(before).take(shown) {
            rows.push(self.step(step, now, columns, theme));
            if Some(index) == current {
                rows.extend(detail.iter().cloned());
            }
        }
        if behind > 0 {
            rows.push(Row::painted(
                theme,
                Tone::Quiet,
                &fit(&format!("  {}", plural(behind, "more step")), columns, theme.ellipsis()),
            ));
        }
        rows.truncate(size.rows.saturating_sub(1).max(1));
        rows
    }

    fn head(&self, now: Timestamp, columns: usize, theme: Theme) -> Vec<Row> {
        let plan = &self.state.plan;
        let brief = &plan.brief;
        let (verb, tone) = match self.state.stage {
            _ if self.interrupted => ("interrupted:", Tone::Caution),
            Stage::Going => ("recovering", Tone::Heading),
            Stage::Stopped(_) => ("stopped:", Tone::Heading),
            Stage::TurningBack(Scope::Cutover) => ("ROLLING BACK", Tone::Caution),
            Stage::TurningBack(Scope::Everything) => ("UNDOING", Tone::Caution),
            Stage::Stuck(_) => ("STUCK:", Tone::Bad),
            Stage::Ended(Outcome::Recovered) => ("recovered", Tone::Good),
            Stage::Ended(Outcome::RolledBack) => ("rolled back:", Tone::Caution),
            Stage::Ended(Outcome::Undone) => ("undone:", Tone::Caution),
        };
        let what = format!("{verb} {} as of {}", clean(&plan.database), show(brief.data_time()));
        let end = if self.rests() { self.state.latest } else { now };
        let run = format!("run {}, {} since it began", plan.run, stopwatch(elapsed(self.state.begun, end)));
        vec![
            Row::painted(theme, tone, &fit(&what, columns, theme.ellipsis())),
            Row::plain(fit(&self.target(), columns, theme.ellipsis())),
            Row::painted(theme, Tone::Quiet, &fit(&run, columns, theme.ellipsis())),
            Row::plain(String::new()),
        ]
    }

    /// The head's line that names the target.
    fn target(&self) -> String {
        format!("target {}", self.state.plan.brief.target.identifier)
    }

    /// What `step` does. The target's long name, which stands in most titles and pushes out what tells them apart, is left to
    /// the head where it is there in full.
    fn title(&self, step: &StepId, columns: usize, theme: Theme) -> String {
        let title = self.titles.get(step).map_or(step.0.as_str(), String::as_str);
        let target = self.state.plan.brief.target.identifier.as_str();
        if target.is_empty() || width(&self.target()) > columns {
            return title.to_owned();
        }
        title
            .replace(&format!("a new cluster {target}"), "a new cluster")
            .replace(&format!("a new instance {target}"), "a new instance")
            // An instance keeps what its own name adds.
            .replace(&format!("{target}-"), &format!("{}-", theme.ellipsis()))
            .replace(target, "the target")
    }

    fn rests(&self) -> bool {
        self.interrupted || matches!(self.state.stage, Stage::Stopped(_) | Stage::Stuck(_) | Stage::Ended(_))
    }

    /// The step at work.
    fn current(&self) -> Option<usize> {
        self.state.steps.iter().position(|step| matches!(step.state, StepState::Started | StepState::Undoing))
    }

    fn step(&self, step: &StepStatus, now: Timestamp, columns: usize, theme: Theme) -> Row {
        let (mark, tone) = match step.state {
            StepState::Pending => (Mark::Pending, Tone::Quiet),
            StepState::Started | StepState::Undoing => (Mark::Going, Tone::Strong),
            StepState::Done => (Mark::Done, Tone::Plain),
            StepState::Failed | StepState::UndoFailed => (Mark::Failed, Tone::Bad),
            StepState::Undone => (Mark::Undone, Tone::Quiet),
        };
        let prefix = match step.state {
            StepState::Undoing => "taking back: ",
            StepState::Undone => "taken back: ",
            StepState::UndoFailed => "NOT TAKEN BACK: ",
            StepState::Failed => "FAILED: ",
            _ => "",
        };
        let clock = match (step.started, step.ended) {
            (Some(_), _) if columns < ROOM_FOR_CLOCK => String::new(),
            (Some(started), ended) => stopwatch(elapsed(started, ended.unwrap_or(now))),
            (None, _) => String::new(),
        };
        let title = format!("{prefix}{}", self.title(&step.id, columns, theme));
        let mark = theme.painted_mark(mark);
        if clock.is_empty() {
            let title = fit(&title, columns - 2, theme.ellipsis());
            return Row { width: 2 + width(&title), text: format!("{mark} {}", theme.paint(tone, &title)) };
        }
        let room = columns - 2 - CLOCK;
        let title = pad(&fit(&title, room, theme.ellipsis()), room);
        Row { width: columns, text: format!("{mark} {}{clock:>CLOCK$}", theme.paint(tone, &title)) }
    }

    /// Beneath the step at work: what it waits for, and how long it usually takes.
    fn detail(&self, step: &StepStatus, now: Timestamp, columns: usize, theme: Theme) -> Vec<Row> {
        let indent = "    ";
        let mut lines: Vec<String> = Vec::new();
        if let Some((of, words)) = &self.now
            && *of == step.id
        {
            lines.extend(wrap(words, columns.saturating_sub(indent.len())).into_iter().take(3));
        }
        if step.state == StepState::Started
            && let (Some(usual), Some(started)) = (self.expected.get(&step.id), step.started)
            && *usual >= WORTH_SAYING
        {
            let late = elapsed(started, now).as_secs_f64() > usual.as_secs_f64() * LATE;
            lines.push(format!("{} {}", if late { "longer than usual:" } else { "usually" }, ago(*usual)));
        }
        lines.iter().map(|line| Row::plain(fit(&format!("{indent}{line}"), columns, theme.ellipsis()))).collect()
    }
}

/// Which of `count` steps fit into `room` rows, `current` among them: how many are left out before, shown, and behind.
/// Leaving out costs a row on either side.
fn part(count: usize, current: Option<usize>, room: usize) -> (usize, usize, usize) {
    if count <= room {
        return (0, count, 0);
    }
    let shown = room.saturating_sub(2).max(1);
    let focus = current.unwrap_or(count - 1);
    // One done step above the one at work, where there is room for two.
    let before = focus.saturating_sub(usize::from(shown > 1)).min(count - shown);
    (before, shown, count - before - shown)
}

/// The part of the screen that is drawn over and over.
#[derive(Default)]
pub(super) struct Region {
    /// The columns of each row drawn last.
    drawn: Vec<usize>,
}

impl Region {
    /// What to write so that `above` scrolls away over the region and `rows` are what it shows, the cursor on the fresh
    /// line below. The cursor is never hidden, so a process that dies leaves a terminal in order.
    pub(super) fn draw(&mut self, above: &[String], rows: &[Row], size: Size) -> String {
        let mut out = String::new();
        ansi(&mut out, BeginSynchronizedUpdate);
        let up = self.height(size);
        if up > 0 {
            ansi(&mut out, MoveUp(up));
        }
        ansi(&mut out, MoveToColumn(0));
        // Line by line, since a terminal may keep what is cleared at once from the top of the screen as history.
        for line in above.iter().map(String::as_str).chain(rows.iter().map(|row| row.text.as_str())) {
            out.push_str(line);
            ansi(&mut out, Clear(ClearType::UntilNewLine));
            out.push_str("\r\n");
        }
        ansi(&mut out, Clear(ClearType::FromCursorDown));
        ansi(&mut out, EndSynchronizedUpdate);
        self.drawn = rows.iter().map(|row| row.width).collect();
        out
    }

    /// How many rows of the screen the region takes now: a terminal that has become narrower has broken its lines.
    fn height(&self, size: Size) -> u16 {
        let columns = size.columns.max(1);
        let rows: usize = self.drawn.iter().map(|width| width.div_ceil(columns).max(1)).sum();
        u16::try_from(rows.min(size.rows.saturating_sub(1))).unwrap_or(u16::MAX)
    }
}

/// Writes a terminal command; a `String` takes everything.
fn ansi(out: &mut String, command: impl Command) {
    let _ = command.write_ansi(out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::testing::{Story, after};

    const WIDE: Size = Size { columns: 80, rows: 24 };

    fn drawn(picture: &Picture, second: i64, size: Size, theme: Theme) -> String {
        let rows = picture.rows(after(second), size, theme);
        assert!(rows.len() < size.rows, "{} rows on a screen of {}", rows.len(), size.rows);
        for row in &rows {
            assert!(row.width < size.columns, "{:?}", row.text);
        }
        rows.iter().map(|row| format!("{}\n", row.text())).collect()
    }

    fn restoring() -> Picture {
        let history =
            Story::begun().done("restore-cluster", 1, 492).then(492, Story::started("create-writer")).history();
        let expected = [(StepId::from("create-writer"), Duration::from_secs(720))].into();
        let mut picture = Picture::new(&history, expected);
        picture.waits(&StepId::from("create-writer"), "instance loanserve-prod-aurora-db-k3fa-1 is creating");
        picture
    }

    #[test]
    fn the_step_at_work_says_what_it_waits_for_and_how_long_that_usually_takes() {
        insta::assert_snapshot!(drawn(&restoring(), 760, WIDE, Theme::new(false, true)), @"
        recovering loans as of 2026-11-20 14:22:05 UTC
        target loanserve-prod-aurora-db-k3fa
        run 20261120-150000-k3fa, 12:40 since it began

        ✓ restore into a new cluster                                               8:11
        ▸ create the writer …-1 (db.r6g.large)                                     4:28
            instance loanserve-prod-aurora-db-k3fa-1 is creating
            usually 12 min
        · give the target the settings a restore does not take
        · prove the data of the target: the built-in checks and 1 of the profile's
        · lift the quarantine: the source's security groups on the target
        · stage a version of prod/loans/db that points at the target, and log in with…
        · move the application: AWSCURRENT of prod/loans/db to the staged version
        · watch for 5 min, every 5 s: GET https://api.example.com/health; 3 failing ro…
        · give the target the source's own tags
        · protect the target like the source
        ");
    }

    #[test]
    fn forty_columns_are_enough_and_ascii_too() {
        insta::assert_snapshot!(drawn(&restoring(), 760, Size { columns: 40, rows: 24 }, Theme::plain()), @"
        recovering loans as of 2026-11-20 14...
        target loanserve-prod-aurora-db-k3fa
        run 20261120-150000-k3fa, 12:40 sinc...

        + restore into a new cluster       8:11
        > create the writer ...-1 (d...    4:28
            instance
            loanserve-prod-aurora-db-k3fa-1 is
            creating
            usually 12 min
        . give the target the settings a res...
        . prove the data of the target: the...
        . lift the quarantine: the source's...
        . stage a version of prod/loans/db t...
        . move the application: AWSCURRENT o...
        . watch for 5 min, every 5 s: GET ht...
        . give the target the source's own tags
        . protect the target like the source
        ");
    }

    #[test]
    fn a_low_screen_shows_the_steps_around_the_one_at_work() {
        insta::assert_snapshot!(drawn(&restoring(), 2760, Size { columns: 60, rows: 12 }, Theme::plain()), @"
        recovering loans as of 2026-11-20 14:22:05 UTC
        target loanserve-prod-aurora-db-k3fa
        run 20261120-150000-k3fa, 46:00 since it began

        + restore into a new cluster                           8:11
        > create the writer ...-1 (db.r6g.large)              37:48
            instance loanserve-prod-aurora-db-k3fa-1 is creating
            longer than usual: 12 min
        . give the target the settings a restore does not take
          7 more steps
        ");
    }

    #[test]
    fn the_smallest_screen_still_works() {
        for rows in 3..12 {
            for columns in 4..44 {
                drawn(&restoring(), 760, Size { columns, rows }, Theme::new(true, true));
            }
        }
    }

    #[test]
    fn an_interrupted_run_stands_still_until_it_goes_on() {
        let told = Story::begun()
            .then(1, Story::started("restore-cluster"))
            .then(9, Entry::Interrupted { by: "SIGINT".to_owned() })
            .history();
        let begun = Story::begun().then(1, Story::started("restore-cluster")).history();
        let mut picture = Picture::new(&begun, BTreeMap::new());
        picture.apply(told.records.last().expect("the interruption"));
        let text = drawn(&picture, 500, WIDE, Theme::plain());
        assert!(text.starts_with("interrupted: loans as of ") && text.contains("9 s since it began"), "{text}");
        // Another process goes on with it.
        let text = drawn(&Picture::new(&told, BTreeMap::new()), 500, WIDE, Theme::plain());
        assert!(text.starts_with("recovering loans as of "), "{text}");
    }

    #[test]
    fn a_stuck_run_shows_what_failed_and_its_clock_stands_still() {
        let picture = Picture::new(&Story::stuck_back().history(), BTreeMap::new());
        insta::assert_snapshot!(drawn(&picture, 99_999, WIDE, Theme::new(false, true)), @"
        STUCK: loans as of 2026-11-20 14:22:05 UTC
        target loanserve-prod-aurora-db-k3fa
        run 20261120-150000-k3fa, 14:46 since it began

        ✓ restore into a new cluster                                               8:11
        ✓ create the writer …-1 (db.r6g.large)                                     5:01
        ✓ give the target the settings a restore does not take                     10 s
        ✓ prove the data of the target: the built-in checks and 1 of the profi…    42 s
        ✓ lift the quarantine: the source's security groups on the target          10 s
        ✓ stage a version of prod/loans/db that points at the target, and log…      1 s
        ✗ NOT TAKEN BACK: move the application: AWSCURRENT of prod/loans/db to…     1 s
        ✗ FAILED: watch for 5 min, every 5 s: GET https://api.example.com/heal…    22 s
        · give the target the source's own tags
        · protect the target like the source
        ");
    }

    #[test]
    fn a_picture_painted_takes_the_columns_of_a_plain_one() {
        let widths = |theme| restoring().rows(after(760), WIDE, theme).iter().map(|row| row.width).collect::<Vec<_>>();
        assert_eq!(widths(Theme::new(true, true)), widths(Theme::new(false, true)));
    }

    #[test]
    fn which_steps_are_shown_includes_the_one_at_work() {
        for count in 1..15 {
            for room in 3..15 {
                for current in 0..count {
                    let (before, shown, behind) = part(count, Some(current), room);
                    assert_eq!(before + shown + behind, count);
                    assert!((before..before + shown).contains(&current), "{count} {room} {current}");
                    assert!(shown + usize::from(before > 0) + usize::from(behind > 0) <= room);
                }
            }
        }
    }

    #[test]
    fn drawing_again_goes_up_over_what_was_drawn_even_when_the_screen_has_become_narrower() {
        let rows = vec![Row::plain("x".repeat(50)), Row::plain(String::new())];
        let mut region = Region::default();
        let first = region.draw(&[], &rows, WIDE);
        assert!(!first.contains("\u{1b}[1A"), "{first:?}");
        assert!(region.draw(&[], &rows, WIDE).contains("\u{1b}[2A"));
        assert!(region.draw(&[], &rows, Size { columns: 40, rows: 24 }).contains("\u{1b}[3A"));
        assert!(region.draw(&[], &rows, Size { columns: 10, rows: 5 }).contains("\u{1b}[4A"));
    }

    #[test]
    fn lines_said_meanwhile_stay_above_and_the_cursor_ends_on_a_fresh_line() {
        let mut region = Region::default();
        let text = region.draw(&["passed writer".to_owned()], &[Row::plain("row".to_owned())], WIDE);
        assert!(text.contains("passed writer\u{1b}[K\r\nrow\u{1b}[K\r\n\u{1b}[J"), "{text:?}");
        assert!(!text.contains("\u{1b}[?25l"), "the cursor is hidden: {text:?}");
    }
}
