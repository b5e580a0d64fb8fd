"""Property tests judge behaviour: a busy machine makes them slow, and that is no failure."""

from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=200)
settings.load_profile("patient")
