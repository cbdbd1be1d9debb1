//! `havre gateway`.

use gateway::{GatewayConfig, Limits};

use crate::cli::GatewayArgs;
use crate::exit::{Exit, Fault, Outcome};
use crate::serve::Signals;

/// Runs the gateway until a signal; a second one cuts what is in flight.
pub async fn run(args: GatewayArgs) -> Outcome {
    if args.detached {
        // The first process of a session is nobody's child of a terminal: no hang-up and no Ctrl-C reaches it.
        let _ = nix::unistd::setsid();
    }
    let mut first = Signals::take()?;
    let mut second = Signals::take()?;
    let config = GatewayConfig {
        listen: args.listen,
        control: args.control,
        state: args.state,
        base_domain: args.base_domain,
        limits: Limits::default(),
    };
    let serving = gateway::run(config, async move { first.next().await });
    let cut = async {
        second.next().await;
        second.next().await;
    };
    tokio::select! {
        served = serving => match served {
            Ok(()) => Ok(Exit::Done),
            Err(error) => Err(Fault::new(Exit::Platform, error.to_string())),
        },
        () = cut => Ok(Exit::Interrupted),
    }
}
