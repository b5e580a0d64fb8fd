"""What the operator reports of a cluster: the schema of its status. A field that is not here is never stored. Pure."""

from typing import Any, Final

_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "format": "int64", "minimum": 0}


def build_status_schema() -> dict[str, Any]:
    """Return the schema of `status`."""
    return _object(
        "What the operator last saw and did.",
        observedGeneration=_say("The generation of the spec that all of this is about.", _COUNT),
        image=_say("The image of the workloads.", _TEXT),
        defaultImage=_say("The one that was chosen when the spec last named none, and is kept for that.", _TEXT),
        setup=_object(
            "The setup of database and streams.",
            hash=_say("What tells the setup that succeeded last from others.", _TEXT),
        ),
        gateway=_build_gateway(),
        nats=_object(
            "The NATS servers.",
            quorum=_say("ok, critical when one more loss would stop them, or lost.", _TEXT),
        ),
        conditions=_build_conditions(),
    )


def _build_gateway() -> dict[str, Any]:
    return _object(
        "The gateways.",
        replicas=_say("How many gateways there are.", _COUNT),
        selector=_say("The labels of their pods, for whoever scales them.", _TEXT),
        connections=_say("How many connections they hold together.", _COUNT),
        desired=_say("How many gateways there should be.", _COUNT),
        limitedBy=_say("What keeps the number of gateways from being another.", _TEXT),
        draining={
            "type": "array",
            "description": "The gateways that are moving their clients away.",
            "maxItems": 500,
            "items": _object(
                "One of them.",
                pod=_say("Its pod.", _TEXT),
                remaining=_say("How many connections it still holds.", _COUNT),
            ),
        },
    )


def _build_conditions() -> dict[str, Any]:
    condition = _object(
        "One aspect of the cluster, by the conventions of Kubernetes.",
        type=_say("Which aspect.", {**_TEXT, "maxLength": 316}),
        status={"type": "string", "enum": ["True", "False", "Unknown"], "description": "Whether it is so."},
        observedGeneration=_say("The generation of the spec that it is about.", _COUNT),
        lastTransitionTime=_say("Since when it is so.", {**_TEXT, "format": "date-time"}),
        reason=_say("Why, in one word.", {**_TEXT, "maxLength": 1024}),
        message=_say("Why, in a sentence that names the field or object.", {**_TEXT, "maxLength": 32_768}),
    )
    return {
        "type": "array",
        "description": "Ready, and what it is made of.",
        "maxItems": 32,
        "items": {**condition, "required": ["type", "status", "lastTransitionTime", "reason", "message"]},
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
    }


def _object(description: str, **properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "description": description, "properties": properties}


def _say(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "description": description}
