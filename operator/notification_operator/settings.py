"""How kopf is set up: it watches and nothing else."""

import logging
from typing import Final

import kopf

from . import names
from .kinds import CHILDREN, SECRET

LONGEST_SILENCE: Final = 70.0  # seconds; servers send a bookmark each minute


def make_settings(longest_silence: float = LONGEST_SILENCE) -> kopf.OperatorSettings:
    """Return settings by which a silent watch is opened anew, nothing is written, and only our objects are told of."""
    settings = kopf.OperatorSettings()
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 310
    settings.watching.connect_timeout = 10
    settings.watching.inactivity_timeout = longest_silence
    settings.watching.reconnect_backoff = 1
    for kind in CHILDREN:
        settings.watching.label_selectors[kind.group, kind.version, kind.plural] = (
            f"{names.MANAGED_BY_LABEL}={names.OPERATOR}"
        )
    settings.watching.label_selectors[SECRET.group, SECRET.version, SECRET.plural] = names.WATCH_LABEL
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 5
    settings.networking.enforce_retry_after = True
    settings.posting.enabled = False  # few events, and those deduplicated: notice.py
    settings.posting.level = logging.CRITICAL
    settings.peering.standalone = True  # election.py says who leads
    settings.scanning.disabled = True  # kinds and namespaces are fixed, and need no right to watch them
    # kopf is given no reason to write; should it ever, then under our name
    settings.persistence.finalizer = f"{names.GROUP}/finalizer"
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=names.GROUP)
    settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix=names.GROUP)
    return settings
