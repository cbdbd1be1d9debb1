//! Backup, verify and restore: everything comes back, on whichever database, or nothing changes.

mod damage;
mod figures;
mod files;
mod foreign;
mod keys;
mod killed;
mod moves;
mod reader;
mod schemas;
mod tools;
mod while_writing;
