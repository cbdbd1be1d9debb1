//! An answer that is shown again for a moment. Who asks while it is on its way waits for it: there is one request, however
//! many ask, also when it fails.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::ClusterError;
use tokio::sync::Mutex;
use tokio::time::Instant;

type Answer<T> = Result<Arc<T>, ClusterError>;

/// One answer.
pub(super) struct Cached<T> {
    fresh: Duration,
    last: Mutex<Option<(Instant, Answer<T>)>>,
}

impl<T> Cached<T> {
    pub fn new(fresh: Duration) -> Self {
        Self {
            fresh,
            last: Mutex::new(None),
        }
    }

    /// The answer of a moment ago, or a new one.
    pub async fn get(&self, ask: impl Future<Output = Result<T, ClusterError>>) -> Answer<T> {
        let mut last = self.last.lock().await;
        if let Some((at, answer)) = &*last
            && at.elapsed() < self.fresh
        {
            return answer.clone();
        }
        let answer = ask.await.map(Arc::new);
        // Its time begins when it is there.
        *last = Some((Instant::now(), answer.clone()));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::sync::Barrier;

    #[tokio::test]
    async fn many_who_ask_at_once_make_one_request() {
        let cached = Arc::new(Cached::new(Duration::from_secs(60)));
        let asked = Arc::new(AtomicU32::new(0));
        let gate = Arc::new(Barrier::new(16));
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (cached, asked, gate) = (cached.clone(), asked.clone(), gate.clone());
            tasks.spawn(async move {
                gate.wait().await;
                let ask = async {
                    tokio::task::yield_now().await;
                    asked.fetch_add(1, Ordering::SeqCst);
                    Err::<u8, _>(ClusterError::Unavailable("away".into()))
                };
                cached.get(ask).await
            });
        }
        let answers = tasks.join_all().await;
        assert!(answers.iter().all(Result::is_err), "errors are shared too");
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn an_old_answer_is_not_shown() {
        let cached = Cached::new(Duration::ZERO);
        for number in 0..3 {
            let answer = cached.get(async { Ok(number) }).await;
            assert_eq!(answer.map(|it| *it), Ok(number));
        }
    }

    /// Who asked goes away in the middle: the next one asks.
    #[tokio::test]
    async fn a_request_that_was_dropped_leaves_nothing() {
        let cached = Cached::new(Duration::from_secs(60));
        let dropped = cached.get(std::future::pending());
        let cut = tokio::time::timeout(Duration::from_millis(1), dropped).await;
        assert!(cut.is_err());
        assert_eq!(cached.get(async { Ok(1) }).await.map(|it| *it), Ok(1));
    }
}
