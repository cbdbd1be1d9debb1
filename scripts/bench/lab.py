"""A server of its own for one figure: free ports, a data folder that goes with it, repositories made on the spot."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = "<!doctype html><title>{0}</title><p>{0}</p>\n"


def built_binary() -> pathlib.Path:
    subprocess.run(["cargo", "build", "--release", "--quiet", "--bin", "havre"], cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "release" / "havre"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Lab:
    """Starts `havre serve` on entry; destroys its apps and stops everything it started on exit."""

    def __init__(self, binary: pathlib.Path):
        self.binary = binary
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="havre-bench-"))
        self.api, self.gateway = free_port(), free_port()
        self.server = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.server:
            for name in self.names():
                self.cli("destroy", name, "--yes")
            self.stop()
        self.stop_gateway()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- the server

    def environment(self):
        keep = {key: value for key, value in os.environ.items() if not key.startswith("HAVRE_")}
        return keep | {
            "HAVRE_URL": f"http://127.0.0.1:{self.api}",
            "HAVRE_ALLOW_LOCAL_GIT": str(self.folder),
            "HAVRE_LOG": "warn",
        }

    def start(self, wait=True) -> float:
        """Starts the server and gives the seconds to its first answer."""
        began = time.perf_counter()
        log = open(self.folder / "serve.log", "ab")
        self.server = subprocess.Popen(
            [self.binary, "serve", "--listen", f"127.0.0.1:{self.api}", "--gateway", f"127.0.0.1:{self.gateway}",
             "--data-dir", self.folder / "data"],
            env=self.environment(), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while wait:
            try:
                if self.get(self.api, "127.0.0.1", "/api/deployments") == 200:
                    break
            except OSError:
                pass
            if self.server.poll() is not None:
                raise RuntimeError((self.folder / "serve.log").read_text()[-2000:])
            time.sleep(0.001)
        return time.perf_counter() - began

    def stop(self):
        if self.server and self.server.poll() is None:
            self.server.terminate()
            self.server.wait(30)
        self.server = None

    def stop_gateway(self):
        for pid in self.processes(b"gateway"):
            os.kill(pid, signal.SIGTERM)

    def processes(self, role: bytes):
        """The pids of our binary in a role whose command line names this lab's folder."""
        mark = str(self.folder).encode()
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    argv = (entry / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                if len(argv) > 1 and argv[1] == role and any(mark in part for part in argv):
                    found.append(int(entry.name))
        return found

    def guests(self):
        """The pids of shims and first processes of this lab's guests."""
        ids = {entry.name.encode() for entry in (self.folder / "data" / "local" / "guests").iterdir()}
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    argv = (entry / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                if len(argv) > 3 and argv[1] == b"__guest" and argv[3] in ids:
                    found.append(int(entry.name))
        return found

    def strangers(self) -> int:
        """Guests on disk that the database does not know, and those it knows that are not there."""
        database = sqlite3.connect(f"file:{self.folder}/data/deployments.db?mode=ro", uri=True)
        known = {row[0] for row in database.execute("select id from guests")}
        database.close()
        there = {entry.name for entry in (self.folder / "data" / "local" / "guests").iterdir()}
        return len(known ^ there)

    # --- what a user does

    def cli(self, *words, check=False) -> subprocess.CompletedProcess:
        return subprocess.run([self.binary, *map(str, words)], env=self.environment(), cwd=self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=check)

    def names(self):
        listed = self.cli("list", "--json")
        if listed.returncode != 0:
            return []
        return [row["name"] for row in json.loads(listed.stdout)["deployments"] if row["managed"]]

    def get(self, port: int, host: str, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": host})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def wait_for_app(self, name: str):
        while True:
            try:
                if self.get(self.gateway, f"{name}.localhost", "/") == 200:
                    return
            except OSError:
                pass
            time.sleep(0.001)

    def repository(self, name: str, files: dict) -> str:
        folder = self.folder / "repos" / name
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "init.defaultBranch=main"]
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "bench"]):
            subprocess.run([*git, *words], cwd=folder, check=True)
        return f"file://{folder}"

    def static_site(self, name: str = "site") -> str:
        return self.repository(name, {"index.html": PAGE.format(name)})

    def deploy(self, url: str, name: str):
        done = self.cli("deploy", url, "--name", name)
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)
