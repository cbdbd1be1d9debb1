//! The texts of `--help`.

pub const ABOUT: &str =
    "Deploys an app from a Git URL into its own sandbox and gives back a URL that works";
pub const AFTER: &str = "\
First steps:
  havre demo                                   deploys example apps and shows their URLs
  havre serve                                  runs the server
  havre deploy https://github.com/OWNER/REPO --name my-app

Exit codes: 0 done, 1 the app failed, 2 bad input, 3 not found, 4 refused or needs --yes,
            5 server unreachable, 6 platform fault, 130 interrupted";
pub const JSON: &str = "Prints JSON to stdout: the API's own answer";
pub const URL: &str = "The server [env: HAVRE_URL] [default: http://127.0.0.1:5000]";

pub const DEPLOY: &str = "Deploys an app from a Git URL and waits until it answers";
pub const REDEPLOY: &str = "Fetches, builds and deploys again";
pub const ROLLBACK: &str = "Goes back to an earlier release";
pub const CANCEL: &str = "Cancels the deploy that waits or is under way; what serves goes on";
pub const START: &str = "Starts what was stopped or failed";
pub const STOP: &str = "Stops an app";
pub const RESTART: &str = "Stops an app and starts it again";
pub const LIST: &str = "Lists the deployments, the newest first, page by page";
pub const TAGS: &str = "Shows and changes tags; no change is a release";
pub const SHOW: &str = "Shows one deployment";
pub const RELEASES: &str = "Lists the releases of a deployment, with the disk each takes";
pub const ENV: &str = "Shows and changes environment variables; each change is a release";
pub const LOGS: &str = "Shows the log of an app, or of a build";
pub const OPEN: &str = "Opens an app in the browser";
pub const DESTROY: &str = "Removes a deployment with everything it has";
pub const DOCTOR: &str =
    "Checks what Havre needs of this machine; exits with 4 when something must be mended";
pub const CONFIG: &str = "Shows each setting of the server and where it came from";
pub const COMPLETIONS: &str = "Prints the completions of a shell";
pub const DEMO: &str =
    "Deploys the example apps, prints their URLs, serves until Ctrl-C, cleans up";
pub const SERVE: &str = "Runs the server; apps and gateway outlive it";
pub const GATEWAY: &str = "Runs the gateway; `havre serve` does this by itself";

pub const NAME: &str = "Name or id of the deployment";
pub const NEW_NAME: &str = "Name of the deployment: 3 to 50 letters, digits, - and _";
pub const GIT_URL: &str =
    "https://HOST/OWNER/REPO, ssh://git@HOST/OWNER/REPO or git@HOST:OWNER/REPO";
pub const TYPE: &str = "What it should live in; the local sandbox stands in for both";
pub const FRAMEWORK: &str = "The framework; detected when it is left out";
pub const REF: &str = "Branch, tag or commit; the default branch when it is left out";
pub const ROOT: &str = "The app's folder inside the repository";
pub const ENV_PAIR: &str =
    "An environment variable; K alone takes the value from this shell, out of sight of `ps`";
pub const ENV_KEY: &str = "Name of an environment variable";
pub const NO_WAIT: &str = "Returns at once instead of waiting for the end";
pub const ANY_VERSION: &str =
    "Builds even where this machine lacks the wanted version of a runtime";
pub const DISCARD_DATA: &str = "Goes on although the app wrote files that will be lost";
pub const NODE: &str = "The node of the cluster to be on; * for whichever has room";
pub const REPLACE_SOURCE: &str = "Deploys another repository under a name that is held";
pub const HEALTH_PATH: &str = "The path that the health check asks [default: /]";
pub const HEALTH_BELOW: &str = "The first HTTP status that counts as ill [default: 500]";
pub const HEALTH_WITHIN: &str = "How long the app may take to answer [default: 60]";
pub const CORES: &str = "CPU cores";
pub const MEMORY: &str = "Memory in MB";
pub const DISK: &str = "Disk in GB";
pub const ROLLBACK_TO: &str =
    "The release, such as v3; the one that served before when it is left out";
pub const DELETED: &str = "Destroyed ones too";
pub const LIST_Q: &str = "Only those whose name begins so, or the one of this id";
pub const LIST_STATUS: &str =
    "Only these: pending, provisioning, deploying, running, failed, stopped, deleted";
pub const LIST_TYPE: &str = "Only what should live in this";
pub const LIST_FRAMEWORK: &str = "Only those of this framework";
pub const LIST_TAG: &str = "Only those with this tag";
pub const LIST_USER: &str = "Only those of this owner";
pub const LIST_SORT: &str = "Another order; with a - the largest first [default: -created_at]";
pub const LIST_PAGE: &str = "Another page than the first";
pub const LIST_PER_PAGE: &str = "Deployments on a page, 1 to 100 [default: 20]";
pub const LIST_ALL: &str = "All pages, one after the other";
pub const TAG_LIST: &str = "Prints the tags, one on each line";
pub const TAG_ADD: &str = "Adds tags";
pub const TAG_REMOVE: &str = "Takes tags away";
pub const TAG_SET: &str = "Sets the tags to exactly these";
pub const TAG: &str = "A tag: 1 to 100 characters without commas";
pub const TAG_NONE: &str = "A tag; none takes all away";
pub const DEPLOY_TAG: &str = "A tag, as often as there are tags; without it they stay as they are";
pub const ENV_LIST: &str = "Lists the variables";
pub const ENV_GET: &str = "Prints one variable";
pub const ENV_SET: &str = "Sets variables";
pub const ENV_UNSET: &str = "Unsets variables";
pub const REVEAL: &str = "Shows the values in clear";
pub const FOLLOW: &str = "Goes on with lines as they come";
pub const BUILD: &str = "The log of the build instead of the app's";
pub const RELEASE: &str = "Of this release, such as v3";
pub const SINCE: &str = "Only lines from then on: 90s, 10m, 2h, 3d or 2026-11-22T10:00:00Z";
pub const LINES: &str = "At most this many of the newest lines";
pub const PRINT: &str = "Prints the URL instead";
pub const YES: &str = "Does not ask for the name";
pub const SHELL: &str = "bash, elvish, fish, powershell or zsh";

pub const LISTEN: &str =
    "Where the API listens; loopback only [env: HAVRE_LISTEN] [default: 127.0.0.1:5000]";
pub const GATEWAY_ADDR: &str =
    "Where the apps answer [env: HAVRE_GATEWAY] [default: 127.0.0.1:8080]";
pub const DATA_DIR: &str = "Where everything is kept [env: HAVRE_DATA_DIR] [default: /var/lib/havre as root, else ~/.local/share/havre]";
pub const GATEWAY_LISTEN: &str = "Where the apps answer";
pub const GATEWAY_CONTROL: &str = "The unix socket through which the server sets routes";
pub const GATEWAY_STATE: &str = "Where the last table of routes is kept";
pub const GATEWAY_DOMAIN: &str = "Apps answer at NAME.DOMAIN";
pub const DEMO_ONCE: &str =
    "Asks every URL itself, prints a table and ends: 0 when every app answered 200";
pub const DEMO_KEEP: &str = "Keeps the demo's folder and prints where it is";
