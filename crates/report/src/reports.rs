//! The reports, a file each.

mod annual_progress;
mod assistance;
mod county;
mod grant;
mod leadership;
mod money;
mod needs;
mod partnership;
mod parts;
mod people;

pub(crate) use annual_progress::AnnualProgress;
pub(crate) use county::County;
pub(crate) use grant::Grant;
pub(crate) use leadership::Leadership;
pub(crate) use partnership::Partnership;
