"""What has units for bfloat16 matrices: a table of processors, GPUs and TPUs."""

import pytest
import tensorflow as tf

from ganzoo import distribute
from ganzoo.distribute import devices, hardware

AVX2, VNNI = "fpu avx avx2 fma", "fpu avx2 avx512f avx512_vnni"
BF16, AMX = f"{VNNI} avx512_bf16", f"{VNNI} avx512_bf16 amx_bf16 amx_tile"


@pytest.fixture
def processor(monkeypatch, tmp_path):
    """Returns a function that has the system tell other flags of its processor."""
    for name in ("TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"):
        monkeypatch.delenv(name, raising=False)

    def with_flags(flags: str | None, vendor: str = "AuthenticAMD") -> None:
        path = tmp_path / "cpuinfo"
        monkeypatch.setattr(hardware, "_CPUINFO", path)
        hardware.cpu_fields.cache_clear()
        if flags is not None:
            core = f"vendor_id\t: {vendor}\nflags\t\t: {flags}\npower management:\n\n"
            path.write_text(2 * core, encoding="utf-8")

    yield with_flags
    hardware.cpu_fields.cache_clear()


@pytest.mark.parametrize(
    ("flags", "environment", "unit"),
    [
        (AVX2, {}, None),
        (VNNI, {}, None),
        (BF16, {}, "AVX-512 BF16"),
        (AMX, {}, "AMX"),
        (None, {}, None),  # a system that does not tell
        (BF16, {"TF_ENABLE_ONEDNN_OPTS": "1"}, "AVX-512 BF16"),
        (BF16, {"TF_ENABLE_ONEDNN_OPTS": "0"}, None),
        (AMX, {"TF_ENABLE_ONEDNN_OPTS": "False"}, None),
        (AVX2, {"TF_ENABLE_ONEDNN_OPTS": "1"}, None),
        (BF16, {"ONEDNN_MAX_CPU_ISA": "AVX2"}, None),
        (BF16, {"ONEDNN_MAX_CPU_ISA": "avx512_core_vnni"}, None),
        (BF16, {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16"}, "AVX-512 BF16"),
        (AMX, {"ONEDNN_MAX_CPU_ISA": "ALL"}, "AMX"),
        (BF16, {"DNNL_MAX_CPU_ISA": "AVX2"}, None),
    ],
)
def test_the_unit_of_a_cpu(processor, monkeypatch, flags, environment, unit):
    processor(flags)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert distribute.cpu_unit() == unit
    assert distribute.multiplies_bfloat16("cpu") == (unit is not None)


@pytest.mark.parametrize(("flags", "unit"), [(BF16, None), (AMX, "AMX"), (AVX2, None)])
def test_intels_unit_without_amx_is_slower_than_float32(processor, flags, unit):
    processor(flags, "GenuineIntel")
    assert distribute.cpu_unit() == unit


@pytest.mark.parametrize(
    ("flags", "chosen", "expected"),
    [
        (AVX2, "1", True),
        (AVX2, "0", False),
        (AVX2, None, False),  # TensorFlow's default there
        (VNNI, "1", False),
        (None, "1", False),
    ],
)
def test_where_onednn_computes_without_avx512(
    processor, monkeypatch, flags, chosen, expected
):
    processor(flags)
    if chosen is not None:
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", chosen)
    assert distribute.onednn_without_avx512() == expected


@pytest.fixture
def gpus(monkeypatch):
    """Returns a function that puts GPUs of these compute capabilities here."""

    def put(*found) -> None:
        names = [f"GPU:{number}" for number in range(len(found))]
        details = {
            name: {} if capability is None else {"compute_capability": capability}
            for name, capability in zip(names, found, strict=True)
        }
        listed = {"GPU": names}
        config = tf.config
        monkeypatch.setattr(
            config, "list_physical_devices", lambda kind=None: listed.get(kind, [])
        )
        monkeypatch.setattr(config.experimental, "get_device_details", details.get)

    return put


@pytest.mark.parametrize(
    ("found", "strategy", "fast"),
    [
        ([(8, 0)], "auto", True),
        ([(9, 0)], "gpu", True),
        ([(7, 5)], "auto", False),  # T4, of free notebooks
        ([None], "auto", False),  # another maker's
        ([(8, 6), (7, 0)], "mirrored", False),
        ([(9, 0), (8, 9)], "mirrored", True),
        ([(9, 0)], "cpu", False),
        ([], "auto", False),
        ([], "tpu", True),
        ([(7, 0)], "tpu", True),
    ],
)
def test_the_units_of_a_strategy(processor, gpus, found, strategy, fast):
    processor(AVX2)
    gpus(*found)
    assert distribute.multiplies_bfloat16(strategy) == fast


def test_a_tpu_that_is_attached_is_the_one_that_auto_takes(monkeypatch):
    monkeypatch.setattr(devices, "_tpu_attached", lambda: True)
    assert devices.device_kind("auto") == "TPU"
    assert devices.device_kind("cpu") == "CPU"
    assert distribute.multiplies_bfloat16()
