//! What can be restored, as a page for a tired reader and as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    page::Page,
    theme::{Theme, Tone},
    words::{clean, list, plural},
};
use crate::{
    moment::{ago, ceil, in_words, show},
    recovery::windows::{
        catalogue::Unseen,
        view::{Found, View},
        window::{Bound, Family, Kind, Lag, Loss, Window},
    },
    run::clock::elapsed,
};

/// How many windows of a database are shown in full.
const IN_FULL: usize = 4;
/// How many more get a line each.
const IN_SHORT: usize = 12;
/// Columns of the labels.
const LABEL: usize = 9;

/// The windows, best first, in lines of at most `width` columns. `every` leaves none out.
#[must_use]
pub fn render(view: &View, theme: Theme, width: usize, every: bool) -> String {
    let mut page = Page::new(theme, width);
    if view.databases.is_empty() {
        page.put(Tone::Plain, "", "no databases, backups or snapshots were found");
    }
    for found in &view.databases {
        database(&mut page, view, found, every);
    }
    if !view.unseen.is_empty() {
        page.heading(Tone::Caution, "Not seen");
        for line in view.unseen.iter().map(not_seen) {
            page.put(Tone::Caution, "  ! ", &clean(&line));
        }
    }
    page.blank();
    if !view.left_out.is_empty() {
        page.put(Tone::Quiet, "", &clean(&format!("Left out, of other engines: {}.", list(&view.left_out))));
    }
    page.put(Tone::Quiet, "", &format!("Looked in {}; --regions looks in others.", list(&view.regions)));
    page.finish()
}

fn database(page: &mut Page, view: &View, found: &Found, every: bool) {
    let subject = &found.subject;
    let name = if subject.database == subject.identifier {
        format!("{} in {}", subject.database, subject.region)
    } else {
        format!("{}: {} in {}", subject.database, subject.identifier, subject.region)
    };
    page.heading(Tone::Heading, &clean(&name));
    let (usable, unusable): (Vec<&Window>, Vec<&Window>) = found.windows.iter().partition(|window| window.usable);
    if usable.is_empty() {
        let what = if unusable.is_empty() { "nothing to restore from was found" } else { "nothing can be used now" };
        page.put(Tone::Caution, "  ", what);
    } else if view.asked {
        let since = ago(elapsed(view.wanted, view.now));
        page.put(Tone::Quiet, "  ", &format!("for {}, {since} ago; what loses least comes first", show(view.wanted)));
    } else {
        page.put(Tone::Quiet, "  ", &format!("as of {}; what loses least comes first", show(view.wanted)));
    }
    for (number, window) in (1..).zip(&usable) {
        if number <= IN_FULL || every {
            page.blank();
            page.put(Tone::Strong, &format!("{number:>3}. "), &clean(&title(window)));
            details(page, window);
        } else if number <= IN_FULL + IN_SHORT {
            if number == IN_FULL + 1 {
                page.blank();
            }
            page.put(Tone::Plain, &format!("{number:>3}. "), &clean(&format!("{}: {}", brief(window), title(window))));
        }
    }
    let hidden = if every { 0 } else { usable.len().saturating_sub(IN_FULL + IN_SHORT) };
    if hidden > 0 {
        page.put(Tone::Quiet, "     ", &format!("and {}: --verbose shows all", plural(hidden, "more window")));
    }
    let shown = if every { unusable.len() } else { unusable.len().min(IN_FULL) };
    for window in &unusable[..shown] {
        page.blank();
        page.put(Tone::Plain, "  -  ", &clean(&title(window)));
        for why in &window.obstacles {
            row(page, Tone::Caution, "not now", why);
        }
        details(page, window);
    }
    if unusable.len() > shown {
        let more = plural(unusable.len() - shown, "more window");
        page.put(Tone::Quiet, "     ", &format!("and {more} that cannot be used: --verbose shows all"));
    }
}

fn row(page: &mut Page, tone: Tone, label: &str, text: &str) {
    page.put(tone, &format!("     {label:LABEL$}"), &clean(text));
}

