"""The firewall of a guest, made of what the API holds: rules of nftables in the container's own network.

Proxmox VE filters on the node's side of the interface. Here it is the guest's side, which is the same for everybody outside.
Only what comes in is filtered, by policy, protocol, port and source; macros are those that a driver could want.
"""

import ipaddress
import re
from typing import Any

MACROS = {"SSH": ("tcp", "22"), "HTTP": ("tcp", "80"), "HTTPS": ("tcp", "443"), "Ping": ("icmp", "")}
VERDICTS = {"ACCEPT": "accept", "DROP": "drop", "REJECT": "reject"}
# Removing a table that is not there is an error, so it is made first.
EMPTY = "table inet pve\ndelete table inet pve\n"


def ruleset(options: dict[str, Any], rules: list[dict[str, Any]]) -> str:
    """The rules for nftables: open connections and neighbours first, then the rules in their order, then the policy."""
    lines = ["ct state established,related accept", "iif lo accept", "meta l4proto icmpv6 accept"]
    if str(options.get("dhcp", "1")) == "1":
        lines.append("udp sport 67 udp dport 68 accept")
    wanted = [rule for rule in rules if rule.get("type") == "in" and str(rule.get("enable", "0")) == "1"]
    lines += [line for rule in wanted if (line := _line(rule))]
    policy = VERDICTS.get(str(options.get("policy_in", "DROP")), "drop")
    chain = ["type filter hook input priority 0; policy accept;", *lines, policy]
    body = "\n    ".join(chain)
    return f"{EMPTY}table inet pve {{\n  chain input {{\n    {body}\n  }}\n}}\n"


def _line(rule: dict[str, Any]) -> str | None:
    verdict = VERDICTS.get(str(rule.get("action")))
    protocol, ports = MACROS.get(str(rule.get("macro")), (str(rule.get("proto") or ""), str(rule.get("dport") or "")))
    words = []
    if source := rule.get("source"):
        words.append(f"ip saddr {ipaddress.ip_network(str(source), strict=False)}")
    # `8000`, `80,443` and `8000:8080` are how ports are written there.
    if ports and not re.fullmatch(r"[\d,:]+", ports):
        return None
    if ports and protocol in ("tcp", "udp"):
        words.append(f"{protocol} dport {{ {ports.replace(':', '-')} }}")
    elif re.fullmatch(r"[a-z]+", protocol):
        words.append(f"meta l4proto {protocol}")
    return " ".join([*words, verdict]) if verdict else None


def is_on(options: dict[str, Any]) -> bool:
    """Whether a level of the firewall is switched on."""
    return str(options.get("enable", "0")) == "1"
