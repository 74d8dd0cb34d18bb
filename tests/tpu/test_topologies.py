import pytest

from tpu import topologies


@pytest.mark.parametrize(
    ("name", "cores"),
    [
        ("v2:2x2", 8),
        ("v3:4x4", 32),
        ("v4:2x2x1", 4),
        ("v5e:1x1", 1),
        ("v5p:2x2x2", 8),
        ("v6e:2x4", 8),
        ("tpu7x:2x2x1", 8),
    ],
)
def test_a_topology_has_as_many_cores_as_its_chips_have(name, cores):
    assert topologies.topology(name).cores == cores


@pytest.mark.parametrize(
    ("kind", "megahertz"), [("v2", 700), ("v3", 940), ("v4", 1050), ("v5p", 1750)]
)
def test_clock_rates_are_those_that_were_published(kind, megahertz):
    clock = topologies.generations()[kind].gigahertz * 1e3
    assert clock == pytest.approx(megahertz, rel=0.005)


@pytest.mark.parametrize("name", ["v9:2x2", "v5e", "v5e:3x7", "v2:2x2x1", "", "2x2"])
def test_an_unknown_topology_is_answered_by_those_known(name):
    with pytest.raises(ValueError, match="Unknown topology") as refusal:
        topologies.topology(name)
    said = str(refusal.value)
    assert repr(name) in said
    assert "\n" not in said
    assert "v5e:1x1|2x2|2x4" in said
    assert "tpu7x:" in said


def test_the_compiler_is_told_of_single_chips_and_of_double_cores():
    assert topologies.topology("v5e:2x2").options == {}
    alone = {"chips_per_host_bounds": [1, 1, 1]}
    assert topologies.topology("v6e:1x1").options == alone
    assert topologies.topology("v4:2x2x2").options == {"chip_config_name": "megacore"}


def test_every_shape_of_every_generation_can_be_asked_for():
    for kind, generation in topologies.generations().items():
        for shape in generation.shapes:
            assert topologies.topology(f"{kind}:{shape}").cores >= 1
