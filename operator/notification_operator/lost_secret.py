"""Which generated Secrets are to be made, and which were lost: others still use what was in those. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from . import names
from .custom_resource import SETUP_ANNOTATION
from .desired import GeneratedSecret
from .kinds import Object, describe
from .plan import Identity
from .problem import Problem

_USERS: Final = ("StatefulSet", "Deployment")


@dataclass(frozen=True, slots=True)
class Search:
    """What came of looking for Secrets: the names of those that are not to be made, and what is wrong.

    While `waits`, nothing of the cluster may be made: it would be made with a Secret that is about to go.
    """

    settled: frozenset[str] = frozenset()
    problem: Problem | None = None
    waits: bool = False


def is_going(secret: Object, uid: str) -> bool:
    """Say whether it is being deleted, or belongs to an earlier cluster of the same name and will be."""
    owners = secret["metadata"].get("ownerReferences", ())
    earlier = any(owner["kind"] == names.KIND and owner["uid"] != uid for owner in owners)
    return earlier or "deletionTimestamp" in secret["metadata"]


def judge_secrets(
    found: Iterable[tuple[GeneratedSecret, Object | None]], children: Mapping[Identity, Object], uid: str
) -> Search:
    """Return what to do about Secrets of which the cluster owns none, each with what there is of its name."""
    settled, lost, going = [], [], []
    for secret, there in found:
        user = _find_user(secret, children)
        if there is not None and not is_going(there, uid):
            settled.append(secret.name)  # made, or restored, by somebody: it is taken as it is
        elif user is not None:
            settled.append(secret.name)
            lost.append(_explain_loss(secret, user))
        elif there is not None:
            going.append(Problem("SecretGoing", f"Secret {secret.name} is being deleted: it is made anew after that"))
    return Search(frozenset(settled), next(iter((*lost, *going)), None), bool(going))


def _find_user(secret: GeneratedSecret, children: Mapping[Identity, Object]) -> Object | None:
    """Return what was made with the Secret and cannot do with another one: servers keep it, or clients hold keys."""
    component = secret.metadata["labels"][names.NAME_LABEL]
    for (kind, _), child in children.items():
        if kind in _USERS and child["metadata"]["labels"].get(names.NAME_LABEL) == component:
            volumes = child["spec"]["template"]["spec"].get("volumes") or ()
            if any(secret.name in _list_secrets(volume) for volume in volumes):
                return child
    return None


def _list_secrets(volume: Mapping[str, Any]) -> list[str]:
    sources = (volume.get("projected") or {}).get("sources") or ()
    projected = [source["secret"]["name"] for source in sources if "secret" in source]
    return [volume["secret"]["secretName"], *projected] if "secret" in volume else projected


def _explain_loss(secret: GeneratedSecret, user: Object) -> Problem:
    which = describe(user)
    anew = f"delete {which} to begin with a new one, and restart gateways and workers then"
    if user["kind"] == "StatefulSet":
        anew = (
            f"delete {which}, and with it what its volumes hold unless they are retained, to begin with a new one,"
            f" annotate the {names.KIND} with {SETUP_ANNOTATION} and restart gateways and workers then"
        )
    return Problem("SecretLost", f"Secret {secret.name} is gone, with which {which} was made: restore it; or {anew}")
