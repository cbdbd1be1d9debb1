"""A Flask app whose dependencies are locked by poetry."""

import os

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "<h1>poetry</h1><p>Release " + os.environ.get("HAVRE_RELEASE", "unreleased") + ".</p>"
