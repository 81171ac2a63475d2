//! Which display a run gets.

use std::sync::Arc;

use super::{args::Output, desk::Desk};
use crate::{
    report::expected::expected,
    run::{
        event::{Event, Listener},
        journal::History,
    },
    steps::step::Step,
    ui::{json::JsonLines, line::LineDisplay, live::LiveDisplay},
};

/// One of the displays.
pub(super) enum Display {
    Json(JsonLines),
    Live(LiveDisplay),
    Line(LineDisplay),
}

impl Display {
    /// JSON where it is asked for, the live view on a terminal, lines elsewhere. `earlier` runs say how long steps take.
    pub(super) fn choose(desk: &Desk, history: &History<Step>, earlier: &[History<Step>]) -> Self {
        let (printer, clock) = (desk.printer.clone(), Arc::new(desk.clock));
        if desk.global.output == Output::JsonLines {
            Self::Json(lines(JsonLines::new(printer), history))
        } else if printer.terminal().stderr_tty && !desk.global.quiet {
            let expected = expected(earlier, &history.state.plan.database);
            Self::Live(LiveDisplay::start(printer, clock, history, expected))
        } else {
            Self::Line(LineDisplay::new(printer, clock, history))
        }
    }

    /// The display of one of several runs, which is called `name`: JSON where it is asked for, else lines.
    pub(super) fn among(desk: &Desk, history: &History<Step>, name: &str) -> Self {
        let (printer, clock) = (desk.printer.clone(), Arc::new(desk.clock));
        if desk.global.output == Output::JsonLines {
            Self::Json(lines(JsonLines::new(printer).of(history.state.plan.run.clone()), history))
        } else {
            Self::Line(LineDisplay::new(printer, clock, history).about(name))
        }
    }
}

/// A journal is begun before anybody listens; who reads the lines needs its first record, the plan.
fn lines(display: JsonLines, history: &History<Step>) -> JsonLines {
    if let [begun] = history.records.as_slice() {
        display.on(&Event::Recorded { record: begun });
    }
    display
}

impl Listener<Step> for Display {
    fn on(&self, event: &Event<'_, Step>) {
        match self {
            Self::Json(display) => display.on(event),
            Self::Live(display) => display.on(event),
            Self::Line(display) => display.on(event),
        }
    }
}
