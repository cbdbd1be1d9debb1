"""Request parameters and property strings as Proxmox VE reads them."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode

Values = dict[str, Any]


class BadForm(Exception):
    """A body that a real server does not take; the text is its reason phrase."""


def split_form(body: str) -> list[tuple[str, str]]:
    """The pairs of a form. Proxmox VE splits at `;` as well as at `&`, so an unencoded one in a value cuts it there."""
    pairs = []
    for part in re.split(r"[&;]", body):
        if part:
            name, _, value = part.partition("=")
            pairs.append((unquote_plus(name), unquote_plus(value)))
    return pairs


def read_values(query: str, content_type: str, body: bytes) -> Values:
    """What a request says, from its query and its body. A name that comes twice gives a list."""
    values: Values = {}
    pairs: list[tuple[str, Any]] = list(parse_qsl(query, keep_blank_values=True))
    if body and content_type == "application/json":
        try:
            given = json.loads(body)
        except ValueError as error:
            raise BadForm("malformed JSON") from error
        pairs += list(given.items())
    elif body and content_type == "application/x-www-form-urlencoded":
        pairs += split_form(body.decode())
    for name, value in pairs:
        if name in values:
            held = values[name]
            values[name] = [*held, value] if isinstance(held, list) else [held, value]
        else:
            values[name] = value
    return values


def encode(values: Values) -> str:
    """A form for the emulator."""
    return urlencode(values, doseq=True)


def truth(value: Any) -> bool:
    """A boolean in any of the spellings that the API takes."""
    return str(value).lower() in ("1", "on", "yes", "true")


def properties(text: str | None) -> dict[str, str]:
    """A property string such as `name=eth0,bridge=vmbr0`; what has no name is under an empty one."""
    found: dict[str, str] = {}
    for part in str(text or "").split(","):
        name, equals, value = part.partition("=")
        if equals:
            found[name] = value
        elif part:
            found[""] = part
    return found
