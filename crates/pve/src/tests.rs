//! Tests of what cannot be seen from outside: the table of requests, the sorting of errors, the decoding.

mod decoding;
mod names;
mod props;
mod requests;
mod schema;
mod sorting;
