"""What concerns several fields, or a change of one, in the language of the API server (CEL).

What a rule says of one version of an object `spec` says too, for files that no API server has seen; what it says of a
change only the API server can see. Optional fields are read with `?`, since no default is ever written into an object.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from . import channel_document, document, part
from .drain import DEFAULT_PACE, LONGEST_DRAIN
from .topics import RESERVED, ROOMS


@dataclass(frozen=True, slots=True)
class Rule:
    """`cel` must be true of `self`; else `message`, which names the field, is the refusal."""

    cel: str
    message: str


_REPLICAS_OR_AUTOSCALING: Final = "!(has(self.replicas) && has(self.autoscaling))"
_ORDERED_REPLICAS: Final = "!has(self.minReplicas) || self.minReplicas <= self.maxReplicas"
_LIMIT: Final = "self.?connectionLimit.orValue(10000)"
_MOST_GATEWAYS: Final = "self.?autoscaling.?maxReplicas.orValue(self.?replicas.orValue(2))"
_PACE: Final = f"self.?drain.?maxReconnectsPerSecond.orValue({DEFAULT_PACE})"
_SERVERS: Final = "?nats.?servers.orValue(1)"


# With orValue the server could not tell how long these texts are, and would refuse the rules as too expensive.
def _read(side: str, path: str, default: str) -> str:
    return f"({side}.?{path.replace('.', '.?')}.hasValue() ? {side}.{path} : '{default}')"


def _keep_text(path: str, default: str) -> str:
    """Return the rule that a text, wherever it is absent taken for `default`, never changes."""
    return f"{_read('self', path, default)} == {_read('oldSelf', path, default)}"


def _keep_quantity(path: str, default: str) -> str:
    """Return the same for a quantity, which may be a number."""
    return f"string{_read('self', path, default)} == string{_read('oldSelf', path, default)}"


RULES: Final[Mapping[type, tuple[Rule, ...]]] = {
    document.Spec: (
        Rule(
            "self.?demo.orValue(false) || "
            "has(self.auth) && (has(self.auth.jwksUrl) || has(self.auth.keys) && self.auth.keys.size() > 0)",
            "spec.auth must name keys or a jwksUrl; only with spec.demo may both be absent",
        ),
        Rule(
            "!has(self.topics) || has(self.auth) && has(self.auth.authorizer) || "
            "self.topics.all(topic, !has(topic.authorize) || topic.authorize != 'authorizer')",
            "spec.auth.authorizer must be there for topics that it authorizes",
        ),
        Rule(
            f"self.{_SERVERS} == oldSelf.{_SERVERS} || oldSelf.{_SERVERS} == 3 && self.{_SERVERS} == 5",
            "spec.nats.servers can grow from 3 to 5 and change in no other way: make a new cluster",
        ),
        Rule(
            _keep_quantity("nats.storage.size", "1Gi"),
            "spec.nats.storage.size cannot change, since the volumes exist: make a new cluster",
        ),
        Rule(
            _keep_text("nats.storage.className", ""),
            "spec.nats.storage.className cannot change, since the volumes exist: make a new cluster",
        ),
        Rule(
            "!has(self.database.embedded) || !has(oldSelf.database.embedded) || "
            "string(self.database.embedded.storage) == string(oldSelf.database.embedded.storage)",
            "spec.database.embedded.storage cannot change, since the volume exists: make a new cluster",
        ),
    ),
    document.Database: (
        Rule(
            "[has(self.secretRef), has(self.cloudNativePG), has(self.embedded)].filter(given, given).size() == 1",
            "spec.database must have exactly one of: secretRef, cloudNativePG, embedded",
        ),
        Rule(
            "has(self.embedded) == has(oldSelf.embedded)",
            "spec.database.embedded cannot be added or removed, since the notifications would stay behind: "
            "make a new cluster",
        ),
    ),
    document.Pool: (
        Rule(
            "!has(self.min) || !has(self.max) || self.min <= self.max",
            "spec.database.pool.min must be at most spec.database.pool.max",
        ),
    ),
    document.Gateway: (
        Rule(_REPLICAS_OR_AUTOSCALING, "spec.gateway must have replicas or autoscaling, not both"),
        Rule(
            f"self.?autoscaling.?connectionsPerGateway.orValue(0) < {_LIMIT}",
            "spec.gateway.autoscaling.connectionsPerGateway must be below spec.gateway.connectionLimit",
        ),
        Rule(
            f"{_MOST_GATEWAYS} * {_LIMIT} <= {LONGEST_DRAIN} * {_PACE}",
            f"spec.gateway.drain.maxReconnectsPerSecond must let all connections move within {LONGEST_DRAIN} s: "
            f"at least gateways x spec.gateway.connectionLimit / {LONGEST_DRAIN}",
        ),
    ),
    document.GatewayAutoscaling: (
        Rule(_ORDERED_REPLICAS, "spec.gateway.autoscaling.minReplicas must be at most maxReplicas"),
    ),
    document.Service: (
        Rule(
            "!has(self.loadBalancerClass) || self.?type.orValue('ClusterIP') == 'LoadBalancer'",
            'spec.gateway.service.loadBalancerClass needs type "LoadBalancer"',
        ),
        Rule(
            "!has(self.externalTrafficPolicy) || self.?type.orValue('ClusterIP') != 'ClusterIP'",
            'spec.gateway.service.externalTrafficPolicy needs type "NodePort" or "LoadBalancer"',
        ),
    ),
    document.Worker: (Rule(_REPLICAS_OR_AUTOSCALING, "spec.worker must have replicas or autoscaling, not both"),),
    document.WorkerAutoscaling: (
        Rule(_ORDERED_REPLICAS, "spec.worker.autoscaling.minReplicas must be at most maxReplicas"),
    ),
    document.TopicFamily: (
        Rule(
            f"self.family != '{RESERVED}'",
            f"spec.topics must not have the family {RESERVED}: clients call notifications so",
        ),
        Rule(
            f"(self.family in {list(ROOMS)}) != has(self.authorize)",
            f"spec.topics must have authorize, unless the family is one of: {', '.join(ROOMS)}",
        ),
    ),
    channel_document.MailProvider: (
        Rule(
            "has(self.smtp) != has(self.ses)", "spec.channels.email.providers must each have exactly one of: smtp, ses"
        ),
    ),
    channel_document.Smtp: (
        Rule(
            "has(self.user) == has(self.passwordSecretRef)",
            "spec.channels.email.providers.smtp must have both user and passwordSecretRef, or neither",
        ),
        Rule(
            "!has(self.user) || self.?security.orValue('starttls') != 'none'",
            "spec.channels.email.providers.smtp must have security starttls or tls for a login, "
            "which would cross the network in clear",
        ),
    ),
    channel_document.Email: (
        Rule(
            "!has(self.unsubscribeKeySecretRef) || has(self.publicUrl)",
            "spec.channels.email.publicUrl must be there for a key that signs links to it",
        ),
    ),
}

# Lists whose items are told apart by a field, so that no two have the same
LIST_KEYS: Final[Mapping[type, str]] = {
    document.Key: "id",
    document.TopicFamily: "family",
    part.SecretRef: "name",
}
