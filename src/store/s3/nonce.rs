//! A name for one write, or for one lease, that no other has.

/// 32 hexadecimal digits, from chance.
pub(super) fn nonce() -> String {
    format!("{:032x}", fastrand::u128(..))
}
