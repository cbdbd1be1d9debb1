"""The emulator of the API, a program of its own behind the mirror."""

import asyncio
import json
import ssl
import sys
from typing import Any

import aiohttp

from . import forms
from .settings import Settings

API = "/api2/json"


class EmulatorError(Exception):
    """The emulator refused what the mirror itself asked for."""


class Emulator:
    """Starts fakepve, is logged in there as root@pam, and calls it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.base = f"https://127.0.0.1:{settings.emulator_port}"
        self.ticket = ""
        self.csrf = ""
        self.process: asyncio.subprocess.Process | None = None
        self.session: aiohttp.ClientSession | None = None
        self.tls = ssl.create_default_context(cafile=str(settings.certificate))

    async def start(self) -> None:
        """Runs the emulator with no guests, logs in and gives it a template and an image, as a set-up node has them."""
        guests = self.settings.folder / "guests.json"
        guests.write_text(json.dumps({"guests": []}))
        log = (self.settings.folder / "emulator.log").open("ab")
        arguments = ["--host", "127.0.0.1", "--port", str(self.settings.emulator_port), "--time-scale", "0"]
        arguments += ["--cert", str(self.settings.certificate), "--key", str(self.settings.key), str(guests)]
        # The password goes by the environment: arguments are read by everybody.
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "fakepve", *arguments, stdout=log, stderr=log, env={"PVE_PASS": self.settings.password}
        )
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self.tls, limit=0))
        await self._until_it_answers()
        await self._furnish()

    async def stop(self) -> None:
        """Ends it."""
        if self.session:
            await self.session.close()
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def _until_it_answers(self) -> None:
        for _ in range(200):
            try:
                return await self.login()
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
        raise EmulatorError("the emulator does not answer: see emulator.log")

    async def login(self) -> None:
        """Takes a ticket; it is good for two hours."""
        assert self.session
        form = {"username": "root@pam", "password": self.settings.password}
        async with self.session.post(self.base + API + "/access/ticket", data=form) as answer:
            data = (await answer.json())["data"]
        self.ticket, self.csrf = data["ticket"], data["CSRFPreventionToken"]

    async def _furnish(self) -> None:
        thick = {"storage": self.settings.thick, "type": "lvm", "vgname": "thick", "content": "images,rootdir"}
        await self.call("POST", "/storage", thick)
        await self.call("PUT", "/storage/local", {"content": "iso,vztmpl,backup,import"})
        for volume in (self.settings.template, self.settings.image):
            content, _, name = volume.partition(":")[2].partition("/")
            # The emulator fetches nothing; it notes the file, with the size that it is told.
            values = {"content": content, "filename": name, "url": f"http://127.0.0.1/{name}", "size": 128 << 20}
            await self.call("POST", f"/nodes/{self.settings.node}/storage/local/download-url", values)

    async def forward(
        self, method: str, path: str, query: str, headers: dict[str, str], body: Any
    ) -> tuple[int, str, dict[str, str], bytes]:
        """Sends a request as root@pam, or with the ticket that `headers` brings. Gives status, reason, headers and body."""
        assert self.session
        if "Cookie" not in headers:
            headers = {**headers, "Cookie": f"PVEAuthCookie={self.ticket}", "CSRFPreventionToken": self.csrf}
        url = self.base + path + (f"?{query}" if query else "")
        for again in (True, False):
            async with self.session.request(method, url, headers=headers, data=body) as answer:
                content = await answer.read()
                expired = answer.status == 401 and self.ticket in headers["Cookie"]
                if not (again and expired):
                    kept = {"Content-Type": answer.headers.get("Content-Type", "application/json")}
                    return answer.status, answer.reason or "", kept, content
            await self.login()
            headers = {**headers, "Cookie": f"PVEAuthCookie={self.ticket}", "CSRFPreventionToken": self.csrf}
        raise AssertionError("unreachable")

    async def call(self, method: str, path: str, values: forms.Values | None = None) -> Any:
        """A call of the mirror's own: gives `data`, raises what the emulator refuses."""
        text = forms.encode(values or {})
        inline = method in ("GET", "DELETE")
        headers = {} if inline else {"Content-Type": "application/x-www-form-urlencoded"}
        status, reason, _, body = await self.forward(
            method, API + path, text if inline else "", headers, None if inline else text.encode()
        )
        if status != 200:
            raise EmulatorError(f"{method} {path}: {status} {reason} {body[:300]!r}")
        return json.loads(body)["data"]
