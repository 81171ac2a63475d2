//! Where a bucket is.

use aws_sdk_s3::Client;
use aws_smithy_runtime_api::client::result::SdkError;

use crate::aws::error::{Error, ErrorKind};
use crate::aws::sdk::Operation;

const HEAD: Operation = Operation::s3("HeadBucket");

/// The region of a bucket, asked of any other (`HeadBucket`), or `None` where the answer does not say.
///
/// S3 names the region in whatever it answers, redirects and refusals included, so the identity needs no permission for this.
pub(super) async fn region(client: &Client, bucket: &str) -> Result<Option<String>, Error> {
    match client.head_bucket().bucket(bucket).send().await {
        Ok(output) => Ok(output.bucket_region),
        Err(error) => {
            let answer = match &error {
                SdkError::ServiceError(answer) => answer.raw(),
                SdkError::ResponseError(answer) => answer.raw(),
                _ => return Err(HEAD.failed(error)),
            };
            if answer.status().as_u16() == 404 {
                let message = format!("there is no bucket {bucket:?}");
                return Err(HEAD.failed(error).with_kind(ErrorKind::NotFound).with_message(message));
            }
            if answer.status().is_server_error() {
                return Err(HEAD.failed(error));
            }
            Ok(answer.headers().get("x-amz-bucket-region").map(str::to_owned))
        }
    }
}
