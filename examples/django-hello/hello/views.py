import os

from django.db.models import F
from django.shortcuts import render

from .models import Visits


def index(request):
    Visits.objects.get_or_create(pk=1)
    Visits.objects.filter(pk=1).update(count=F("count") + 1)
    visits = Visits.objects.get(pk=1).count
    release = os.environ.get("HAVRE_RELEASE", "unreleased")
    return render(request, "hello/index.html", {"release": release, "visits": visits})
