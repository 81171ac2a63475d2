//! The evidence as text, for the person who was not there: what happened, from what to what, what was asked of the data and
//! what was not, who ran it, what was given up, and what exists now.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    evidence::decisions,
    facts::{self, Facts},
    ledger,
    moved::moved,
    person::person,
    promoted, proof,
    settings::{Likeness, SettingResult, read_back},
    status::{stage_sentence, stage_tone, standing, timeline},
    stuck::{Around, Stuck},
};
use crate::{
    moment::{ago, in_words, show},
    pg::Verdict,
    run::{
        journal::History,
        plan::Actor,
        record::{Outcome, Scope},
        state::Stage,
    },
    steps::{brief::Promotion, step::Step, window::Family},
    ui::{
        history::lines,
        page::Page,
        theme::{Theme, Tone},
        words::{clean, list, width},
    },
};

/// Columns of a field's name.
pub(super) const LABEL: usize = 16;

/// The evidence in lines of at most `width` columns.
#[must_use]
pub fn render(history: &History<Step>, around: &Around, now: Timestamp, theme: Theme, width: usize) -> String {
    let facts = Facts::of(history);
    let mut page = Page::new(theme, width);
    head(&mut page, history, now);
    what(&mut page, history, &facts);
    page.heading(Tone::Heading, "Timeline (UTC)");
    timeline(&mut page, &lines(history));
    evidence(&mut page, history, &facts);
    if let Some(cutover) = &facts.cutover {
        moved(&mut page, history, cutover);
    }
    ledger::write(&mut page, history, LABEL);
    settings(&mut page, history);
    page.heading(Tone::Heading, "Who");
    for decision in decisions(history) {
        page.put(Tone::Plain, "  ", &format!("{} {}: {}", show(decision.at), decision.decided, actor(&decision.by)));
    }
    match Stuck::of(history, around) {
        Some(stuck) => person(&mut page, history, &stuck),
        None => {
            page.heading(Tone::Heading, "What exists now, by the journal");
            standing(&mut page, &history.state);
        }
    }
    page.finish()
}

fn head(page: &mut Page, history: &History<Step>, now: Timestamp) {
    let state = &history.state;
    page.put(Tone::Heading, "", &format!("Report on run {} of {}", state.plan.run, clean(&state.plan.database)));
    page.put(
        Tone::Quiet,
        "",
        &format!(
            "read {} from {} journal records, the last of {}",
            show(now),
            history.records.len(),
            show(state.latest)
        ),
    );
    page.blank();
    page.put(stage_tone(state.stage), "", &sentence(history));
}

/// What happened, in a sentence.
fn sentence(history: &History<Step>) -> String {
    let state = &history.state;
    let (database, brief) = (clean(&state.plan.database), &state.plan.brief);
    let (target, time) = (&brief.target.identifier, show(brief.data_time()));
    let cause = Facts::of(history)
        .cause
        .map(|(step, failure)| format!(", because {step} failed: {}", clean(&failure.message)))
        .unwrap_or_default();
    if promoted::promotes(state) {
        return format!("{database}: {}{cause}.", stage_sentence(state));
    }
    match state.stage {
        Stage::Ended(Outcome::Recovered) if brief.moves_the_application() => {
            format!("{database} was recovered: the application is on {target}, which holds the data of {time}.")
        }
        Stage::Ended(Outcome::Recovered) => {
            format!("{database} was recovered: {target} holds the data of {time}; no application was moved.")
        }
        Stage::Ended(Outcome::RolledBack) => {
            format!("{database} was not recovered: the application is back where it was, and {target} is kept{cause}.")
        }
        Stage::Ended(Outcome::Undone) => {
            format!("{database} was not recovered: everything that the run made was removed{cause}.")
        }
        Stage::Stuck(_) => {
            format!("{database} is not recovered, and a person is needed: {}{cause}.", stage_sentence(state))
        }
        Stage::Going | Stage::Stopped(_) | Stage::TurningBack(Scope::Cutover | Scope::Everything) => {
            format!("{database} is not recovered yet: {}.", stage_sentence(state))
        }
    }
}

