//! Evidence: what speaks for a framework, and how much.

/// One thing that speaks for a framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// How much it counts. A dependency that is asked for or an object that is made counts about 50; a file that is
    /// merely usual counts 10 to 30.
    pub(crate) weight: u32,
    /// A sentence for people.
    pub(crate) sentence: String,
}

impl Evidence {
    /// A sentence with its weight.
    pub(crate) fn new(weight: u32, sentence: String) -> Self {
        Self { weight, sentence }
    }
}

/// From this on, a framework is what the folder is about, and not just something lying in it.
pub(crate) const STRONG: u32 = 50;

/// The weight of all evidence together.
pub(crate) fn score(evidence: &[Evidence]) -> u32 {
    evidence.iter().map(|one| one.weight).sum()
}

/// The sentences, the strongest first.
pub(crate) fn sentences(evidence: &[Evidence]) -> Vec<String> {
    let mut sorted: Vec<&Evidence> = evidence.iter().collect();
    sorted.sort_by_key(|one| std::cmp::Reverse(one.weight));
    sorted.into_iter().map(|one| one.sentence.clone()).collect()
}
