//! Windows and losses as words of a plan.

use std::time::Duration;

use crate::{
    moment::in_words,
    recovery::windows::window::{Bound, Loss, Window},
};

/// A window by its kind, name and region.
pub(super) fn name(window: &Window) -> String {
    format!("{} {} in {}", window.kind.words(), window.source, window.region)
}

/// What a window loses, as a verb with its object.
pub(super) fn loses(loss: &Loss) -> String {
    let span = |seconds: u64| in_words(Duration::from_secs(seconds));
    match loss {
        Loss::Nothing => "loses nothing".to_owned(),
        Loss::Before { seconds, bound: Bound::Exact } => format!("loses {}", span(*seconds)),
        Loss::Before { seconds, bound: Bound::AtLeast } => format!("loses {} or more", span(*seconds)),
        Loss::Before { seconds, bound: Bound::AtMost } => format!("loses at most {}", span(*seconds)),
        Loss::Unknown { why } => format!("loses what cannot be said ({why})"),
        Loss::Later { seconds } => {
            format!("is {} later than that, with all that was done to the data until then", span(*seconds))
        }
    }
}

/// The region that an ARN names; none for what is no ARN of a region.
pub(super) fn region_of_arn(text: &str) -> Option<&str> {
    let region = text.strip_prefix("arn:")?.split(':').nth(2)?;
    (!region.is_empty()).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_arn_names_a_region() {
        assert_eq!(region_of_arn("arn:aws:rds:eu-west-1:1:cluster-snapshot:rds:loans-1"), Some("eu-west-1"));
        for other in ["loans", "rds:loans-2026-11-20-02-11", "arn:aws:rds::1:global-cluster:world", "arn:aws"] {
            assert_eq!(region_of_arn(other), None, "{other}");
        }
    }

    #[test]
    fn losses_read_after_a_name() {
        assert_eq!(loses(&Loss::Before { seconds: 40_920, bound: Bound::Exact }), "loses 11 h 22 min");
        assert_eq!(loses(&Loss::Before { seconds: 3, bound: Bound::AtMost }), "loses at most 3 s");
    }
}