fn what(page: &mut Page, history: &History<Step>, facts: &Facts) {
    let state = &history.state;
    let brief = &state.plan.brief;
    let (source, target) = (&brief.source, &brief.target);
    if let Some(promotion) = &brief.promotion {
        return what_was_promoted(page, history, facts, promotion);
    }
    page.heading(Tone::Heading, "What was restored");
    let version = source.engine_version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    page.field(
        "from",
        LABEL,
        &format!(
            "{} {} ({}), {}{version}, {}",
            source.family.word(),
            source.identifier,
            source.resource_id,
            source.engine,
            source.region
        ),
    );
    page.field("as it was at", LABEL, &brief.data_time_words());
    if brief.data_time() != brief.requested_time {
        page.field("because", LABEL, &clean(&brief.window.why));
    }
    let made = facts.restored.as_deref().unwrap_or("not seen");
    page.field(
        "into",
        LABEL,
        &match target.family {
            Family::Cluster => format!("cluster {} ({made}), writer {}", target.identifier, target.writer),
            Family::Instance => format!("instance {} ({made})", target.identifier),
        },
    );
    if let Some(writer) = &facts.writer {
        page.field("endpoint", LABEL, &format!("{}:{}", writer.endpoint, writer.port));
    }
    page.field(
        "window",
        LABEL,
        &brief.window.span().map_or_else(|| "its present state".to_owned(), |span| format!("{span}, when planned")),
    );
    let given_up = ago(Duration::from_secs(brief.given_up_seconds));
    page.field(
        "given up",
        LABEL,
        &format!(
            "everything written to {} after {}; {given_up} when planned",
            source.identifier,
            show(brief.data_time())
        ),
    );
    let figure = |seconds: Option<f64>| {
        seconds
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .map_or_else(|| "not achieved".to_owned(), in_words)
    };
    let rto = facts::rto_seconds(history);
    let reached = if brief.moves_the_application() { "the application served" } else { "the proof" };
    page.field(
        "RTO achieved",
        LABEL,
        &format!(
            "{}{}",
            figure(rto),
            if rto.is_some() { format!(", from the run's start to {reached}") } else { String::new() }
        ),
    );
    let rpo = match (facts::rpo_seconds(history, facts), &facts.proof) {
        (Some(seconds), _) => format!("{}, from the newest data found to the time asked for", figure(Some(seconds))),
        (None, Some(_)) => "unknown: the proof could not tell how new the newest data is".to_owned(),
        (None, None) => "unknown: there is no proof".to_owned(),
    };
    page.field("RPO achieved", LABEL, &rpo);
}

fn what_was_promoted(page: &mut Page, history: &History<Step>, facts: &Facts, promotion: &Promotion) {
    page.heading(Tone::Heading, "What was promoted");
    page.field("way", LABEL, &format!("{} ({})", promotion.way, promotion.call));
    page.field("why", LABEL, &clean(&promotion.why));
    for side in &promotion.sides {
        page.field("side", LABEL, &clean(&format!("{}: was {}; becomes {}", side.name, side.is, side.becomes)));
    }
    if let Some(writer) = &facts.writer {
        page.field("endpoint", LABEL, &format!("{}:{} ({})", writer.endpoint, writer.port, writer.identifier));
    }
    page.field("loses", LABEL, &clean(&promotion.loses));
    page.field("old primary", LABEL, &clean(&promotion.old_primary));
    page.field("way back", LABEL, &clean(&promotion.back));
    let rto = facts::rto_seconds(history).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    page.field("RTO achieved", LABEL, &rto.map_or_else(|| "not achieved".to_owned(), in_words));
}

fn evidence(page: &mut Page, history: &History<Step>, facts: &Facts) {
    page.heading(Tone::Heading, "Proof");
    let Some((at, proof)) = &facts.proof else {
        let why = if history.state.step(crate::steps::prove::ID).is_some() {
            "the data was not queried"
        } else {
            "the plan has no proof: the data was not queried"
        };
        page.put(Tone::Caution, "  ", why);
        return;
    };
    page.put(Tone::Plain, "", &format!("Asked of one snapshot of the target, {}.", show(*at)));
    proof::write(page, proof);
    let unchecked: Vec<String> = proof
        .checks
        .iter()
        .filter(|check| check.verdict == Verdict::Unchecked)
        .map(|check| clean(&check.name))
        .collect();
    if unchecked.is_empty() {
        page.put(Tone::Plain, "", "Every check was answered. Nothing beyond these checks was looked at.");
    } else {
        page.put(
            Tone::Caution,
            "",
            &format!("Not checked: {}. Nothing beyond these checks was looked at.", list(&unchecked)),
        );
    }
}

