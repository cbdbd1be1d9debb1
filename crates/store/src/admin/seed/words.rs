//! What examples are made of.

/// First halves of names.
pub(super) const WHICH: [&str; 32] = [
    "amber", "blue", "brave", "bright", "calm", "clever", "coastal", "crisp", "early", "fast",
    "gentle", "golden", "green", "happy", "hidden", "honest", "icy", "late", "little", "lucky",
    "mellow", "misty", "noble", "north", "old", "polar", "quiet", "rapid", "silver", "south",
    "sunny", "wild",
];

/// Second halves.
pub(super) const WHAT: [&str; 40] = [
    "api",
    "atlas",
    "billing",
    "blog",
    "board",
    "bookings",
    "calendar",
    "catalogue",
    "chat",
    "checkout",
    "crm",
    "dashboard",
    "docs",
    "feed",
    "forms",
    "forum",
    "gallery",
    "gateway",
    "harbour",
    "intranet",
    "inventory",
    "invoices",
    "journal",
    "library",
    "mailer",
    "map",
    "menu",
    "metrics",
    "notes",
    "orders",
    "payroll",
    "planner",
    "portal",
    "quiz",
    "reports",
    "search",
    "shop",
    "survey",
    "tickets",
    "wiki",
];

/// The frameworks of the original, by key.
pub(super) const FRAMEWORKS: [&str; 8] = [
    "django", "flask", "fastapi", "laravel", "express", "react", "vuejs", "nextjs",
];

/// Accounts that the repositories belong to.
pub(super) const ACCOUNTS: [&str; 10] = [
    "acme",
    "blue-harbour",
    "contoso-labs",
    "fjord-studio",
    "globex",
    "initech",
    "lighthouse-dev",
    "northwind",
    "octo-team",
    "umbrella-apps",
];

/// Owners.
pub(super) const OWNERS: [&str; 12] = [
    "alice", "amina", "bruno", "chloe", "david", "elif", "farid", "grace", "hugo", "ines", "jonas",
    "kenji",
];

/// Tags.
pub(super) const TAGS: [&str; 10] = [
    "prod",
    "staging",
    "demo",
    "internal",
    "customer",
    "legacy",
    "beta",
    "team-web",
    "team-data",
    "billing",
];

/// Why a deployment fails.
pub(super) const FAILURES: [&str; 12] = [
    "the build failed: pip install -r requirements.txt ended with code 1: No matching distribution found for psycopg2==2.9.12",
    "the build failed: npm ci ended with code 1: package-lock.json and package.json are not in step",
    "the app did not answer on its port within 60 s: it listens on 127.0.0.1 only",
    "the app ended by itself: ModuleNotFoundError: No module named 'app'",
    "the app ended by itself: DATABASE_URL is not set",
    "the repository could not be fetched: the branch `release` is not there",
    "the app was killed: it used more memory than it has (512 MB)",
    "no framework was found in the repository: neither package.json nor requirements.txt is there",
    "the release command failed: python manage.py migrate ended with code 1",
    "the guest could not be made: the storage is full",
    "the health check failed: GET / answered 500 three times",
    "the app crashed five times within ten minutes",
];
