# Python 2: this file does not parse any more, and is recognised all the same.
from flask import Flask

app = Flask(__name__)


@app.route("/")
def index():
    return "old"


if __name__ == "__main__":
    print "starting"
    app.run()
