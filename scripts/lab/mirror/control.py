"""What a test may do behind the driver's back: to guests, as somebody at the node would, and to the API.

Plain HTTP and JSON on loopback. See README.md beside this package for every call.
"""

import asyncio
import base64
import ipaddress
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from . import commands, forms, guests, identity
from .api import Api
from .emulator import Emulator, EmulatorError
from .guests import Guest
from .lab import Lab


class Control:
    """The control port."""

    def __init__(self, lab: Lab, emulator: Emulator, api: Api) -> None:
        self.lab = lab
        self.emulator = emulator
        self.api = api

    def application(self) -> web.Application:
        """For aiohttp."""
        app = web.Application(middlewares=[_told])
        app.router.add_get("/guests", self.list_guests)
        app.router.add_post("/guests/{vmid}/{action}", self.act)
        app.router.add_get("/requests", self.list_requests)
        app.router.add_delete("/requests", self.forget_requests)
        app.router.add_get("/faults", self.list_faults)
        app.router.add_post("/faults", self.add_fault)
        app.router.add_delete("/faults", self.clear_faults)
        app.router.add_post("/freeze", self.freeze)
        app.router.add_post("/thaw", self.thaw)
        app.router.add_post("/emulator", self.call)
        app.router.add_post("/restart-node", self.restart_node)
        app.router.add_post("/isolate", self.isolate)
        return app

    async def list_guests(self, _: web.Request) -> web.Response:
        """Every guest as it really is."""
        shown = []
        for guest in self.lab.guests.values():
            network = guests.network_of(guest, self.lab.settings)
            shown.append(
                {
                    "vmid": guest.vmid,
                    "kind": guest.kind,
                    "status": guest.status,
                    "uptime": await guest.uptime(),
                    "pid": await guest.container.pid(),
                    "address": network.address if network else None,
                    "template": guest.template,
                    "parent": guest.parent,
                    "lock": guest.lock,
                    "root": str(guest.root.path),
                }
            )
        return web.json_response(shown)

    async def act(self, request: web.Request) -> web.Response:
        """Does something to a guest."""
        guest = self.lab.guests.get(int(request.match_info["vmid"]))
        action = getattr(self, f"guest_{request.match_info['action']}", None)
        if guest is None or action is None:
            raise web.HTTPNotFound(text="no such guest, or no such action")
        given = await request.json() if request.can_read_body else {}
        return web.json_response(await action(guest, given))

    async def guest_kill(self, guest: Guest, _: dict[str, Any]) -> Any:
        """As a crash: it is gone at once, and the API shows it stopped."""
        await guest.container.kill()

    async def guest_stop(self, guest: Guest, _: dict[str, Any]) -> Any:
        """Somebody shut it down."""
        await guest.container.shut_down(30, True)

    async def guest_start(self, guest: Guest, _: dict[str, Any]) -> Any:
        """Somebody started it."""
        await self.lab.start(guest)

    async def guest_reboot(self, guest: Guest, _: dict[str, Any]) -> Any:
        """Somebody restarted it."""
        await self.lab.reboot(guest, 30)

    async def guest_destroy(self, guest: Guest, _: dict[str, Any]) -> Any:
        """Somebody deleted it."""
        await self.lab.destroy(guest)
        await self.lab.forget(guest)

    async def guest_hostkeys(self, guest: Guest, _: dict[str, Any]) -> Any:
        """It gets other host keys; sshd reads them when it is asked the next time."""
        await identity.new_host_keys(self.lab.files(guest))

    async def guest_uptime(self, guest: Guest, given: dict[str, Any]) -> Any:
        """Shifts what the API tells of its uptime, by seconds; until its next start."""
        guest.uptime_shift = int(given["shift"])

    async def guest_hide(self, guest: Guest, given: dict[str, Any]) -> Any:
        """The API does not know its addresses for so many questions more, as with DHCP just after a start."""
        guest.hidden = int(given["times"])

    async def guest_lock(self, guest: Guest, given: dict[str, Any]) -> Any:
        """Locks it (`backup`, `migrate`, …), or unlocks it with null."""
        guest.lock = given.get("lock")

    async def guest_config(self, guest: Guest, given: dict[str, Any]) -> Any:
        """Somebody changed its configuration."""
        await self.emulator.call("PUT", self.lab.path(guest, "/config"), given)
        await self.lab.reconfigure(guest)

    async def guest_recreate(self, guest: Guest, given: dict[str, Any]) -> Any:
        """Somebody deleted it and made another one under its number, with the same address and other host keys.

        `keys`: who may log in there. `keep`: the settings that the new one has as well (default: the address alone, so
        neither description nor tags); the name of a running machine's owner is never in its address.
        """
        keep = given.get("keep", ["net0", "ipconfig0"])
        values = {name: guest.config[name] for name in keep if name in guest.config}
        values |= {"hostname": "other"} if guest.kind == "lxc" else {"name": "other"}
        await self.lab.destroy(guest)
        await self.lab.forget(guest)
        values["vmid"] = guest.vmid
        if guest.kind == "lxc":
            values |= {"ostemplate": self.lab.settings.template, "rootfs": "local-lvm:4", "unprivileged": 1}
        await self.emulator.call("POST", f"/nodes/{self.lab.settings.node}/{guest.kind}", values)
        new = self.lab.new_from_template(guest.kind, guest.vmid)
        await self.lab.create(new, str(given.get("keys", "")), start=True)

    async def guest_exec(self, guest: Guest, given: dict[str, Any]) -> Any:
        """Runs a command inside as root, without SSH."""
        ended = await guest.container.execute([str(word) for word in given["argv"]], str(given.get("stdin", "")).encode())
        out, err = ended.out.decode(errors="replace"), ended.err.decode(errors="replace")
        return {"code": ended.code, "out": out, "err": err, "out64": base64.b64encode(ended.out).decode()}

    async def list_requests(self, _: web.Request) -> web.Response:
        """What the API was asked since the last DELETE."""
        return web.json_response(self.api.requests)

    async def forget_requests(self, _: web.Request) -> web.Response:
        """Starts the count anew."""
        self.api.requests.clear()
        return web.json_response(None)

    async def list_faults(self, _: web.Request) -> web.Response:
        """The faults, with their hits."""
        return web.json_response(self.api.faults.view())

    async def add_fault(self, request: web.Request) -> web.Response:
        """One more fault."""
        try:
            self.api.faults.add(await request.json())
        except (TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.json_response(None)

    async def clear_faults(self, _: web.Request) -> web.Response:
        """No more faults."""
        self.api.faults.held.clear()
        return web.json_response(None)

    async def freeze(self, _: web.Request) -> web.Response:
        """The API answers nobody until it is thawed."""
        self.api.faults.running.clear()
        return web.json_response(None)

    async def thaw(self, _: web.Request) -> web.Response:
        """It answers again, also those who wait."""
        self.api.faults.running.set()
        return web.json_response(None)

    async def restart_node(self, _: web.Request) -> web.Response:
        """As a power cut of the node: every guest is gone at once, and those with `onboot` start again."""
        await asyncio.gather(*(guest.container.kill() for guest in self.lab.guests.values()))
        started = [guest for guest in self.lab.guests.values() if forms.truth(guest.config.get("onboot", 0))]
        await asyncio.gather(*(self.lab.start(guest) for guest in started))
        return web.json_response([guest.vmid for guest in started])

    async def isolate(self, request: web.Request) -> web.Response:
        """Nothing but these addresses of guests is reached from the command's side: `{"but": ["10.77.0.9"]}` leaves a jump host.

        Without `but` everything is reached again.
        """
        given = await request.json()
        await commands.run("nft", "delete", "table", "ip", "isolated")
        if given.get("but") is not None:
            kept = ", ".join(str(ipaddress.ip_address(address)) for address in given["but"] or ["127.0.0.1"])
            subnet = ipaddress.ip_network(f"{self.lab.settings.gateway}/24", strict=False)
            hidden = f"ip daddr {subnet} ip daddr != {self.lab.settings.gateway} ip daddr != {{ {kept} }}"
            chain = f"type filter hook output priority 0; {hidden} reject with icmp type net-unreachable;"
            await commands.must("nft", f"table ip isolated {{ chain out {{ {chain} }}; }}")
        return web.json_response(None)

    async def call(self, request: web.Request) -> web.Response:
        """A call to the emulator as root@pam, for what somebody did in the web interface."""
        given = await request.json()
        answer = await self.emulator.call(given["method"], given["path"], given.get("values"))
        if "/firewall/" in given["path"]:
            await self.lab.guard_all()
        return web.json_response(answer)


@web.middleware
async def _told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What goes wrong here is the test's to see."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except (EmulatorError, KeyError, ValueError) as error:
        raise web.HTTPBadRequest(text=repr(error)) from error
    except Exception as error:
        raise web.HTTPInternalServerError(text=repr(error)) from error
