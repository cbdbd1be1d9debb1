"""Found in its folder, under a name of its own."""

import os

import flask

web = flask.Flask(__name__)


@web.get("/")
def index():
    release = os.environ.get("HAVRE_RELEASE", "unreleased")
    return f"<!doctype html><title>flask-subfolder</title><h1>flask-subfolder</h1><p>Release {release}.</p>"
