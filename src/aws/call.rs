//! A call as plans show it.

use serde::Serialize;
use serde_json::Value;

/// One API call with all that will be sent, named as AWS's API reference names it.
///
/// It is for reading: what is executed is the request it was made from. Secret values are never in
/// it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Call {
    /// IAM's prefix of the service, such as `rds`.
    pub service: &'static str,
    /// The API's name of the operation, which is also the IAM action's.
    pub action: &'static str,
    /// Parameter names to values; times are RFC 3339.
    pub parameters: Value,
}

impl Call {
    /// Shows a request; its serialized form must be the API's.
    pub(super) fn of(service: &'static str, action: &'static str, request: &impl Serialize) -> Self {
        // Requests are structs of strings, numbers, booleans and lists, for which serialization
        // cannot fail.
        let parameters = serde_json::to_value(request).unwrap_or(Value::Null);
        Self { service, action, parameters }
    }
}

/// Gives request types their operation's name, and the form in which a plan shows them.
macro_rules! shown_as {
    ($service:literal: $($request:ident => $action:literal),* $(,)?) => {$(
        impl $request {
            /// The operation's name in the API, which is also the IAM action's.
            pub const ACTION: &'static str = $action;

            /// The call as a plan shows it.
            pub fn call(&self) -> $crate::aws::call::Call {
                $crate::aws::call::Call::of($service, Self::ACTION, self)
            }
        }
    )*};
}

pub(super) use shown_as;
