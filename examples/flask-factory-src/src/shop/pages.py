import os

from flask import Blueprint, render_template

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def index():
    return render_template("index.html", release=os.environ.get("HAVRE_RELEASE", "unreleased"))
