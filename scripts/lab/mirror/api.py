"""The API as the driver sees it: a proxy that tells the truth."""

import asyncio
import hmac
import json
import logging
import re
import time
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from . import forms, views
from .emulator import Emulator, EmulatorError
from .faults import Fault, Faults
from .guests import Guest
from .jobs import TaskFailed
from .lab import Lab
from .operations import Operations

log = logging.getLogger("lab")
SNAPSHOT = re.compile(r"/snapshot/([^/]+)(/rollback)?")
POWER = re.compile(r"/status/(start|stop|shutdown|reboot|reset)")


class Refused(Exception):
    """An answer that is no success; the message is the reason phrase, as with a real node."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Api:
    """Answers all requests. Those that change something come one after the other; their tasks run beside each other."""

    def __init__(self, lab: Lab, emulator: Emulator, faults: Faults) -> None:
        self.lab = lab
        self.emulator = emulator
        self.faults = faults
        self.operations = Operations(lab)
        self.gate = asyncio.Lock()
        # What was asked, for tests that count: method, path, status, milliseconds.
        self.requests: list[dict[str, Any]] = []

    def application(self) -> web.Application:
        """For aiohttp."""
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{tail:.*}", self.handle)
        return app

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request, with the faults that a test wants."""
        began = time.monotonic()
        await self.faults.running.wait()
        fault = self.faults.take(request.method, request.path)
        if fault and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        if fault and fault.kind in ("answer", "drop"):
            response = self._fault(request, fault)
        else:
            response = await self._answer(request, fault)
            if fault and fault.kind in ("answer_after", "drop_after"):
                response = self._fault(request, fault)
        spent = int((time.monotonic() - began) * 1000)
        self.requests.append({"method": request.method, "path": request.path, "status": response.status, "ms": spent})
        log.info("%s %s %s %s (%d ms)", request.method, request.path_qs, response.status, response.reason, spent)
        return response

    def _fault(self, request: web.Request, fault: Fault) -> web.Response:
        if fault.kind.startswith("drop") and request.transport:
            request.transport.abort()
        return _error(fault.status, fault.reason)

    async def _answer(self, request: web.Request, fault: Fault | None) -> web.Response:
        try:
            body = await self._body(request)
            values = forms.read_values(request.query_string, request.content_type, body)
            self._authenticate(request)
            if request.method in ("GET", "HEAD"):
                return await self._read(request, values)
            async with self.gate:
                return await self._write(request, body, values, fault)
        except Refused as refused:
            return _error(refused.status, str(refused))
        except EmulatorError as error:
            return _error(500, str(error))
        except forms.BadForm as bad:
            return _error(400, str(bad))

    async def _body(self, request: web.Request) -> bytes:
        """The body, by the rules of pve-http-server."""
        if "chunked" in request.headers.get("Transfer-Encoding", ""):
            raise Refused(501, "chunked transfer encoding not supported")
        body = await request.read()
        if body and request.method in ("GET", "DELETE"):
            raise Refused(501, "Unexpected content for method")
        return body

    def _authenticate(self, request: web.Request) -> None:
        """The lab's token is checked here; logins with a ticket are left to the emulator."""
        given = request.headers.get("Authorization", "")
        wanted = f"PVEAPIToken={self.lab.settings.token_id}={self.lab.settings.token_secret}"
        if given and not hmac.compare_digest(given.encode(), wanted.encode()):
            raise Refused(401, "authentication failure")
        if not given and "PVEAuthCookie" not in request.cookies and not request.path.endswith("/access/ticket"):
            raise Refused(401, "No ticket")

    async def _forward(self, request: web.Request, query: str, body: bytes, values: forms.Values | None = None) -> web.Response:
        headers = {name: request.headers[name] for name in ("Content-Type", "CSRFPreventionToken") if name in request.headers}
        if "PVEAuthCookie" in request.cookies:
            headers["Cookie"] = f"PVEAuthCookie={request.cookies['PVEAuthCookie']}"
        if values is not None and request.content_type == "application/x-www-form-urlencoded":
            body = forms.encode(values).encode()
        status, reason, kept, content = await self.emulator.forward(
            request.method, request.raw_path.partition("?")[0], query, headers, body or None
        )
        return web.Response(status=status, reason=reason, headers=kept, body=content)

    # ---------------------------------------------------------------- reading

    async def _read(self, request: web.Request, values: forms.Values) -> web.Response:
        path = request.path
        if views.NETWORK_PATH.fullmatch(path):
            return _data(views.networks(self.lab.settings.gateway))
        if views.APLINFO_PATH.fullmatch(path):
            return _data(views.catalogue(self.lab.settings))
        if match := views.TASK_PATH.fullmatch(path):
            return await self._read_task(request, unquote(match[2]), match[3] or "", values)
        if views.TASKS_PATH.fullmatch(path):
            return await self._read_tasks(request, values)
        if (match := views.GUEST_PATH.fullmatch(path)) and (guest := self._guest(match)):
            return await self._read_guest(request, guest, match[4] or "", values)
        response = await self._forward(request, request.query_string, b"")
        if response.status == 200 and views.LIST_PATH.fullmatch(path):
            return _data(await views.of_list(self.lab, _content(response)))
        if response.status == 200 and path == "/api2/json/nodes":
            return _data([{**node, "ssl_fingerprint": self.lab.settings.fingerprint} for node in _content(response)])
        return response

    def _guest(self, match: re.Match[str]) -> Guest | None:
        guest = self.lab.guests.get(int(match[3]))
        return guest if guest and guest.kind == match[2] and match[1] == self.lab.settings.node else None

    async def _read_guest(self, request: web.Request, guest: Guest, rest: str, values: forms.Values) -> web.Response:
        if rest == "/interfaces":
            return _data(await views.interfaces(guest))
        if rest == "/feature":
            return _data(views.feature(guest, values, self._is_thick(guest)))
        if rest == "/agent/network-get-interfaces":
            self._need_agent(guest)
            return _data(views.agent_interfaces(await views.interfaces(guest)))
        response = await self._forward(request, request.query_string, b"")
        if response.status == 200 and rest == "/status/current":
            return _data(await views.of_guest(guest, _content(response)))
        if response.status == 200 and rest == "/config":
            return _data(views.of_config(guest, _content(response)))
        return response

    def _is_thick(self, guest: Guest) -> bool:
        """Whether it lies on the storage that makes no linked clones."""
        return guest.volume.startswith(f"{self.lab.settings.thick}:")

    def _need_agent(self, guest: Guest) -> None:
        """A VM has an agent when it is switched on in its configuration, and its package is inside."""
        if not str(guest.config.get("agent", "0")).replace("enabled=", "").startswith("1"):
            raise Refused(500, "No QEMU guest agent configured")
        if not guest.running:
            raise Refused(500, f"VM {guest.vmid} is not running")
        if not (guest.root.path / "usr/sbin/qemu-ga").exists():
            raise Refused(500, "QEMU guest agent is not running")

    async def _read_task(self, request: web.Request, upid: str, rest: str, values: forms.Values) -> web.Response:
        job = self.lab.jobs.by_upid.get(upid)
        if job is None or rest not in ("/status", "/log"):
            return await self._forward(request, request.query_string, b"")
        held = None if job.own else _content(await self._forward(request, "limit=500" if rest == "/log" else "", b""))
        if rest == "/status":
            return _data(views.of_task(job, held))
        lines = views.of_task_log(job, held or [])
        first = int(values.get("start", 0))
        return _data(lines[first : first + int(values.get("limit", 50))], total=len(lines))

    async def _read_tasks(self, request: web.Request, values: forms.Values) -> web.Response:
        asked = {name: value for name, value in values.items() if name not in ("source", "statusfilter", "limit")}
        response = await self._forward(request, forms.encode({**asked, "source": "all", "limit": 500}), b"")
        if response.status != 200:
            return response
        shown = views.of_tasks(self.lab.jobs.by_upid, _content(response), values.get("source", "archive"), values.get("vmid"))
        return _data(shown[: int(values.get("limit", 50))], total=len(shown))

    # ---------------------------------------------------------------- changing

    async def _write(self, request: web.Request, body: bytes, values: forms.Values, fault: Fault | None) -> web.Response:
        path, query = request.path, request.query_string
        match = views.GUEST_PATH.fullmatch(path)
        guest = self._guest(match) if match else None
        if guest:
            if guest.lock and not path.endswith(("/termproxy", "/vncproxy")):
                raise Refused(500, f"{'CT' if guest.kind == 'lxc' else 'VM'} is locked ({guest.lock})")
            if match and match[4] == "/agent/ping":
                self._need_agent(guest)
                return _data({"result": {}})
            if match and match[4] == "/template" and self._is_thick(guest):
                raise Refused(500, f"Template feature is not available for '{guest.volume}'")
            await self.lab.settle(guest)
            clones = self.lab.clones_of(guest)
            if request.method == "DELETE" and clones and match and not match[4]:
                return _data(self.operations.refuse_to_destroy(guest, clones))
        if (task := views.TASK_PATH.fullmatch(path)) and request.method == "DELETE":
            return await self._abort(request, unquote(task[2]))
        if views.APLINFO_PATH.fullmatch(path):
            return _data(await self._download(values))
        self._refuse_what_is_roots(values)
        if fault and fault.kind == "fail_task":
            return _data(await self._failed_task(path, fault.reason))
        response = await self._forward(request, query, body, None if request.method == "DELETE" else self._own(request, values))
        if response.status != 200:
            return _as_a_node_says(path, response)
        return await self._follow(request, guest, match, response, values)

    @staticmethod
    def _own(request: web.Request, values: forms.Values) -> forms.Values:
        """The values of the body alone: those of the query go with the path."""
        return {name: value for name, value in values.items() if name not in request.query}

    def _refuse_what_is_roots(self, values: forms.Values) -> None:
        """The mirror is root@pam to the emulator, so it refuses itself what only root@pam may."""
        if set(forms.properties(values.get("features"))) - {"nesting"}:
            raise Refused(403, "Permission check failed (changing feature flags (except nesting) is only allowed for root@pam)")
        for name in ("hookscript", "args", "dev0", "skiplock"):
            if name in values:
                raise Refused(403, f"Permission check failed (only root@pam may set '{name}')")

    async def _download(self, values: forms.Values) -> str:
        """POST aplinfo: a template of the catalogue comes onto a storage."""
        name = str(values.get("template"))
        if name not in (item["template"] for item in views.catalogue(self.lab.settings)):
            raise Refused(400, "Parameter verification failed.")
        path = f"/nodes/{self.lab.settings.node}/storage/{values.get('storage')}/download-url"
        given = {"content": "vztmpl", "filename": name, "url": f"http://127.0.0.1/{name}", "size": 128 << 20}
        return str(await self.emulator.call("POST", path, given))

    async def _failed_task(self, path: str, reason: str) -> str:
        number = re.search(r"/(\d+)(/|$)", path)
        upid = self.lab.jobs.new_upid(self.lab.settings.node, "vzfault", int(number[1]) if number else 0, "root@pam")

        async def fail() -> None:
            raise TaskFailed(reason)

        self.lab.jobs.start(upid, fail, own=True)
        return upid

    async def _abort(self, request: web.Request, upid: str) -> web.Response:
        job = self.lab.jobs.by_upid.get(upid)
        if job is None or job.work is None:
            return await self._forward(request, request.query_string, b"")
        job.work.cancel()
        return _data(None)

    async def _task_failed(self, answer: Any) -> bool:
        """Whether the emulator's task, which ended at once, did nothing: then there is nothing to follow."""
        if not str(answer).startswith("UPID:"):
            return False
        status = await self.emulator.call("GET", f"/nodes/{self.lab.settings.node}/tasks/{answer}/status")
        return status.get("exitstatus") not in (None, "OK")

    async def _follow(
        self, request: web.Request, guest: Guest | None, match: re.Match[str] | None, response: web.Response, values: forms.Values
    ) -> web.Response:
        """Does to the real guest what the emulator did to its own."""
        if request.content_type == "multipart/form-data":
            return response
        answer = _content(response)
        if await self._task_failed(answer):
            return response
        if (made := views.CREATE_PATH.fullmatch(request.path)) and request.method == "POST":
            return _data(self.operations.create(made[2], answer, values))
        if request.path.startswith("/api2/json/cluster/firewall/"):
            await self.lab.guard_all()
        if guest is None or match is None:
            return response
        return _data(await self._follow_guest(request.method, guest, match[4] or "", answer, values))

    async def _follow_guest(self, method: str, guest: Guest, rest: str, answer: Any, values: forms.Values) -> Any:
        operations = self.operations
        snapshot, power = SNAPSHOT.fullmatch(rest), POWER.fullmatch(rest)
        if method == "DELETE" and not rest:
            return operations.destroy(guest, answer)
        if power:
            return operations.power(guest, power[1], answer, values)
        if rest.startswith("/firewall/"):
            await self.lab.guard(guest)
            return answer
        if rest == "/config":
            return await operations.configure(guest, answer)
        if rest == "/clone":
            return operations.clone(guest, answer, values)
        if rest == "/template":
            return await operations.template(guest, answer)
        if rest == "/snapshot":
            return operations.snapshot(guest, answer, values)
        if snapshot and snapshot[2]:
            return operations.roll_back(guest, answer, unquote(snapshot[1]), values)
        if snapshot and method == "DELETE":
            return operations.drop_snapshot(guest, answer, unquote(snapshot[1]))
        return answer


def _as_a_node_says(path: str, response: web.Response) -> web.Response:
    """The emulator leaves out how a real node begins this complaint."""
    taken = re.fullmatch(r"CT (\d+) already exists on node .*", response.reason or "")
    if taken and views.CREATE_PATH.fullmatch(path):
        return _error(500, f"unable to create CT {taken[1]} - {taken[0]}")
    return response


def _content(response: web.Response) -> Any:
    return json.loads(response.body)["data"] if response.status == 200 else None  # type: ignore[arg-type]


def _data(data: Any, **more: Any) -> web.Response:
    return web.json_response({"data": data, **more})


def _error(status: int, reason: str) -> web.Response:
    first = reason.splitlines()[0] if reason else ""
    return web.json_response({"data": None, "message": reason + "\n"}, status=status, reason=first[:200])
