"""A Flask app whose dependencies are locked by pipenv."""

import os

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "<h1>pipfile</h1><p>Release " + os.environ.get("HAVRE_RELEASE", "unreleased") + ".</p>"
