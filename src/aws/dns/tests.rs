//! What Route 53's answers say, and what is sent to it, over scripted answers.

use aws_smithy_http_client::test_util::StaticReplayClient;

use super::model::{HostedZone, Listed, RecordSet, ResourceRecord};
use super::requests::ReplaceRecord;
use super::{Dns, DnsClient};
use crate::aws::error::{Error, ErrorKind};
use crate::aws::testing::{bodies, script, session_without_retries};

const XMLNS: &str = "xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"";

async fn dns(http: &StaticReplayClient) -> DnsClient {
    session_without_retries(http.clone()).await.dns()
}

fn zone(id: &str, name: &str, private: bool) -> String {
    format!(
        "<HostedZone><Id>/hostedzone/{id}</Id><Name>{name}</Name><CallerReference>r</CallerReference>\
         <Config><PrivateZone>{private}</PrivateZone></Config></HostedZone>"
    )
}

fn zones(listed: &str, next: Option<(&str, &str)>) -> (u16, String) {
    let next = match next {
        Some((name, id)) => {
            format!(
                "<IsTruncated>true</IsTruncated><NextDNSName>{name}</NextDNSName><NextHostedZoneId>{id}</NextHostedZoneId>"
            )
        }
        None => "<IsTruncated>false</IsTruncated>".to_owned(),
    };
    let body = format!(
        "<ListHostedZonesByNameResponse {XMLNS}><HostedZones>{listed}</HostedZones>{next}<MaxItems>100</MaxItems></ListHostedZonesByNameResponse>"
    );
    (200, body)
}

fn set(name: &str, kind: &str, more: &str) -> String {
    format!("<ResourceRecordSet><Name>{name}</Name><Type>{kind}</Type>{more}</ResourceRecordSet>")
}

fn to(value: &str) -> String {
    format!("<TTL>60</TTL><ResourceRecords><ResourceRecord><Value>{value}</Value></ResourceRecord></ResourceRecords>")
}

fn sets(listed: &str, next: &str) -> (u16, String) {
    let truncated = !next.is_empty();
    let body = format!(
        "<ListResourceRecordSetsResponse {XMLNS}><ResourceRecordSets>{listed}</ResourceRecordSets>\
         <IsTruncated>{truncated}</IsTruncated>{next}<MaxItems>300</MaxItems></ListResourceRecordSetsResponse>"
    );
    (200, body)
}

fn changed(operation: &str, status: &str) -> (u16, String) {
    let body = format!(
        "<{operation}Response {XMLNS}><ChangeInfo><Id>/change/C1</Id><Status>{status}</Status>\
         <SubmittedAt>2026-11-20T15:14:21Z</SubmittedAt></ChangeInfo></{operation}Response>"
    );
    (200, body)
}

fn refusal(status: u16, code: &str) -> (u16, String) {
    let body = format!(
        "<ErrorResponse {XMLNS}><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error>\
         <RequestId>request-1</RequestId></ErrorResponse>"
    );
    (status, body)
}

fn targets(http: &StaticReplayClient) -> Vec<String> {
    http.actual_requests()
        .map(|request| request.uri().split_once("/2013-04-01/").map_or("", |(_, path)| path).to_owned())
        .collect()
}

fn record() -> RecordSet {
    RecordSet {
        name: "db.corp.internal.".to_owned(),
        kind: "CNAME".to_owned(),
        set_identifier: Some("blue".to_owned()),
        weight: Some(10),
        ttl: Some(60),
        resource_records: vec![ResourceRecord { value: "prod.example.com".to_owned() }],
        health_check_id: Some("hc-1".to_owned()),
        ..RecordSet::default()
    }
}

#[tokio::test]
async fn a_zone_is_found_by_its_id_or_not_there() {
    let body = format!("<GetHostedZoneResponse {XMLNS}>{}</GetHostedZoneResponse>", zone("Z1", "Corp.Internal.", true));
    let http = script([(200, body), refusal(404, "NoSuchHostedZone")]);
    let dns = dns(&http).await;
    let found = HostedZone { id: "Z1".to_owned(), name: "corp.internal".to_owned(), private: true };
    assert_eq!(found.words(), "private zone corp.internal (Z1)");
    assert_eq!(dns.zone("Z1").await, Ok(Some(found)));
    assert_eq!(dns.zone("Z2").await, Ok(None));
    assert_eq!(targets(&http), ["hostedzone/Z1", "hostedzone/Z2"]);
}

