//! Commands and files over SSH.
