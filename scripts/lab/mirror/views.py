"""The truth about the guests put into the emulator's answers."""

import re
import time
from typing import Any

from . import forms
from .guests import Guest
from .jobs import Job
from .lab import Lab
from .settings import Settings


async def of_guest(guest: Guest, item: dict[str, Any]) -> dict[str, Any]:
    """One guest as the lists and status/current have it."""
    item["status"] = guest.status
    item["uptime"] = await guest.uptime()
    if guest.kind == "qemu" and "qmpstatus" in item:
        item["qmpstatus"] = guest.status
    for name in ("cpu", "mem"):
        if not guest.running:
            item[name] = 0
    pid = await guest.container.pid()
    if pid:
        item["pid"] = pid
    else:
        item.pop("pid", None)
    if guest.lock:
        item["lock"] = guest.lock
    return item


async def of_list(lab: Lab, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A list that may have guests in it."""
    for item in items:
        guest = lab.guests.get(int(item["vmid"])) if "vmid" in item else None
        if guest:
            await of_guest(guest, item)
    return items


def of_config(guest: Guest, config: dict[str, Any]) -> dict[str, Any]:
    """A configuration: the mirror knows for how long it is locked."""
    if guest.lock:
        config["lock"] = guest.lock
    return config


def of_task(job: Job, held: dict[str, Any] | None) -> dict[str, Any]:
    """The status of a task."""
    view = dict(held or job.view())
    view.pop("endtime", None)
    view.pop("exitstatus", None)
    view["status"] = "running" if job.status is None else "stopped"
    if job.status is not None:
        view["exitstatus"] = job.status
        view["endtime"] = int(job.ended or time.time())
    return view


def of_task_log(job: Job, held: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The log of a task: what the emulator wrote but for its end, then ours."""
    lines = [line["t"] for line in held if not str(line["t"]).startswith(("TASK OK", "TASK ERROR"))]
    return [{"n": number, "t": text} for number, text in enumerate(lines + job.lines, 1)]


def of_tasks(jobs: dict[str, Job], held: list[dict[str, Any]], source: str, vmid: str | None) -> list[dict[str, Any]]:
    """The list of tasks: the archive has those that ended, `active` those that run."""
    known = {task["upid"] for task in held}
    own = [job.view() for job in jobs.values() if job.own and job.upid not in known and vmid in (None, job.view()["id"])]
    shown = []
    for task in sorted([*own, *held], key=lambda task: (task["starttime"], task["pid"]), reverse=True):
        job = jobs.get(task["upid"])
        if job and job.status is None:
            task = {key: value for key, value in task.items() if key not in ("status", "endtime")}
        elif job:
            task = {**task, "status": job.status, "endtime": int(job.ended or time.time())}
        if source == "all" or (source == "active") == ("endtime" not in task):
            shown.append(task)
    return shown


async def interfaces(guest: Guest) -> list[dict[str, Any]] | None:
    """`GET lxc/N/interfaces`: what the container really has; null while it is stopped."""
    if not guest.running or not await guest.container.pid():
        return None
    shown = []
    hidden = guest.hidden > 0
    guest.hidden -= hidden
    for link in await guest.container.interfaces():
        mac = link.get("address", "00:00:00:00:00:00")
        item: dict[str, Any] = {"name": link["ifname"], "hwaddr": mac, "hardware-address": mac, "ip-addresses": []}
        for address in link["addr_info"] if not hidden or link["ifname"] == "lo" else []:
            family, prefix = address["family"], str(address["prefixlen"])
            item.setdefault(family, f"{address['local']}/{prefix}")
            # A real node gives the prefix as a string, whatever its schema says.
            item["ip-addresses"].append({"ip-address-type": family, "ip-address": address["local"], "prefix": prefix})
        shown.append(item)
    return shown


def agent_interfaces(shown: list[dict[str, Any]] | None) -> dict[str, Any]:
    """The same for the guest agent of a VM."""
    result = []
    for item in shown or []:
        addresses = [
            {
                "ip-address-type": "ipv4" if address["ip-address-type"] == "inet" else "ipv6",
                "ip-address": address["ip-address"],
                "prefix": int(address["prefix"]),
            }
            for address in item["ip-addresses"]
        ]
        result.append({"name": item["name"], "hardware-address": item["hwaddr"], "ip-addresses": addresses})
    return {"result": result}


def feature(guest: Guest, values: forms.Values, thick: bool) -> dict[str, Any]:
    """`GET …/feature`. A thin volume can be cloned as a template or from a snapshot; a thick one can only be copied."""
    wanted = str(values.get("feature"))
    can = {
        "clone": not thick and (guest.template or bool(values.get("snapname"))),
        "copy": True,
        "snapshot": not thick and not guest.template,
    }
    return {"hasFeature": 1 if can.get(wanted, False) else 0, "nodes": []}


def networks(gateway: str) -> list[dict[str, Any]]:
    """`GET nodes/N/network`: the one bridge that there is."""
    return [
        {
            "iface": "vmbr0",
            "type": "bridge",
            "method": "static",
            "active": 1,
            "autostart": 1,
            "address": gateway,
            "netmask": "24",
            "cidr": f"{gateway}/24",
            "bridge_ports": "",
            "priority": 3,
            "families": ["inet"],
        }
    ]


def catalogue(settings: Settings) -> list[dict[str, Any]]:
    """`GET nodes/N/aplinfo`: the templates that can be downloaded; the one of the lab."""
    name = settings.template.rpartition("/")[2]
    package, version, _ = name.split("_")
    return [
        {
            "template": name,
            "package": package,
            "version": version,
            "os": "debian-12",
            "section": "system",
            "type": "lxc",
            "architecture": "amd64",
            "headline": "Debian 12 Bookworm (standard)",
            "description": "Debian 12 Bookworm (standard)",
            "infopage": "https://pve.proxmox.com/wiki/Linux_Container#pct_supported_distributions",
            "location": f"http://download.proxmox.com/images/system/{name}",
            "source": "http://download.proxmox.com/images",
            "sha512sum": "0" * 128,
        }
    ]


GUEST_PATH = re.compile(r"/api2/json/nodes/([^/]+)/(lxc|qemu)/(\d+)(/.*)?")
TASK_PATH = re.compile(r"/api2/json/nodes/([^/]+)/tasks/([^/]+)(/status|/log)?")
TASKS_PATH = re.compile(r"/api2/json/nodes/([^/]+)/tasks")
CREATE_PATH = re.compile(r"/api2/json/nodes/([^/]+)/(lxc|qemu)")
LIST_PATH = re.compile(r"/api2/json/(nodes/[^/]+/(lxc|qemu)|cluster/resources)")
APLINFO_PATH = re.compile(r"/api2/json/nodes/([^/]+)/aplinfo")
NETWORK_PATH = re.compile(r"/api2/json/nodes/([^/]+)/network")
