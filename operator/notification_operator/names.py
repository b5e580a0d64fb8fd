"""The names and labels of everything that belongs to one cluster. Pure."""

from dataclasses import dataclass
from typing import Final, Literal

GROUP: Final = "notification-operator.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
KIND: Final = "NotificationCluster"
PLURAL: Final = "notificationclusters"
SINGULAR: Final = "notificationcluster"
SHORT_NAME: Final = "nc"

OPERATOR: Final = "notification-operator"
FIELD_MANAGER: Final = OPERATOR

INSTANCE_LABEL: Final = "app.kubernetes.io/instance"
NAME_LABEL: Final = "app.kubernetes.io/name"
MANAGED_BY_LABEL: Final = "app.kubernetes.io/managed-by"
WATCH_LABEL: Final = f"{GROUP}/watch"
CONFIG_ANNOTATION: Final = f"{GROUP}/config-hash"
SECRETS_ANNOTATION: Final = f"{GROUP}/secrets-hash"

Component = Literal["gateway", "worker", "nats", "postgres", "setup"]


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the objects of the cluster `cluster`, all in its namespace."""

    cluster: str

    @property
    def gateway(self) -> str:
        """Deployment, Service, PodDisruptionBudget and ServiceAccount of the gateways; ConfigMaps have a suffix."""
        return f"{self.cluster}-gateway"

    @property
    def worker(self) -> str:
        """Deployment, PodDisruptionBudget and ServiceAccount of the workers; ConfigMaps have a suffix."""
        return f"{self.cluster}-worker"

    @property
    def nats(self) -> str:
        """StatefulSet, headless Service, PodDisruptionBudget, ConfigMap and ServiceAccount of NATS."""
        return f"{self.cluster}-nats"

    @property
    def nats_users(self) -> str:
        """The generated Secret with the passwords that the workloads log in to NATS with."""
        return f"{self.cluster}-nats-users"

    @property
    def postgres(self) -> str:
        """StatefulSet, Service, ServiceAccount and generated Secret of the embedded database."""
        return f"{self.cluster}-postgres"

    @property
    def jwt_demo(self) -> str:
        """The generated Secret with the key that a demo signs its tokens with."""
        return f"{self.cluster}-jwt-demo"

    @property
    def unsubscribe(self) -> str:
        """The generated Secret with the key that signs the links by which mail is unsubscribed from."""
        return f"{self.cluster}-unsubscribe"

    def nats_server(self, ordinal: int) -> str:
        """The address, within the namespace, of one NATS server."""
        return f"{self.nats}-{ordinal}.{self.nats}"

    def setup(self, setup_hash: str) -> str:
        """The Job that sets up database and streams for one combination of image, config and servers."""
        return f"{self.cluster}-setup-{setup_hash}"


def select(cluster: str, component: Component) -> dict[str, str]:
    """Return the labels that select the pods of a component; they never change."""
    return {NAME_LABEL: f"notification-{component}", INSTANCE_LABEL: cluster}


def label(cluster: str, component: Component) -> dict[str, str]:
    """Return the labels of every object of a component."""
    return {
        **select(cluster, component),
        "app.kubernetes.io/component": component,
        MANAGED_BY_LABEL: OPERATOR,
        "app.kubernetes.io/part-of": OPERATOR,
    }
