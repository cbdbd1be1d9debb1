"""Nothing says what this needs: the import does."""

import os

from flask import Flask

application = Flask(__name__)


@application.route("/")
def index():
    return "<h1>no-requirements</h1><p>Release " + os.environ.get("HAVRE_RELEASE", "unreleased") + ".</p>"


if __name__ == "__main__":
    application.run()
