"""The release command: runs once per deploy, before the new release starts."""

import os

print("preparing release", os.environ.get("HAVRE_RELEASE", "unreleased"))
