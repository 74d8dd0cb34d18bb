"""The environments of `tests.environments`, as far as this one can tell."""

import configparser

import pytest
from packaging.requirements import Requirement

from tests.environments import ENVIRONMENTS, ROOT


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_what_an_environment_names_is_there_and_what_it_pins_is_accepted(name):
    environment = ENVIRONMENTS[name]
    assert all((ROOT / path).exists() for path in environment.tests)
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    extras = [setup["options.extras_require"][e] for e in environment.extras.split(",")]
    wanted = requirements("\n".join([setup["options"]["install_requires"], *extras]))
    assert any(one.name == environment.backend for one in wanted) or any(
        one.name.startswith("tensorflow-cpu") for one in wanted
    )
    pins = (ROOT / environment.pins).read_text("utf-8") if environment.pins else ""
    for pin in requirements(pins):
        version = str(pin.specifier).removeprefix("==").replace("*", "0")
        for one in wanted:
            if one.name == pin.name:
                assert one.specifier.contains(version), (pin, one)


def requirements(text: str) -> list[Requirement]:
    lines = [line.strip() for line in text.splitlines()]
    return [Requirement(line) for line in lines if line and line[0] != "#"]
