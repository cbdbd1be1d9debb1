//! The server, asked over its router and over a socket, with the real engine and database and a simulated driver.

mod contract;
mod guards;
mod harness;
mod lifecycle;
mod openapi;
mod pages;
mod socket;
mod streams;
mod validation;
