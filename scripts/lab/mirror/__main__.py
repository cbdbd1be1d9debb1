"""Starts everything, says so by a file, and ends the guests when it is asked to end."""

import asyncio
import logging
import signal
import ssl

from aiohttp import web

from .api import Api
from .control import Control
from .emulator import Emulator
from .faults import Faults
from .lab import Lab
from .settings import Settings, from_environment


async def _listen(app: web.Application, port: int, tls: ssl.SSLContext | None) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
    return runner


async def _serve(settings: Settings) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    emulator = Emulator(settings)
    await emulator.start()
    lab = Lab(settings, emulator)
    api = Api(lab, emulator, Faults())
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(settings.certificate, settings.key)
    runners = [
        await _listen(api.application(), settings.api_port, tls),
        await _listen(Control(lab, emulator, api).application(), settings.control_port, None),
    ]
    (settings.folder / "up").touch()
    await ended.wait()
    await lab.stop()
    await emulator.stop()
    for runner in runners:
        await runner.cleanup()


def main() -> None:
    """The process."""
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    asyncio.run(_serve(from_environment()))


main()
