//! wishes
