"""The smallest Flask app that says which release it is."""

import os

from flask import Flask, render_template

app = Flask(__name__)


@app.get("/")
def index():
    return render_template("index.html", release=os.environ.get("HAVRE_RELEASE", "unreleased"))
