"""Names and addresses of machines."""

from tests.cluster.shape import Shape

LONGEST_LINK = 15
SHAPE = Shape(name="eightlet")


def test_every_machine_has_an_address_a_card_and_a_namespace_of_its_own() -> None:
    machines = SHAPE.machines
    assert len({machine.address for machine in machines}) == len(machines)
    assert len({machine.hardware for machine in machines}) == len(machines)
    assert len({machine.namespace for machine in machines}) == len(machines)
    assert all(machine.address in SHAPE.network for machine in machines)
    assert SHAPE.host not in {machine.address for machine in machines}


def test_nodes_lie_in_three_zones_and_have_separate_pods() -> None:
    assert [node.zone for node in SHAPE.nodes] == ["zone-a", "zone-b", "zone-c"]
    assert [str(node.pods) for node in SHAPE.nodes] == ["10.244.0.0/24", "10.244.1.0/24", "10.244.2.0/24"]


def test_names_of_links_are_short_enough_for_the_kernel() -> None:
    links = [SHAPE.prefix, *(machine.name for machine in SHAPE.machines)]
    assert max(map(len, links)) <= LONGEST_LINK


def test_a_card_keeps_its_address_over_restarts() -> None:
    assert SHAPE.control_plane.hardware == "02:00:ac:1e:ff:0a"
