//! The texts of `havre proxmox --help`.

pub const PROXMOX: &str = "The Proxmox VE cluster that guests live on";
pub const SETUP: &str =
    "Connects to a cluster, checks what it offers and allows, and stores what to use";
pub const CHECK: &str = "Only checks what is stored; asks and changes nothing";
pub const YES: &str = "Asks nothing: what is not given is taken from the last set-up, or chosen";
pub const API: &str = "The cluster's address, as https://pve1.example:8006 [env: PROXMOX_URL]";
pub const TOKEN_ID: &str =
    "The API token; its secret is asked, or PROXMOX_TOKEN_SECRET [env: PROXMOX_TOKEN_ID]";
pub const FINGERPRINT: &str =
    "The SHA-256 fingerprint of the certificate to trust [env: PROXMOX_FINGERPRINT]";
pub const CA_FILE: &str =
    "Trust certificates of this authority, as /etc/pve/pve-root-ca.pem [env: PROXMOX_CA_FILE]";
pub const SYSTEM_CAS: &str = "Trust the authorities of this machine";
pub const ACCEPT_ANY: &str = "Trust any certificate: whoever is in between can read the token and do all that it may [env: PROXMOX_INSECURE]";
pub const POOL: &str = "The resource pool that all guests go into";
pub const VMIDS: &str = "The numbers that guests may have [default: 20000-29999]";
pub const DISKS: &str = "Where disks go [env: PROXMOX_STORAGE]";
pub const TEMPLATES: &str = "Where container templates are";
pub const IMAGES: &str = "Where cloud images for VMs are";
pub const BRIDGE: &str =
    "The bridge or vnet that guests are attached to [env: PROXMOX_NETWORK_BRIDGE]";
pub const VLAN: &str = "The VLAN of guests";
pub const FIREWALL: &str = "Have the cluster's firewall let in only the app's port and Havre's SSH";
pub const ADDRESSES: &str =
    "How guests get their addresses: dhcp, or a range of IPv4 addresses that nobody else uses";
pub const GATEWAY: &str = "With a range: the gateway";
pub const DNS: &str = "With a range: the name server";
pub const NODES: &str = "Use only this node; may be given more than once [env: PROXMOX_NODE]";
pub const TEMPLATE: &str = "The container template to use [default: the newest Debian or Ubuntu]";
pub const IMAGE: &str = "The cloud image, or the number of a VM template, to use for VMs";
pub const JUMP: &str =
    "Reach guests through this machine by SSH [env: SSH_JUMP_USER, SSH_JUMP_HOST]";
