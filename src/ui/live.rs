//! The live view: the steps redrawn in place on a terminal, with the time running, and what is said meanwhile scrolling
//! away above.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};

use super::{
    checked,
    history::{Line, Narrator},
    line::Repeats,
    printer::Printer,
    screen::{Picture, Region, Size},
    theme::Tone,
    words::{chop, clean, hang},
};
use crate::{
    run::{
        clock::Clock,
        event::{Event, Listener},
        journal::History,
        record::Entry,
        step::StepId,
    },
    steps::step::Step,
};

/// How often the clock on the screen moves.
const TICK: Duration = Duration::from_secs(1);

/// Draws a run while it goes on. When it is finished or dropped, the last picture stays and the cursor is on the line
/// below it.
pub struct LiveDisplay {
    shared: Arc<Shared>,
    tick: JoinHandle<()>,
}

struct Shared {
    printer: Arc<Printer>,
    clock: Arc<dyn Clock>,
    size: fn() -> Option<(u16, u16)>,
    view: Mutex<View>,
}

struct View {
    picture: Picture,
    region: Region,
    narrator: Narrator,
    said: Repeats,
    finished: bool,
}

impl LiveDisplay {
    /// Draws the run as `history` has it, and goes on from there. Must be called within a tokio runtime, with a printer
    /// whose stderr is a terminal. `expected` says how long steps took in earlier runs.
    #[must_use]
    pub fn start(
        printer: Arc<Printer>,
        clock: Arc<dyn Clock>,
        history: &History<Step>,
        expected: BTreeMap<StepId, Duration>,
    ) -> Self {
        Self::start_with(printer, clock, history, expected, || crossterm::terminal::size().ok())
    }

    fn start_with(
        printer: Arc<Printer>,
        clock: Arc<dyn Clock>,
        history: &History<Step>,
        expected: BTreeMap<StepId, Duration>,
        size: fn() -> Option<(u16, u16)>,
    ) -> Self {
        let mut narrator = Narrator::new(&history.state.plan);
        for record in &history.records {
            narrator.tell(record);
        }
        let picture = Picture::new(history, expected);
        let view = View { picture, region: Region::default(), narrator, said: Repeats::default(), finished: false };
        let shared = Arc::new(Shared { printer, clock, size, view: Mutex::new(view) });
        shared.update(|_, _| Vec::new());
        let ticking = Arc::downgrade(&shared);
        let tick = tokio::spawn(async move {
            let mut seconds = interval(TICK);
            seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                seconds.tick().await;
                let Some(shared) = ticking.upgrade() else { return };
                shared.update(|_, _| Vec::new());
            }
        });
        Self { shared, tick }
    }

    /// Draws the last picture and stops. Nothing is drawn afterwards, whatever is heard.
    pub fn finish(&self) {
        self.tick.abort();
        self.shared.update(|_, _| Vec::new());
        self.shared.lock().finished = true;
    }
}

impl Drop for LiveDisplay {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the view, writes the lines that `change` returns above it (wrapped by it to the columns given), and draws.
    fn update(&self, change: impl FnOnce(&mut View, usize) -> Vec<String>) {
        let terminal = self.printer.terminal();
        let size = match (self.size)() {
            Some((columns, rows)) if columns > 0 && rows > 1 => Size { columns: columns.into(), rows: rows.into() },
            _ => Size { columns: terminal.width, rows: 24 },
        };
        let mut view = self.lock();
        if view.finished {
            return;
        }
        let above = change(&mut view, size.columns.saturating_sub(1).max(2));
        let rows = view.picture.rows(self.clock.now(), size, self.printer.err());
        let frame = view.region.draw(&above, &rows, size);
        // Written under the lock: frames must reach the terminal in the order in which they were made.
        self.printer.frame(&frame);
    }

    fn lines(&self, lines: &[Line], columns: usize) -> Vec<String> {
        let theme = self.printer.err();
        let wrapped = lines.iter().flat_map(|line| {
            let time = line.at.strftime("%H:%M:%SZ ").to_string();
            broken(hang(&time, &line.sentence(), time.len(), columns), columns)
                .map(move |text| theme.paint(line.tone, &text))
        });
        wrapped.collect()
    }

    fn now(&self, step: &StepId, tone: Tone, text: String, columns: usize) -> Vec<String> {
        self.lines(&[Line { at: self.clock.now(), step: Some(step.clone()), tone, text }], columns)
    }
}

/// No line wider than `columns`: what fills a row of the screen to its end is not erased behind.
fn broken(lines: Vec<String>, columns: usize) -> impl Iterator<Item = String> {
    lines.into_iter().flat_map(move |line| chop(&line, columns))
}

