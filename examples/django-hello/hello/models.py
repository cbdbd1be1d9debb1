from django.db import models


class Visits(models.Model):
    """One row that counts how often the page was asked for: it survives releases."""

    count = models.PositiveBigIntegerField(default=0)
