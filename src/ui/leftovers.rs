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
        if !matches!(leftover.kind, Kind::Snapshot | Kind::InstanceSnapshot) {
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
            page.command(LABEL + 2, &format!("daybreak cleanup --remove {name}"));
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
        Kind::Instance | Kind::Member => format!("instance, {status}, in {region}"),
        Kind::InstanceSnapshot => format!("snapshot, {status}, in {region}"),
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
            page.put(Tone::Plain, "  ", "what is left, and where its removal stands:");
            page.command(4, &clean(&format!("daybreak status {}", end.run)));
            page.put(Tone::Plain, "  ", "to go on:");
            page.command(4, &clean(&format!("daybreak cleanup --remove {}", end.cluster)));
        }
    }
    page.finish()
}

/// List and ends as the one JSON document of `cleanup --output json`.
#[must_use]
pub fn json(leftovers: &[Leftover], removed: &[Removed]) -> Value {
    json!({ "leftovers": leftovers, "removed": removed, "cost_basis": price::BASIS })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leftover(name: &str, verdict: Verdict, reason: &str) -> Leftover {
        Leftover {
            kind: Kind::Cluster,
            name: name.to_owned(),
            resource_id: Some("cluster-A".to_owned()),
            region: "eu-west-1".to_owned(),
            status: "available".to_owned(),
            created: Some("2026-11-20T15:00:00Z".parse().expect("a time")),
            age_seconds: Some(3 * 86_400 + 7_200),
            instances: vec![format!("{name}-1"), format!("{name}-2")],
            purpose: Some("recovery".to_owned()),
            run: Some("20261120-150000-k3fa".to_owned()),
            outcome: Some("rolled back"),
            monthly_cost: Estimate { usd_per_month: Some(379.0), at_least: false },
            verdict,
            reason: reason.to_owned(),
            final_snapshot: (verdict != Verdict::Kept).then(|| format!("{name}-final")),
            next: None,
        }
    }

    fn listed() -> Vec<Leftover> {
        let mut foreign = leftover(
            "loans-db-zzzz",
            Verdict::Kept,
            "the journal of run 20261101-080000-zzzz is not in /var/lib/daybreak: only a journal says what may go",
        );
        foreign.outcome = None;
        foreign.monthly_cost = Estimate::UNKNOWN;
        foreign.next = Some("daybreak cleanup --state PLACE, where the run's journal is".to_owned());
        let mut snapshot = leftover("loans-db-aaaa-final", Verdict::Kept, "cleanup never removes a snapshot");
        (snapshot.kind, snapshot.instances) = (Kind::Snapshot, Vec::new());
        let why = "the run was rolled back and kept it; secret prod/loans/db leads to loans-prod";
        vec![leftover("loans-db-k3fa", Verdict::Removable, why), foreign, snapshot]
    }

    #[test]
    fn the_list_at_eighty_columns() {
        insta::assert_snapshot!(render(&listed(), Theme::plain(), 80), @"
        loans-db-k3fa  cluster with 2 instances, available, in eu-west-1
          made      3 days 2 h ago, at 2026-11-20 15:00:00 UTC
          by run    20261120-150000-k3fa (recovery, rolled back)
          costs     about 379 USD a month, and storage
          may go    the run was rolled back and kept it; secret prod/loans/db leads to
                    loans-prod
          leaves    the final snapshot loans-db-k3fa-final
                    daybreak cleanup --remove loans-db-k3fa

        loans-db-zzzz  cluster with 2 instances, available, in eu-west-1
          made      3 days 2 h ago, at 2026-11-20 15:00:00 UTC
          by run    20261120-150000-k3fa (recovery, not known here)
          costs     unknown
          kept      the journal of run 20261101-080000-zzzz is not in /var/lib/daybreak:
                    only a journal says what may go
                    daybreak cleanup --state PLACE, where the run's journal is

        loans-db-aaaa-final  cluster snapshot, available, in eu-west-1
          made      3 days 2 h ago, at 2026-11-20 15:00:00 UTC
          by run    20261120-150000-k3fa (recovery, rolled back)
          kept      cleanup never removes a snapshot

        Costs are estimates: list price on demand in us-east-1, 730 hours, without
        storage, backups and I/O, whose amounts RDS does not tell.
        ");
        assert_eq!(render(&[], Theme::plain(), 80), "nothing that an earlier run made was found\n");
    }

    #[test]
    fn costs_say_what_they_leave_out() {
        let mut leftover = leftover("loans-db-k3fa", Verdict::Removable, "left");
        leftover.monthly_cost.at_least = true;
        assert_eq!(cost(&leftover), "at least 379 USD a month, and storage");
        leftover.instances.clear();
        assert_eq!(cost(&leftover), "its storage only");
    }

    #[test]
    fn an_end_that_is_none_says_how_to_go_on() {
        let end = |outcome| Removed {
            cluster: "loans-db-k3fa".to_owned(),
            run: "20261120-150000-k3fa".to_owned(),
            outcome,
            final_snapshot: None,
            how: "delete cluster loans-db-k3fa: rds DeleteDBCluster: AccessDenied: not authorized".to_owned(),
            hint: Some("allow rds:DeleteDBCluster".to_owned()),
        };
        insta::assert_snapshot!(removed(&[end(RemovedAs::Failed)], Theme::plain(), 80), @"
        loans-db-k3fa: NOT REMOVED
          delete cluster loans-db-k3fa: rds DeleteDBCluster: AccessDenied: not
          authorized
          hint: allow rds:DeleteDBCluster
          what is left, and where its removal stands:
            daybreak status 20261120-150000-k3fa
          to go on:
            daybreak cleanup --remove loans-db-k3fa
        ");
        assert!(removed(&[end(RemovedAs::Kept)], Theme::plain(), 80).starts_with("loans-db-k3fa: KEPT\n"));
        assert!(!removed(&[end(RemovedAs::Removed)], Theme::plain(), 80).contains("to go on"));
    }

    #[test]
    fn the_json_has_the_fields_that_programs_rely_on() {
        let document = json(&listed()[..1], &[]);
        insta::assert_snapshot!(document["leftovers"][0], @r#"{"kind":"cluster","name":"loans-db-k3fa","resource_id":"cluster-A","region":"eu-west-1","status":"available","created":"2026-11-20T15:00:00Z","age_seconds":266400,"instances":["loans-db-k3fa-1","loans-db-k3fa-2"],"purpose":"recovery","run":"20261120-150000-k3fa","outcome":"rolled back","monthly_cost":{"usd_per_month":379.0,"at_least":false},"verdict":"removable","reason":"the run was rolled back and kept it; secret prod/loans/db leads to loans-prod","final_snapshot":"loans-db-k3fa-final","next":null}"#);
        assert_eq!(document["removed"], json!([]));
    }
}
