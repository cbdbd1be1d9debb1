"""The seed document's model, as a program beside Havre has it: nothing in it knows of Havre."""

import uuid
from datetime import datetime

from sqlalchemy import JSON, Column, DateTime, Integer, String, Text, func, select
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Deployment(Base):
    __tablename__ = "deployments"

    id = Column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    name = Column(String(255), nullable=False, index=True)
    deployment_type = Column(String(50))
    framework = Column(String(100))
    github_url = Column(String(500))
    resources = Column(JSON)
    status = Column(String(50), nullable=False, default="pending", index=True)
    created_at = Column(DateTime, nullable=False, default=datetime.utcnow, index=True)
    deployed_at = Column(DateTime)
    deleted_at = Column(DateTime)
    ip_address = Column(String(50))
    vm_id = Column(Integer)
    error_message = Column(Text)
    user_id = Column(String(100))
    tags = Column(String(255))

    @classmethod
    def get_all(cls, session):
        newest_first = select(cls).order_by(cls.created_at.desc(), cls.id.desc())
        return list(session.scalars(newest_first))

    @classmethod
    def get_by_id(cls, session, id):
        return session.get(cls, id)

    @classmethod
    def get_by_name(cls, session, name):
        return list(session.scalars(select(cls).where(cls.name == name)))

    @classmethod
    def get_by_status(cls, session, status):
        return list(session.scalars(select(cls).where(cls.status == status).order_by(cls.created_at, cls.id)))

    @classmethod
    def count_all(cls, session):
        return session.scalar(select(func.count()).select_from(cls))

    @classmethod
    def count_by_status(cls, session, status):
        return session.scalar(select(func.count()).select_from(cls).where(cls.status == status))

    def to_dict(self):
        shown = {}
        for column in self.__table__.columns:
            value = getattr(self, column.name)
            shown[column.name] = value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value
        return shown
