"""Does what it reads, one JSON object a line, on the database of DATABASE_URL, and answers each with a line of JSON.

Each line is a session of its own, as a request of a Flask app is.
"""

import json
import os
import sys
import warnings
from datetime import datetime

from sqlalchemy import create_engine, inspect
from sqlalchemy.orm import Session

from model import Deployment

TIMES = ("created_at", "deployed_at", "deleted_at")


def values(given):
    return {key: datetime.fromisoformat(value) if key in TIMES and value else value for key, value in given.items()}


def create(session, rows):
    made = []
    for row in rows:
        deployment = Deployment(**values(row))
        session.add(deployment)
        session.flush()
        made.append(deployment.id)
    session.commit()
    return made


def change(session, id, **new):
    deployment = Deployment.get_by_id(session, id)
    for key, value in values(new).items():
        setattr(deployment, key, value)
    session.commit()


def delete(session, id):
    session.delete(Deployment.get_by_id(session, id))
    session.commit()


def columns(session):
    return [[found["name"], found["nullable"]] for found in inspect(session.get_bind()).get_columns("deployments")]


def names_in_order(session):
    return [name for (name,) in session.query(Deployment.name).order_by(Deployment.name)]


ACTS = {
    "create": create,
    "change": change,
    "delete": delete,
    "columns": columns,
    "names_in_order": names_in_order,
    "get_all": Deployment.get_all,
    "get_by_id": Deployment.get_by_id,
    "get_by_name": Deployment.get_by_name,
    "get_by_status": Deployment.get_by_status,
    "count_all": Deployment.count_all,
    "count_by_status": Deployment.count_by_status,
}


def shown(answer):
    if isinstance(answer, Deployment):
        return answer.to_dict()
    if isinstance(answer, list):
        return [shown(one) for one in answer]
    return answer


def main():
    warnings.simplefilter("ignore", DeprecationWarning)
    engine = create_engine(os.environ["DATABASE_URL"])
    for line in sys.stdin:
        asked = json.loads(line)
        act = ACTS[asked.pop("do")]
        with Session(engine) as session:
            answer = shown(act(session, **asked))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
