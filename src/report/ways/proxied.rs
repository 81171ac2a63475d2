//! A proxy moved, and given back, by hand.

use super::{Way, proxy};
use crate::{
    aws::Call,
    recovery::sighting::{Look, Side},
    steps::proxy::{Leads, Proxied, give, retarget},
};

/// The calls that let the proxy lead to the target, as far as they are due: none where it was not seen to lead to the source, or
/// to nothing.
pub(super) fn forward(proxied: &Proxied, look: &Look) -> Vec<Call> {
    let take = proxied.register(&proxied.target).call();
    match proxy(look) {
        Some(seen) if seen.leads_to == Ok(Leads::Nowhere) => vec![take],
        Some(seen) if seen.side == Side::Source => vec![proxied.deregister(&proxied.from).call(), take],
        _ => Vec::new(),
    }
}

/// The proxy let lead to the source again, in as many calls as are due, unless it does, or leads elsewhere.
pub(super) fn back(proxied: &Proxied, look: &Look) -> Option<Way> {
    let Proxied { proxy: name, region, from, target, .. } = proxied;
    let way = |does: String, command: String| Some(Way { does, command });
    match proxy(look) {
        Some(seen) if seen.leads_to == Ok(Leads::Nowhere) => {
            way(format!("lets proxy {name}, which leads to nothing, lead to {from} again"), give(name, region, from))
        }
        Some(seen) if matches!(seen.side, Side::Source | Side::Elsewhere) => None,
        Some(_) | None => {
            let does = format!("lets proxy {name} lead to {from} again, if it leads to {target}");
            way(does, retarget(name, region, target, from))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        recovery::sighting::{ProxySeen, Sighting},
        report::{
            application::application_words,
            stuck::{Around, Stuck},
            ways::{Ways, where_is_the_application},
        },
        run::{journal::History, record::Consequence, step::Until},
        steps::{moves, step::Step, target::TargetName},
        ui::testing::{Story, plan_by_proxy},
    };

    /// A run that failed between the source and the target.
    fn in_the_gap() -> History<Step> {
        Story::of(plan_by_proxy(), Until::Cutover)
            .proven()
            .done("lift-quarantine", 850, 860)
            .done("rehearse-proxy", 860, 861)
            .done("release-proxy", 861, 862)
            .then(862, Story::started("move-proxy"))
            .then(863, Story::failed("move-proxy", "AWS cannot be asked", Consequence::Hold))
            .history()
    }

    fn seen(story: &History<Step>, leads_to: Leads) -> Look {
        let proxied = &moves::proxy(&story.state.plan.steps).expect("a plan with a proxy").proxied;
        let side = match &leads_to {
            leads if leads.is(&proxied.target) => Side::Target,
            leads if leads.is(&proxied.from) => Side::Source,
            _ => Side::Elsewhere,
        };
        let proxy = Some(ProxySeen { leads_to: Ok(leads_to), side });
        let at = story.state.latest;
        Look::Made(Sighting { at, things: BTreeMap::new(), secrets: Vec::new(), record: None, proxy, name: None })
    }

    fn of_proxies(ways: Ways) -> Vec<String> {
        let commands = ways.by_hand.into_iter().map(|way| way.command);
        commands.filter(|command| command.contains("db-proxy-targets")).collect()
    }

    #[test]
    fn only_what_is_due_is_offered_and_nothing_of_somebody_elses() {
        let story = in_the_gap();
        let proxied = &moves::proxy(&story.state.plan.steps).expect("a plan with a proxy").proxied;
        let (source, target) = (Leads::To(proxied.from.clone()), Leads::To(proxied.target.clone()));
        let theirs = Leads::To(TargetName::cluster("billing"));
        let forward = |leads: &Leads| of_proxies(super::super::forward(&story.state, &seen(&story, leads.clone()), ""));
        let back = |leads: &Leads| of_proxies(super::super::back(&story.state, &seen(&story, leads.clone()), ""));
        assert_eq!([&source, &Leads::Nowhere, &target, &theirs].map(|leads| forward(leads).len()), [2, 1, 0, 0]);
        assert_eq!([&source, &Leads::Nowhere, &target, &theirs].map(|leads| back(leads).len()), [0, 1, 1, 0]);
        insta::assert_snapshot!(back(&Leads::Nowhere)[0], @"aws rds register-db-proxy-targets --db-proxy-name loans-proxy --db-cluster-identifiers loanserve-prod-aurora --region eu-west-1");
        insta::assert_snapshot!(back(&target)[0], @"aws rds deregister-db-proxy-targets --db-proxy-name loans-proxy --db-cluster-identifiers loanserve-prod-aurora-db-k3fa --region eu-west-1 && aws rds register-db-proxy-targets --db-proxy-name loans-proxy --db-cluster-identifiers loanserve-prod-aurora --region eu-west-1");
        let unseen = of_proxies(super::super::forward(&story.state, &Look::NotMade, ""));
        assert_eq!(unseen, Vec::<String>::new(), "nothing is moved unseen");
        let shows = where_is_the_application(&story.state);
        assert_eq!(shows.len(), 1);
        assert_eq!(
            shows[0].command,
            "aws rds describe-db-proxy-targets --db-proxy-name loans-proxy --region eu-west-1"
        );
    }

    #[test]
    fn where_the_application_is_follows_from_both_steps_and_from_a_look() {
        let story = in_the_gap();
        assert_eq!(
            application_words(&story.state),
            "the application is by proxy loans-proxy on the source if that leads to cluster loanserve-prod-aurora, on the target if it leads to cluster loanserve-prod-aurora-db-k3fa, and without a database if to nothing"
        );
        let now = |leads| {
            let around = Around { look: seen(&story, leads), ..Around::default() };
            Stuck::of(&story, &around).expect("it is stuck").application.sentence
        };
        assert_eq!(
            now(Leads::Nowhere),
            "the application is neither on the source nor on the target: proxy loans-proxy leads to nothing"
        );
        assert_eq!(
            now(Leads::To(TargetName::cluster("loanserve-prod-aurora"))),
            "the application is on the source loanserve-prod-aurora: proxy loans-proxy leads to cluster loanserve-prod-aurora"
        );
    }
}
