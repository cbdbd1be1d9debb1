//! Weighs what speaks for each framework in one folder and makes the plan of the weightiest, or of the one wished for.

use domain::plan::{NotYet, Plan, Runtime};

use crate::app::App;
use crate::evidence::{self, Evidence, STRONG};
use crate::finish;
use crate::frameworks::later::{self, Sign};
use crate::frameworks::procfile::{self, ProcfileApp};
use crate::frameworks::{self, Framework};
use crate::text;

/// A framework with what speaks for it.
pub(crate) struct Candidate {
    /// The framework.
    pub(crate) framework: &'static dyn Framework,
    /// What speaks for it; never empty.
    pub(crate) evidence: Vec<Evidence>,
}

impl Candidate {
    /// The weight of its evidence.
    pub(crate) fn score(&self) -> u32 {
        evidence::score(&self.evidence)
    }

    fn title(&self) -> &'static str {
        self.framework.info().name
    }
}

/// One folder, judged.
pub(crate) struct Judged<'a> {
    /// What was read.
    pub(crate) app: App<'a>,
    /// Frameworks with evidence, the weightiest first.
    pub(crate) candidates: Vec<Candidate>,
    /// What is recognised and not run yet, the weightiest first.
    pub(crate) signs: Vec<Sign>,
}

impl<'a> Judged<'a> {
    /// Weighs the evidence of a folder.
    pub(crate) fn of(app: App<'a>) -> Self {
        let mut candidates: Vec<Candidate> = frameworks::ALL
            .iter()
            .map(|&framework| Candidate {
                framework,
                evidence: framework.evidence(&app),
            })
            .filter(|candidate| !candidate.evidence.is_empty())
            .collect();
        candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.score()));
        let signs = later::signs(&app);
        Self {
            app,
            candidates,
            signs,
        }
    }

    /// The candidate that a plan is made of, unless something that is not run yet weighs more.
    pub(crate) fn best(&self) -> Option<&Candidate> {
        if self.app.stated_start().is_some() {
            return self.stated();
        }
        let best = self.candidates.first()?;
        let heavier = |sign: &Sign| sign.evidence.weight > best.score();
        (!self.signs.first().is_some_and(heavier)).then_some(best)
    }

    /// Where its people say how the app starts, a framework is taken only when it clearly is there and is of the language
    /// that they start.
    fn stated(&self) -> Option<&Candidate> {
        let language = procfile::language(&self.app);
        let fits = |one: &&Candidate| {
            let own = one.framework.info().language;
            one.score() >= STRONG && own != "any" && language.is_none_or(|started| started == own)
        };
        self.candidates
            .iter()
            .find(fits)
            .or_else(|| self.candidate("procfile"))
    }

    /// True when the folder clearly is an app that can be run.
    pub(crate) fn is_app(&self) -> bool {
        self.app.stated_start().is_some() || self.best().is_some_and(|best| best.score() >= STRONG)
    }

    /// What speaks for one framework.
    pub(crate) fn candidate(&self, key: &str) -> Option<&Candidate> {
        self.candidates
            .iter()
            .find(|one| one.framework.info().key == key)
    }

    /// The plan of the weightiest framework, or of the one wished for.
    pub(crate) fn plan(&self, wish: Option<&'static dyn Framework>) -> Result<Plan, NotYet> {
        match wish {
            Some(framework) => self.wished(framework),
            None => match self.best() {
                Some(best) => self.make(best.framework),
                None => Err(text::nothing_runs(self)),
            },
        }
    }

    fn wished(&self, framework: &'static dyn Framework) -> Result<Plan, NotYet> {
        let mut plan = self.make(framework)?;
        let key = framework.info().key;
        let weight = self.candidate(key).map_or(0, Candidate::score);
        let heavier = self
            .candidates
            .first()
            .filter(|best| best.score() > weight && weight < STRONG);
        if let Some(other) = heavier {
            plan.warnings.push(text::wish_disagrees(
                framework.info().name,
                other.title(),
                &other.evidence,
            ));
        } else if weight == 0 {
            plan.warnings
                .push(text::wish_without_evidence(framework.info().name));
        }
        Ok(plan)
    }

    /// The plan of a framework with the reasons, and with what the app's people say themselves.
    fn make(&self, framework: &'static dyn Framework) -> Result<Plan, NotYet> {
        let info = framework.info();
        let made = framework.plan(&self.app);
        // Where its people say how the app starts, not finding that ourselves is no obstacle.
        let mut plan = match made {
            Err(_) if self.app.stated_start().is_some() => {
                let mut plan = ProcfileApp.plan(&self.app)?;
                plan.framework = info.key.to_owned();
                plan.title = info.name.to_owned();
                plan
            }
            other => other?,
        };
        if let Some(candidate) = self.candidate(info.key) {
            plan.why
                .insert(0, text::why(info.name, &candidate.evidence));
        }
        self.rejections(info.key, &mut plan);
        finish::apply(&self.app, plan)
    }

    fn rejections(&self, key: &str, plan: &mut Plan) {
        let chosen = self.candidate(key).map_or(0, Candidate::score);
        for other in &self.candidates {
            let other_key = other.framework.info().key;
            // A Procfile and "some Node server" are ways to run the chosen one, not other apps.
            if other_key == key
                || other_key == "procfile"
                || (key == "express" && other_key == "node")
            {
                continue;
            }
            plan.rejected.push(text::rejected(
                other.title(),
                &other.evidence,
                other.score(),
                chosen,
            ));
            if other.score() >= STRONG && other.score() + 10 >= chosen {
                plan.warnings
                    .push(text::close_call(other.title(), other_key));
            }
        }
        for sign in &self.signs {
            if plan.main_runtime() == Runtime::Shell && sign.evidence.weight >= STRONG {
                plan.warnings.push(text::not_prepared(sign.title));
                continue;
            }
            let one = std::slice::from_ref(&sign.evidence);
            plan.rejected.push(text::rejected_later(sign.title, one));
        }
    }
}
