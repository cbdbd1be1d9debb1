//! What a set-up asks: each thing is given by a flag, else by the environment, else stored, else asked or chosen.

use drivers::proxmox::settings::{AddressPlan, Concurrency, JumpHost, NetworkSettings, VmidRange};
use drivers::proxmox::{ClusterSettings, keys};
use pve::Content;
use secrecy::SecretString;

use super::ask::Asker;
use super::survey::Survey;
use super::{addresses, show};
use crate::cli::SetupArgs;
use crate::config::ProxmoxGiven;
use crate::exit::{Exit, Fault};
use crate::screen::Screen;
use crate::text;

/// Where one question is asked, and what is known before.
pub struct Talk<'a> {
    pub screen: Screen,
    pub asker: Asker,
    pub args: &'a SetupArgs,
    pub given: &'a ProxmoxGiven,
    pub stored: Option<&'a ClusterSettings>,
}

/// What a storage is chosen for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Disks,
    Templates,
}

impl Talk<'_> {
    /// Everything that a cluster's settings hold beyond the way in; that is in `bare`.
    pub async fn settings(
        &self,
        bare: ClusterSettings,
        seen: &Survey,
        ssh_key: &SecretString,
    ) -> Result<ClusterSettings, Fault> {
        let (args, stored) = (self.args, self.stored);
        let disks = self.storage(seen, Place::Disks)?;
        let templates = self.storage(seen, Place::Templates)?;
        let images = self.images()?;
        Ok(ClusterSettings {
            pool: self.pool(seen)?,
            vmids: self.vmids()?,
            disks,
            templates,
            images,
            network: self.network(seen)?,
            nodes: self.nodes()?,
            template: args
                .template
                .clone()
                .or_else(|| self.given.lxc_template.clone())
                .or_else(|| stored.and_then(|settings| settings.template.clone())),
            image: args
                .image
                .clone()
                .or_else(|| self.given.vm_template.clone())
                .or_else(|| stored.and_then(|settings| settings.image.clone())),
            jump: self.jump(ssh_key).await?,
            concurrency: stored.map_or_else(Concurrency::default, |settings| settings.concurrency),
            ..bare
        })
    }

    fn storage(&self, seen: &Survey, place: Place) -> Result<pve::StorageId, Fault> {
        let (content, prompt, flag) = match place {
            Place::Disks => (Content::Rootdir, text::PVE_ASK_DISKS, "--disks"),
            Place::Templates => (Content::Vztmpl, text::PVE_ASK_TEMPLATES, "--templates"),
        };
        let known = match place {
            Place::Disks => self
                .args
                .disks
                .clone()
                .or_else(|| self.given.storage.clone()),
            Place::Templates => self.args.templates.clone(),
        };
        if let Some(name) = known {
            return parsed(&name);
        }
        let stored = self.stored.map(|settings| match place {
            Place::Disks => &settings.disks,
            Place::Templates => &settings.templates,
        });
        let mut fit: Vec<_> = seen
            .storages
            .iter()
            .filter(|storage| storage.row.active && storage.row.holds(content))
            .collect();
        // The best first: linked clones, then the most room.
        fit.sort_by_key(|storage| {
            let clones = place == Place::Disks && storage.can().clone;
            (!clones, std::cmp::Reverse(storage.row.avail))
        });
        if fit.is_empty()
            && let Some(stored) = stored
        {
            return Ok(stored.clone());
        }
        let lines: Vec<String> = fit.iter().map(|storage| show::storage(storage)).collect();
        let default = fit
            .iter()
            .position(|storage| Some(&storage.row.storage) == stored)
            .unwrap_or(0);
        let chosen = self.asker.pick(prompt, &lines, Some(default), flag)?;
        Ok(fit[chosen].row.storage.clone())
    }

    fn images(&self) -> Result<Option<pve::StorageId>, Fault> {
        match &self.args.images {
            Some(name) => parsed(name).map(Some),
            None => Ok(self.stored.and_then(|settings| settings.images.clone())),
        }
    }

    fn pool(&self, seen: &Survey) -> Result<Option<pve::PoolId>, Fault> {
        let stored = self.stored.and_then(|settings| settings.pool.as_ref());
        let known = self
            .args
            .pool
            .clone()
            .or_else(|| stored.map(ToString::to_string));
        let only = || match seen.pools.as_slice() {
            [pool] => pool.poolid.to_string(),
            _ => "havre".to_owned(),
        };
        let default = known.unwrap_or_else(only);
        let read = |typed: &str| match typed {
            "" | "-" => Ok(None),
            typed => typed
                .parse()
                .map(Some)
                .map_err(|bad: pve::BadName| bad.to_string()),
        };
        self.asker
            .text(text::PVE_ASK_POOL, Some(default), "--pool", read)
    }

    fn vmids(&self) -> Result<VmidRange, Fault> {
        let stored = self
            .stored
            .map(|settings| settings.vmids)
            .unwrap_or_default();
        let default = self
            .args
            .vmids
            .clone()
            .unwrap_or_else(|| format!("{}-{}", stored.first, stored.last));
        self.asker
            .text(text::PVE_ASK_VMIDS, Some(default), "--vmids", vmids)
    }

    fn network(&self, seen: &Survey) -> Result<NetworkSettings, Fault> {
        let stored = self.stored.map(|settings| &settings.network);
        let bridge = self.bridge(seen)?;
        Ok(NetworkSettings {
            bridge,
            vlan: self
                .args
                .vlan
                .or_else(|| stored.and_then(|network| network.vlan)),
            firewall: self.args.firewall || stored.is_some_and(|network| network.firewall),
            addresses: self.addresses()?,
        })
    }

    fn bridge(&self, seen: &Survey) -> Result<pve::Bridge, Fault> {
        let known = self
            .args
            .bridge
            .clone()
            .or_else(|| self.given.bridge.clone());
        if let Some(name) = known {
            return parsed(&name);
        }
        let stored = self.stored.map(|settings| &settings.network.bridge);
        if seen.bridges.is_empty()
            && let Some(stored) = stored
        {
            return Ok(stored.clone());
        }
        let lines: Vec<String> = seen.bridges.iter().map(show::bridge).collect();
        let default = seen
            .bridges
            .iter()
            .position(|bridge| Some(&bridge.iface) == stored)
            .unwrap_or(0);
        let chosen = self
            .asker
            .pick(text::PVE_ASK_BRIDGE, &lines, Some(default), "--bridge")?;
        Ok(seen.bridges[chosen].iface.clone())
    }

    fn addresses(&self) -> Result<AddressPlan, Fault> {
        let stored = self.stored.map(|settings| &settings.network.addresses);
        let range = match stored {
            Some(AddressPlan::Range(range)) => Some(range),
            _ => None,
        };
        let typed = self.args.addresses.clone();
        let default = typed.or_else(|| stored.map(addresses::shown));
        let plain = |typed: &str| Ok(typed.to_owned());
        let chosen = self.asker.text(
            text::PVE_ASK_ADDRESSES,
            Some(default.unwrap_or_else(|| "dhcp".to_owned())),
            "--addresses",
            plain,
        )?;
        let mut gateway = self
            .args
            .gateway
            .or_else(|| range.map(|range| range.gateway));
        if gateway.is_none() && !chosen.eq_ignore_ascii_case("dhcp") {
            let read = |typed: &str| typed.parse().map_err(|_| text::PVE_NO_GATEWAY.to_owned());
            gateway = Some(
                self.asker
                    .text(text::PVE_ASK_GATEWAY, None, "--gateway", read)?,
            );
        }
        let dns = self.args.dns.or_else(|| range.and_then(|range| range.dns));
        addresses::read(&chosen, gateway, dns).map_err(|why| Fault::new(Exit::BadInput, why))
    }

    fn nodes(&self) -> Result<Vec<pve::NodeName>, Fault> {
        if !self.args.nodes.is_empty() {
            return self.args.nodes.iter().map(|name| parsed(name)).collect();
        }
        if let Some(node) = &self.given.node {
            return Ok(vec![parsed(node.as_str())?]);
        }
        Ok(self
            .stored
            .map(|settings| settings.nodes.clone())
            .unwrap_or_default())
    }

    /// Its host key is learned where it is new: the first time it is believed, as SSH does.
    async fn jump(&self, key: &SecretString) -> Result<Option<JumpHost>, Fault> {
        let given = self.given.jump_host.as_ref().map(|host| {
            let user = self.given.jump_user.as_deref().unwrap_or("root");
            format!("{user}@{host}")
        });
        let stored = self.stored.and_then(|settings| settings.jump.clone());
        let Some(typed) = self.args.jump.clone().or(given) else {
            return Ok(stored);
        };
        let mut jump = jump(&typed).ok_or_else(|| Fault::new(Exit::BadInput, text::PVE_NO_JUMP))?;
        if let Some(stored) = stored
            && (&stored.host, stored.port, &stored.user) == (&jump.host, jump.port, &jump.user)
        {
            return Ok(Some(stored));
        }
        let line = keys::public_line(key).unwrap_or_default();
        let shown = keys::jump_host_key(&jump, key).await;
        jump.host_key = shown.map_err(|error| {
            let why = std::error::Error::source(&error).map(ToString::to_string);
            Fault::new(Exit::Unreachable, text::pve_jump_not_reached(&typed))
                .why(why.unwrap_or_else(|| error.to_string()))
                .cure(text::pve_jump_cure(&line))
        })?;
        self.screen.say(&text::pve_jump_key(&typed, &jump.host_key));
        Ok(Some(jump))
    }
}

