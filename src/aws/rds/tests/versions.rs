//! Which versions are offered, from every page.

use crate::aws::error::ErrorKind;
use crate::aws::rds::versions::{Offer, Versions};
use crate::aws::testing::{bodies, parameters, query_error, script, session, session_without_retries};

fn page(versions: &[(&str, &str)], marker: Option<&str>) -> String {
    let marker = marker.map(|marker| format!("<Marker>{marker}</Marker>")).unwrap_or_default();
    let listed = versions.iter().map(|(version, status)| {
        format!(
            "<DBEngineVersion><Engine>aurora-postgresql</Engine><EngineVersion>{version}</EngineVersion>\
             <Status>{status}</Status></DBEngineVersion>"
        )
    });
    format!(
        "<DescribeDBEngineVersionsResponse><DescribeDBEngineVersionsResult>{marker}<DBEngineVersions>{}</DBEngineVersions>\
         </DescribeDBEngineVersionsResult></DescribeDBEngineVersionsResponse>",
        listed.collect::<String>()
    )
}

#[tokio::test]
async fn a_version_is_looked_for_on_every_page_and_among_those_that_are_no_longer_available() {
    let http = script([(200, page(&[], Some("more"))), (200, page(&[("15.3", "deprecated")], None))]);
    let offer = session(http.clone()).await.rds("eu-west-1").offer("aurora-postgresql", "15.3").await;
    assert_eq!(offer, Ok(Offer::Listed("deprecated".to_owned())));
    let sent = parameters(&bodies(&http)[0]);
    for (name, value) in [("Engine", "aurora-postgresql"), ("EngineVersion", "15.3"), ("IncludeAll", "true")] {
        assert!(sent.contains(&(name.to_owned(), value.to_owned())), "{sent:?}");
    }
    assert!(parameters(&bodies(&http)[1]).contains(&("Marker".to_owned(), "more".to_owned())));
}

#[tokio::test]
async fn what_is_not_listed_is_not_offered() {
    let other = script([(200, page(&[("15.30", "available")], None))]);
    let offer = session(other).await.rds("eu-west-1").offer("aurora-postgresql", "15.3").await;
    assert_eq!(offer, Ok(Offer::Unlisted), "a longer number is another version");
}

#[tokio::test]
async fn a_denial_names_the_action() {
    let http = script([(403, query_error("AccessDenied", "no"))]);
    let answer = session_without_retries(http).await.rds("eu-west-1").offer("postgres", "16.4").await;
    let error = answer.expect_err("denied");
    assert_eq!((error.kind, error.action().as_str()), (ErrorKind::AccessDenied, "rds:DescribeDBEngineVersions"));
}
