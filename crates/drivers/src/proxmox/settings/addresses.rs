//! Addresses of guests: from the network's DHCP, or from a range that is Havre's.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::text::proxmox as text;

/// How machines get their addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressPlan {
    /// The network gives them.
    Dhcp,
    /// Havre gives them, each to one machine.
    Range(AddressRange),
}

/// A range of IPv4 addresses of one network that nobody else uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressRange {
    /// The network's length in bits, 8 to 30.
    pub prefix: u8,
    /// The way out.
    pub gateway: Ipv4Addr,
    /// The name server; none: what the node itself uses.
    #[serde(default)]
    pub dns: Option<std::net::IpAddr>,
    /// The first address that is Havre's.
    pub first: Ipv4Addr,
    /// The last.
    pub last: Ipv4Addr,
}

/// A range that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", text::bad_range(first, last, *prefix))]
pub struct BadRange {
    first: Ipv4Addr,
    last: Ipv4Addr,
    prefix: u8,
}

impl AddressRange {
    /// Checks that the range lies within the gateway's network.
    ///
    /// # Errors
    /// When it does not, or is empty.
    pub fn check(&self) -> Result<(), BadRange> {
        let network = |address: Ipv4Addr| address.to_bits() & self.mask();
        let sound = (8..=30).contains(&self.prefix)
            && self.first <= self.last
            && network(self.first) == network(self.gateway)
            && network(self.last) == network(self.gateway)
            && self.number(self.first) != 0
            && self.number(self.last) != !self.mask();
        if sound {
            return Ok(());
        }
        Err(BadRange {
            first: self.first,
            last: self.last,
            prefix: self.prefix,
        })
    }

    /// Addresses by their number within the network, so that they are claimed like numbers of machines.
    pub fn numbers(&self) -> RangeInclusive<u32> {
        self.number(self.first)..=self.number(self.last)
    }

    /// The number of an address within the network.
    pub fn number(&self, address: Ipv4Addr) -> u32 {
        address.to_bits() & !self.mask()
    }

    /// The address of a number.
    pub fn address(&self, number: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits((self.gateway.to_bits() & self.mask()) | (number & !self.mask()))
    }

    fn mask(&self) -> u32 {
        u32::MAX
            .checked_shl(32 - u32::from(self.prefix.min(32)))
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn range(prefix: u8, first: [u8; 4], last: [u8; 4]) -> AddressRange {
        AddressRange {
            prefix,
            gateway: [10, 77, 0, 1].into(),
            dns: None,
            first: first.into(),
            last: last.into(),
        }
    }

    #[test]
    fn a_range_lies_in_its_network() {
        assert!(range(24, [10, 77, 0, 10], [10, 77, 0, 199]).check().is_ok());
        assert!(range(24, [10, 77, 1, 10], [10, 77, 1, 20]).check().is_err());
        assert!(range(24, [10, 77, 0, 20], [10, 77, 0, 10]).check().is_err());
        assert!(range(24, [10, 77, 0, 0], [10, 77, 0, 10]).check().is_err());
        assert!(
            range(24, [10, 77, 0, 10], [10, 77, 0, 255])
                .check()
                .is_err()
        );
        assert!(range(0, [10, 77, 0, 10], [10, 77, 0, 20]).check().is_err());
        assert!(range(16, [10, 77, 0, 10], [10, 77, 9, 20]).check().is_ok());
    }

    #[test]
    fn numbers_are_the_end_of_the_address() {
        let range = range(24, [10, 77, 0, 10], [10, 77, 0, 199]);
        assert_eq!(range.numbers(), 10..=199);
        assert_eq!(range.address(10), Ipv4Addr::new(10, 77, 0, 10));
    }

    proptest! {
        #[test]
        fn every_number_is_one_address_of_the_network(prefix in 8u8..=30, number in any::<u32>()) {
            let range = range(prefix, [10, 77, 0, 2], [10, 77, 0, 2]);
            let address = range.address(number);
            prop_assert_eq!(range.address(range.number(address)), address);
        }
    }
}
