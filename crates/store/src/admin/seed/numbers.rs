//! Numbers that look random and are the same on every machine, for ever.

/// SplitMix64: <https://prng.di.unimi.it/splitmix64.c>, in the public domain. A generator from a library may change with its
/// version, and the examples with it.
pub(super) struct Numbers(u64);

impl Numbers {
    /// The numbers of one row.
    pub(super) fn of(seed: u64, row: u32) -> Self {
        let mut of_seed = Self(seed);
        let start = of_seed.next() ^ u64::from(row).wrapping_mul(0xd134_2543_de82_ef95);
        let mut this = Self(start);
        this.next();
        this
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one, which is not 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True so many times out of a hundred.
    pub(super) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// One of these.
    pub(super) fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len() as u64) as usize]
    }

    /// A UUID, version 4.
    pub(super) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::DeploymentId;

    /// The first numbers of the published generator, from 1234567.
    #[test]
    fn they_are_the_published_ones() {
        let mut numbers = Numbers(1_234_567);
        assert_eq!(numbers.next(), 6_457_827_717_110_365_317);
        assert_eq!(numbers.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn uuids_are_ids_and_differ() {
        let ids: std::collections::BTreeSet<String> =
            (0..1000).map(|row| Numbers::of(7, row).uuid()).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            let parsed: DeploymentId = id.parse().unwrap();
            assert_eq!(parsed.to_string(), id);
            assert_eq!(&id[14..15], "4");
            assert!("89ab".contains(&id[19..20]), "{id}");
        }
    }
}
