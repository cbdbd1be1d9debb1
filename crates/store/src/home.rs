//! Where the server that opened the database lives, and what of the database is its to look after.

use domain::ports::Dice;
use domain::{DriverKind, PlaceId};

use crate::database::Database;
use crate::dialect;
use crate::error::OpenError;
use crate::pools::Pools;
use crate::sql::query;

/// The server that opens a database: where its local guests live, and what the others are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The place of its guests: kept beside them, in the data folder.
    pub place: PlaceId,
    /// The name of its machine.
    pub name: String,
    /// Where its apps answer: `localhost:8080` stands for `http://LABEL.localhost:8080`.
    pub apps: String,
}

impl Home {
    /// A home for once: of whoever holds no guests, and of tests.
    pub fn for_once(dice: &Dice) -> Self {
        Self {
            place: dice.roll(|rng| PlaceId::random(rng)),
            name: String::new(),
            apps: String::new(),
        }
    }
}

impl Database {
    /// Our place, as the column `place` holds it.
    pub(crate) fn here(&self) -> String {
        self.home().place.to_string()
    }

    /// The place of a new deployment or guest of this driver: ours where guests live on the machine, else none.
    pub(crate) fn place_of(&self, driver: DriverKind) -> Option<String> {
        driver.is_of_a_place().then(|| self.here())
    }
}

/// Local deployments and guests that are at no place become ours. Where a database takes only one server all are: nobody
/// else could look after them.
pub(crate) async fn claim(pools: &Pools, home: &Home) -> Result<(), OpenError> {
    let sole = i64::from(dialect::is_sole(pools.dialect()));
    let (driver, place) = (DriverKind::Local.as_str(), home.place.to_string());
    for (look, take) in CLAIMS {
        let strays = query(look).bind(driver).bind(&place).bind(sole);
        if strays
            .fetch_optional(pools.read().await?.link())
            .await?
            .is_none()
        {
            continue;
        }
        let (mut tx, _) = pools.write().await?;
        let take = query(take)
            .bind(&place)
            .bind(driver)
            .bind(&place)
            .bind(sole);
        let taken = take.execute(tx.link()).await?;
        tx.commit().await?;
        tracing::info!(taken, %place, "rows without a server belong to this one now");
    }
    Ok(())
}

const CLAIMS: [(&str, &str); 2] = [
    (
        "SELECT 1 FROM managed WHERE driver = ? AND (place IS NULL OR (place <> ? AND ? = 1)) LIMIT 1",
        "UPDATE managed SET place = ? WHERE driver = ? AND (place IS NULL OR (place <> ? AND ? = 1))",
    ),
    (
        "SELECT 1 FROM guests WHERE driver = ? AND (place IS NULL OR (place <> ? AND ? = 1)) LIMIT 1",
        "UPDATE guests SET place = ? WHERE driver = ? AND (place IS NULL OR (place <> ? AND ? = 1))",
    ),
];
