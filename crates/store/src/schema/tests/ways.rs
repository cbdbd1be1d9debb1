//! From any schema to any other one, and back.

use proptest::prelude::*;

use super::random;
use crate::schema::{Migration, Op, Schema, diff, migration};

fn run(ops: &[Op], mut schema: Schema) -> Schema {
    for op in ops {
        op.apply(&mut schema).unwrap();
    }
    schema
}

proptest! {
    #[test]
    fn random_schemas_keep_the_rules(schema in random::schema()) {
        let ops = diff(&Schema::EMPTY, &schema).unwrap();
        prop_assert_eq!(run(&ops, Schema::EMPTY).sorted(), schema.sorted());
    }

    #[test]
    fn there_and_back_again((one, other) in (random::schema(), random::schema())) {
        let (up, down) = migration(&one, &other).unwrap();
        let there = run(&up, one.clone());
        prop_assert_eq!(there.sorted(), other.sorted());
        prop_assert_eq!(run(&down, there).sorted(), one.sorted());
    }

    #[test]
    fn nothing_differs_from_itself(schema in random::schema()) {
        prop_assert_eq!(diff(&schema, &schema.sorted()).unwrap(), vec![]);
    }

    #[test]
    fn each_step_has_one_that_undoes_it((one, other) in (random::schema(), random::schema())) {
        let mut schema = one;
        for op in diff(&schema.clone(), &other).unwrap() {
            let before = schema.clone();
            let inverse = op.inverse(&before).unwrap();
            op.apply(&mut schema).unwrap();
            let mut back = schema.clone();
            inverse.apply(&mut back).unwrap();
            prop_assert_eq!(back.sorted(), before.sorted());
        }
    }

    #[test]
    fn files_read_back((one, other) in (random::schema(), random::schema())) {
        let (up, down) = migration(&one, &other).unwrap();
        let written = Migration::new(7, "random_change", up, down);
        let read = Migration::parse(&written.file_name(), &written.to_toml(), &one).unwrap();
        prop_assert_eq!(read.to_toml(), written.to_toml());
        prop_assert_eq!(read, written);
    }
}
