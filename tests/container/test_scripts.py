"""Scan scripts: libjpeg's own ones, and what is not legal."""

from __future__ import annotations

import pytest

from numjpeg.coefficients import Component
from numjpeg.container.frame import Frame
from numjpeg.container.scripts import ScriptScan, check_script, default_script, make_scans, make_script

GRAY = (Component(1, 1, 1, 0),)
COLOR = (Component(1, 2, 2, 0), Component(2, 1, 1, 1), Component(3, 1, 1, 1))
LARGE = (Component(1, 4, 2, 0), Component(2, 4, 1, 1))


@pytest.mark.parametrize(
    ("components", "colorspace", "count"),
    [(GRAY, "GRAY", 6), (COLOR, "YCbCr", 10), (COLOR, "RGB", 14), ((*COLOR, COLOR[0]), "CMYK", 18)],
)
def test_default_scripts_are_legal_and_complete(components, colorspace: str, count: int) -> None:
    script = default_script(components, colorspace)
    assert len(script) == count
    check_script(script, components)
    for left_out in range(count):
        with pytest.raises(ValueError, match="scans"):
            check_script(script[:left_out] + script[left_out + 1 :], components)


def test_components_that_do_not_share_an_mcu_get_dc_scans_of_their_own() -> None:
    script = default_script(LARGE, "raw")
    assert [scan.components for scan in script if scan.Ss == 0] == [(0,), (1,), (0,), (1,)]
    check_script(script, LARGE)
    with pytest.raises(ValueError, match="blocks an MCU"):
        check_script([ScriptScan((0, 1))], LARGE, complete=False)


def test_a_script_may_be_written_in_plain_tuples_and_lists() -> None:
    expected = [ScriptScan((0, 1, 2), 0, 0, 0, 0), ScriptScan((2,), 1, 63, 0, 0)]
    assert make_script([([0, 1, 2], 0, 0, 0, 0), (2, 1, 63, 0, 0)]) == expected
    assert make_script(expected) == expected
    assert make_script([(0,)]) == [ScriptScan((0,))]


@pytest.mark.parametrize("scans", [5, [5], [()], ["all"], [(0.5, 0, 0, 0, 0)], [(0, 0, 0, 0, 0, 0)], [(0, "1")]])
def test_what_is_no_script_is_a_type_error(scans) -> None:
    with pytest.raises(TypeError, match="scans"):
        make_script(scans)


DC = ((0, 1, 2), 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("scans", "reason"),
    [
        ([], "none sends the DC"),
        ([((0, 1), 0, 0, 0, 0)], "none sends the DC coefficients of component 2"),
        ([((), 0, 0, 0, 0)], "number 0.*0 components"),
        ([((0, 0), 0, 0, 0, 0)], "each once"),
        ([((1, 0), 0, 0, 0, 0)], "order"),
        ([((0, 3), 0, 0, 0, 0)], "numbered 0 to 2"),
        ([((-1,), 0, 0, 0, 0)], "numbered"),
        ([((0, 1, 2, 3, 4), 0, 0, 0, 0)], "5 components"),
        ([DC, (0, 5, 4, 0, 0)], "number 1.*Ss <= Se"),
        ([DC, (0, 1, 64, 0, 0)], "Ss <= Se"),
        ([(0, -1, 0, 0, 0)], "Ss <= Se"),
        ([(0, 0, 0, 0, 14)], "0 to 13"),
        ([(0, 0, 0, -1, 0)], "0 to 13"),
        ([(0, 0, 63, 0, 0)], "DC and AC"),
        ([DC, ((0, 1), 1, 63, 0, 0)], "one component"),
        ([(0, 1, 63, 0, 0)], "DC coefficients of component 0 go first"),
        ([DC, DC], "number 1.*coefficient 0 of component 0 is sent a second time"),
        ([DC, (0, 1, 63, 0, 0), (0, 5, 6, 0, 0)], "number 2.*coefficient 5 of component 0 is sent a second time"),
        ([DC, (0, 1, 63, 0, 2), (0, 1, 63, 2, 0)], "one bit"),
        ([DC, (0, 1, 63, 0, 2), (0, 1, 63, 1, 0)], "down to bit 2, not 1"),
        ([DC, (0, 1, 63, 0, 0), (0, 1, 63, 1, 0)], "down to bit 0, not 1"),
        ([DC, (0, 1, 5, 0, 1), (0, 1, 63, 1, 0)], "coefficient 6 of component 0 is refined before"),
        ([((0, 1, 2), 0, 0, 1, 0)], "refined before"),
    ],
)
def test_what_is_not_legal(scans, reason: str) -> None:
    for complete in (False, True):
        with pytest.raises(ValueError, match=reason):
            check_script(make_script(scans), COLOR, complete=complete)


def test_what_is_not_complete() -> None:
    for scans, reason in [
        ([DC], "coefficient 1 of component 0"),
        ([((0, 1, 2), 0, 0, 0, 1)], "coefficient 0 of component 0"),
        ([DC, *((c, 1, 63, 0, 0) for c in (0, 1)), (2, 1, 62, 0, 0)], "coefficient 63 of component 2"),
        ([DC, *((c, 1, 63, 0, c) for c in range(3))], "coefficient 1 of component 1"),
    ]:
        script = make_script(scans)
        check_script(script, COLOR, complete=False)
        with pytest.raises(ValueError, match=reason):
            check_script(script, COLOR)


def frame_of(components, height: int = 64, width: int = 100) -> Frame:
    return Frame(0xC2, 8, height, width, tuple(components))


def test_a_sequential_file_has_one_scan_unless_an_mcu_would_be_too_large() -> None:
    assert [scan.indices for scan in make_scans(frame_of(COLOR), (), 5)] == [(0, 1, 2)]
    assert [scan.indices for scan in make_scans(frame_of(LARGE), (), 5)] == [(0,), (1,)]
    assert [scan.restart_interval for scan in make_scans(frame_of(LARGE), (), 5)] == [5, 5]
    assert [scan.indices for scan in make_scans(frame_of([Component(1, 4, 4, 0)]), (), 0)] == [(0,)]


def test_the_scans_of_a_script() -> None:
    """B.2.3, G.1.1.1: parameters and table numbers, 0 where a scan has no use for a table."""
    components = [Component(c.identifier, c.H, c.V, c.Tq, min(i, 1), min(i, 1)) for i, c in enumerate(COLOR)]
    script = default_script(components, "YCbCr")
    scans = make_scans(frame_of(components), script, 0)
    assert [(s.indices, s.Ss, s.Se, s.Ah, s.Al) for s in scans] == [tuple(step) for step in script]
    for scan in scans:
        chroma = [min(i, 1) for i in scan.indices]
        assert [c.Td for c in scan.components] == (chroma if scan.Ss == scan.Ah == 0 else [0] * len(chroma))
        assert [c.Ta for c in scan.components] == (chroma if scan.Ss else [0] * len(chroma))


def test_restart_rows_become_mcus_of_each_scan() -> None:
    """A row of MCUs is 7 of them in the interleaved scan, 13 blocks of luminance, 7 of chrominance."""
    script = make_script([((0, 1, 2), 0, 0, 0, 0), *((c, 1, 63, 0, 0) for c in range(3))])
    assert [s.restart_interval for s in make_scans(frame_of(COLOR), script, 0, 2)] == [14, 26, 14, 14]
    assert [s.restart_interval for s in make_scans(frame_of(COLOR), script, 3)] == [3, 3, 3, 3]
    assert make_scans(frame_of(COLOR), script, 0, 1 << 20)[0].restart_interval == 65535
