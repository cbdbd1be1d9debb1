"""A web server of the standard library."""

import html
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>procfile-python</title>
<style>body{font:18px/1.5 system-ui,sans-serif;max-width:36rem;margin:12vh auto;padding:0 1rem;color:#222}h1{font-size:1.6rem}code{background:#eee;padding:.1em .3em;border-radius:4px}</style>
<h1>procfile-python</h1>
<p>Plain Python started by its Procfile, release <code>{release}</code>.</p>
</html>
"""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        found = self.path.split("?")[0] == "/"
        release = html.escape(os.environ.get("HAVRE_RELEASE", "unreleased"))
        body = PAGE.replace("{release}", release) if found else "not found"
        data = body.encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8" if found else "text/plain")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_HEAD = do_GET


if __name__ == "__main__":
    address = (os.environ.get("HOST", "0.0.0.0"), int(os.environ.get("PORT", "8000")))
    ThreadingHTTPServer(address, Handler).serve_forever()
