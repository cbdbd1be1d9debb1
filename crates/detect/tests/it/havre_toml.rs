//! havre_toml