#[tokio::test]
async fn zones_of_one_name_are_all_found_and_others_are_not() {
    let first = zone("Z1", "corp.internal.", false);
    let rest = [zone("Z2", "corp.internal.", true), zone("Z3", "corq.internal.", false)].concat();
    let http = script([zones(&first, Some(("corp.internal.", "Z2"))), zones(&rest, Some(("d.", "Z4")))]);
    let found = dns(&http).await.zones_named("Corp.internal").await.expect("zones");
    let found: Vec<_> = found.iter().map(|zone| (zone.id.as_str(), zone.private)).collect();
    assert_eq!(found, [("Z1", false), ("Z2", true)]);
    assert_eq!(
        targets(&http),
        ["hostedzonesbyname?dnsname=Corp.internal", "hostedzonesbyname?dnsname=corp.internal.&hostedzoneid=Z2"]
    );
}

#[tokio::test]
async fn the_sets_of_one_name_are_listed_with_all_that_a_change_must_state() {
    let name = "db.corp.internal.";
    let weighted = format!(
        "<SetIdentifier>blue</SetIdentifier><Weight>10</Weight>{}<HealthCheckId>hc-1</HealthCheckId>",
        to("prod.example.com")
    );
    let latency = format!("<SetIdentifier>ie</SetIdentifier><Region>eu-west-1</Region>{}", to("b.example.com"));
    let failover = format!("<SetIdentifier>f</SetIdentifier><Failover>PRIMARY</Failover>{}", to("c.example.com"));
    let alias = "<AliasTarget><HostedZoneId>Z9</HostedZoneId><DNSName>x.example.com</DNSName>\
                 <EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>";
    let place = format!(
        "<SetIdentifier>g</SetIdentifier><GeoLocation><CountryCode>IE</CountryCode></GeoLocation>{}",
        to("d.example.com")
    );
    let next = format!(
        "<NextRecordName>{name}</NextRecordName><NextRecordType>CNAME</NextRecordType><NextRecordIdentifier>ie</NextRecordIdentifier>"
    );
    let rest = [
        set(name, "CNAME", &latency),
        set(name, "CNAME", &failover),
        set(name, "A", alias),
        set(name, "CNAME", &place),
        set("e.corp.internal.", "CNAME", &to("e.example.com")),
    ]
    .concat();
    let http = script([sets(&set(name, "CNAME", &weighted), &next), sets(&rest, "")]);
    let listed = dns(&http).await.records("Z1", "db.corp.internal").await.expect("sets");
    assert_eq!(listed[0], Listed { set: record(), beyond: None });
    let routing: Vec<_> = listed
        .iter()
        .map(|it| (it.set.leads_to(), it.set.region.as_deref(), it.set.failover.as_deref(), it.beyond))
        .collect();
    let leads = |host: &str| Some(host.to_owned());
    assert_eq!(
        routing[1..],
        [
            (leads("b.example.com"), Some("eu-west-1"), None, None),
            (leads("c.example.com"), None, Some("PRIMARY"), None),
            (None, None, None, Some("an alias target")),
            (leads("d.example.com"), None, None, Some("geolocation routing")),
        ]
    );
    assert_eq!(
        targets(&http),
        [
            "hostedzone/Z1/rrset?name=db.corp.internal",
            "hostedzone/Z1/rrset?name=db.corp.internal.&type=CNAME&identifier=ie"
        ]
    );
}

