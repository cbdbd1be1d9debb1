//! FastAPI, behind uvicorn.

use domain::plan::{NotYet, Plan, Start};

use super::flask::{chosen, not_asked_for, of_class};
use super::{Framework, shared};
use crate::app::App;
use crate::catalogue::FrameworkInfo;
use crate::evidence::Evidence;
use crate::python::server::{self, Target};
use crate::python::source::Class;

pub(super) struct FastApi;

impl Framework for FastApi {
    fn info(&self) -> FrameworkInfo {
        FrameworkInfo::deployable("fastapi", "FastAPI", "python", 8000)
            .shown_as("0.104", "pip install fastapi uvicorn")
    }

    fn evidence(&self, app: &App<'_>) -> Vec<Evidence> {
        of_class(app, Class::FastApi, "fastapi", "FastAPI")
    }

    fn plan(&self, app: &App<'_>) -> Result<Plan, NotYet> {
        let entries = app.python.entries(Class::FastApi);
        let entry = chosen(app, &entries, "FastAPI")?;
        let mut plan = shared::python(
            &self.info(),
            app,
            &shared::missing(app, "fastapi", "uvicorn"),
        );
        plan.start = Start::Line(server::uvicorn(&Target::of(&entry)));
        not_asked_for(&mut plan, app, "fastapi", &entry);
        Ok(plan)
    }
}