fn settings(page: &mut Page, history: &History<Step>) {
    let settings = &history.state.plan.brief.settings;
    if settings.is_empty() {
        return;
    }
    let columns = settings.iter().map(|setting| width(&clean(&setting.name))).max().unwrap_or(0) + 2;
    if let Some(found) = read_back(history) {
        page.heading(Tone::Heading, "Settings of the target, as read back");
        return found.iter().for_each(|setting| found_setting(page, setting, columns));
    }
    page.heading(Tone::Heading, "Settings, as planned");
    for setting in settings {
        let words = if setting.source == setting.target {
            format!("{} ({})", setting.target, setting.when)
        } else {
            format!("{} ({}); on the source {}", setting.target, setting.when, setting.source)
        };
        page.field(&clean(&setting.name), columns, &clean(&words));
    }
}

fn found_setting(page: &mut Page, setting: &SettingResult, columns: usize) {
    let SettingResult { source, planned, found, why, .. } = setting;
    let found = found.as_deref().unwrap_or("not seen");
    let because = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let words = match setting.likeness {
        Likeness::Same if why.is_some() => format!("WARNING: {found}{because}"),
        Likeness::Same => found.to_owned(),
        Likeness::AsPlanned => format!("{found}, as planned; on the source {source}{because}"),
        Likeness::Unknown => format!("WARNING: {found}; on the source {source}{because}"),
        Likeness::Differs => format!("WARNING: {found}; on the source {source}, planned {planned}{because}"),
    };
    page.field(&clean(&setting.name), columns, &clean(&words));
}