impl Listener<Step> for LiveDisplay {
    fn on(&self, event: &Event<'_, Step>) {
        let shared = &self.shared;
        match event {
            Event::Recorded { record } => shared.update(|view, columns| {
                view.picture.apply(record);
                let lines = view.narrator.tell(record);
                // Starts and ends of steps are in the picture; what is not stays above it.
                match record.entry {
                    Entry::Started { .. } | Entry::Finished { .. } | Entry::UndoStarted { .. } => Vec::new(),
                    _ => shared.lines(&lines, columns),
                }
            }),
            Event::Acting { step } => shared.update(|view, _| {
                view.picture.waits(step, "asking the provider");
                Vec::new()
            }),
            Event::Waiting { step, wait, .. } => shared.update(|view, _| {
                view.picture.waits(step, &wait.words());
                Vec::new()
            }),
            Event::Retrying { step, error } => shared.update(|view, columns| {
                let text = format!("trying again: {}", clean(error));
                view.picture.waits(step, &text);
                if view.said.is_due(step, error, shared.clock.now()) {
                    shared.now(step, Tone::Caution, text, columns)
                } else {
                    Vec::new()
                }
            }),
            Event::Checked { step, check } => shared.update(|_, columns| {
                let (tone, text) = checked::line(check);
                shared.now(step, tone, text, columns)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::{
        run::{
            event::{Checked, Verdict},
            step::Waiting,
        },
        ui::testing::{HandClock, Screen, Story, terminal},
    };

    fn start(screen: &Screen, clock: Arc<HandClock>, history: &History<Step>) -> LiveDisplay {
        let printer = Printer::with(false, false, terminal(80), Box::new(io::sink()), Box::new(screen.clone()));
        LiveDisplay::start_with(Arc::new(printer), clock, history, BTreeMap::new(), || Some((60, 30)))
    }

    fn passed(name: &str) -> Checked {
        Checked { name: name.to_owned(), verdict: Verdict::Passed, answer: String::new() }
    }

    /// What was written since `before`.
    fn since(screen: &Screen, before: &str) -> String {
        screen.text()[before.len()..].to_owned()
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_runs_by_itself_until_the_display_is_finished() {
        let (screen, clock) = (Screen::default(), HandClock::at(10));
        let history = Story::begun().then(1, Story::started("restore-cluster")).history();
        let live = start(&screen, clock.clone(), &history);
        tokio::task::yield_now().await;
        let before = screen.text();
        clock.set(70);
        tokio::time::advance(TICK).await;
        tokio::task::yield_now().await;
        assert!(since(&screen, &before).contains("1:09"), "{:?}", since(&screen, &before));

        live.finish();
        let before = screen.text();
        assert!(before.ends_with("\r\n\u{1b}[J\u{1b}[?2026l"), "{before:?}");
        tokio::time::advance(10 * TICK).await;
        tokio::task::yield_now().await;
        live.on(&Event::Checked { step: &StepId::from("prove"), check: &passed("too late") });
        drop(live);
        assert_eq!(screen.text(), before);
    }

    #[tokio::test]
    async fn what_is_waited_for_is_in_the_picture_and_check_results_stay_above() {
        let (screen, clock) = (Screen::default(), HandClock::at(850));
        let history =
            Story::begun().done("restore-cluster", 1, 492).then(500, Story::started("create-writer")).history();
        let live = start(&screen, clock, &history);
        let before = screen.text();
        let step = StepId::from("create-writer");
        live.on(&Event::Waiting { step: &step, wait: &Waiting::on("instance x is creating"), waited_seconds: 3.0 });
        assert!(since(&screen, &before).contains("    instance x is creating\u{1b}[K\r\n"));

        let before = screen.text();
        live.on(&Event::Checked { step: &step, check: &passed("writer") });
        let text = since(&screen, &before);
        let (said, head) =
            (text.find("15:14:10Z create-writer: passed    writer\u{1b}[K\r\n"), text.find("recovering loans"));
        assert!(said.is_some() && said < head, "{text:?}");
    }

    #[tokio::test]
    async fn a_failure_stays_above_the_picture_with_its_reason_and_a_repeated_retry_is_said_once() {
        let (screen, clock) = (Screen::default(), HandClock::at(400));
        let history = Story::undone_restore().history();
        let begun = Story::begun().then(1, Story::started("restore-cluster")).history();
        let live = start(&screen, clock, &begun);
        let step = StepId::from("restore-cluster");
        for _ in 0..2 {
            live.on(&Event::Retrying { step: &step, error: "throttled" });
        }
        for record in &history.records[2..] {
            live.on(&Event::Recorded { record });
        }
        let text = screen.text();
        assert_eq!(text.matches("restore-cluster: trying again: throttled").count(), 1);
        assert!(text.contains("FAILED after 6 min 39 s: restore"), "{text:?}");
        assert!(text.contains("undone: loans as of"), "{text:?}");
    }
}
