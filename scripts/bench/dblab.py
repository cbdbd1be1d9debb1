"""What the database figures stand on: databases of their own, filled by `havre db seed`, and tools that print JSON."""

import json
import os
import pathlib
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[2]


def release_dir() -> pathlib.Path:
    """Builds the binary and the bench example, and says where they are."""
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "havre", "-p", "store", "--example", "bench",
                    "--bin", "havre"], cwd=TOP, check=True)
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", TOP / "target")) / "release"


class Skipped(Exception):
    """A figure that cannot be taken on this machine, with the reason."""


class DbLab:
    def __init__(self, seconds: float):
        self.seconds = seconds
        self.filled = {}

    def __enter__(self):
        self.release = release_dir()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="havre-bench-"))
        self.servers = {"SQLite": None}
        for name, variable in (("PostgreSQL", "HAVRE_TEST_POSTGRES"), ("MariaDB", "HAVRE_TEST_MARIADB")):
            if os.environ.get(variable):
                self.servers[name] = os.environ[variable]
            else:
                print(f"SKIPPED: {name}: {variable} is not set; run this under scripts/test/databases")
        return self

    def __exit__(self, *_):
        for kind, url in list(self.filled.values()):
            if kind != "SQLite":
                self.drop(kind, url)
        shutil.rmtree(self.folder, ignore_errors=True)

    # Databases

    def fresh(self, kind: str) -> str:
        """The URL of a new, empty database."""
        name = f"havre_bench_{secrets.token_hex(4)}"
        if kind == "SQLite":
            return f"sqlite:///{self.folder}/{name}.db"
        self.admin(kind, f"CREATE DATABASE {name}")
        return self.named(kind, name)

    def named(self, kind: str, name: str) -> str:
        parts = urllib.parse.urlsplit(self.servers[kind])
        return urllib.parse.urlunsplit(parts._replace(path=f"/{name}"))

    def admin(self, kind: str, statement: str):
        url = urllib.parse.urlsplit(self.servers[kind])
        secret = urllib.parse.unquote(url.password or "")
        if kind == "PostgreSQL":
            command = ["psql", "-q", "-h", url.hostname, "-p", str(url.port), "-U", url.username, "-c", statement,
                       url.path.lstrip("/") or "postgres"]
            environment = {**os.environ, "PGPASSWORD": secret}
        else:
            command = ["mariadb", "-h", url.hostname, "-P", str(url.port), "-u", url.username, "-e", statement]
            environment = {**os.environ, "MYSQL_PWD": secret}
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)

    def drop(self, kind: str, url: str):
        self.admin(kind, f"DROP DATABASE {urllib.parse.urlsplit(url).path.lstrip('/')}")

    def with_rows(self, kind: str, rows: int) -> str:
        """The URL of a database with so many rows; kept for the next figure that asks for the same."""
        if (kind, rows) not in self.filled:
            url = self.fresh(kind)
            self.filled[kind, rows] = (kind, url)
            self.havre(url, "db", "init")
            self.havre(url, "db", "seed", "--count", str(rows))
        return self.filled[kind, rows][1]

    # Programs

    def environment(self, url: str) -> dict:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HAVRE_")}
        return {**clean, "DATABASE_URL": url, "HAVRE_DATA_DIR": str(self.data_dir(url)), "NO_COLOR": "1"}

    def data_dir(self, url: str) -> pathlib.Path:
        folder = self.folder / ("data-" + re.sub(r"\W", "-", url.rsplit("/", 1)[-1]))
        folder.mkdir(exist_ok=True, mode=0o700)
        return folder

    def havre(self, url: str, *args: str) -> "Run":
        """Runs the binary to its end; gives its time and the most memory it had."""
        begin = time.perf_counter()
        process = subprocess.Popen([self.release / "havre", *args], env=self.environment(url), cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        out, err = process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"havre {' '.join(args)} ended with {process.returncode}:\n{err}")
        return Run(time.perf_counter() - begin, out)

    def havre_with_memory(self, url: str, *args: str) -> "Run":
        """The same, with the peak of its resident memory in MB: that child alone is waited for."""
        begin = time.perf_counter()
        child = os.fork()
        if child == 0:
            os.chdir(self.folder)
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.execve(self.release / "havre", ["havre", *args], self.environment(url))
        _, status, usage = os.wait4(child, 0)
        if status != 0:
            raise RuntimeError(f"havre {' '.join(args)} ended with status {status}")
        return Run(time.perf_counter() - begin, "", usage.ru_maxrss / 1024)

    def bench(self, url: str, what: str, amount=None, tasks: int = 16) -> dict:
        command = [self.release / "examples" / "bench", url, self.data_dir(url), what,
                   str(amount or self.seconds), str(tasks)]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)

    def rival(self, url: str, what: str, threads: int = 16) -> dict:
        python = os.environ.get("HAVRE_TEST_PYTHON")
        if not python:
            raise Skipped("HAVRE_TEST_PYTHON names no Python with SQLAlchemy (see scripts/test/python)")
        url = re.sub(r"^postgresql:", "postgresql+psycopg2:", re.sub(r"^mysql:", "mysql+pymysql:", url))
        command = [python, TOP / "scripts/bench/rival.py", url, what, str(self.seconds), str(threads)]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)

    def serve(self, url: str) -> "Server":
        return Server(self, url)


class Run:
    def __init__(self, seconds: float, out: str, megabytes: float = 0):
        self.seconds, self.out, self.megabytes = seconds, out, megabytes


class Server:
    """`havre serve` on free loopback ports."""

    def __init__(self, lab: DbLab, url: str):
        self.lab, self.url = lab, url

    def __enter__(self):
        listen, gateway = free_port(), free_port()
        self.base = f"http://127.0.0.1:{listen}"
        environment = {**self.lab.environment(self.url), "HAVRE_LISTEN": f"127.0.0.1:{listen}",
                       "HAVRE_GATEWAY": f"127.0.0.1:{gateway}", "HAVRE_LOG": "warn"}
        self.process = subprocess.Popen([self.lab.release / "havre", "serve"], env=environment, cwd=self.lab.folder,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(self.base + "/health", timeout=1).read()
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("havre serve does not answer") from None
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def cpu_seconds(self) -> float:
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wrk(self, path: str, seconds: float, connections: int = 16):
        """Requests answered, and the CPU time of the server for each, in ms."""
        if not shutil.which("wrk"):
            raise Skipped("wrk is not installed")
        before = self.cpu_seconds()
        out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", self.base + path], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
        spent = self.cpu_seconds() - before
        if "Non-2xx" in out:
            raise RuntimeError(out)
        requests = int(re.search(r"(\d+) requests in", out).group(1))
        return requests, 1000 * spent / requests


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
