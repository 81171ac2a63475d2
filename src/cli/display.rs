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
            let display = JsonLines::new(printer);
            // A journal is begun before anybody listens; who reads the lines needs its first record, the plan.
            if let [begun] = history.records.as_slice() {
                display.on(&Event::Recorded { record: begun });
            }
            Self::Json(display)
        } else if printer.terminal().stderr_tty && !desk.global.quiet {
            let expected = expected(earlier, &history.state.plan.database);
            Self::Live(LiveDisplay::start(printer, clock, history, expected))
        } else {
            Self::Line(LineDisplay::new(printer, clock, history))
        }
    }
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
