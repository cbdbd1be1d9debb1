"""The figures: how each is taken and what it must reach."""

import concurrent.futures
import dataclasses
import json
import pathlib
import re
import shutil
import sqlite3
import statistics
import subprocess
import textwrap
import threading
import time
import typing
import uuid

from lab import PAGE, Lab, free_port


class Skipped(Exception):
    """The machine lacks what the figure needs."""


@dataclasses.dataclass
class Result:
    words: str
    reached: bool


@dataclasses.dataclass
class Figure:
    title: str
    goal: str
    take: typing.Callable[[Lab, int], Result]


def need(*programs: str):
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        raise Skipped(f"apt install {' '.join(missing)}")


def deploy_overhead(lab: Lab, runs: int) -> Result:
    """A static site has no install, no build and no boot of its own: all of its deploy is Havre's."""
    lab.start()
    times = []
    for run in range(runs):
        url = lab.static_site(f"site{run}")
        began = time.perf_counter()
        lab.deploy(url, f"site{run}")
        lab.wait_for_app(f"site{run}")
        times.append(time.perf_counter() - began)
    median = statistics.median(times)
    return Result(f"{median:.2f} s (max {max(times):.2f})", median <= 1.0)


def warm_rollback(lab: Lab, runs: int) -> Result:
    """From the command to the first 200 of the release before, while its guest is warm. The app takes two seconds to boot,
    so that only a process that was kept can be this fast."""
    lab.start()
    slow = {"Procfile": "web: sleep 2 && exec python3 -m http.server $PORT\n", "page.html": PAGE.format("site")}
    lab.deploy(lab.repository("site", slow), "site")
    times = []
    for run in range(runs):
        lab.cli("env", "set", "site", f"RUN={run}", check=True)
        began = time.perf_counter()
        lab.cli("rollback", "site", check=True)
        lab.wait_for_app("site")
        times.append(time.perf_counter() - began)
    median = statistics.median(times)
    return Result(f"{median * 1000:.0f} ms (max {max(times) * 1000:.0f})", median <= 0.3)


def swaps_under_load(lab: Lab, runs: int) -> Result:
    """100 swaps by environment changes while wrk keeps asking; every answer counts, and every socket error."""
    need("wrk")
    lab.start()
    lab.deploy(lab.static_site(), "site")
    script = lab.folder / "host.lua"
    script.write_text('wrk.headers["Host"] = "site.localhost"\n')
    asked = failed = swaps = 0
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        while swaps < 100 or asked < 200_000:
            load = pool.submit(subprocess.run, ["wrk", "-t1", "-c16", "-d20s", "-s", script,
                                                f"http://127.0.0.1:{lab.gateway}/"], capture_output=True, text=True)
            while not load.done():
                lab.cli("env", "set", "site", f"RUN={swaps}", check=True)
                swaps += 1
            asked_now, failed_now = wrk_counts(load.result().stdout)
            asked, failed = asked + asked_now, failed + failed_now
    return Result(f"{failed} of {asked:,} over {swaps} swaps", failed == 0)


def kills_under_load(lab: Lab, _runs: int) -> Result:
    """The server is killed with -9 a hundred times, each time in the middle of a release, while a client keeps asking;
    at the end the newest release serves, and nothing but its guest and warm ones is there."""
    lab.start()
    lab.deploy(lab.static_site(), "site")
    over, asked, failed = threading.Event(), 0, 0

    def ask():
        nonlocal asked, failed
        while not over.is_set():
            asked += 1
            try:
                failed += lab.get(lab.gateway, "site.localhost", "/") != 200
            except OSError:
                failed += 1

    client = threading.Thread(target=ask)
    client.start()
    try:
        for number in range(100):
            lab.cli("env", "set", "site", f"RUN={number}", "--no-wait")
            # Spread over the steps of a release, which take about a tenth of a second together.
            time.sleep(number % 20 * 0.01)
            lab.server.kill()
            lab.server.wait()
            lab.start()
        lab.cli("env", "set", "site", "RUN=last", check=True)
    finally:
        over.set()
        client.join()
    strangers = lab.strangers()
    return Result(f"{failed} of {asked:,}; {strangers} orphans", failed == 0 and strangers == 0)


def wrk_counts(output: str) -> tuple[int, int]:
    asked = int(re.search(r"(\d+) requests in", output).group(1))
    failed = sum(int(n) for line in output.splitlines() if "Socket errors" in line for n in re.findall(r"\d+", line))
    failed += sum(int(n) for n in re.findall(r"Non-2xx or 3xx responses: (\d+)", output))
    return asked, failed


def memory(lab: Lab, _runs: int) -> Result:
    """PSS of Havre's own processes with 20 idle deployments."""
    lab.start()
    for number in range(20):
        lab.deploy(lab.static_site(f"site{number}"), f"site{number}")
    controller = pss([lab.server.pid])
    gateway = pss(lab.processes(b"gateway"))
    guests = lab.guests()
    per_guest = pss(guests) / 20
    words = f"{controller:.1f} / {gateway:.1f} / {per_guest:.2f} MB"
    if len(guests) < 20:
        raise RuntimeError(f"only {len(guests)} processes of guests were found")
    return Result(words, controller <= 30 and gateway <= 15 and per_guest <= 2)


