//! How long to wait before looking again.
//!
//! A wait that has lasted long may go on for long: the interval is a fiftieth of the time already waited, so the end
//! is seen within 2 % of the whole duration, between half a second and fifteen seconds, and spread by up to a
//! tenth so that many processes do not ask in step.

use std::time::Duration;

/// The least there is between two looks.
pub const SHORTEST: Duration = Duration::from_millis(500);
/// The most there is between two looks.
pub const LONGEST: Duration = Duration::from_secs(15);
const SHARE: f64 = 0.02;
const SPREAD: f64 = 0.1;

/// The time until the next look, for a wait that has lasted `waited`. `jitter` in `0.0..1.0` shortens it by up to a tenth.
pub fn interval(waited: Duration, jitter: f64) -> Duration {
    let plain = waited.mul_f64(SHARE).clamp(SHORTEST, LONGEST);
    plain.mul_f64(1.0 - SPREAD * jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn grows_with_the_time_waited_between_its_bounds() {
        assert_eq!(interval(Duration::ZERO, 0.0), SHORTEST);
        assert_eq!(interval(seconds(300), 0.0), seconds(6));
        assert_eq!(interval(seconds(86_400), 0.0), LONGEST);
    }

    #[test]
    fn jitter_only_ever_shortens() {
        assert_eq!(interval(seconds(500), 1.0), seconds(9));
        assert!(interval(seconds(500), 0.5) < seconds(10));
    }

    #[test]
    fn an_hour_of_waiting_costs_a_few_hundred_looks() {
        let mut waited = Duration::ZERO;
        let mut looks = 0;
        while waited < seconds(3600) {
            waited += interval(waited, 0.0);
            looks += 1;
        }
        assert!(looks < 450, "{looks}");
    }
}
