"""How many pods of a component may be evicted at once."""

from typing import Any

from ..names import Component
from .metadata import Owner


def render_disruption_budgets(
    owner: Owner, component: Component, name: str, replicas: int
) -> tuple[dict[str, Any], ...]:
    """Return one budget, or none for a single pod, whose budget could only be in the way of a drain of its node."""
    if replicas < 2:
        return ()
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": owner.describe(component, name),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": owner.select(component)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
    return (budget,)
