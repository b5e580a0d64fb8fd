"""Specs that must be refused, each with the field that the refusal names; what is left out of them is in order."""

from dataclasses import dataclass
from typing import Any

from .clusters import APNS, EMAIL, EMBEDDED, SES, SMTP, WEBPUSH

KEY = {"id": "a", "algorithm": "RS256", "secretRef": {"name": "jwt", "key": "a.pem"}}


@dataclass(frozen=True, slots=True)
class BadSpec:
    """`field` is wrong in `spec`. A rule of the schema refuses it, unless only `in_condition` the operator says so."""

    field: str
    spec: dict[str, Any]
    in_condition: bool = False


def _scaling(**fields: Any) -> dict[str, Any]:
    return {"gateway": {"autoscaling": {"maxReplicas": 4, **fields}}}


def _key(**fields: Any) -> dict[str, Any]:
    return {"auth": {"keys": [{**KEY, **fields}]}}


def _pods(**fields: Any) -> dict[str, Any]:
    return {"gateway": {"podTemplate": fields}}


def _mail(**fields: Any) -> dict[str, Any]:
    return {"channels": {"email": {**EMAIL, **fields}}}


def _traces(**fields: Any) -> dict[str, Any]:
    return {"monitoring": {"tracing": {"endpoint": "http://collector:4318", **fields}}}


def _topics(*topics: dict[str, Any]) -> dict[str, Any]:
    return {"topics": list(topics)}


def _relay(**fields: Any) -> dict[str, Any]:
    return _mail(providers=[{"smtp": {**SMTP, **fields}}])


def _account(**fields: Any) -> dict[str, Any]:
    return _mail(providers=[{"ses": {**SES, **fields}}])


def _apns(**fields: Any) -> dict[str, Any]:
    return {"channels": {"push": {"apns": {**APNS, **fields}}}}


def _webpush(**fields: Any) -> dict[str, Any]:
    return {"channels": {"push": {"webpush": {**WEBPUSH, **fields}}}}


def _webhook(**fields: Any) -> dict[str, Any]:
    return {"channels": {"webhook": {"keySecretRefs": [{"name": "hooks", "key": "new"}], **fields}}}


