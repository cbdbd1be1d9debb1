//! Environment that build tools write into what they build.

use super::package::Package;

/// A build tool's package and what it bakes.
const TOOLS: [(&str, &[&str]); 6] = [
    ("vite", &["VITE_"]),
    ("react-scripts", &["REACT_APP_", "PUBLIC_URL"]),
    ("@vue/cli-service", &["VUE_APP_"]),
    ("next", &["NEXT_PUBLIC_"]),
    ("nuxt", &["NUXT_PUBLIC_"]),
    ("astro", &["PUBLIC_"]),
];

/// Everything that any of these tools bakes in: for a build that the app's people wrote themselves, whose tool is not known.
pub(crate) fn of_any_tool() -> Vec<String> {
    TOOLS
        .iter()
        .flat_map(|(_, names)| names.iter().map(|&name| name.to_owned()))
        .collect()
}

/// The prefixes and names that the build of this package bakes in; none when nothing is built.
pub(crate) fn names(package: &Package) -> Vec<String> {
    if package.script("build").is_none() {
        return Vec::new();
    }
    TOOLS
        .iter()
        .filter(|(tool, _)| package.asks(tool))
        .flat_map(|(_, names)| names.iter().map(|&name| name.to_owned()))
        .collect()
}
