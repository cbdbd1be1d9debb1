"""A Flask back end whose styles and scripts are built by Node.js."""

import os

from flask import Flask, render_template

site: Flask = Flask(__name__)


@site.get("/")
def index():
    return render_template("index.html", release=os.environ.get("HAVRE_RELEASE", "unreleased"))