#[tokio::test]
async fn a_replacement_states_both_sets_and_its_change_is_remembered_and_followed() {
    let http = script([
        changed("ChangeResourceRecordSets", "PENDING"),
        changed("GetChange", "PENDING"),
        changed("GetChange", "INSYNC"),
    ]);
    let dns = dns(&http).await;
    let (from, comment) = (record(), "daybreak run r".to_owned());
    assert_eq!(dns.last_change("Z1", &from), None);
    let request = ReplaceRecord::of("Z1", &from, &from.to("target.example.com"), comment);
    assert_eq!(dns.replace(&request).await.as_deref(), Ok("C1"));
    let green = RecordSet { set_identifier: Some("green".to_owned()), ..from.clone() };
    assert_eq!(dns.last_change("Z1", &from).as_deref(), Some("C1"));
    assert_eq!((dns.last_change("Z2", &from), dns.last_change("Z1", &green)), (None, None));
    assert_eq!((dns.is_in_sync("C1").await, dns.is_in_sync("C1").await), (Ok(false), Ok(true)));
    let sent = &bodies(&http)[0];
    let stated = |action: &str, host: &str| {
        format!(
            "<Change><Action>{action}</Action><ResourceRecordSet><Name>db.corp.internal.</Name><Type>CNAME</Type>\
             <SetIdentifier>blue</SetIdentifier><Weight>10</Weight><TTL>60</TTL><ResourceRecords><ResourceRecord>\
             <Value>{host}</Value></ResourceRecord></ResourceRecords><HealthCheckId>hc-1</HealthCheckId>\
             </ResourceRecordSet></Change>"
        )
    };
    let both = [stated("DELETE", "prod.example.com"), stated("CREATE", "target.example.com")].concat();
    assert!(sent.contains(&both), "{sent}");
    assert!(sent.contains("<Comment>daybreak run r</Comment>"), "{sent}");
    assert_eq!(targets(&http)[1..], ["change/C1", "change/C1"]);
}

#[test]
fn a_call_is_shown_as_the_api_names_it() {
    let request = ReplaceRecord::of("Z1", &record(), &record().to("t.example.com"), "c".to_owned());
    let call = request.call();
    assert_eq!((call.service, call.action), ("route53", "ChangeResourceRecordSets"));
    insta::assert_snapshot!(
        call.parameters,
        @r#"{"HostedZoneId":"Z1","ChangeBatch":{"Comment":"c","Changes":[{"Action":"DELETE","ResourceRecordSet":{"Name":"db.corp.internal.","Type":"CNAME","SetIdentifier":"blue","Weight":10,"TTL":60,"ResourceRecords":[{"Value":"prod.example.com"}],"HealthCheckId":"hc-1"}},{"Action":"CREATE","ResourceRecordSet":{"Name":"db.corp.internal.","Type":"CNAME","SetIdentifier":"blue","Weight":10,"TTL":60,"ResourceRecords":[{"Value":"t.example.com"}],"HealthCheckId":"hc-1"}}]}}"#
    );
    let read: ReplaceRecord = serde_json::from_value(call.parameters).expect("it reads back");
    assert_eq!(read, request);
}

async fn replaced(answer: (u16, String)) -> Error {
    let http = script([answer]);
    let request = ReplaceRecord::of("Z1", &record(), &record().to("t.example.com"), "c".to_owned());
    dns(&http).await.replace(&request).await.expect_err("refused")
}

#[tokio::test]
async fn refusals_are_told_apart_and_a_changed_record_gives_its_reasons() {
    let cases = [
        (400, "InvalidChangeBatch", ErrorKind::InvalidParameter),
        (400, "InvalidInput", ErrorKind::InvalidParameter),
        (400, "PriorRequestNotComplete", ErrorKind::Throttled),
        (400, "Throttling", ErrorKind::Throttled),
        (403, "AccessDenied", ErrorKind::AccessDenied),
        (404, "NoSuchHostedZone", ErrorKind::NotFound),
        (500, "InternalFailure", ErrorKind::Service),
    ];
    for (status, code, kind) in cases {
        let error = replaced(refusal(status, code)).await;
        assert_eq!((error.kind, error.code.as_deref()), (kind, Some(code)));
        assert_eq!(error.action(), "route53:ChangeResourceRecordSets");
    }
    let body = format!(
        "<InvalidChangeBatch {XMLNS}><Messages><Message>[name=&apos;db&apos; was not found]</Message></Messages><RequestId>r</RequestId></InvalidChangeBatch>"
    );
    let error = replaced((400, body)).await;
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::InvalidParameter, "[name='db' was not found]"));
}
