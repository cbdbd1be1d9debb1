//! Values of an environment never reach a log.

use domain::EnvVars;

/// Replaces every value of an environment that is long enough to be a secret.
#[derive(Clone, Default)]
pub(crate) struct Mask {
    /// The longest first, so that a value that holds another is masked whole.
    values: Vec<String>,
}

impl Mask {
    pub fn new(env: &EnvVars, more: impl IntoIterator<Item = String>) -> Self {
        let long = more
            .into_iter()
            .filter(|value| value.len() >= domain::env::MASKED_FROM);
        let whole = env.masked_values().map(str::to_owned).chain(long);
        // Output comes line by line, so each line of a value is a secret of its own.
        let mut values: Vec<String> = whole
            .flat_map(|value| value.lines().map(str::to_owned).collect::<Vec<_>>())
            .filter(|line| line.len() >= domain::env::MASKED_FROM)
            .collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Self { values }
    }

    pub fn apply(&self, line: &str) -> String {
        let mut masked = line.to_owned();
        for value in &self.values {
            if masked.contains(value.as_str()) {
                masked = masked.replace(value.as_str(), "********");
            }
        }
        masked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_masked_and_short_ones_stay() {
        let mut env = EnvVars::default();
        env.set("TOKEN".parse().unwrap(), "abcdefgh").unwrap();
        env.set("LONGER".parse().unwrap(), "xabcdefghx").unwrap();
        env.set("DEBUG".parse().unwrap(), "1").unwrap();
        env.set("PEM".parse().unwrap(), "-----BEGIN\nMIIEpQIBAAKC\n")
            .unwrap();
        let mask = Mask::new(&env, ["generated-one".to_owned()]);
        let masked = mask.apply("1 abcdefgh xabcdefghx MIIEpQIBAAKC generated-one");
        assert_eq!(masked, "1 ******** ******** ******** ********");
    }
}
