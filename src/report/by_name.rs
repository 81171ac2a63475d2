//! A swap of names, in every report: after it the source's name is the target's.

use std::collections::BTreeMap;

use super::{
    application::application_words,
    stuck::{Around, Stuck},
    terraform, text, ways,
};
use crate::{
    recovery::sighting::{Look, NameSeen, Side, Sighting},
    run::{
        record::{Consequence, Entry, Outcome},
        step::Until,
    },
    ui::{
        testing::{Story, plan_by_name},
        theme::Theme,
    },
};

/// A run that has come to its swap.
fn proven() -> Story {
    Story::of(plan_by_name(), Until::Cutover).proven().done("lift-quarantine", 850, 860)
}

fn aside() -> Story {
    proven().done("rename-source", 860, 900)
}

fn swapped() -> Story {
    aside().done("rename-target", 900, 950)
}

fn recovered() -> Story {
    swapped()
        .done("watch", 950, 1250)
        .done("tag-cluster", 1250, 1260)
        .done("settle", 1260, 1270)
        .then(1270, Entry::Ended { outcome: Outcome::Recovered })
}

/// What a look showed.
fn seen(borne_by: Option<&str>, side: Side) -> Look {
    let name = Some(NameSeen { borne_by: Ok(borne_by.map(str::to_owned)), side });
    let at = aside().history().state.latest;
    Look::Made(Sighting { at, things: BTreeMap::new(), secrets: Vec::new(), record: None, proxy: None, name })
}

/// A run whose second rename was refused for good, and holds.
fn held() -> Story {
    aside()
        .then(900, Story::started("rename-target"))
        .then(905, Story::failed("rename-target", "AWS cannot be asked", Consequence::Hold))
}

#[test]
fn where_the_application_is_follows_from_both_renames() {
    let words = |story: Story| application_words(&story.history().state);
    insta::assert_snapshot!(words(proven()), @"the application is on the source loanserve-prod-aurora: it bears the name loanserve-prod-aurora; the target is called loanserve-prod-aurora-db-k3fa");
    insta::assert_snapshot!(words(aside()), @"the application is on the source if cluster loanserve-prod-aurora is cluster-SOURCE17; on the target if it is cluster-TARGET42, and without a database if no cluster is called loanserve-prod-aurora");
    insta::assert_snapshot!(words(swapped()), @"the application is on the target loanserve-prod-aurora-db-k3fa: the source is called loanserve-prod-aurora-aside-k3fa; the target bears the name loanserve-prod-aurora");
}

#[test]
fn who_must_decide_is_told_who_bears_the_name() {
    let told = |look: Look| {
        let around = Around { look, ..Around::default() };
        Stuck::of(&held().history(), &around).expect("it is stuck").application.sentence
    };
    insta::assert_snapshot!(told(seen(None, Side::Elsewhere)), @"the application is neither on the source nor on the target: no cluster bears the name loanserve-prod-aurora, and nobody finds a database under it");
    insta::assert_snapshot!(told(seen(Some("cluster-TARGET42"), Side::Target)), @"the application is on the target loanserve-prod-aurora-db-k3fa: the name loanserve-prod-aurora is borne by cluster-TARGET42");
}

#[test]
fn names_are_given_by_hand_only_as_they_were_seen() {
    let state = held().history().state;
    let renames = |ways: ways::Ways| -> Vec<String> {
        let by_hand = ways.by_hand.into_iter().map(|way| way.command);
        by_hand.filter(|command| command.contains("NewDBClusterIdentifier")).collect()
    };
    let gap = seen(None, Side::Elsewhere);
    insta::assert_snapshot!(renames(ways::forward(&state, &gap, "")).join("\n"), @r#"aws rds modify-db-cluster --cli-input-json '{"DBClusterIdentifier":"loanserve-prod-aurora-db-k3fa","ApplyImmediately":true,"NewDBClusterIdentifier":"loanserve-prod-aurora"}' --region eu-west-1"#);
    assert!(renames(ways::forward(&state, &Look::NotMade, "")).is_empty(), "nothing is renamed unseen");
    insta::assert_snapshot!(renames(ways::back(&state, &gap, "")).join("\n"), @r#"aws rds modify-db-cluster --cli-input-json '{"DBClusterIdentifier":"loanserve-prod-aurora-aside-k3fa","ApplyImmediately":true,"NewDBClusterIdentifier":"loanserve-prod-aurora"}' --region eu-west-1"#);
    let count = |look: &Look| renames(ways::back(&state, look, "")).len();
    assert_eq!(count(&seen(Some("cluster-TARGET42"), Side::Target)), 2, "the target leaves the name first");
    assert_eq!(count(&seen(Some("cluster-SOURCE17"), Side::Source)), 0);
    assert_eq!(count(&seen(Some("cluster-THEIRS"), Side::Elsewhere)), 0, "a stranger's name is left alone");
    let [look] = ways::where_is_the_application(&state).try_into().expect("one look tells both");
    assert!(look.command.contains("DbClusterResourceId"), "{}", look.command);
}

#[test]
fn a_report_says_what_each_is_called() {
    let history = recovered().history();
    let text = text::render(&history, &Around::default(), history.state.latest, Theme::plain(), 200);
    for said in
        ["the target was called loanserve-prod-aurora-db-k3fa", "the source is called loanserve-prod-aurora-aside-k3fa"]
    {
        assert!(text.contains(said), "{said} is not in {text}");
    }
}

#[test]
fn terraform_finds_the_target_where_the_source_was() {
    let history = recovered().history();
    let advice = terraform::render(&terraform::advise(&history, &[], None));
    assert!(!advice.contains("aws_rds_cluster.SOURCE"), "{advice}");
    assert!(advice.contains("cluster_identifier = \"loanserve-prod-aurora\""), "{advice}");
    assert!(advice.contains("aws_rds_cluster_instance.SOURCE"), "{advice}");
}
