//! Counts.

use api::{Stats, StatsAnswer};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::ports::Counts;

use super::lookup::SCOPE;
use crate::error::{Answer, OrAnswer};
use crate::state::App;

/// Counts over live deployments.
#[utoipa::path(get, path = "/api/stats", responses((status = 200, body = StatsAnswer)))]
pub(crate) async fn stats(State(app): State<App>) -> Answer {
    let counts = app.engine.store().counts(&SCOPE).await.or_answer(&app)?;
    Ok(Json(StatsAnswer {
        success: true,
        stats: shown(counts),
    })
    .into_response())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of deployments are far below 2^52"
)]
fn shown(counts: Counts) -> Stats {
    let success_rate = match counts.total {
        0 => 0.0,
        total => counts.running as f64 / total as f64 * 100.0,
    };
    Stats {
        total_deployments: counts.total,
        running_deployments: counts.running,
        failed_deployments: counts.failed,
        success_rate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_the_originals() {
        let counts = |total, running| Counts {
            total,
            running,
            failed: 0,
        };
        assert_eq!(shown(counts(0, 0)).success_rate, 0.0);
        assert_eq!(shown(counts(4, 1)).success_rate, 25.0);
        assert_eq!(shown(counts(20, 11)).success_rate, 55.000_000_000_000_01);
    }
}
