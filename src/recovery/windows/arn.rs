//! The parts of an RDS ARN.

/// `arn:PARTITION:rds:REGION:ACCOUNT:TYPE:NAME`; the name of an automated snapshot has a colon of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::recovery) struct Arn<'a> {
    /// Empty of a global cluster.
    pub(in crate::recovery) region: &'a str,
    pub(in crate::recovery) account: &'a str,
    /// Such as `cluster`, `db` or `cluster-snapshot`.
    pub(in crate::recovery) kind: &'a str,
    pub(in crate::recovery) name: &'a str,
}

impl<'a> Arn<'a> {
    /// None for what is no ARN of RDS.
    pub(in crate::recovery) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(7, ':');
        let (arn, _partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, kind, name) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        (arn == "arn" && service == "rds").then_some(Self { region, account, kind, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_names_with_and_without_colons() {
        let arn = Arn::parse("arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:rds:loans-2026-11-20-02-11");
        let expected = Arn {
            region: "eu-west-1",
            account: "123456789012",
            kind: "cluster-snapshot",
            name: "rds:loans-2026-11-20-02-11",
        };
        assert_eq!(arn, Some(expected));
        assert_eq!(Arn::parse("arn:aws:rds::123456789012:global-cluster:world").map(|arn| arn.region), Some(""));
        for other in ["loans", "", "arn:aws:rds:eu-west-1", "arn:aws:kms:eu-west-1:123456789012:key:1"] {
            assert_eq!(Arn::parse(other), None, "{other}");
        }
    }
}
