//! A bucket that keeps state, and what is in it.

use aws_sdk_s3::{
    config::Region,
    types::{
        BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, ServerSideEncryption,
        ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
        VersioningConfiguration,
    },
};
use serde_json::{Value, json};

use super::{Lab, aws::wait};

/// A bucket of a lab, in the tests' region.
pub(crate) struct Bucket {
    pub(crate) name: String,
    lab: &'static Lab,
    s3: aws_sdk_s3::Client,
}

impl Bucket {
    /// Creates it.
    pub(crate) fn new(lab: &'static Lab, name: &str) -> Self {
        let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1).build();
        let s3 = lab.aws.s3.clone();
        wait(s3.create_bucket().bucket(name).create_bucket_configuration(place).send()).expect("a bucket");
        Self { name: name.to_owned(), lab, s3 }
    }

    /// Creates it in another region than everything else.
    pub(crate) fn far_away(lab: &'static Lab, name: &str) -> Self {
        let place =
            CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuCentral1).build();
        let far = lab.aws.s3.config().to_builder().region(Region::new("eu-central-1")).build();
        let s3 = aws_sdk_s3::Client::from_conf(far);
        wait(s3.create_bucket().bucket(name).create_bucket_configuration(place).send()).expect("a bucket");
        Self { name: name.to_owned(), lab, s3 }
    }

    /// From now on every version of an object is kept.
    pub(crate) fn versioned(self) -> Self {
        let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        wait(self.s3.put_bucket_versioning().bucket(&self.name).versioning_configuration(on).send())
            .expect("versioning");
        self
    }

    /// From now on every object is encrypted with a KMS key.
    pub(crate) fn encrypted(self) -> Self {
        let key = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::AwsKms).build();
        let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(key.expect("a key"));
        let rules = ServerSideEncryptionConfiguration::builder().rules(rule.build()).build().expect("rules");
        let encryption = self.s3.put_bucket_encryption().bucket(&self.name);
        wait(encryption.server_side_encryption_configuration(rules).send()).expect("encryption");
        self
    }

    /// `--state` for it.
    pub(crate) fn state(&self) -> String {
        format!("s3://{}/daybreak", self.name)
    }

    /// All keys, sorted.
    pub(crate) fn keys(&self) -> Vec<String> {
        let listed = wait(self.s3.list_objects_v2().bucket(&self.name).send()).expect("the keys");
        assert_eq!(listed.is_truncated(), Some(false), "one page is enough for a test");
        listed.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
    }

    /// How many records there are, of all runs.
    pub(crate) fn records(&self) -> usize {
        self.keys().iter().filter(|key| key.ends_with(".json")).count()
    }

    /// The runs whose first record is there.
    pub(crate) fn runs(&self) -> Vec<String> {
        let run = |key: &String| Some(key.strip_prefix("daybreak/runs/")?.strip_suffix("/000000.json")?.to_owned());
        self.keys().iter().filter_map(run).collect()
    }

    /// Replaces the content of an object, as its own writer would.
    pub(crate) fn rewrite(&self, key: &str, change: impl FnOnce(&mut Value)) {
        let object = wait(self.s3.get_object().bucket(&self.name).key(key).send()).expect("an object");
        let metadata = object.metadata.clone();
        let mut content = self.read(key);
        change(&mut content);
        let put = self.s3.put_object().bucket(&self.name).key(key).set_metadata(metadata);
        wait(put.body(content.to_string().into_bytes().into()).send()).expect("a new version");
    }

    /// The content of an object.
    pub(crate) fn read(&self, key: &str) -> Value {
        let object = wait(self.s3.get_object().bucket(&self.name).key(key).send()).expect("an object");
        let bytes = wait(object.body.collect()).expect("its content").into_bytes();
        serde_json::from_slice(&bytes).expect("JSON")
    }

    /// Moves S3's clock for this bucket, or has it overlook the conditions of writes.
    pub(crate) fn quirk(&self, name: &str, value: impl Into<Value>) {
        self.lab.bucket(&json!({ "bucket": self.name, name: value.into() }));
    }
}
