//! The calls that the engine makes, and their boundaries.

/// One method of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named after the methods of the ports")]
pub enum Op {
    Report,
    PrepareBase,
    Create,
    Put,
    Exec,
    Seal,
    DropArtifact,
    Start,
    Address,
    Observe,
    List,
    Listening,
    Logs,
    Written,
    Freeze,
    Stop,
    Destroy,
    Forget,
    Sweep,
    HasRoom,
    RouteSet,
    RouteReplace,
    Drain,
    Probe,
    Fetch,
    ClusterNodes,
    ClusterGuests,
    ClusterAddress,
}

/// Where in a call a boundary lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Nothing has happened yet.
    Before,
    /// Half of it has happened: only `Put`, `Exec`, `Destroy` and `Fetch` have it.
    Middle,
    /// It has happened; the engine does not know yet.
    After,
}

/// A point at which the engine can be cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary {
    /// Counted from 0 over the life of the world.
    pub index: u64,
    /// The call.
    pub op: Op,
    /// What it is about: guest, label, URL.
    pub subject: String,
    /// Where in the call.
    pub when: When,
    /// Which plug it came through, counted from 1.
    pub life: u32,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It has not returned (yet).
    UnderWay,
    /// It succeeded.
    Done,
    /// It failed with this message.
    Failed(String),
}

/// One call, for assertions on order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub op: Op,
    /// What it is about.
    pub subject: String,
    /// Which plug it came through, counted from 1.
    pub life: u32,
    /// How it ended.
    pub outcome: Outcome,
}
