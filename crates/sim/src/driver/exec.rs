//! The calls that take time: copying, commands, destroying. Each can be cut in its middle.

use std::path::Path;

use domain::GuestId;
use domain::guest::{AppState, Exec, ExecEnd, Role};
use domain::ports::{DriverError, LineSink, OutLine};

use super::SimDriver;
use crate::call::{Op, When};
use crate::content::{Content, Entry, read_folder};
use crate::fault::gone;
use crate::hub::{Hub, Life};
use crate::script::{End, Ending};
use crate::state::{Guest, State};

impl SimDriver {
    pub(super) async fn put_tree(&self, id: &GuestId, tree: &Path) -> Result<(), DriverError> {
        let going = self.hub.begin(&self.life, Op::Put, id.to_string()).await;
        going.refused()?;
        let result = match read_folder(tree) {
            Err(error) => Err(DriverError::other(
                format!("read {}", tree.display()),
                error,
            )),
            Ok(content) => {
                let half: Content = content
                    .clone()
                    .into_iter()
                    .take(content.len() / 2)
                    .collect();
                match self.hub.state(|state| replace(state, id, half, true)) {
                    Err(error) => Err(error),
                    Ok(()) => {
                        going.boundary(When::Middle).await;
                        self.hub.state(|state| replace(state, id, content, false))
                    }
                }
            }
        };
        going.end(result).await
    }

    pub(super) async fn run(
        &self,
        id: &GuestId,
        command: &Exec,
        sink: LineSink<'_>,
    ) -> Result<ExecEnd, DriverError> {
        let going = self
            .hub
            .begin(&self.life, Op::Exec, format!("{id} {}", command.tag))
            .await;
        going.refused()?;
        let result = match self
            .hub
            .state(|state| begin(state, id, command, self.life.number))
        {
            Err(error) => Err(error),
            Ok(ending) => {
                let running = Running {
                    hub: &self.hub,
                    life: &self.life,
                    id,
                    tag: &command.tag,
                };
                let half = ending.lines.len() / 2;
                say(&ending.lines[..half], sink);
                going.boundary(When::Middle).await;
                if ending.end == End::Hangs {
                    self.hub.time.sleep(command.timeout).await;
                }
                say(&ending.lines[half..], sink);
                let ended = self.hub.state(|state| finish(state, id, &ending));
                drop(running);
                ended
            }
        };
        going.end(result).await
    }

    pub(super) async fn destroy_guest(&self, id: &GuestId) -> Result<(), DriverError> {
        let going = self
            .hub
            .begin(&self.life, Op::Destroy, id.to_string())
            .await;
        going.refused()?;
        self.hub.state(|state| super::guests::has_quorum(state))?;
        self.hub.state(|state| {
            state.must_not_be_routed(id, "destroyed");
            if let Some(guest) = state.guests.get_mut(id) {
                guest.app = AppState::Stopped;
            }
        });
        going.boundary(When::Middle).await;
        self.hub.state(|state| state.guests.remove(id));
        going.end(Ok(())).await
    }
}

fn say(lines: &[String], sink: LineSink<'_>) {
    for line in lines {
        sink(OutLine { text: line.clone() });
    }
}

fn build_guest<'a>(state: &'a mut State, id: &GuestId) -> Result<&'a mut Guest, DriverError> {
    let guest = state.guests.get_mut(id).ok_or_else(|| gone(id))?;
    if guest.spec.role == Role::Build {
        Ok(guest)
    } else {
        Err(DriverError::other(
            format!("copy into guest {id}"),
            "it is not a build guest",
        ))
    }
}

fn replace(
    state: &mut State,
    id: &GuestId,
    content: Content,
    half: bool,
) -> Result<(), DriverError> {
    let guest = build_guest(state, id)?;
    guest.content = content;
    guest.half_copied = half;
    Ok(())
}

/// Starts a command, ending its predecessor, and tells how it will end.
fn begin(
    state: &mut State,
    id: &GuestId,
    command: &Exec,
    life: u32,
) -> Result<Ending, DriverError> {
    let script = state.script(id);
    let guest = state.guests.get_mut(id).ok_or_else(|| gone(id))?;
    if guest.app == AppState::Frozen {
        return Err(DriverError::other(
            format!("run a command in guest {id}"),
            "it is frozen",
        ));
    }
    guest.running.insert(command.tag.clone(), life);
    let mut ending = if guest.spec.role == Role::Build {
        script.build
    } else {
        script.release
    };
    if ending.lines.is_empty() {
        ending.lines = vec![format!("$ {}", command.argv.join(" "))];
    }
    if guest.spec.role == Role::Build {
        for name in &script.bakes {
            let value = command.env.get(name).cloned().unwrap_or_default();
            ending.files.push((format!("baked/{name}"), value));
        }
    }
    if command.registries {
        let deployment = guest.spec.deployment;
        state.caches.insert(deployment);
    }
    Ok(ending)
}

fn finish(state: &mut State, id: &GuestId, ending: &Ending) -> Result<ExecEnd, DriverError> {
    let guest = state.guests.get_mut(id).ok_or_else(|| gone(id))?;
    for (path, text) in &ending.files {
        guest
            .content
            .insert(path.clone(), Entry::File(text.clone().into_bytes()));
    }
    Ok(ending.end.told())
}

/// A command that runs: dropping the call ends it, unless the caller was killed.
struct Running<'a> {
    hub: &'a Hub,
    life: &'a Life,
    id: &'a GuestId,
    tag: &'a str,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if self.life.is_dead() {
            return;
        }
        self.hub.state(|state| {
            if let Some(guest) = state.guests.get_mut(self.id) {
                guest.running.remove(self.tag);
            }
        });
    }
}
