# Installs packages of the distribution: those that are named.
set -e
options="-o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0"
# shellcheck disable=SC2086 # these are several
apt-get $options --quiet update
# shellcheck disable=SC2086
apt-get $options --quiet --yes --no-install-recommends install -- "$@"
