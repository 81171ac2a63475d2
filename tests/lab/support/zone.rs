//! Hosted zones of the shared lab, and a client that resolves names through its name server.

use std::process::Command;

use aws_sdk_route53::types::{
    Change, ChangeAction, ChangeBatch, HostedZoneConfig, ResourceRecord, ResourceRecordSet, RrType, Vpc,
};

use super::{Lab, aws::wait, lab::python, until};

/// Asks for a name's address as clients do; prints the alias and the address.
const RESOLVE: &str = r"
import sys
from dnslib import DNSRecord, QTYPE
server, name = sys.argv[1:]
host, port = server.rsplit(':', 1)
answer = DNSRecord.parse(DNSRecord.question(name).send(host, int(port), timeout=20))
print(*[str(record.rdata).rstrip('.') for record in answer.rr if QTYPE[record.rtype] in ('CNAME', 'A')])
";

/// A hosted zone.
#[derive(Clone)]
pub(crate) struct Zone {
    pub(crate) id: String,
    pub(crate) name: String,
    lab: &'static Lab,
}

impl Zone {
    /// A public zone of this name.
    pub(crate) fn create(lab: &'static Lab, name: &str) -> Self {
        Self::make(lab, name, false)
    }

    /// A private zone of this name.
    pub(crate) fn private(lab: &'static Lab, name: &str) -> Self {
        Self::make(lab, name, true)
    }

    fn make(lab: &'static Lab, name: &str, private: bool) -> Self {
        let reference = format!("{name}-{private}");
        let mut request = lab.aws.dns.create_hosted_zone().name(name).caller_reference(reference);
        if private {
            let vpc = Vpc::builder().vpc_region("eu-west-1".into()).vpc_id("vpc-1").build();
            request = request.vpc(vpc).hosted_zone_config(HostedZoneConfig::builder().private_zone(true).build());
        }
        let made = wait(request.send()).expect("make the zone").hosted_zone.expect("a zone");
        let id = made.id.trim_start_matches("/hostedzone/").to_owned();
        Self { id, name: name.to_owned(), lab }
    }

    /// An alias of the zone, remembered for a second.
    pub(crate) fn alias(&self, host: &str) -> ResourceRecordSet {
        self.set(host, None)
    }

    /// A weighted alias.
    pub(crate) fn weighted(&self, host: &str, set: &str, weight: i64) -> ResourceRecordSet {
        self.set(host, Some((set, weight)))
    }

    fn set(&self, host: &str, weight: Option<(&str, i64)>) -> ResourceRecordSet {
        let value = ResourceRecord::builder().value(host).build().expect("a value");
        ResourceRecordSet::builder()
            .name(format!("{}.", self.record()))
            .r#type(RrType::Cname)
            .ttl(1)
            .resource_records(value)
            .set_set_identifier(weight.map(|(set, _)| set.to_owned()))
            .set_weight(weight.map(|(_, weight)| weight))
            .build()
            .expect("a set")
    }

    /// The record's whole name.
    pub(crate) fn record(&self) -> String {
        format!("db.{}", self.name)
    }

    /// Puts these sets there, in place of those of their names, and waits until they are answered with.
    pub(crate) fn put(&self, sets: Vec<ResourceRecordSet>) {
        let change =
            |set| Change::builder().action(ChangeAction::Upsert).resource_record_set(set).build().expect("a change");
        let batch = ChangeBatch::builder().set_changes(Some(sets.into_iter().map(change).collect()));
        let request = self.lab.aws.dns.change_resource_record_sets().hosted_zone_id(&self.id);
        let sent = wait(request.change_batch(batch.build().expect("a batch")).send()).expect("change the zone");
        let id = sent.change_info.expect("a change").id;
        until("the change to be in sync", || {
            let seen = wait(self.lab.aws.dns.get_change().id(&id).send()).expect("look at the change");
            (seen.change_info?.status.as_str() == "INSYNC").then_some(())
        });
    }

    /// The aliases of the zone.
    pub(crate) fn aliases(&self) -> Vec<ResourceRecordSet> {
        let listed = wait(self.lab.aws.dns.list_resource_record_sets().hosted_zone_id(&self.id).send());
        let mut sets = listed.expect("list the records").resource_record_sets;
        sets.retain(|set| set.r#type == RrType::Cname);
        sets
    }

    /// Alias and address that a client gets.
    pub(crate) fn resolve(&self) -> (String, String) {
        let output = Command::new(python()).args(["-c", RESOLVE, &self.lab.dns, &self.record()]).output();
        let output = output.expect("start Python");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told = String::from_utf8(output.stdout).expect("UTF-8");
        let (alias, address) = told.trim().split_once(' ').expect("an alias and an address");
        (alias.to_owned(), address.to_owned())
    }

    /// The profile's line about the record.
    pub(crate) fn line(&self, more: &str) -> String {
        let (id, record, resolver) = (&self.id, self.record(), &self.lab.dns);
        format!("dns = {{ zone = {id:?}, record = {record:?}, resolver = {resolver:?}{more} }}")
    }
}
