//! `havre`: one binary, many roles.

mod cli;
mod client;
mod commands;
mod config;
mod db;
mod demo;
mod doctor;
mod exit;
mod gateway_role;
mod proxmox;
mod roles;
mod screen;
mod serve;
mod static_server;
mod table;
mod text;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use commands::Context;
use exit::Outcome;
use screen::Screen;

fn main() -> ExitCode {
    // Roles inside a guest come first: they fork and drop rights before there is any thread.
    if let Some(code) = roles::early(std::env::args_os().nth(1).as_deref()) {
        return code;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return roles::usage(&error),
    };
    let screen = Screen { json: cli.json };
    let outcome = run(cli, screen);
    if let Err(fault) = &outcome {
        screen.fault(fault);
    }
    outcome.unwrap_or_else(|fault| fault.exit).into()
}

fn run(cli: Cli, screen: Screen) -> Outcome {
    match cli.command {
        Command::Completions { shell } => roles::completions(screen, shell),
        Command::Config => config::show(screen, cli.url),
        Command::Serve(args) => roles::serve(screen, &args),
        Command::Gateway(args) => roles::gateway(args),
        Command::Demo(args) => roles::small_runtime()?.block_on(demo::run(screen, &args)),
        Command::Db(command) => roles::small_runtime()?.block_on(db::run(screen, command)),
        Command::Proxmox(command) => {
            roles::small_runtime()?.block_on(proxmox::run(screen, command))
        }
        Command::Doctor => roles::small_runtime()?.block_on(doctor::run(screen, cli.url)),
        command => verb(cli.url, screen, command),
    }
}

fn verb(url: Option<String>, screen: Screen, command: Command) -> Outcome {
    let client = client::Client::new(&config::server_url(url)?)?;
    let context = Context { client, screen };
    roles::small_runtime()?.block_on(commands::run(&context, command))
}
