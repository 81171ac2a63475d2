//! What earlier runs left, as a page, and what became of what was to be removed.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    page::Page,
    theme::{Theme, Tone},
    words::{clean, plural},
};
use crate::{
    moment::{ago, show},
    recovery::{
        leftovers::{Kind, Leftover, Verdict},
        price::{self, Estimate},
    },
};

/// Columns of the labels.
const LABEL: usize = 10;

/// The list, in lines of at most `width` columns.
#[must_use]
pub fn render(leftovers: &[Leftover], theme: Theme, width: usize) -> String {
    if leftovers.is_empty() {
        return "nothing that an earlier run made was found\n".to_owned();
    }
    let mut page = Page::new(theme, width);
    for leftover in leftovers {
        let name = clean(&leftover.name);
        page.heading(Tone::Heading, &format!("{name}  {}", what(leftover)));
        let field = |page: &mut Page, label: &str, text: &str| page.field(label, LABEL, &clean(text));
        let made = leftover.created.map(|created| {
            let age = ago(Duration::from_secs(leftover.age_seconds.unwrap_or(0)));
            format!("{age} ago, at {}", show(created))
        });
        if let Some(made) = made {
            field(&mut page, "made", &made);
        }
        let run = leftover.run.as_deref().unwrap_or("-");
        let outcome = leftover.outcome.unwrap_or("not known here");
        let purpose = leftover.purpose.as_deref().map(|purpose| format!("{purpose}, ")).unwrap_or_default();
        field(&mut page, "by run", &format!("{run} ({purpose}{outcome})"));
        if leftover.kind != Kind::Snapshot {
            field(&mut page, "costs", &cost(leftover));
        }
        let (label, tone) = match leftover.verdict {
            Verdict::Removable => ("may go", Tone::Good),
            Verdict::OnlyIfNamed => ("if named", Tone::Caution),
            Verdict::Kept => ("kept", Tone::Plain),
        };
        page.put(tone, &format!("  {label:LABEL$}"), &clean(&leftover.reason));
        if leftover.verdict != Verdict::Kept {
            let kept = leftover.final_snapshot.as_ref().map_or_else(
                || "nothing: no final snapshot is taken".to_owned(),
                |snapshot| format!("the final snapshot {snapshot}"),
            );
            field(&mut page, "leaves", &kept);
            page.put(Tone::Strong, &" ".repeat(LABEL + 2), &format!("daybreak cleanup --remove {name}"));
        } else if let Some(next) = &leftover.next {
            page.command(LABEL + 2, &clean(next));
        }
    }
    page.blank();
    page.put(Tone::Quiet, "", &format!("Costs are estimates: {}.", price::BASIS));
    page.finish()
}

fn what(leftover: &Leftover) -> String {
    let (region, status) = (&leftover.region, &leftover.status);
    match leftover.kind {
        Kind::Cluster => {
            format!("cluster with {}, {status}, in {region}", plural(leftover.instances.len(), "instance"))
        }
        Kind::Instance => format!("instance, {status}, in {region}"),
        Kind::Snapshot => format!("cluster snapshot, {status}, in {region}"),
    }
}

fn cost(leftover: &Leftover) -> String {
    match leftover.monthly_cost {
        Estimate { usd_per_month: None, .. } => "unknown".to_owned(),
        Estimate { usd_per_month: Some(_), .. } if leftover.instances.is_empty() && leftover.kind == Kind::Cluster => {
            "its storage only".to_owned()
        }
        Estimate { usd_per_month: Some(usd), at_least: true } => format!("at least {usd:.0} USD a month, and storage"),
        Estimate { usd_per_month: Some(usd), at_least: false } => format!("about {usd:.0} USD a month, and storage"),
    }
}

/// What became of one thing that was to be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// The cluster.
    pub cluster: String,
    /// The run that made it.
    pub run: String,
    /// How it ended.
    pub outcome: RemovedAs,
    /// The snapshot that was seen to hold its data.
    pub final_snapshot: Option<String>,
    /// What was found and done, or why it was not removed.
    pub how: String,
    /// What a person can do about it.
    pub hint: Option<String>,
}

/// How a removal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemovedAs {
    /// It is gone.
    Removed,
    /// AWS did not let it go, or not all of it.
    Failed,
    /// Something turned up that keeps it, or what is left of it.
    Kept,
    /// It was asked to stop.
    Interrupted,
}

/// The ends, in lines of at most `width` columns.
#[must_use]
pub fn removed(ends: &[Removed], theme: Theme, width: usize) -> String {
    let mut page = Page::new(theme, width);
    for end in ends {
        let (words, tone) = match end.outcome {
            RemovedAs::Removed => ("removed", Tone::Good),
            RemovedAs::Failed => ("NOT REMOVED", Tone::Bad),
            RemovedAs::Kept => ("KEPT", Tone::Bad),
            RemovedAs::Interrupted => ("interrupted", Tone::Caution),
        };
        page.put(tone, "", &format!("{}: {words}", clean(&end.cluster)));
        page.put(Tone::Plain, "  ", &clean(&end.how));
        if let Some(hint) = &end.hint {
            page.put(Tone::Strong, "  hint: ", &clean(hint));
        }
        if end.outcome != RemovedAs::Removed {
            page.put(
                Tone::Plain,
                "  ",
                &format!("what is left, and where its removal stands: daybreak status {}", end.run),
            );
            page.put(Tone::Plain, "  ", &format!("to go on: daybreak cleanup --remove {}", end.cluster));
        }
    }
    page.finish()
}

/// List and ends as the one JSON document of `cleanup --output json`.
#[must_use]
pub fn json(leftovers: &[Leftover], removed: &[Removed]) -> Value {
    json!({ "leftovers": leftovers, "removed": removed, "cost_basis": price::BASIS })
}
