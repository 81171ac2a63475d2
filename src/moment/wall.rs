//! The written parts of a date and time of day, before anything is made of them.

use jiff::tz::Offset;

/// The parts of `YYYY-MM-DD HH:MM[:SS[.fraction]][zone]`, numbers unchecked.
pub(super) struct WallTime<'t> {
    /// Year, month, day, hour, minute.
    pub(super) fields: [i16; 5],
    pub(super) seconds: Option<i16>,
    pub(super) fraction: &'t str,
    /// Whatever follows the time of day, with its leading space.
    pub(super) zone: &'t str,
    /// Where in the text the minutes end.
    pub(super) minutes_end: usize,
}

impl<'t> WallTime<'t> {
    /// Takes the parts apart; `None` where the text has another form.
    pub(super) fn read(text: &'t str) -> Option<Self> {
        let mut rest = text;
        let mut fields = [0; 5];
        for (field, (digits, separators)) in fields.iter_mut().zip([(4, "-"), (2, "-"), (2, "Tt "), (2, ":"), (2, "")])
        {
            *field = take_number(&mut rest, digits)?;
            if !separators.is_empty() {
                rest = rest.strip_prefix(|c| separators.contains(c))?;
            }
        }
        let minutes_end = text.len() - rest.len();
        let mut seconds = None;
        let mut fraction = "";
        if let Some(mut tail) = rest.strip_prefix(':') {
            seconds = Some(take_number(&mut tail, 2)?);
            rest = tail;
            if let Some(tail) = rest.strip_prefix('.') {
                let length = tail.bytes().take_while(u8::is_ascii_digit).count();
                (fraction, rest) = tail.split_at(length);
                if fraction.is_empty() {
                    return None;
                }
            }
        }
        // A zone is either attached as RFC 3339 has it, or a word after a space; anything
        // else, such as a further digit, makes the whole text something other than a time.
        let attached = rest.is_empty() || rest.starts_with(['Z', 'z', '+', '-', ' ']);
        attached.then_some(Self { fields, seconds, fraction, zone: rest, minutes_end })
    }
}

fn take_number(rest: &mut &str, digits: usize) -> Option<i16> {
    let (number, tail) = rest.split_at_checked(digits)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    *rest = tail;
    number.parse().ok()
}

/// `+02:00` as RFC 3339 writes it, nothing else.
pub(super) fn numeric_offset(text: &str) -> Option<Offset> {
    let (sign, mut rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let hours = take_number(&mut rest, 2)?;
    rest = rest.strip_prefix(':')?;
    let minutes = take_number(&mut rest, 2)?;
    if !rest.is_empty() || hours > 23 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60)).ok()
}
