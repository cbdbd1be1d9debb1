"""What `selftest` runs inside the lab: the life of a container and of a VM over the API and SSH."""

import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

ENV = os.environ
NODE = ENV["PROXMOX_NODE"]
FOLDER = Path(tempfile.mkdtemp())
KEY = FOLDER / "key"


class Failed(Exception):
    """An answer of the API that is no success, or a task that failed."""


def api(method: str, path: str, timeout: float = 30, **values: Any) -> Any:
    """One call of the API."""
    form = urlencode({name.replace("ssh_public_keys", "ssh-public-keys"): value for name, value in values.items()})
    inline = method in ("GET", "DELETE")
    url = f"{ENV['PROXMOX_URL']}/api2/json{path}" + (f"?{form}" if inline and form else "")
    request = Request(url, method=method, data=None if inline else form.encode())
    request.add_header("Authorization", f"PVEAPIToken={ENV['PROXMOX_TOKEN_ID']}={ENV['PROXMOX_TOKEN_SECRET']}")
    tls = ssl.create_default_context()
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    try:
        with urlopen(request, context=tls, timeout=timeout) as answer:
            return json.load(answer)["data"]
    except HTTPError as error:
        raise Failed(f"{error.code} {error.reason}") from error


def control(method: str, path: str, given: Any = None) -> Any:
    """One call of the control port."""
    data = None if given is None else json.dumps(given).encode()
    request = Request(ENV["HAVRE_LAB_CONTROL"] + path, method=method, data=data, headers={"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except HTTPError as error:
        raise Failed(f"{path}: {error.code} {error.read().decode()}") from error


def task(upid: str) -> str:
    """Waits for a task to end well."""
    status = until(lambda: (found := api("GET", f"/nodes/{NODE}/tasks/{quote(upid)}/status"))["status"] == "stopped" and found)
    if status["exitstatus"] != "OK":
        raise Failed(status["exitstatus"])
    return upid


def until(check: Callable[[], Any], seconds: float = 60, why: Callable[[], str] = str) -> Any:
    """Waits for something to become true; `why` tells what was seen last."""
    end = time.monotonic() + seconds
    while not (found := check()):
        if time.monotonic() > end:
            raise AssertionError(f"it did not become true {why()}")
        time.sleep(0.03)
    return found


def ssh(address: str, *argv: str, user: str = "root", jump: str = "") -> str:
    """Runs a command in a guest; gives its output."""
    options = ["StrictHostKeyChecking=no", f"UserKnownHostsFile={FOLDER}/hosts-{address}", "ConnectTimeout=5", "BatchMode=yes"]
    options += [jump] if jump else []
    words = [word for option in options for word in ("-o", option)]
    command = ["ssh", "-i", str(KEY), "-F", "none", *words, f"{user}@{address}", *argv]
    ended = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=180, check=False)
    if ended.returncode != 0:
        raise Failed(f"ssh {' '.join(argv)}: {ended.returncode} {ended.stdout[-200:]} {ended.stderr[-300:]}")
    return ended.stdout.strip()


def answers(address: str, user: str = "root") -> None:
    """Waits until a guest takes a login."""

    last = ""

    def once() -> bool:
        nonlocal last
        try:
            return bool(ssh(address, "echo", "here", user=user))
        except Failed as error:
            last = str(error)
            return False

    until(once, 30, lambda: last)


def host_key(address: str) -> str:
    """The key that a guest shows, as soon as it shows one."""
    command = ["ssh-keyscan", "-t", "ed25519", address]
    return str(until(lambda: subprocess.run(command, capture_output=True, text=True, check=False).stdout.partition(" ")[2]))


class Clock:
    """Prints how long each thing took."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def tell(self, what: str) -> None:
        """One line."""
        now = time.monotonic()
        print(f"{int((now - self.last) * 1000):6} ms  {what}", flush=True)
        self.last = time.monotonic()


def net(address: str) -> str:
    """A net0."""
    return f"name=eth0,bridge={ENV['PROXMOX_NETWORK_BRIDGE']},ip={address}/24,gw={ENV['HAVRE_LAB_GATEWAY']}"


def refused(call: Callable[[], Any], words: str) -> None:
    """A call or task that must fail, with these words."""
    try:
        call()
    except Failed as error:
        assert words in str(error), f"{words!r} is not in {error}"
    else:
        raise AssertionError(f"it should have failed with {words!r}")


def create(vmid: int, address: str, storage: str = ENV["PROXMOX_STORAGE"]) -> None:
    """A container from the template, started, with our key."""
    keys = KEY.with_suffix(".pub").read_text()
    values: dict[str, Any] = {"vmid": vmid, "ostemplate": ENV["HAVRE_LAB_TEMPLATE"], "hostname": f"ct{vmid}"}
    values |= {"net0": net(address), "rootfs": f"{storage}:4", "memory": 512, "unprivileged": 1, "features": "nesting=1"}
    task(api("POST", f"/nodes/{NODE}/lxc", start=1, ssh_public_keys=keys, **values))


def container(clock: Clock) -> None:
    """From the template to two linked clones."""
    base, first = f"/nodes/{NODE}/lxc/101", "10.77.0.11"
    create(101, first)
    clock.tell("create and start a container")
    answers(first)
    clock.tell("until SSH answers")
    refused(lambda: create(101, first), "unable to create CT 101 - CT 101 already exists on node")
    state = until(lambda: (word := _state(first)) in ("running", "degraded") and word)
    clock.tell(f"until systemd is {state}")
    ssh(first, "apt-get", "update", "-qq")
    ssh(first, "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq", "tree")
    clock.tell("apt-get update and install of a small package")
    ssh(first, "systemd-run", "--uid=nobody", "--pipe", "--wait", "--collect", "--unit=one-step", "true")
    assert ssh(first, "systemd-run", "--uid=nobody", "--pipe", "--wait", "--quiet", "id", "-un") == "nobody"
    assert ssh(first, "journalctl", "-q", "-n", "1", "-o", "cat")
    clock.tell("transient units, journal")
    shown = {item["name"]: item for item in api("GET", f"{base}/interfaces")}
    assert shown["eth0"]["inet"] == f"{first}/24", shown
    assert api("GET", f"{base}/status/current")["status"] == "running"
    api("PUT", f"{base}/config", memory=256, hostname="other", tags="b;a")
    assert ssh(first, "hostname") == "other"
    api("PUT", f"{base}/config", net0=net("10.77.0.12"))
    assert ssh("10.77.0.12", "hostname") == "other"
    clock.tell("changes of a running container")
    task(api("POST", f"{base}/status/reboot"))
    answers("10.77.0.12")
    clock.tell("reboot until SSH answers")
    task(api("POST", f"{base}/status/shutdown"))
    assert api("GET", f"{base}/interfaces") is None
    clock.tell("shutdown")
    key = _clones(base)
    clock.tell("template, two linked clones, start, SSH")
    assert key == host_key("10.77.0.13") == host_key("10.77.0.14")
    ids = {ssh(address, "cat", "/etc/machine-id") for address in ("10.77.0.13", "10.77.0.14")}
    assert len(ids) == 2, ids
    assert ssh("10.77.0.13", "tree", "--version")
    clock.tell("a clone has its source's packages and host key, and a machine id of its own")


def _state(address: str) -> str:
    try:
        return ssh(address, "systemctl", "is-system-running")
    except Failed as error:
        return "degraded" if "degraded" in str(error) else ""


def _clones(base: str) -> str:
    key = control("POST", "/guests/101/exec", {"argv": ["cat", "/etc/ssh/ssh_host_ed25519_key.pub"]})["out"]
    assert not key, "a stopped container runs nothing"
    assert api("POST", f"{base}/template") is None
    for number in (3, 4):
        task(api("POST", f"{base}/clone", newid=100 + number, hostname=f"c{number}"))
        api("PUT", f"/nodes/{NODE}/lxc/10{number}/config", net0=net(f"10.77.0.1{number}"))
        task(api("POST", f"/nodes/{NODE}/lxc/10{number}/status/start"))
        answers(f"10.77.0.1{number}")
    return host_key("10.77.0.13")


def faults(clock: Clock) -> None:
    """What happens behind the driver's back."""
    guest = f"/nodes/{NODE}/lxc/103"
    control("POST", "/guests/103/kill", {})
    assert api("GET", f"{guest}/status/current")["status"] == "stopped"
    task(api("POST", f"{guest}/status/start"))
    control("POST", "/guests/103/uptime", {"shift": 5000})
    assert api("GET", f"{guest}/status/current")["uptime"] >= 5000
    control("POST", "/faults", {"kind": "answer_after", "method": "PUT", "path": ".*/lxc/103/config"})
    refused(lambda: api("PUT", f"{guest}/config", description="nonce"), "596")
    assert api("GET", f"{guest}/config")["description"] == "nonce"
    control("POST", "/faults", {"kind": "fail_task", "method": "POST", "path": ".*/103/status/stop", "reason": "got timeout"})
    refused(lambda: task(api("POST", f"{guest}/status/stop")), "got timeout")
    before = host_key("10.77.0.13")
    control("POST", "/guests/103/recreate", {"keys": KEY.with_suffix(".pub").read_text()})
    (FOLDER / "hosts-10.77.0.13").unlink()
    answers("10.77.0.13")
    assert before != host_key("10.77.0.13")
    assert "description" not in api("GET", f"{guest}/config")
    clock.tell("kill, uptime, ambiguous answer, failing task, re-created by hand")


def node(clock: Clock) -> None:
    """A node that loses power, a network that is not reached directly, an API that hangs, a template that is not there."""
    api("PUT", f"/nodes/{NODE}/lxc/104/config", onboot=1)
    assert control("POST", "/restart-node", {}) == [104]
    answers("10.77.0.14")
    assert api("GET", f"/nodes/{NODE}/lxc/103/status/current")["status"] == "stopped"
    task(api("POST", f"/nodes/{NODE}/lxc/103/status/start"))
    answers("10.77.0.13")
    control("POST", "/isolate", {"but": ["10.77.0.14"]})
    refused(lambda: ssh("10.77.0.13", "true"), "nreachable")
    jump = f"ProxyCommand=ssh -i {KEY} -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -W %h:%p root@10.77.0.14"
    assert ssh("10.77.0.13", "hostname", jump=jump) == "other"
    control("POST", "/isolate", {})
    control("POST", "/guests/104/hide", {"times": 1})
    asked = [api("GET", f"/nodes/{NODE}/lxc/104/interfaces") for _ in range(2)]
    assert [sum(bool(item["ip-addresses"]) for item in shown) for shown in asked] == [1, 2], asked
    control("POST", "/freeze", {})
    try:
        api("GET", "/version", timeout=0.5)
        raise AssertionError("a frozen API answered")
    except TimeoutError:
        pass
    control("POST", "/thaw", {})
    volume = ENV["HAVRE_LAB_TEMPLATE"]
    api("DELETE", f"/nodes/{NODE}/storage/local/content/{quote(volume, safe='')}")
    assert volume not in str(api("GET", f"/nodes/{NODE}/storage/local/content", content="vztmpl"))
    found = api("GET", f"/nodes/{NODE}/aplinfo")[0]["template"]
    task(api("POST", f"/nodes/{NODE}/aplinfo", storage="local", template=found))
    assert volume in str(api("GET", f"/nodes/{NODE}/storage/local/content", content="vztmpl"))
    refused(lambda: api("PUT", f"/nodes/{NODE}/lxc/104/config", features="keyctl=1"), "root@pam")
    clock.tell("power cut of the node, jump host, frozen API, download of a template")


def firewall(clock: Clock) -> None:
    """A firewall that lets SSH in and nothing else, until a port is opened."""
    guest = f"/nodes/{NODE}/lxc/104"
    api("PUT", f"{guest}/config", net0=net("10.77.0.14") + ",firewall=1")
    ssh("10.77.0.14", "systemd-run", "--unit=web", "perl", "-MIO::Socket::INET", "-e", f"'{LISTENER}'")
    until(lambda: reaches("10.77.0.14", 8000))
    control("POST", "/emulator", {"method": "PUT", "path": "/cluster/firewall/options", "values": {"enable": 1}})
    api("PUT", f"{guest}/firewall/options", enable=1, policy_in="DROP")
    api("POST", f"{guest}/firewall/rules", type="in", action="ACCEPT", enable=1, proto="tcp", dport=22)
    assert ssh("10.77.0.14", "true") == "" and not reaches("10.77.0.14", 8000)
    api("POST", f"{guest}/firewall/rules", type="in", action="ACCEPT", enable=1, proto="tcp", dport=8000)
    assert reaches("10.77.0.14", 8000)
    api("PUT", f"{guest}/firewall/options", enable=0)
    clock.tell("firewall")


LISTENER = "my $s = IO::Socket::INET->new(LocalPort => 8000, Listen => 5, ReuseAddr => 1); close $s->accept while 1"


def reaches(address: str, port: int) -> bool:
    """Whether a port of a guest takes a connection."""
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False


def snapshots(clock: Clock) -> None:
    """A snapshot of a running container, and back."""
    guest = f"/nodes/{NODE}/lxc/104"
    ssh("10.77.0.14", "touch", "/root/before")
    task(api("POST", f"{guest}/snapshot", snapname="one"))
    ssh("10.77.0.14", "touch", "/root/after")
    task(api("POST", f"{guest}/snapshot/one/rollback", start=1))
    answers("10.77.0.14")
    assert ssh("10.77.0.14", "ls", "/root") == "before"
    task(api("DELETE", f"{guest}/snapshot/one"))
    clock.tell("snapshot and rollback")


def full_clones(clock: Clock) -> None:
    """A storage that makes no templates: clones are copies, and outlive what they were made of."""
    source, clone = f"/nodes/{NODE}/lxc/120", f"/nodes/{NODE}/lxc/121"
    create(120, "10.77.0.30", ENV["HAVRE_LAB_THICK_STORAGE"])
    answers("10.77.0.30")
    ssh("10.77.0.30", "touch", "/root/copied")
    task(api("POST", f"{source}/status/shutdown"))
    assert str(api("GET", f"{source}/feature", feature="clone")["hasFeature"]) == "0"
    refused(lambda: api("POST", f"{source}/template"), "Template feature is not available")
    task(api("POST", f"{source}/clone", newid=121, full=1, hostname="copy"))
    task(api("DELETE", source, purge=1))
    task(api("POST", f"{clone}/status/start"))
    answers("10.77.0.30")
    assert ssh("10.77.0.30", "ls", "/root") == "copied"
    task(api("DELETE", clone, purge=1, force=1))
    clock.tell("a full clone on a thick storage")


def machine(clock: Clock) -> None:
    """A VM from the cloud image, and a clone of its template."""
    keys = quote(KEY.with_suffix(".pub").read_text().strip(), safe="")
    values: dict[str, Any] = {"vmid": 110, "name": "vm", "memory": 512, "net0": "virtio,bridge=vmbr0"}
    values |= {"scsi0": f"local-lvm:0,import-from={ENV['HAVRE_LAB_IMAGE']}", "ide2": "local-lvm:cloudinit"}
    values |= {"ciuser": "app", "sshkeys": keys, "ipconfig0": f"ip=10.77.0.20/24,gw={ENV['HAVRE_LAB_GATEWAY']}"}
    task(api("POST", f"/nodes/{NODE}/qemu", **values))
    task(api("POST", f"/nodes/{NODE}/qemu/110/status/start"))
    answers("10.77.0.20", user="app")
    assert ssh("10.77.0.20", "sudo", "id", "-un", user="app") == "root"
    task(api("POST", f"/nodes/{NODE}/qemu/110/status/shutdown"))
    task(api("POST", f"/nodes/{NODE}/qemu/110/template"))
    task(api("POST", f"/nodes/{NODE}/qemu/110/clone", newid=111, name="clone"))
    task(api("POST", f"/nodes/{NODE}/qemu/111/config", ipconfig0=f"ip=10.77.0.21/24,gw={ENV['HAVRE_LAB_GATEWAY']}"))
    task(api("POST", f"/nodes/{NODE}/qemu/111/status/start"))
    answers("10.77.0.21", user="app")
    assert ssh("10.77.0.21", "hostname", user="app") == "clone"
    clock.tell("a VM by cloud-init, its template and a clone")


def end(clock: Clock) -> None:
    """A template with clones stays; then everything goes."""
    refused(lambda: task(api("DELETE", f"/nodes/{NODE}/lxc/101")), "still in use")
    refused(lambda: api("DELETE", f"/nodes/{NODE}/lxc/104"), "container is running")
    for kind, vmid in (("lxc", 104), ("lxc", 103), ("lxc", 101), ("qemu", 111), ("qemu", 110)):
        path = f"/nodes/{NODE}/{kind}/{vmid}"
        if kind == "qemu" and api("GET", f"{path}/status/current")["status"] == "running":
            task(api("POST", f"{path}/status/stop"))
        task(api("DELETE", path, purge=1, **({"force": 1} if kind == "lxc" else {})))
    assert api("GET", "/cluster/resources", type="vm") == []
    assert control("GET", "/guests") == []
    mounts = Path("/proc/mounts").read_text()
    assert "overlay /var/lib/lxc" not in mounts, mounts
    clock.tell("destroy everything")


def main() -> None:
    """All of it, or one container and a long wait for the test of a killed lab."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(KEY)], check=True)
    print("slot", ENV["HAVRE_LAB_SLOT"], flush=True)
    clock = Clock()
    if "--hang" in sys.argv:
        create(101, "10.77.0.11")
        print("hanging", flush=True)
        time.sleep(600)
    try:
        for part in (container, faults, node, firewall, snapshots, full_clones, machine, end):
            part(clock)
    except BaseException:
        diagnose()
        raise


def diagnose() -> None:
    """What a failure can be understood by."""
    for argv in (["ip", "neighbour"], ["nft", "list", "ruleset"], ["ip", "-br", "link"]):
        subprocess.run(argv, check=False)
    look = "ip -br address; ip route; nft list ruleset; systemctl list-jobs; journalctl -q -b -p notice -n 30 --no-pager"
    for guest in control("GET", "/guests"):
        print(guest)
        if guest["status"] == "running":
            print(control("POST", f"/guests/{guest['vmid']}/exec", {"argv": ["sh", "-c", look]})["out"])


if __name__ == "__main__":
    main()