fn actor(actor: &Actor) -> String {
    let identity = actor.identity.as_deref().map(|identity| format!(" as {identity}")).unwrap_or_default();
    clean(&format!("{}{identity}, daybreak {}", actor.who, actor.version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::testing::{Story, after, has_long_word};

    fn report(story: Story) -> String {
        render(&story.history(), &Around::default(), after(3_600), Theme::plain(), 80)
    }

    #[test]
    fn a_recovery_in_full() {
        insta::assert_snapshot!(report(Story::begun().proven().moved().recovered()), @"
        Report on run 20261120-150000-k3fa of loans
        read 2026-11-20 16:00:00 UTC from 23 journal records, the last of 2026-11-20
        15:19:40 UTC

        loans was recovered: the application is on loanserve-prod-aurora-db-k3fa, which
        holds the data of 2026-11-20 14:22:05 UTC.

        What was restored
          from            cluster loanserve-prod-aurora (cluster-SOURCE17),
                          aurora-postgresql 15.10, eu-west-1
          as it was at    2026-11-20 14:22:05 UTC
          into            cluster loanserve-prod-aurora-db-k3fa (cluster-TARGET42),
                          writer loanserve-prod-aurora-db-k3fa-1
          endpoint        loanserve-prod-aurora-db-k3fa.cluster-c1.eu-west-1.rds.amazonaws.com:5432
          window          2026-11-13 15:00:00 UTC to 2026-11-20 14:56:10 UTC, when
                          planned
          given up        everything written to loanserve-prod-aurora after 2026-11-20
                          14:22:05 UTC; 37 min when planned
          RTO achieved    14 min 23 s, from the run's start to the application served
          RPO achieved    2 s, from the newest data found to the time asked for

        Timeline (UTC)
          2026-11-20 15:00:00 UTC  ann@bastion begins run 20261120-150000-k3fa:
                                   loanserve-prod-aurora as it was at 2026-11-20
                                   14:22:05 UTC into loanserve-prod-aurora-db-k3fa, to
                                   the end, cutover included
          2026-11-20 15:00:01 UTC  restore-cluster: restore into a new cluster
                                   loanserve-prod-aurora-db-k3fa
          2026-11-20 15:08:12 UTC  restore-cluster: done after 8 min 11 s
          2026-11-20 15:08:12 UTC  create-writer: create the writer
                                   loanserve-prod-aurora-db-k3fa-1 (db.r6g.large)
          2026-11-20 15:13:13 UTC  create-writer: done after 5 min 01 s
          2026-11-20 15:13:13 UTC  apply-settings: give loanserve-prod-aurora-db-k3fa
                                   the settings a restore does not take
          2026-11-20 15:13:23 UTC  apply-settings: done after 10 s
          2026-11-20 15:13:23 UTC  prove: prove the data of
                                   loanserve-prod-aurora-db-k3fa: the built-in checks
                                   and 1 of the profile's
          2026-11-20 15:14:05 UTC  prove: 3 checks: 2 passed, 0 failed, 1 unchecked
          2026-11-20 15:14:05 UTC  prove: done after 42 s
          2026-11-20 15:14:10 UTC  lift-quarantine: lift the quarantine: the source's
                                   security groups on loanserve-prod-aurora-db-k3fa
          2026-11-20 15:14:20 UTC  lift-quarantine: done after 10 s
          2026-11-20 15:14:20 UTC  stage-secret: stage a version of prod/loans/db that
                                   points at loanserve-prod-aurora-db-k3fa, and log in
                                   with it
          2026-11-20 15:14:21 UTC  stage-secret: done after 1 s
          2026-11-20 15:14:21 UTC  move-secret: move the application: AWSCURRENT of
                                   prod/loans/db to the staged version
          2026-11-20 15:14:23 UTC  move-secret: done after 2 s
          2026-11-20 15:14:23 UTC  watch: watch for 5 min, every 5 s: GET
                                   https://api.example.com/health; 3 failing rounds in a
                                   row roll back
          2026-11-20 15:19:23 UTC  watch: done after 5 min
          2026-11-20 15:19:23 UTC  tag-cluster: give loanserve-prod-aurora-db-k3fa the
                                   source's own tags
          2026-11-20 15:19:25 UTC  tag-cluster: done after 2 s
          2026-11-20 15:19:25 UTC  settle: protect loanserve-prod-aurora-db-k3fa like
                                   the source
          2026-11-20 15:19:40 UTC  settle: done after 15 s
          2026-11-20 15:19:40 UTC  recovered: every step is done

        Proof
        Asked of one snapshot of the target, 2026-11-20 15:14:05 UTC.
        3 checks: 2 passed, 0 failed, 1 unchecked
          + writer       passed: found not in recovery
          ? tables       unchecked: the source cannot be read: connect to the source:
                         timed out
          + loans exist  passed: found 48211; expected >= 1000
              asked: SELECT count(*) FROM loans
        Not checked: tables. Nothing beyond these checks was looked at.

        Cutover
          secret          arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf
          before          version v-before, which leads to
                          loanserve-prod-aurora.cluster-c1.eu-west-1.rds.amazonaws.com:5432
          after           version v-after, which led a client to
                          loanserve-prod-aurora-db-k3fa.cluster-c1.eu-west-1.rds.amazonaws.com:5432
          begun           2026-11-20 15:14:21 UTC
          seen moved      2026-11-20 15:14:23 UTC, after 2 s

        Settings, as planned
          subnet group              loans-subnets (at restore)
          instance parameter group  loans-instances (with the writer)
          backup retention          7 days (at restore)
          security groups           sg-quarantine until proven, then sg-app (at
                                    cutover); on the source sg-app
          IAM roles                 none (not carried over); on the source
                                    arn:aws:iam::123456789012:role/aurora-s3-export

        Who
          2026-11-20 14:59:50 UTC planned it: ann@bastion as
          arn:aws:sts::123456789012:assumed-role/oncall/ann, daybreak 0.1.0
          2026-11-20 15:00:00 UTC began it, as far as the cutover: ann@bastion as
          arn:aws:sts::123456789012:assumed-role/oncall/ann, daybreak 0.1.0

        What exists now, by the journal
          cluster loanserve-prod-aurora-db-k3fa exists
          writer loanserve-prod-aurora-db-k3fa-1 (db.r6g.large) exists
          the application is on the target loanserve-prod-aurora-db-k3fa: secret
          prod/loans/db, version v-after
          1 instance of class db.r6g.large and the target's storage cost money as long
          as they exist
        ");
    }

    #[test]
    fn a_rollback_says_why_and_that_the_application_is_back() {
        let text = report(Story::rolled_back());
        for claim in [
            "loans was not recovered: the application is back where it was",
            "because watch failed",
            "moved back      2026-11-20 15:14:46 UTC: clients get version v-before again",
            "RTO achieved    not achieved",
        ] {
            assert!(text.contains(claim), "{claim}\n{text}");
        }
    }

    #[test]
    fn what_was_never_proven_is_not_said_to_be() {
        let text = report(Story::undone_restore());
        assert!(text.contains("the data was not queried"), "{text}");
        assert!(text.contains("RPO achieved    unknown: there is no proof"), "{text}");
        assert!(!text.contains("Cutover\n"), "{text}");
    }

    #[test]
    fn no_line_is_wider_than_asked_but_for_a_long_word() {
        for columns in [40, 100] {
            for line in
                render(&Story::stuck_back().history(), &Around::default(), after(900), Theme::plain(), columns).lines()
            {
                assert!(width(line) <= columns || has_long_word(line, columns), "{columns}: {line}");
            }
        }
    }
}
