//! Sentences about a Proxmox VE cluster: what it lacks, what is waited for, what became of a machine.
