//! The schema as a value: what the tables of this program look like ([`model`]), what a live database looks like, the
//! difference between two, and the operations that lead from one to the other. Neutral: how each database spells a type
//! or a statement is in [`crate::dialect`].

mod table;

pub use table::{Column, ColumnType, Default, ForeignKey, Index, IndexColumn, Schema, Table};
