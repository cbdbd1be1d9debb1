//! How guests get their addresses, as it is typed: `dhcp`, or `10.0.0.100-10.0.0.199/24` with a gateway.

use std::net::{IpAddr, Ipv4Addr};

use drivers::proxmox::settings::{AddressPlan, AddressRange};

use crate::text;

/// Reads what was typed.
pub fn read(
    typed: &str,
    gateway: Option<Ipv4Addr>,
    dns: Option<IpAddr>,
) -> Result<AddressPlan, String> {
    if typed.eq_ignore_ascii_case("dhcp") {
        return Ok(AddressPlan::Dhcp);
    }
    let (first, last, prefix) = ends(typed).ok_or(text::PVE_NO_RANGE)?;
    let range = AddressRange {
        prefix,
        gateway: gateway.ok_or(text::PVE_NO_GATEWAY)?,
        dns,
        first,
        last,
    };
    range.check().map_err(|bad| bad.to_string())?;
    Ok(AddressPlan::Range(range))
}

fn ends(typed: &str) -> Option<(Ipv4Addr, Ipv4Addr, u8)> {
    let (ends, bits) = typed.split_once('/')?;
    let (first, last) = ends.split_once('-')?;
    Some((
        first.trim().parse().ok()?,
        last.trim().parse().ok()?,
        bits.trim().parse().ok()?,
    ))
}

/// As it is typed.
pub fn shown(plan: &AddressPlan) -> String {
    match plan {
        AddressPlan::Dhcp => "dhcp".to_owned(),
        AddressPlan::Range(range) => format!("{}-{}/{}", range.first, range.last, range.prefix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_it_is_shown() {
        let gateway = Some(Ipv4Addr::new(10, 0, 0, 1));
        let plan = read("10.0.0.100-10.0.0.199/24", gateway, None).unwrap();
        assert_eq!(shown(&plan), "10.0.0.100-10.0.0.199/24");
        assert_eq!(read("DHCP", None, None), Ok(AddressPlan::Dhcp));
    }

    #[test]
    fn what_is_no_range_is_said() {
        let gateway = Some(Ipv4Addr::new(10, 0, 0, 1));
        for bad in [
            "",
            "10.0.0.1",
            "10.0.0.1-10.0.0.9",
            "a-b/24",
            "10.9.0.1-10.9.0.2/24",
        ] {
            assert!(read(bad, gateway, None).is_err(), "{bad}");
        }
        assert!(read("10.0.0.100-10.0.0.199/24", None, None).is_err());
    }
}
