//! A bucket that keeps state, and what is in it.

use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
    VersioningConfiguration,
};
use serde_json::{Value, json};

use super::{Lab, aws::wait};

/// A bucket of a lab, in the tests' region.
pub(crate) struct Bucket {
    pub(crate) name: String,
    lab: &'static Lab,
}

impl Bucket {
    /// Creates it.
    pub(crate) fn new(lab: &'static Lab, name: &str) -> Self {
        let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1).build();
        wait(lab.aws.s3.create_bucket().bucket(name).create_bucket_configuration(place).send()).expect("a bucket");
        Self { name: name.to_owned(), lab }
    }

    /// Creates it in another region than everything else.
    pub(crate) fn far_away(lab: &'static Lab, name: &str) -> Self {
        let place =
            CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuCentral1).build();
        let far = aws_sdk_s3::config::Region::new("eu-central-1");
        let create = lab.aws.s3.create_bucket().bucket(name).create_bucket_configuration(place);
        wait(create.customize().config_override(aws_sdk_s3::Config::builder().region(far)).send()).expect("a bucket");
        Self { name: name.to_owned(), lab }
    }

    /// From now on every version of an object is kept.
    pub(crate) fn versioned(self) -> Self {
        let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        wait(self.lab.aws.s3.put_bucket_versioning().bucket(&self.name).versioning_configuration(on).send())
            .expect("versioning");
        self
    }

    /// From now on every object is encrypted with a KMS key.
    pub(crate) fn encrypted(self) -> Self {
        let key = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::AwsKms).build();
        let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(key.expect("a key"));
        let rules = ServerSideEncryptionConfiguration::builder().rules(rule.build()).build().expect("rules");
        let encryption = self.lab.aws.s3.put_bucket_encryption().bucket(&self.name);
        wait(encryption.server_side_encryption_configuration(rules).send()).expect("encryption");
        self
    }

    /// `--state` for it.
    pub(crate) fn state(&self) -> String {
        format!("s3://{}/daybreak", self.name)
    }

    /// All keys, sorted.
    pub(crate) fn keys(&self) -> Vec<String> {
        let listed = wait(self.lab.aws.s3.list_objects_v2().bucket(&self.name).send()).expect("the keys");
        assert_eq!(listed.is_truncated(), Some(false), "one page is enough for a test");
        listed.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
    }

    /// How many records there are, of all runs.
    pub(crate) fn records(&self) -> usize {
        self.keys().iter().filter(|key| key.ends_with(".json")).count()
    }

    /// The content of an object.
    pub(crate) fn read(&self, key: &str) -> Value {
        let object = wait(self.lab.aws.s3.get_object().bucket(&self.name).key(key).send()).expect("an object");
        let bytes = wait(object.body.collect()).expect("its content").into_bytes();
        serde_json::from_slice(&bytes).expect("JSON")
    }

    /// Moves S3's clock for this bucket, or has it overlook the conditions of writes.
    pub(crate) fn quirk(&self, name: &str, value: impl Into<Value>) {
        self.lab.bucket(&json!({ "bucket": self.name, name: value.into() }));
    }
}
