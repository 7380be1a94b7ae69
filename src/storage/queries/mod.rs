//! Every query, written once and compiled for each backend. Queries never open transactions.

use super::Conn;
use crate::storage::{rows::*, schema};
use diesel::prelude::*;

pub(crate) mod campaigns;
pub(crate) mod facts;
pub(crate) mod ledger;
pub(crate) mod members;
pub(crate) mod order;
pub(crate) mod rewards;

/// Rows in one statement: 30 columns each stay below the 32,766 binds of SQLite.
const CHUNK: usize = 1_000;
/// Values in one list.
const LIST: usize = 10_000;
