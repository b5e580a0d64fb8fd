"""The APIs of records: preferences, contacts, devices, templates, dead letters."""

from notifications.adapters.http.authentication import Verify
from notifications.adapters.http.dead_letters import DeadLettersApi
from notifications.adapters.http.devices import DevicesApi
from notifications.adapters.http.listener import Api
from notifications.adapters.http.preferences import PreferencesApi
from notifications.adapters.http.templates import TemplatesApi
from notifications.adapters.http.unsubscribe import UnsubscribeApi
from notifications.adapters.http.users import UsersApi
from notifications.adapters.postgres.contacts import PostgresContacts
from notifications.adapters.postgres.dead_letters import PostgresDeadLetters
from notifications.adapters.postgres.devices import PostgresDevices
from notifications.adapters.postgres.pool import Pool
from notifications.adapters.postgres.preferences import PostgresPreferences
from notifications.adapters.postgres.templates import PostgresTemplates
from notifications.adapters.templates.content import clean
from notifications.adapters.templates.engine import SandboxEngine
from notifications.app.phrasing import Phrasing
from notifications.app.proof import Proofreader
from notifications.clock import make_id, now
from notifications.composing import read_unsubscribe_keys
from notifications.config import GatewayConfig
from notifications.lifecycle import Life


def open_records(life: Life, config: GatewayConfig, pool: Pool, verify: Verify) -> list[Api]:
    """Return the APIs of what PostgreSQL keeps and nobody else need hear of."""
    engine = SandboxEngine()
    life.on_exit(engine.close)
    proofreader = Proofreader(engine, Phrasing(clean, frozenset(config.html_types)))
    unsubscribe_keys = read_unsubscribe_keys(config.channels.unsubscribe_key_file)
    preferences = PostgresPreferences(pool)
    return [
        PreferencesApi(verify, preferences),
        UsersApi(verify, PostgresContacts(pool)),
        DevicesApi(verify, PostgresDevices(pool), config.channels.webpush_public_key, now, make_id),
        TemplatesApi(verify, PostgresTemplates(pool), proofreader, now),
        UnsubscribeApi(unsubscribe_keys, preferences),
        DeadLettersApi(verify, PostgresDeadLetters(pool)),
    ]
