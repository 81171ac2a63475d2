//! What the application follows, as a plan's reader sees it.

use crate::{
    run::plan::Plan,
    steps::{brief::FollowedProxy, step::Step},
};

/// The pointers in a sentence: where each leads, and that they move together.
pub(super) fn words(plan: &Plan<Step>) -> String {
    let secrets = plan.brief.secrets.iter().map(|pointer| {
        format!("secret {}, which leads to {} (version {})", pointer.secret, pointer.points_at, pointer.version)
    });
    let proxy = plan.brief.proxy.iter().map(|proxy| {
        let FollowedProxy { name, endpoint, port, leads_to, borrow_timeout_seconds, .. } = proxy;
        let patience = borrow_timeout_seconds.map(|seconds| format!(" for up to {seconds} s")).unwrap_or_default();
        format!("proxy {name}, which leads clients of {endpoint}:{port} to {leads_to} (they wait in the gap{patience})")
    });
    let record = plan.brief.record.iter().map(|record| {
        let ttl = record.set.ttl.unwrap_or_default();
        format!(
            "record {} of {}, which leads to {} (TTL {ttl} s), as told by {}",
            record.set.words(),
            record.zone_words,
            record.points_at,
            record.resolver.map_or_else(|| "the system's resolver".to_owned(), |server| server.to_string())
        )
    });
    let name = plan.brief.swap.iter().map(|swap| {
        format!(
            "the name {}, which the target takes with its endpoint {}; the source is then called {}",
            swap.name, swap.host, swap.aside
        )
    });
    let words: Vec<String> = secrets.chain(proxy).chain(record).chain(name).collect();
    match words.as_slice() {
        [] => "none: the application is not moved".to_owned(),
        [only] => only.clone(),
        [one, other] => format!("{one}; and {other}: both are moved, or neither is"),
        several => format!("{}: all are moved, or none is", several.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::testing::{plan, plan_by_proxy, plan_without_pointer};

    #[test]
    fn each_says_where_it_leads_and_several_that_they_move_together() {
        let secret = words(&plan());
        assert!(secret.starts_with("secret prod/loans/db, which leads to "), "{secret}");
        let proxy = words(&plan_by_proxy());
        assert_eq!(
            proxy,
            "proxy loans-proxy, which leads clients of loans-proxy.proxy-c1.eu-west-1.rds.amazonaws.com:5432 to cluster loanserve-prod-aurora (they wait in the gap for up to 120 s)"
        );
        let both =
            Plan { brief: crate::steps::brief::Brief { proxy: plan_by_proxy().brief.proxy, ..plan().brief }, ..plan() };
        assert_eq!(words(&both), format!("{secret}; and {proxy}: both are moved, or neither is"));
        assert_eq!(words(&plan_without_pointer()), "none: the application is not moved");
    }
}
