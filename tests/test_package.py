import configparser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
BUILDS = {"tensorflow", "tensorflow-cpu", "tensorflow-tpu"}
PLATFORMS = {
    "linux x86-64": {"sys_platform": "linux", "platform_machine": "x86_64"},
    "linux arm": {"sys_platform": "linux", "platform_machine": "aarch64"},
    "macos": {"sys_platform": "darwin", "platform_machine": "arm64"},
    "windows": {"sys_platform": "win32", "platform_machine": "AMD64"},
}


@pytest.fixture(scope="module")
def setup():
    config = configparser.ConfigParser()
    assert config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config


def requirements(text):
    lines = (line.strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line and line[0] != "#"]


def chosen(setup, extra, platform):
    found = requirements(setup["options.extras_require"][extra])
    environment = PLATFORMS[platform]
    return [r.name for r in found if not r.marker or r.marker.evaluate(environment)]


def test_tensorflow_is_never_a_hard_requirement(setup):
    names = {r.name for r in requirements(setup["options"]["install_requires"])}
    assert "keras" in names
    assert not names & BUILDS


@pytest.mark.parametrize(
    ("platform", "build"),
    [
        ("linux x86-64", "tensorflow-cpu"),
        ("linux arm", "tensorflow"),
        ("macos", "tensorflow"),
        ("windows", "tensorflow"),
    ],
)
def test_cpu_extra_names_the_one_build_that_a_platform_has(setup, platform, build):
    assert chosen(setup, "cpu", platform) == [build]


@pytest.mark.parametrize("extra", ["gpu", "tpu"])
def test_accelerator_extras_name_one_build_on_linux(setup, extra):
    builds = set(chosen(setup, extra, "linux x86-64")) & BUILDS
    assert builds == {{"gpu": "tensorflow", "tpu": "tensorflow-tpu"}[extra]}


@pytest.mark.parametrize("extra", ["jax", "jax-gpu", "jax-tpu"])
def test_jax_comes_without_tensorflow(setup, extra):
    assert chosen(setup, extra, "linux x86-64") == ["jax"]
    assert all(chosen(setup, "jax", platform) == ["jax"] for platform in PLATFORMS)


def test_every_requirement_has_a_lower_bound_or_a_cap(setup):
    groups = [setup["options"]["install_requires"]]
    groups += setup["options.extras_require"].values()
    for requirement in (r for group in groups for r in requirements(group)):
        assert requirement.specifier, requirement


def test_python_from_3_11_to_3_13(setup):
    accepted = SpecifierSet(setup["options"]["python_requires"])
    versions = ("3.10", "3.11", "3.12", "3.13", "3.14")
    assert [v for v in versions if v in accepted] == ["3.11", "3.12", "3.13"]
