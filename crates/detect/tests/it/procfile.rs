//! procfile
