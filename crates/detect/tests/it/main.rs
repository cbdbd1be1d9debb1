//! Tests of detection through its public function.
