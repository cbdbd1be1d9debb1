//! `havre proxmox`: the cluster that guests live on.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::text::help_proxmox as help;

/// `havre proxmox`.
#[derive(Debug, Subcommand)]
pub enum ProxmoxCommand {
    #[command(about = help::SETUP)]
    Setup(Box<SetupArgs>),
}

/// `havre proxmox setup`. What is not given is asked, or taken from an earlier set-up. The token's secret is read from
/// `PROXMOX_TOKEN_SECRET` or asked: a command line can be read by everybody on the machine.
#[derive(Debug, Args)]
pub struct SetupArgs {
    #[arg(long, help = help::CHECK, conflicts_with_all = [
        "yes", "api", "token_id", "fingerprint", "ca_file", "system_cas", "accept_any_certificate", "pool", "vmids", "disks",
        "templates", "images", "bridge", "vlan", "firewall", "addresses", "gateway", "dns", "nodes", "template", "image", "jump",
    ])]
    pub check: bool,
    #[arg(long, help = help::YES)]
    pub yes: bool,
    #[arg(long, value_name = "URL", help = help::API)]
    pub api: Option<String>,
    #[arg(long, value_name = "USER@REALM!NAME", help = help::TOKEN_ID)]
    pub token_id: Option<String>,
    #[arg(long, value_name = "SHA256", help = help::FINGERPRINT)]
    pub fingerprint: Option<String>,
    #[arg(long, value_name = "FILE", help = help::CA_FILE)]
    pub ca_file: Option<PathBuf>,
    #[arg(long, help = help::SYSTEM_CAS)]
    pub system_cas: bool,
    #[arg(long, help = help::ACCEPT_ANY)]
    pub accept_any_certificate: bool,
    #[arg(long, value_name = "POOL", help = help::POOL)]
    pub pool: Option<String>,
    #[arg(long, value_name = "FIRST-LAST", help = help::VMIDS)]
    pub vmids: Option<String>,
    #[arg(long, value_name = "STORAGE", help = help::DISKS)]
    pub disks: Option<String>,
    #[arg(long, value_name = "STORAGE", help = help::TEMPLATES)]
    pub templates: Option<String>,
    #[arg(long, value_name = "STORAGE", help = help::IMAGES)]
    pub images: Option<String>,
    #[arg(long, value_name = "BRIDGE", help = help::BRIDGE)]
    pub bridge: Option<String>,
    #[arg(long, value_name = "1-4094", value_parser = clap::value_parser!(u16).range(1..=4094), help = help::VLAN)]
    pub vlan: Option<u16>,
    #[arg(long, help = help::FIREWALL)]
    pub firewall: bool,
    #[arg(long, value_name = "dhcp|FIRST-LAST/BITS", help = help::ADDRESSES)]
    pub addresses: Option<String>,
    #[arg(long, value_name = "IP", help = help::GATEWAY)]
    pub gateway: Option<std::net::Ipv4Addr>,
    #[arg(long, value_name = "IP", help = help::DNS)]
    pub dns: Option<std::net::IpAddr>,
    #[arg(long = "node", value_name = "NODE", help = help::NODES)]
    pub nodes: Vec<String>,
    #[arg(long, value_name = "VOLUME", help = help::TEMPLATE)]
    pub template: Option<String>,
    #[arg(long, value_name = "VOLUME|VMID", help = help::IMAGE)]
    pub image: Option<String>,
    #[arg(long, value_name = "USER@HOST[:PORT]", help = help::JUMP)]
    pub jump: Option<String>,
}