def pss(pids) -> float:
    total = 0
    for pid in pids:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def start_time(lab: Lab, runs: int) -> Result:
    """From exec to the first answer, on a database of 10,000 deployments."""
    lab.start()
    lab.stop()
    database = sqlite3.connect(lab.folder / "data" / "deployments.db")
    rows = [(str(uuid.UUID(int=n)), f"app-{n}", "lxc", "flask", "https://github.com/user/repo",
             '{"cores": 1, "memory": 1024, "disk": 10}', "running", f"2026-01-01 00:00:{n % 60:02}.000000")
            for n in range(10_000)]
    database.executemany("insert into deployments (id, name, deployment_type, framework, github_url, resources, status,"
                         " created_at) values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    database.commit()
    database.close()
    times = []
    for _ in range(runs):
        times.append(lab.start())
        lab.stop()
    median = statistics.median(times)
    return Result(f"{median * 1000:.0f} ms (max {max(times) * 1000:.0f})", median <= 0.15)


def gateway_against_nginx(lab: Lab, runs: int) -> Result:
    """Requests per second through the gateway against nginx, before the same back end, in turn."""
    need("wrk", "nginx")
    backend, proxy = free_port(), free_port()
    with Nginx(lab.folder / "nginx", backend, proxy), Gateway(lab, backend):
        ratios, p99s = [], []
        for _ in range(runs):
            ours = wrk_rate(lab.gateway, "site.localhost", lab.folder)
            theirs = wrk_rate(proxy, "site.localhost", lab.folder)
            ratios.append(ours[0] / theirs[0])
            p99s.append((ours[1], theirs[1]))
    ratio = statistics.median(ratios)
    p99 = statistics.median(p[0] for p in p99s), statistics.median(p[1] for p in p99s)
    return Result(f"{ratio:.2f}x, p99 {p99[0]:.1f} against {p99[1]:.1f} ms", ratio >= 0.7)


class Gateway:
    """`havre gateway` alone, with one route to a back end."""

    def __init__(self, lab: Lab, backend: int):
        self.lab, self.backend = lab, backend

    def __enter__(self):
        folder = self.lab.folder / "gateway"
        folder.mkdir(mode=0o700)
        route = {"name": "site", "state": "serving", "upstream": {"tcp": f"127.0.0.1:{self.backend}"}}
        (folder / "routes.json").write_text(json.dumps({"version": 1, "routes": {"site": route}}))
        self.process = subprocess.Popen(
            [self.lab.binary, "gateway", "--listen", f"127.0.0.1:{self.lab.gateway}", "--control", folder / "control.sock",
             "--state", folder / "routes.json"], env=self.lab.environment(), stderr=subprocess.DEVNULL)
        self.lab.wait_for_app("site")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


def wrk_rate(port: int, host: str, folder: pathlib.Path) -> tuple[float, float]:
    script = folder / "rate.lua"
    script.write_text(f'wrk.headers["Host"] = "{host}"\n'
                      "done = function(s, l, r) io.write(string.format('RATE %f P99 %f\\n',"
                      " s.requests / s.duration * 1e6, l:percentile(99) / 1000)) end\n")
    output = subprocess.run(["wrk", "-t1", "-c32", "-d4s", "-s", script, f"http://127.0.0.1:{port}/"],
                            capture_output=True, text=True, check=True).stdout
    rate, p99 = re.search(r"RATE (\S+) P99 (\S+)", output).groups()
    return float(rate), float(p99)


class Nginx:
    """nginx as a back end and as a proxy before it."""

    def __init__(self, folder: pathlib.Path, backend: int, proxy: int):
        self.folder, self.backend, self.proxy = folder, backend, proxy

    def __enter__(self):
        (self.folder / "www").mkdir(parents=True)
        (self.folder / "www" / "index.html").write_text(PAGE.format("site"))
        self.folder.chmod(0o755)
        self.folder.parent.chmod(0o755)
        config = self.folder / "nginx.conf"
        config.write_text(textwrap.dedent(f"""
            daemon off; worker_processes 2; pid {self.folder}/pid; error_log stderr;
            events {{ worker_connections 1024; }}
            http {{
              access_log off;
              upstream back {{ server 127.0.0.1:{self.backend}; keepalive 32; }}
              server {{ listen 127.0.0.1:{self.backend}; root {self.folder}/www; }}
              server {{ listen 127.0.0.1:{self.proxy};
                location / {{ proxy_pass http://back; proxy_http_version 1.1; proxy_set_header Connection "";
                  proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr; }} }}
            }}"""))
        self.process = subprocess.Popen(["nginx", "-c", config, "-p", self.folder], stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


ALL = {
    "overhead": Figure("deploy overhead", "<= 1 s", deploy_overhead),
    "rollback": Figure("rollback while warm", "<= 300 ms", warm_rollback),
    "swaps": Figure("failed requests over 100 swaps", "0", swaps_under_load),
    "kills": Figure("failed requests over 100 kill -9", "0", kills_under_load),
    "memory": Figure("controller / gateway / per guest", "30/15/2 MB", memory),
    "start": Figure("start on 10,000 deployments", "<= 150 ms", start_time),
    "gateway": Figure("gateway against nginx", ">= 0.7x", gateway_against_nginx),
}