fn jump(typed: &str) -> Option<JumpHost> {
    let (user, rest) = typed.split_once('@')?;
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host, port.parse().ok()?),
        _ => (rest, 22),
    };
    let sound = !user.is_empty() && !host.is_empty();
    sound.then(|| JumpHost {
        host: host.to_owned(),
        port,
        user: user.to_owned(),
        host_key: String::new(),
    })
}

fn vmids(typed: &str) -> Result<VmidRange, String> {
    let parts = typed
        .split_once('-')
        .and_then(|(first, last)| Some((first.trim().parse().ok()?, last.trim().parse().ok()?)));
    match parts {
        Some((first, last)) if first >= 100 && first <= last && last <= 999_999_999 => {
            Ok(VmidRange { first, last })
        }
        _ => Err(text::PVE_NO_VMIDS.to_owned()),
    }
}

fn parsed<T: std::str::FromStr<Err = pve::BadName>>(name: &str) -> Result<T, Fault> {
    name.parse()
        .map_err(|bad: pve::BadName| Fault::new(Exit::BadInput, bad.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_host_is_read_with_and_without_a_port() {
        let read = jump("root@gate.example:2222").unwrap();
        assert_eq!((read.host.as_str(), read.port), ("gate.example", 2222));
        assert_eq!(jump("root@gate").unwrap().port, 22);
        assert_eq!(jump("root@fd00::1").unwrap().host, "fd00::1");
        assert!(jump("gate").is_none() && jump("@gate").is_none() && jump("a@b:x").is_none());
    }

    #[test]
    fn numbers_are_a_range_from_100_on() {
        assert_eq!(vmids("200-299").unwrap().numbers(), 200..=299);
        for bad in ["", "1-2", "300-200", "100", "100-1000000000"] {
            assert!(vmids(bad).is_err(), "{bad}");
        }
    }
}
