"""What counts as a difference between what we want and what is."""

from typing import Any

import pytest

from notification_operator.difference import find_difference

SAME: list[tuple[Any, Any]] = [
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"spec": {"x": [1, 2]}}, {"spec": {"x": [1, 2]}, "status": {}}),
    ({"env": [{"name": "A", "value": "1"}]}, {"env": [{"name": "B"}, {"name": "A", "value": "1"}]}),
    ({"ports": [{"port": 80}]}, {"ports": [{"port": 80, "protocol": "TCP"}]}),
    ({"limits": {"cpu": "1000m", "memory": "1024Mi"}}, {"limits": {"cpu": "1", "memory": "1Gi"}}),
    ({"requests": {"cpu": "0.0001"}}, {"requests": {"cpu": "1m"}}),
    ({"requests": {"cpu": "1.0005"}}, {"requests": {"cpu": "1001m"}}),
    ({"limits": {"cpu": "100u"}}, {"limits": {"cpu": "1m"}}),
    ({"limits": {"memory": "999999999999999.0Pi"}}, {"limits": {"memory": "999999999999999Pi"}}),
    ({"limits": {"memory": "1E"}}, {"limits": {"memory": "1000P"}}),
    ({"requests": {"cpu": 1}}, {"requests": {"cpu": "1"}}),
    ({"emptyDir": {}}, {}),
    ({"selector": {"matchLabels": {"a": "1"}, "matchExpressions": []}}, {"selector": {"matchLabels": {"a": "1"}}}),
    ({"args": ()}, {}),
]
DIFFERENT: list[tuple[Any, Any, str]] = [
    ({"spec": {"replicas": 2}}, {"spec": {"replicas": 3}}, "spec.replicas"),
    ({"spec": {"replicas": 2}}, {}, "spec"),
    ({"args": ["a", "b"]}, {"args": ["a"]}, "args"),
    ({"args": ["a", "b"]}, {"args": ["b", "a"]}, "args[0]"),
    ({"tolerations": [{"key": "a"}]}, {"tolerations": [{"key": "a"}, {"key": "b"}]}, "tolerations"),
    ({"env": [{"name": "A", "value": "1"}]}, {"env": [{"name": "A", "value": "2"}]}, "env[A]"),
    ({"limits": {"cpu": "1"}}, {"limits": {"cpu": "2"}}, "limits.cpu"),
    ({"limits": {"cpu": "2000000n"}}, {"limits": {"cpu": "1m"}}, "limits.cpu"),
    ({"name": "1000m"}, {"name": "1"}, "name"),
    ({"token": False}, {}, "token"),
    ({"number": 1}, {"number": True}, "number"),
    ({"spec": {"selector": {"a": "1"}}}, {"spec": {"selector": {"a": "1", "b": "2"}}}, "spec.selector"),
    ({"spec": {"selector": {"a": "1"}}}, {"spec": {"selector": {"a": "1", "b": ""}}}, "spec.selector"),
    ({"nodeSelector": {"disk": "ssd"}}, {"nodeSelector": {"disk": "ssd", "zone": "a"}}, "nodeSelector"),
    (
        {"spec": {"selector": {"matchLabels": {"a": "1"}}}},
        {"spec": {"selector": {"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "Exists"}]}}},
        "spec.selector",
    ),
    (
        {"topologySpreadConstraints": [{"topologyKey": "z", "labelSelector": {"matchLabels": {"a": "1"}}}]},
        {"topologySpreadConstraints": [{"topologyKey": "z", "labelSelector": {"matchLabels": {"a": "1", "b": "2"}}}]},
        "topologySpreadConstraints[]",
    ),
    (
        {"podAffinityTerm": {"namespaceSelector": {"matchLabels": {"a": "1"}}}},
        {"podAffinityTerm": {"namespaceSelector": {"matchLabels": {"a": "1", "b": "2"}}}},
        "podAffinityTerm.namespaceSelector",
    ),
    (
        {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]},
        {
            "nodeSelectorTerms": [
                {"matchExpressions": [{"key": "a", "operator": "Exists"}], "matchFields": [{"key": "b"}]}
            ]
        },
        "nodeSelectorTerms[0]",
    ),
]


@pytest.mark.parametrize(("desired", "observed"), SAME)
def test_it_is_the_same(desired: Any, observed: Any) -> None:
    assert find_difference(desired, observed) is None


@pytest.mark.parametrize(("desired", "observed", "path"), DIFFERENT)
def test_the_first_different_field_is_named(desired: Any, observed: Any, path: str) -> None:
    assert find_difference(desired, observed) == path
