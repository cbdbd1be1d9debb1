//! What the doctor says.
