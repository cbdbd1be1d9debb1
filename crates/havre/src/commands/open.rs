//! `havre open`.

use std::process::{Command, Stdio};

use serde_json::json;

use super::Context;
use crate::cli::OpenArgs;
use crate::exit::{Exit, Fault, Outcome};
use crate::text;

/// `havre open`.
pub async fn open(context: &Context, args: &OpenArgs) -> Outcome {
    let deployment = context.deployment(&args.name).await?;
    let Some(url) = deployment.url else {
        return Err(match deployment.deleted_at {
            Some(_) => Fault::new(Exit::NotFound, text::is_gone(&args.name)),
            None => Fault::new(Exit::Refused, text::no_url(&args.name)),
        });
    };
    if context.screen.json {
        let body = json!({"success": true, "url": url});
        context.screen.out(&format!("{body:#}"))?;
    } else if args.print {
        context.screen.out(&url)?;
    } else if !opened(&url) {
        context.screen.say(&text::no_browser(&url));
    }
    Ok(Exit::Done)
}

/// The URL is the server's word: only a web address is handed to the desktop.
fn opened(url: &str) -> bool {
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return false;
    }
    let status = Command::new("xdg-open")
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}