BAD_SPECS: tuple[BadSpec, ...] = (
    BadSpec("spec.image", {"image": ""}),
    BadSpec("spec.image", {"image": "Not An Image"}),
    BadSpec("spec.image", {"image": "a" * 600}),
    BadSpec("spec.demo", {"demo": "yes"}),
    BadSpec("spec.hibernate", {"hibernate": 1}),
    BadSpec("spec.replicas", {"replicas": 2}),
    BadSpec("spec.auth", {"demo": False}),
    BadSpec("spec.auth", {"demo": False, "auth": {"keys": []}}),
    BadSpec("spec.auth.issuer", {"auth": {"issuer": ""}}),
    BadSpec("spec.auth.audience", {"auth": {"audience": ["a"]}}),
    BadSpec("spec.auth.secret", {"auth": {"secret": "plain"}}),
    BadSpec("spec.auth.jwksUrl", {"auth": {"jwksUrl": "file:///etc/passwd"}}),
    BadSpec("spec.auth.jwksUrl", {"demo": False, "auth": {"jwksUrl": ""}}),
    BadSpec("spec.auth.jwksUrl", {"auth": {"jwksUrl": "https://user:password@id.example/keys"}}),
    BadSpec("spec.auth.jwksUrl", {"auth": {"jwksUrl": ["https://id.example/keys"]}}),
    BadSpec("spec.auth.keys", {"auth": {"keys": {"a": KEY}}}),
    BadSpec("spec.auth.keys", {"auth": {"keys": [KEY, KEY]}}),
    BadSpec("spec.auth.keys", {"auth": {"keys": [{**KEY, "id": f"k{number}"} for number in range(21)]}}),
    BadSpec("spec.auth.keys[0].id", _key(id="")),
    BadSpec("spec.auth.keys[0].id", _key(id="i" * 65)),
    BadSpec("spec.auth.keys[0].algorithm", _key(algorithm="none")),
    BadSpec("spec.auth.keys[0].algorithm", {"auth": {"keys": [{"id": "a", "secretRef": KEY["secretRef"]}]}}),
    BadSpec("spec.auth.keys[0].secretRef", {"auth": {"keys": [{"id": "a", "algorithm": "RS256"}]}}),
    BadSpec("spec.auth.keys[0].secretRef.name", _key(secretRef={"name": "../jwt", "key": "a"})),
    BadSpec("spec.auth.keys[0].secretRef.key", _key(secretRef={"name": "jwt", "key": "../../etc/passwd"})),
    BadSpec("spec.auth.keys[0].secretRef.key", _key(secretRef={"name": "jwt"})),
    BadSpec("spec.auth.authorizer.url", {"auth": {"authorizer": {"timeoutSeconds": 1}}}),
    BadSpec("spec.auth.authorizer.url", {"auth": {"authorizer": {"url": "http://user:secret@a/"}}}),
    BadSpec("spec.auth.authorizer.url", {"auth": {"authorizer": {"url": "may.example"}}}),
    BadSpec("spec.auth.authorizer.timeoutSeconds", {"auth": {"authorizer": {"url": "http://a", "timeoutSeconds": 0}}}),
    BadSpec("spec.auth.authorizer.timeoutSeconds", {"auth": {"authorizer": {"url": "http://a", "timeoutSeconds": 31}}}),
    BadSpec("spec.database", {"database": {}}),
    BadSpec("spec.database", {"database": {**EMBEDDED, "secretRef": {"name": "pg"}}}),
    BadSpec("spec.database", {"database": {"secretRef": {"name": "pg"}, "cloudNativePG": {"cluster": "pg"}}}),
    BadSpec("spec.database", {"database": "postgresql://user:password@host/db"}),
    BadSpec("spec.database.uri", {"database": {**EMBEDDED, "uri": "postgresql://host/db"}}),
    BadSpec("spec.database.secretRef.name", {"database": {"secretRef": {}}}),
    BadSpec("spec.database.secretRef.name", {"database": {"secretRef": {"name": "Not A Name"}}}),
    BadSpec("spec.database.cloudNativePG.cluster", {"database": {"cloudNativePG": {"cluster": ""}}}),
    BadSpec("spec.database.embedded.storage", {"database": {"embedded": {}}}),
    BadSpec("spec.database.embedded.storage", {"database": {"embedded": {"storage": "plenty"}}}),
    BadSpec("spec.database.embedded.storage", {"database": {"embedded": {"storage": -1}}}),
    BadSpec("spec.database.embedded.storage", {"database": {"embedded": {"storage": "0Gi"}}}, in_condition=True),
    BadSpec("spec.database.pool.min", {"database": {**EMBEDDED, "pool": {"min": 9, "max": 3}}}),
    BadSpec("spec.database.pool.max", {"database": {**EMBEDDED, "pool": {"max": 0}}}),
    BadSpec("spec.database.pool.max", {"database": {**EMBEDDED, "pool": {"max": 90}}}, in_condition=True),
    BadSpec("spec.database.embedded", {"gateway": {"replicas": 100, "connectionLimit": 100}}, in_condition=True),
    BadSpec("spec.database.replicas.secretRef", {"database": {**EMBEDDED, "replicas": {}}}),
    BadSpec("spec.database.retentionDays", {"database": {**EMBEDDED, "retentionDays": 0}}),
    BadSpec("spec.database.retentionDays", {"database": {**EMBEDDED, "retentionDays": "90d"}}),
    BadSpec("spec.nats.servers", {"nats": {"servers": 2}}),
    BadSpec("spec.nats.servers", {"nats": {"servers": "3"}}),
    BadSpec("spec.nats.storage.size", {"nats": {"storage": {"size": "1 GB"}}}),
    BadSpec("spec.nats.storage.size", {"nats": {"storage": {"size": 0}}}, in_condition=True),
    BadSpec("spec.nats.storage.className", {"nats": {"storage": {"className": "Fast!"}}}),
    BadSpec("spec.nats.storage.whenDeleted", {"nats": {"storage": {"whenDeleted": "Keep"}}}),
    BadSpec("spec.nats.syncInterval", {"nats": {"syncInterval": "never"}}),
    BadSpec("spec.gateway", {"gateway": {"replicas": 2, "autoscaling": {"maxReplicas": 3}}}),
    BadSpec("spec.gateway.replicas", {"gateway": {"replicas": 0}}),
    BadSpec("spec.gateway.replicas", {"gateway": {"replicas": 501}}),
    BadSpec("spec.gateway.replicas", {"gateway": {"replicas": 1.5}}),
    BadSpec("spec.gateway.autoscaling.maxReplicas", {"gateway": {"autoscaling": {"minReplicas": 1}}}),
    BadSpec("spec.gateway.autoscaling.minReplicas", _scaling(minReplicas=5)),
    BadSpec("spec.gateway.autoscaling.connectionsPerGateway", _scaling(connectionsPerGateway=10_000)),
    BadSpec("spec.gateway.autoscaling.buffer", _scaling(buffer=-1)),
    BadSpec("spec.gateway.autoscaling.scaleInWindowSeconds", _scaling(scaleInWindowSeconds=100_000)),
    BadSpec("spec.gateway.connectionLimit", {"gateway": {"connectionLimit": 0}}),
    BadSpec("spec.gateway.drain.maxReconnectsPerSecond", {"gateway": {"drain": {"maxReconnectsPerSecond": 0}}}),
    BadSpec("spec.gateway.drain.maxReconnectsPerSecond", {"gateway": {"drain": {"maxReconnectsPerSecond": 1}}}),
    BadSpec("spec.gateway.drain.maxReconnectsPerSecond", {"gateway": {"connectionLimit": 400_000}}),
    BadSpec("spec.gateway.cors.origins", {"gateway": {"cors": {"origins": []}}}),
    BadSpec("spec.gateway.cors.origins[0]", {"gateway": {"cors": {"origins": ["https://app.example/"]}}}),
    BadSpec("spec.gateway.cors.origins[0]", {"gateway": {"cors": {"origins": ["*"]}}}),
    BadSpec("spec.gateway.resources.limits.cpu", {"gateway": {"resources": {"limits": {"cpu": "much"}}}}),
    BadSpec("spec.gateway.resources.limits.gpu", {"gateway": {"resources": {"limits": {"gpu": 1}}}}),
    BadSpec(
        "spec.gateway.resources.requests.memory",
        {"gateway": {"resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}}}},
        in_condition=True,
    ),
    BadSpec("spec.gateway.service.type", {"gateway": {"service": {"type": "ExternalName"}}}),
    BadSpec("spec.gateway.service.loadBalancerClass", {"gateway": {"service": {"loadBalancerClass": "a"}}}),
    BadSpec("spec.gateway.service.externalTrafficPolicy", {"gateway": {"service": {"externalTrafficPolicy": "Local"}}}),
    BadSpec("spec.gateway.podTemplate.hostNetwork", _pods(hostNetwork=True)),
    BadSpec("spec.gateway.podTemplate.containers", _pods(containers=[])),
    BadSpec("spec.gateway.podTemplate.serviceAccountName", _pods(serviceAccountName="admin")),
    BadSpec("spec.gateway.podTemplate.securityContext", _pods(securityContext={"runAsUser": 0})),
    BadSpec("spec.gateway.podTemplate.tolerations[0].effect", _pods(tolerations=[{"effect": "Never"}])),
    BadSpec("spec.gateway.podTemplate.priorityClassName", _pods(priorityClassName="High!")),
    BadSpec("spec.worker", {"worker": {"replicas": 2, "autoscaling": {"maxReplicas": 3}}}),
    BadSpec("spec.worker.replicas", {"worker": {"replicas": -1}}),
    BadSpec("spec.worker.autoscaling.minReplicas", {"worker": {"autoscaling": {"minReplicas": 4, "maxReplicas": 3}}}),
    BadSpec("spec.worker.concurrency.high", {"worker": {"concurrency": {"high": 0}}}),
    BadSpec("spec.worker.concurrency.urgent", {"worker": {"concurrency": {"urgent": 5}}}),
    BadSpec("spec.limits.users", {"limits": {"users": 5}}),
    BadSpec("spec.limits.producers.perMinute", {"limits": {"producers": {"burst": 5}}}),
    BadSpec("spec.limits.connectionsPerUser", {"limits": {"connectionsPerUser": 0}}),
    BadSpec("spec.limits.connectionsPerUser", {"limits": {"connectionsPerUser": 101}}),
    BadSpec("spec.limits.connectionsPerUser", {"limits": {"connectionsPerUser": "five"}}),
    BadSpec("spec.limits.sendsPerMinute", {"limits": {"sendsPerMinute": 0}}),
    BadSpec("spec.limits.broadcastsPerMinute", {"limits": {"broadcastsPerMinute": 1001}}),
    BadSpec("spec.limits.producers.burst", {"limits": {"producers": {"perMinute": 5, "burst": 0}}}),
    BadSpec("spec.monitoring.logLevel", {"monitoring": {"logLevel": "trace"}}),
    BadSpec("spec.monitoring.tracing.endpoint", {"monitoring": {"tracing": {"sampleRatio": 0.1}}}),
    BadSpec("spec.monitoring.tracing.endpoint", {"monitoring": {"tracing": {"endpoint": "collector:4318"}}}),
    BadSpec("spec.monitoring.tracing.sampleRatio", _traces(sampleRatio=1.5)),
    BadSpec("spec.monitoring.tracing.sampleRatio", _traces(sampleRatio="all")),
    BadSpec("spec.topics[0].family", {"topics": [{"maxAge": "7d"}]}),
    BadSpec("spec.topics[0].family", _topics({"family": "orders.eu", "authorize": "everyone"})),
    BadSpec("spec.topics[0].maxAge", _topics({"family": "orders", "maxAge": "a week", "authorize": "everyone"})),
    BadSpec("spec.topics[0].maxAge", _topics({"family": "orders", "maxAge": "0s", "authorize": "everyone"})),
    BadSpec("spec.topics[0].maxBytes", _topics({"family": "dm", "maxBytes": "much"})),
    BadSpec("spec.topics[0].maxBytes", _topics({"family": "dm", "maxBytes": 0}), in_condition=True),
    BadSpec("spec.topics[0].slowConsumer", _topics({"family": "dm", "slowConsumer": "wait"})),
    BadSpec("spec.topics[0].batch.messages", _topics({"family": "dm", "batch": {"messages": 51}})),
    BadSpec("spec.topics[0].batch.milliseconds", _topics({"family": "dm", "batch": {"milliseconds": 101}})),
    BadSpec("spec.topics[0].batch.seconds", _topics({"family": "dm", "batch": {"seconds": 1}})),
    BadSpec("spec.topics[0].authorize", _topics({"family": "orders", "authorize": "friends"})),
    BadSpec("spec.topics[1]", _topics({"family": "dm"}, {"family": "orders"})),
    BadSpec("spec.topics[0]", _topics({"family": "dm", "authorize": "everyone"})),
    BadSpec("spec.topics[0]", _topics({"family": "inbox", "authorize": "everyone"})),
    BadSpec("spec.topics", _topics({"family": "dm"}, {"family": "dm"})),
    BadSpec("spec.auth.authorizer", _topics({"family": "orders", "authorize": "authorizer"})),
    BadSpec("spec.channels.sms", {"channels": {"sms": {}}}),
    BadSpec("spec.channels.email.from", {"channels": {"email": {"providers": [{"ses": SES}]}}}),
    BadSpec("spec.channels.email.from", _mail(**{"from": "the shop"})),
    BadSpec("spec.channels.email.from", _mail(**{"from": "Shop\nBcc: all@example.org <shop@example.org>"})),
    BadSpec("spec.channels.email.htmlTypes[0]", _mail(htmlTypes=["News Letter"])),
    BadSpec("spec.channels.email.providers", _mail(providers=[])),
    BadSpec("spec.channels.email.providers", _mail(providers=[{"ses": SES}] * 5)),
    BadSpec("spec.channels.email.providers[0]", _mail(providers=[{}])),
    BadSpec("spec.channels.email.providers[1]", _mail(providers=[{"ses": SES}, {"ses": SES, "smtp": SMTP}])),
    BadSpec("spec.channels.email.providers[0].pigeon", _mail(providers=[{"pigeon": {}}])),
    BadSpec("spec.channels.email.providers[0].smtp.host", _relay(host="mail example")),
    BadSpec("spec.channels.email.providers[0].smtp.port", _relay(port=70_000)),
    BadSpec("spec.channels.email.providers[0].smtp.security", _relay(security="off")),
    BadSpec("spec.channels.email.providers[0].smtp.password", _relay(password="plain")),
    BadSpec("spec.channels.email.providers[0].smtp.passwordSecretRef.key", _relay(passwordSecretRef={"name": "mail"})),
    BadSpec("spec.channels.email.providers[0].smtp", _relay(security="none")),
    BadSpec("spec.channels.email.providers[0].smtp", _mail(providers=[{"smtp": {"host": "mail", "user": "a"}}])),
    BadSpec("spec.channels.email.providers[0].ses.region", _account(region="EU")),
    BadSpec("spec.channels.email.providers[0].ses.endpoint", _account(endpoint="https://ses.example/v2")),
    BadSpec("spec.channels.email.publicUrl", _mail(publicUrl="http://notify.example")),
    BadSpec("spec.channels.email.publicUrl", _mail(publicUrl="https://notify.example/?a=b")),
    BadSpec(
        "spec.channels.email.publicUrl",
        {
            "channels": {
                "email": {
                    "from": "shop@example.org",
                    "providers": [{"ses": SES}],
                    "unsubscribeKeySecretRef": {"name": "links", "key": "key"},
                }
            }
        },
    ),
    BadSpec("spec.channels.digest.hour", {"channels": {"digest": {"hour": "9:00"}}}),
    BadSpec("spec.channels.digest.hour", {"channels": {"digest": {"hour": "24:00"}}}),
    BadSpec("spec.channels.digest.weekday", {"channels": {"digest": {"weekday": 1}}}),
    BadSpec("spec.channels.digest.day", {"channels": {"digest": {"day": "monday"}}}),
    BadSpec("spec.channels.push.fcm.serviceAccountSecretRef", {"channels": {"push": {"fcm": {}}}}),
    BadSpec("spec.channels.push.apns.keyId", _apns(keyId="key")),
    BadSpec("spec.channels.push.apns.topic", _apns(topic="org.app\r\nx: y")),
    BadSpec("spec.channels.push.apns.sandbox", _apns(sandbox="yes")),
    BadSpec("spec.channels.push.webpush.subject", _webpush(subject="ops@example.org")),
    BadSpec("spec.channels.push.webpush.publicKey", _webpush(publicKey="a private key")),
    BadSpec("spec.channels.push.webpush.allowPrivate[0]", _webpush(allowPrivate=["10.0.0.0"])),
    BadSpec("spec.channels.push.webpush.allowPrivate[0]", _webpush(allowPrivate=["10.1.2.3/8"]), in_condition=True),
    BadSpec("spec.channels.webhook.keySecretRefs", {"channels": {"webhook": {}}}),
    BadSpec("spec.channels.webhook.keySecretRefs", _webhook(keySecretRefs=[])),
    BadSpec("spec.channels.webhook.url", _webhook(url="http://hooks.example")),
    BadSpec("spec.channels.webhook.url", _webhook(url="https://user:password@hooks.example")),
    BadSpec("spec.channels.webhook.allowPrivate[0]", _webhook(allowPrivate=["::/200"]), in_condition=True),
)
