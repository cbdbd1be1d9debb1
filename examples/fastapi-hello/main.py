"""The smallest FastAPI app that says which release it is."""

import html
import os

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>fastapi-hello</title>
<style>body{font:18px/1.5 system-ui,sans-serif;max-width:36rem;margin:12vh auto;padding:0 1rem;color:#222}h1{font-size:1.6rem}code{background:#eee;padding:.1em .3em;border-radius:4px}</style>
<h1>fastapi-hello</h1>
<p>FastAPI, release <code>{release}</code>. Its API describes itself at <a href="/docs">/docs</a>.</p>
</html>
"""

api = FastAPI(title="fastapi-hello")


@api.get("/", response_class=HTMLResponse)
def index() -> str:
    release = os.environ.get("HAVRE_RELEASE", "unreleased")
    return PAGE.replace("{release}", html.escape(release))


@api.get("/api/release")
def release() -> dict[str, str]:
    return {"release": os.environ.get("HAVRE_RELEASE", "unreleased")}
