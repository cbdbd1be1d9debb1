//! The Proxmox driver against the lab: the API of an emulator, and real containers behind it. Run by `scripts/lab/run`.

#[path = "lab/bed.rs"]
mod bed;
#[path = "lab/cuts.rs"]
mod cuts;
#[path = "lab/drift.rs"]
mod drift;
#[path = "../../src/proxmox/fake_machines.rs"]
mod fake_machines;
#[path = "lab/story.rs"]
mod story;
#[path = "lab/surroundings.rs"]
mod surroundings;
