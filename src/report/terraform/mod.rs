//! After a cutover: what keeps a Terraform configuration from destroying the target, or from making the old world anew.
//!
//! A restored database is not the one that a configuration made. Unless the configuration learns of it, the next `terraform apply`
//! goes on managing the source, and whoever writes the target's name over the source's has Terraform delete the one and
//! create the other. [`advise`] reads the journal and, where there is one, Terraform's state, and says which blocks hand
//! the management over, which arguments must change, and what follows the source by other resources. Pure and offline:
//! neither AWS nor Terraform is asked, and of a state nothing but addresses and identifiers is shown.
//!
//! How arguments behave is that of the provider `hashicorp/aws`, version 5; a lab test holds the blocks against it.

pub mod address;
mod advice;
mod arguments;
mod followers;
pub mod state;
mod takeover;
mod text;

pub use advice::{Advice, Block, Stands, advise};
pub use takeover::Given;
pub use text::render;

#[cfg(test)]
mod tests;