fn details(page: &mut Page, window: &Window) {
    // The obstacle has said why already.
    if !matches!(&window.loses, Loss::Unknown { why } if window.obstacles.contains(why)) {
        row(page, Tone::Plain, "loses", &loses(window));
    }
    if let (Some(earliest), Some(latest), Some(age)) = (window.earliest, window.latest, window.latest_age_seconds)
        && ceil(earliest) < latest
    {
        let age = ago(Duration::from_secs(age));
        row(page, Tone::Plain, "window", &format!("{} to {}, {age} ago", show(ceil(earliest)), show(latest)));
    }
    if window.usable {
        let takes = match window.takes.seconds {
            Some(seconds) => format!("about {}: {}", in_words(Duration::from_secs(seconds)), window.takes.basis),
            None => format!("unknown: {}", window.takes.basis),
        };
        let size = window.size_gib.map(|size| format!("; {size} GiB")).unwrap_or_default();
        row(page, Tone::Quiet, "takes", &format!("{takes}{size}"));
    }
    for note in &window.notes {
        row(page, Tone::Quiet, "note", note);
    }
}

fn title(window: &Window) -> String {
    let (of, one) = match window.family {
        Family::Cluster => ("cluster", "a cluster"),
        Family::Instance => ("instance", "an instance"),
    };
    let Window { source, region, .. } = window;
    match window.kind {
        Kind::Continuous => format!("continuous backup of {of} {source}, {region}"),
        Kind::Retained => format!("retained backup of the deleted {of} {source}, {region}"),
        Kind::Replicated => format!("replicated backup of {of} {source}, {region}"),
        Kind::GlobalSecondary => format!("secondary cluster {source} of the global database, {region}"),
        Kind::Replica => format!("read replica {source} ({one}), {region}"),
        Kind::GlobalFailoverSnapshot => format!("snapshot {source} of an old primary, {region}"),
        Kind::AutomatedSnapshot => format!("automated snapshot {source}, {region}"),
        Kind::ManualSnapshot => format!("manual snapshot {source}, {region}"),
        Kind::AwsBackupSnapshot => format!("AWS Backup snapshot {source}, {region}"),
        Kind::SharedSnapshot => format!("shared snapshot {source}, {region}"),
    }
}

fn span(seconds: u64) -> String {
    ago(Duration::from_secs(seconds))
}

fn loses(window: &Window) -> String {
    let point = window.restore_point.map(show).unwrap_or_default();
    match &window.loses {
        Loss::Nothing => format!("nothing: it gives {point} itself"),
        Loss::Before { seconds, bound: Bound::Exact } => format!("{}: all written after {point}", span(*seconds)),
        Loss::Before { seconds, bound: Bound::AtLeast } => {
            format!("{} or more: it is a copy made at {point}, of data as old or older", span(*seconds))
        }
        Loss::Before { seconds, bound: Bound::AtMost } => match &window.lag {
            Some(Lag::Measured { seconds: lag, at, metric }) => {
                let lag = (lag * 10.0).ceil() / 10.0;
                format!("at most {}: it was {lag:.1} s behind at {} ({metric})", span(*seconds), show(*at))
            }
            _ => format!("at most {}", span(*seconds)),
        },
        Loss::Unknown { why } => format!("unknown: {why}"),
        Loss::Later { seconds } => {
            format!("nothing, but goes no further back than {point}, {} after the wanted time", span(*seconds))
        }
    }
}

/// The same in a few words.
fn brief(window: &Window) -> String {
    match &window.loses {
        Loss::Nothing => "loses nothing".to_owned(),
        Loss::Before { seconds, bound: Bound::Exact } => format!("loses {}", span(*seconds)),
        Loss::Before { seconds, bound: Bound::AtLeast } => format!("loses {} or more", span(*seconds)),
        Loss::Before { seconds, bound: Bound::AtMost } => format!("loses at most {}", span(*seconds)),
        Loss::Unknown { .. } => "loss unknown".to_owned(),
        Loss::Later { seconds } => format!("{} too late", span(*seconds)),
    }
}

/// What could not be seen, and why, in a line.
#[must_use]
pub fn not_seen(unseen: &Unseen) -> String {
    let Unseen { region, what, error } = unseen;
    let code = error.code.as_deref().unwrap_or(&error.message);
    format!("{what} of {region} could not be seen: {code}: {}", error.action())
}

/// The windows as the one JSON document of `windows --output json`.
#[must_use]
pub fn json(view: &View) -> Value {
    let unseen = view.unseen.iter().map(|unseen| {
        json!({
            "region": unseen.region,
            "what": unseen.what,
            "action": unseen.error.action(),
            "code": unseen.error.code,
            "message": unseen.error.message,
        })
    });
    json!({
        "wanted": view.wanted,
        "asked": view.asked,
        "windows": view.databases.iter().flat_map(|found| &found.windows).collect::<Vec<_>>(),
        "regions": view.regions,
        "unseen": unseen.collect::<Vec<_>>(),
        "left_out": view.left_out,
    })
}

#[cfg(test)]
mod tests;
