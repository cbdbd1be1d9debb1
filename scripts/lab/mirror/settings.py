"""What the shell scripts tell the mirror."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Paths, ports and the token of one lab."""

    slot: str
    folder: Path
    base: Path
    token_id: str
    token_secret: str
    gateway: str
    template: str
    image: str
    password: str
    fingerprint: str
    thick: str
    node: str = "pve1"
    api_port: int = 8006
    control_port: int = 8007
    emulator_port: int = 8008
    first_uid: int = 100_000
    lxc_home: Path = Path("/var/lib/lxc")

    @property
    def roots(self) -> Path:
        """Where the file systems of the guests are."""
        return self.folder / "roots"

    @property
    def certificate(self) -> Path:
        """The certificate of the API, and of the emulator behind it."""
        return self.folder / "cert.pem"

    @property
    def key(self) -> Path:
        """Its key."""
        return self.folder / "key.pem"


def from_environment() -> Settings:
    """Reads what `inside` exported. A missing name is a bug of the scripts, so it may raise."""
    env = os.environ
    return Settings(
        slot=env["HAVRE_LAB_SLOT"],
        folder=Path(env["HAVRE_LAB_FOLDER"]),
        base=Path(env["HAVRE_LAB_BASE"]),
        token_id=env["PROXMOX_TOKEN_ID"],
        token_secret=env["PROXMOX_TOKEN_SECRET"],
        gateway=env["HAVRE_LAB_GATEWAY"],
        template=env["HAVRE_LAB_TEMPLATE"],
        image=env["HAVRE_LAB_IMAGE"],
        password=env["HAVRE_LAB_PASSWORD"],
        fingerprint=env["PROXMOX_FINGERPRINT"],
        thick=env["HAVRE_LAB_THICK_STORAGE"],
    )
