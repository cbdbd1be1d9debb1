//! A client of the Proxmox VE API.
