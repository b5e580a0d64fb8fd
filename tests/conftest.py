"""Fixtures every test may ask for; each lives with the thing it starts, in tests/support."""

pytest_plugins = [
    "tests.support.browser",
    "tests.support.kubernetes",
    "tests.support.nats",
    "tests.support.node",
    "tests.support.postgres",
    "tests.support.processes",
    "tests.support.stack",
]
