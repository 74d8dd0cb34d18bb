import pytest

from tpu import costs

PROGRAM = """\
HloModule step, is_scheduled=true

%inside (p: (s32[], f32[8])) -> (s32[], f32[8]) {
  %p = (s32[], f32[8]{0}) parameter(0)
  %work = f32[8]{0} fusion(%p), calls=%f, backend_config={"estimated_cycles":"100"}
  ROOT %sum = f32[8]{0} all-reduce(%work), replica_groups={{0,1}}
}

%condition (p: (s32[], f32[8])) -> pred[] {
  ROOT %less = pred[] fusion(%p), calls=%g, backend_config={"estimated_cycles":"1"}
}

%cheap (p: f32[8]) -> f32[8] {
  ROOT %c = f32[8]{0} fusion(%p), calls=%h, backend_config={"estimated_cycles":"5"}
}

%dear (p: f32[8]) -> f32[8] {
  ROOT %d = f32[8]{0} fusion(%p), calls=%h, backend_config={"estimated_cycles":"50"}
}

ENTRY %main (a: f32[8]) -> (f32[8], f32[8]) {
  %a = f32[8]{0:T(256)} parameter(0)
  %start = (f32[8]{0}, u32[]) copy-start(%a)
  %conv = f32[8]{0} fusion(%a), calls=%f, backend_config={"estimated_cycles":"2000"}
LOOP
  %both = (f32[5,5]{1,0}, bf16[3]{0}) all-reduce(%conv, %conv), replica_groups={{0,1}}
EXTRA
  ROOT %out = (f32[8]{0}, f32[8]{0}) tuple(%conv, %conv)
}
"""
LOOP = "  %w = (s32[], f32[8]{0}) while(%t), condition=%condition, body=%inside"
KNOWN = LOOP + ', backend_config={"known_trip_count":{"n":"7"}}'


def program(loop: str = "", extra: str = "") -> str:
    return PROGRAM.replace("LOOP", loop).replace("EXTRA", extra)


def test_cycles_of_the_entry_are_added_and_those_it_does_not_reach_are_not():
    found = costs.of_program(program())
    assert found == costs.Costs(2000, sums=1, sum_bytes=5 * 5 * 4 + 3 * 2)


def test_a_loop_counts_as_often_as_it_runs():
    found = costs.of_program(program(KNOWN))
    assert found.cycles == 2000 + 7 * (100 + 1)
    assert found.sums == 1 + 7
    assert found.sum_bytes == 106 + 7 * 32
    assert found.endless == 0


def test_a_loop_of_unknown_length_counts_once_and_is_told():
    found = costs.of_program(program(LOOP))
    assert (found.cycles, found.endless) == (2101, 1)


def test_of_two_branches_the_dearer_one_counts():
    branch = (
        "  %x = f32[8]{0} conditional(%p, %a, %a), branch_computations={%cheap, %dear}"
    )
    assert costs.of_program(program(extra=branch)).cycles == 2050
    branch = (
        "  %x = f32[8]{0} conditional(%p, %a, %a), true_computation=%dear, "
        "false_computation=%cheap"
    )
    assert costs.of_program(program(extra=branch)).cycles == 2050


def test_calls_count_what_they_call():
    called = "  %x = f32[8]{0} call(%a), to_apply=%cheap"
    assert costs.of_program(program(extra=called)).cycles == 2005
    started = "  %x = ((f32[8]{0}), f32[8]{0}) async-start(%a), calls=%dear"
    assert costs.of_program(program(extra=started)).cycles == 2050


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ("f32[]", 4),
        ("bf16[3,4]{1,0:T(8,128)(2,1)}", 24),
        ("(f32[2]{0}, /*index=1*/s64[5]{0}, pred[9]{0})", 8 + 40 + 9),
        ("token[]", 0),
    ],
)
def test_sizes_of_shapes(shape, size):
    assert costs.array_bytes(shape) == size


def test_what_is_no_module_is_refused():
    with pytest.raises(ValueError, match="no ENTRY"):
        costs.of_program("module @jit_f {}")
