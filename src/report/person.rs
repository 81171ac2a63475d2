//! The part of a report that is for whoever must decide: what exists, what the application uses, what was tried, and the ways
//! out, as text.

use super::{
    stuck::Stuck,
    ways::{Way, Ways},
};
use crate::{
    moment::show,
    run::journal::History,
    steps::step::Step,
    ui::{page::Page, theme::Tone, words::clean},
};

/// All that a person needs who must decide.
pub(super) fn person(page: &mut Page, history: &History<Step>, stuck: &Stuck) {
    match (stuck.looked, &stuck.not_looked) {
        (Some(looked), _) => page.heading(Tone::Heading, &format!("Now, as AWS showed it at {}", show(looked))),
        (None, Some(why)) => {
            page.heading(Tone::Caution, &format!("Now, by the journal alone, since AWS could not be asked: {why}"));
        }
        (None, None) => page.heading(Tone::Heading, "Now, by the journal alone"),
    }
    for thing in &stuck.exists {
        page.put(Tone::Plain, "  ", &thing.sentence(stuck.looked));
    }
    page.put(Tone::Strong, "  ", &stuck.application.sentence);
    for way in stuck.find_out(&history.state) {
        command(page, &way);
    }
    if let Some(cost) = &stuck.cost {
        page.put(Tone::Plain, "  ", cost);
    }
    if !stuck.tried.is_empty() {
        page.heading(Tone::Heading, "What was tried (UTC)");
        for tried in &stuck.tried {
            page.put(Tone::Plain, &format!("  {}  ", show(tried.at)), &tried.sentence());
        }
    }
    ways(page, "To go forward", &stuck.forward);
    ways(page, "To go back", &stuck.back);
}

fn ways(page: &mut Page, title: &str, ways: &Ways) {
    if ways.daybreak.is_empty() {
        return;
    }
    page.heading(Tone::Heading, title);
    ways.daybreak.iter().for_each(|way| command(page, way));
    if !ways.by_hand.is_empty() {
        page.put(Tone::Plain, "  ", "or by hand, in this order; daybreak resume then sees it:");
        ways.by_hand.iter().for_each(|way| command(page, way));
    }
}

/// A command beneath what it does.
fn command(page: &mut Page, way: &Way) {
    page.put(Tone::Plain, "    ", &format!("{}:", clean(&way.does)));
    page.command(6, &clean(&way.command));
}

#[cfg(test)]
mod tests {
    use crate::{
        recovery::sighting::Look,
        report::{status::closing, stuck::Around},
        ui::{
            testing::{Story, sighting},
            theme::Theme,
        },
    };

    /// AWS shows the target, and the application on it; whether the writer is there it does not tell.
    fn seen() -> Around {
        let history = Story::stuck_back().history();
        Around { look: Look::Made(sighting(&history.state, "v-after")), options: " --state /srv/runs".to_owned() }
    }

    #[test]
    fn a_stuck_run_says_what_exists_where_the_application_is_what_costs_and_what_to_do() {
        insta::assert_snapshot!(closing(&Story::stuck_back().history(), &seen(), Theme::plain(), 80), @r#"
        loans: STUCK on the way back: step 7 of 10, move-secret
          proof         3 checks: 2 passed, 0 failed, 1 unchecked
          RPO achieved  2 s

        Failure
          move-secret: move secret prod/loans/db back to version v-before:
          secretsmanager UpdateSecretVersionStage: AccessDenied
            because: request id 7d1c
          hint: allow secretsmanager:UpdateSecretVersionStage (policy bundle
                cutover-secret)
          after watch: watch the application: 3 of 3 probe rounds in a row failed

        Now, as AWS showed it at 2026-11-20 15:16:00 UTC
          cluster loanserve-prod-aurora-db-k3fa is available, cluster-TARGET42, there
          since 2026-11-20 15:00:02 UTC (15 min)
          writer loanserve-prod-aurora-db-k3fa-1 (db.r6g.large) exists, by the journal;
          AWS does not tell: no answer within 10 s
          the application is on the target loanserve-prod-aurora-db-k3fa: clients of
          secret prod/loans/db get version v-after, which leads to
          loanserve-prod-aurora-db-k3fa.cluster-c1.eu-west-1.rds.amazonaws.com:5432
          1 instance of class db.r6g.large and the target's storage cost money as long
          as they exist

        What was tried (UTC)
          2026-11-20 15:14:45 UTC  watch: failed: watch the application: 3 of 3 probe
                                   rounds in a row failed
          2026-11-20 15:14:46 UTC  move-secret: not taken back: move secret
                                   prod/loans/db back to version v-before:
                                   secretsmanager UpdateSecretVersionStage:
                                   AccessDenied: request id 7d1c

        To go forward
            first ends the way back:
              daybreak --state /srv/runs resume 20261120-150000-k3fa
            then moves the application to the target, which is kept:
              daybreak --state /srv/runs cutover 20261120-150000-k3fa

        To go back
            tries to take back again where that failed:
              daybreak --state /srv/runs resume 20261120-150000-k3fa
            after that, and only if it is not needed: removes everything that the run
            made:
              daybreak --state /srv/runs cancel 20261120-150000-k3fa
          or by hand, in this order; daybreak resume then sees it:
            moves the application back to the source:
              aws secretsmanager update-secret-version-stage --secret-id \
                arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf \
                --version-stage AWSCURRENT --move-to-version-id v-before \
                --remove-from-version-id v-after --region eu-west-1
            takes the label of the staged version away:
              aws secretsmanager update-secret-version-stage --secret-id \
                arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/loans/db-AbCdEf \
                --version-stage daybreak-k3fa --remove-from-version-id v-after \
                --region eu-west-1
            quarantines cluster loanserve-prod-aurora-db-k3fa again:
              aws rds modify-db-cluster --cli-input-json \
                '{"DBClusterIdentifier":"loanserve-prod-aurora-db-k3fa","ApplyImmediately":true,"VpcSecurityGroupIds":["sg-quarantine"]}' \
                --region eu-west-1
        "#);
    }
}
