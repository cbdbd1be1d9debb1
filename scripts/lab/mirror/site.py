"""What a guest needs of this machine to reach the package registries: certificates, and the settings of apt, pip and npm.

It lies in a layer of its own over the common base: that one is kept between runs, and holds nothing of this machine. What
runs in the lab is as trusted as what runs on the machine, so settings are taken as they are.
"""

import os
import subprocess
from pathlib import Path

from .identity import Files

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
OWN_CERTIFICATES = Path("/usr/local/share/ca-certificates")
# Every program has its own name for the same file.
BUNDLE_NAMES = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS", "PIP_CERT", "REQUESTS_CA_BUNDLE")
SETTINGS = ("/etc/pip.conf", "/etc/npmrc", "/usr/etc/npmrc")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
REGISTRIES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT", "NPM_CONFIG_REGISTRY")


def make_layer(layer: Path, first_uid: int) -> Path:
    """Writes the layer."""
    layer.mkdir(mode=0o755)
    os.chown(layer, first_uid, first_uid)
    files = Files(layer, first_uid)
    _certificates(files)
    _apt(files)
    for path in SETTINGS:
        if os.access(path, os.R_OK):
            files.write(path, Path(path).read_bytes())
    _environment(files)
    # Nobody needs what a power cut would leave of a guest of the lab; packages are unpacked several times faster.
    files.write("/etc/dpkg/dpkg.cfg.d/50lab", "force-unsafe-io\n")
    return layer


def _certificates(files: Files) -> None:
    files.write(BUNDLE, Path(BUNDLE).read_bytes())
    # Those of this machine's own, for the day a package of the guest makes the bundle anew.
    for own in sorted(OWN_CERTIFICATES.glob("*.crt")):
        files.write(str(own), own.read_bytes())


def _apt(files: Files) -> None:
    ended = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=False)
    kept = [line for line in ended.stdout.splitlines() if _travels(line)]
    files.write("/etc/apt/apt.conf.d/50lab", "\n".join(kept) + "\n")


def _travels(line: str) -> bool:
    """What concerns the way to the registry: proxies, certificates, dates. Not what names programs of this machine."""
    return line.startswith(("Acquire::http", "Acquire::Check-", "Acquire::Retries", "Acquire::ForceIPv"))


def _environment(files: Files) -> None:
    values = dict.fromkeys(BUNDLE_NAMES, BUNDLE)
    for name in (*PROXIES, *REGISTRIES):
        for spelled in (name, name.lower()):
            if os.environ.get(spelled):
                values[spelled] = os.environ[spelled]
    # For logins, and for units of systemd.
    files.write("/etc/environment", "".join(f'{name}="{value}"\n' for name, value in values.items()))
    pairs = " ".join(f'"{name}={value}"'.replace("%", "%%") for name, value in values.items())
    files.write("/etc/systemd/system.conf.d/50-lab.conf", f"[Manager]\nDefaultEnvironment={pairs}\n")


def nameservers() -> list[str]:
    """Those of this machine, without one that only the machine itself can ask."""
    for path in ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"):
        try:
            words = [line.split() for line in Path(path).read_text().splitlines()]
        except OSError:
            continue
        found = [word[1] for word in words if len(word) > 1 and word[0] == "nameserver" and not word[1].startswith("127.")]
        if found:
            return found
    return []
