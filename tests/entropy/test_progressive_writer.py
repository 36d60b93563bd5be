"""Single scans of the progressive process equal those of Annex G's procedures, taken literally."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from reference import huffman, mcu, progressive

from numjpeg.coefficients import Component, ceil_div
from numjpeg.container.frame import Frame, Scan
from numjpeg.container.markers import SOF2
from numjpeg.entropy import progressive_writer
from numjpeg.entropy.progressive_writer import ComponentData, collect, encode_scan, eob_runs
from numjpeg.entropy.sequential_writer import write_scan
from numjpeg.stages.huffman import HuffmanTable, optimal_table
from numjpeg.stages.zigzag import inverse_zigzag

STEPS = [(0, 0), (0, 1), (0, 2), (0, 5), (1, 0), (2, 1), (3, 2), (8, 7)]


def one_component(rows: int, columns: int, restart_interval: int = 0, **options: int) -> Scan:
    component = Component(1, 1, 1, 0)
    frame = Frame(SOF2, 8, 8 * rows, 8 * columns, (component,))
    return Scan(frame, (0,), (component,), {}, restart_interval, **options)


def planes_of(sequences: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(inverse_zigzag(sequences))


def written(scan: Scan, components) -> tuple[bytes, np.ndarray]:
    """Entropy-coded data by optimal tables, and the statistics of tables 0 to 2 c + 1."""
    symbols = encode_scan(scan, components)
    counts = sum(piece.frequencies(scan) for piece in symbols)
    keys = [key for c in scan.components for key in ((0, c.Td), (1, c.Ta))]
    for key, own in zip(keys, counts, strict=True):
        if own.any():
            scan.huffman_tables[key] = optimal_table(own)
    return b"".join(write_scan(scan, symbols)), counts


def codes(table: HuffmanTable) -> dict[int, str]:
    return huffman.codes(list(table.bits), list(table.values))


def check_ac(sequences: np.ndarray, *bands: slice, rows: int = 1, **options: int) -> None:
    """``sequences`` ``(n, 64)``, given to the writer in pieces of rows."""
    scan = one_component(rows, len(sequences) // rows, **options)
    whole = planes_of(sequences.reshape(rows, -1, 64))
    pieces = [collect([[whole[band]]])[0].ac for band in bands or [slice(None)]]
    data, counts = written(scan, [ComponentData(whole[..., 0, 0], list(itertools.chain(*pieces)))])
    expected = progressive.encode_ac(sequences.tolist(), scan.Ss, scan.Se, scan.Ah, scan.Al, scan.restart_interval)
    assert counts[1].tolist() == progressive.frequencies(expected)
    assert data == progressive.to_bytes(expected, [codes(scan.huffman_tables[1, 0])])


def blocks(count: int, density: float, largest: int, seed: int) -> np.ndarray:
    """Coefficients of all sizes, small ones more often, in some blocks many and in some none."""
    random = np.random.default_rng(seed)
    value = (largest + 1.0) ** random.random((count, 64)) * random.choice([-1, 1], (count, 64))
    own = density * random.choice([0, 0.2, 1, 3], (count, 1))
    return np.where(random.random((count, 64)) < own, value, 0).astype(np.int16)


@pytest.mark.usual(every=5)
@pytest.mark.parametrize(("Ah", "Al"), STEPS)
@pytest.mark.parametrize(("Ss", "Se"), [(1, 63), (1, 5), (6, 63), (1, 1), (63, 63), (20, 40)])
def test_ac_scans(Ah: int, Al: int, Ss: int, Se: int) -> None:
    for i, (density, largest) in enumerate(itertools.product((0.02, 0.2, 1), (1, 6, 1023, 32766))):
        check_ac(blocks(60, density, largest, i), Ss=Ss, Se=Se, Ah=Ah, Al=Al)


@pytest.mark.usual(every=5)
@pytest.mark.parametrize(("Ah", "Al"), [(0, 0), (0, 1), (1, 0), (2, 1)])
@pytest.mark.parametrize("interval", [1, 2, 7, 59, 60, 61])
def test_ac_scans_with_restart_intervals(Ah: int, Al: int, interval: int) -> None:
    for rows, density in itertools.product((1, 4, 60), (0, 0.02, 0.3)):
        bands = [slice(row, row + 1) for row in range(rows)]
        sequences = blocks(60, density, 20, interval)
        check_ac(sequences, *bands, rows=rows, Ss=1, Se=63, Ah=Ah, Al=Al, restart_interval=interval)


@pytest.mark.parametrize(("Ah", "Al"), [(0, 0), (1, 0)])
@pytest.mark.parametrize("seed", range(4))
def test_bands_leave_no_trace(Ah: int, Al: int, seed: int) -> None:
    bands = [slice(0, 1), slice(1, 2), slice(2, 7), slice(7, 8)]
    for density in (0, 0.01, 0.05, 0.5):
        check_ac(blocks(48, density, 9, seed), *bands, rows=8, Ss=1, Se=63, Ah=Ah, Al=Al)
        check_ac(blocks(48, density, 9, seed), *bands, rows=8, Ss=1, Se=63, Ah=Ah, Al=Al, restart_interval=5)


@pytest.mark.parametrize(("Ah", "Al"), [(0, 0), (1, 0)])
@pytest.mark.parametrize("ends", [(), (63,), (1, 63), (47, 48, 63)])
def test_every_place_of_one_coefficient_and_its_neighbours(Ah: int, Al: int, ends: tuple[int, ...]) -> None:
    """Runs of every length in front of a coefficient that is new, one that is corrected, and the end."""
    sequences = []
    for k, value, other in itertools.product(range(1, 64), (1, -1, 2, -3), (0, 1, -2)):
        zz = np.zeros(64, np.int16)
        zz[list(ends)] = other
        zz[k] = value
        sequences += [zz, zz * 0] if k % 3 else [zz]
    check_ac(np.array(sequences), Ss=1, Se=63, Ah=Ah, Al=Al)


@pytest.mark.usual(every=3)
@pytest.mark.parametrize("count", [0x7FFE, 0x7FFF, 0xFFFE])
@pytest.mark.parametrize("Ah", [0, 1])
def test_runs_of_32767_blocks(count: int, Ah: int) -> None:
    """EOB runs are cut where they are full, wherever the blocks that have more than an end stand."""
    sequences = np.zeros((count + 3, 64), np.int16)
    sequences[0, 7] = sequences[1, 5] = sequences[-1, 6] = 1
    check_ac(sequences, Ss=5, Se=7, Ah=Ah, Al=0)
    if len(sequences) % 2 == 0:
        check_ac(sequences, slice(0, 1), slice(1, 2), rows=2, Ss=5, Se=7, Ah=Ah, Al=0)
    check_ac(sequences, Ss=5, Se=7, Ah=Ah, Al=0, restart_interval=40_000)


@pytest.mark.usual("2", "62", "63")
@pytest.mark.parametrize("bits", [1, 2, 61, 62, 63])
def test_more_correction_bits_than_may_wait(bits: int) -> None:
    """Blocks that have nothing but correction bits; here and there one with a new coefficient among them."""
    random = np.random.default_rng(bits)
    count = 4000 // bits + 70
    sequences = np.zeros((count, 64), np.int16)
    for zz in sequences:
        zz[1 + random.permutation(63)[:bits]] = random.integers(2, 9, bits) * random.choice([-1, 1], bits)
    check_ac(sequences, Ss=1, Se=63, Ah=1, Al=0)
    check_ac(sequences, Ss=1, Se=63, Ah=1, Al=0, restart_interval=50)
    sequences[random.integers(0, count, 3), random.integers(1, 64, 3)] = 1
    check_ac(sequences, Ss=1, Se=63, Ah=1, Al=0)
    each = [slice(i, i + 1) for i in range(count)]
    check_ac(sequences, *each, rows=count, Ss=1, Se=63, Ah=1, Al=0)


def test_runs_end_with_937_and_938_waiting_bits() -> None:
    for waiting in ([937, 1, 5], [938, 1], [936, 1, 1, 1], [0, 938, 0, 63, 63], [63] * 40):
        expected, run, total = [], 0, 0
        for i, own in enumerate(waiting):
            run, total = run + 1, total + own
            if total > 937 or i == len(waiting) - 1:
                expected.append(run)
                run = total = 0
        broken = np.arange(len(waiting)) == 0
        begin, end, length = eob_runs(broken, np.ones(len(waiting), np.intp), np.array(waiting))
        assert length.tolist() == expected
        assert (end - begin).tolist() == expected
        assert begin[0] == 0


def test_few_coefficients_are_put_together() -> None:
    planes = planes_of(blocks(40, 0.1, 9, 1).reshape(8, 5, 64))
    [whole], [joined] = collect([[planes]]), collect([planes[row : row + 1]] for row in range(8))
    assert len(joined.ac) == 1
    for a, b in zip(whole.ac[0], joined.ac[0], strict=True):
        np.testing.assert_array_equal(a, b)


def test_no_block_has_an_end() -> None:
    check_ac(np.ones((9, 64), np.int16), Ss=1, Se=63, Ah=0, Al=0)
    check_ac(np.ones((9, 64), np.int16), Ss=1, Se=63, Ah=1, Al=0)
    check_ac(np.ones((9, 64), np.int16), Ss=1, Se=63, Ah=1, Al=0, restart_interval=2)


FACTORS = [((1, 1),), ((2, 2), (1, 1), (1, 1)), ((1, 2), (1, 1), (2, 1)), ((1, 1), (1, 1), (1, 1), (1, 1))]


@pytest.mark.usual(every=5)
@pytest.mark.parametrize("factors", FACTORS)
@pytest.mark.parametrize(("Ah", "Al"), STEPS)
def test_dc_scans(factors, Ah: int, Al: int, monkeypatch: pytest.MonkeyPatch) -> None:
    components = tuple(
        Component(i + 1, h, v, 0, min(i, 1) if len(factors) == 3 else 0) for i, (v, h) in enumerate(factors)
    )
    selectors = [c.Td for c in components]
    for (height, width), interval, piece in itertools.product(
        ((1, 1), (17, 33), (40, 70), (65, 24)), (0, 1, 4, 1000), (1, 3, 1 << 15)
    ):
        monkeypatch.setattr(progressive_writer, "PIECE", piece)
        frame = Frame(SOF2, 8, height, width, components)
        scan = Scan(frame, tuple(range(len(components))), components, {}, interval, Se=0, Ah=Ah, Al=Al)
        random = np.random.default_rng(height)
        planes = [
            random.integers(-16000, 16000, (*frame.block_size(c), 8, 8)).astype(np.int16) for c in components
        ]
        rows, columns = scan.mcus
        assert rows == ceil_div(height, 8 * frame.V_max)
        dc = [
            mcu.pad(plane[..., 0, 0].tolist(), rows, columns, v, h)
            for plane, (v, h) in zip(planes, scan.factors, strict=True)
        ]
        order = mcu.order(rows, columns, list(scan.factors))
        units = [[(component, dc[component][y][x]) for component, y, x in unit] for unit in order]
        expected = progressive.encode_dc(units, Ah, Al, interval)
        data, counts = written_dc(scan, planes, selectors)
        assert counts[::2].tolist() == [progressive.frequencies(expected, c) for c in range(len(components))]
        by_component = [{} if Ah else codes(scan.huffman_tables[0, Td]) for Td in selectors]
        assert data == progressive.to_bytes(expected, by_component)


def written_dc(scan: Scan, planes, selectors: list[int]) -> tuple[bytes, np.ndarray]:
    """As :func:`written`, but components share tables."""
    symbols = encode_scan(scan, collect([planes]))
    counts = sum(piece.frequencies(scan) for piece in symbols)
    for Td in dict.fromkeys(selectors):
        own = sum(counts[2 * c] for c, other in enumerate(selectors) if other == Td)
        if own.any():
            scan.huffman_tables[0, Td] = optimal_table(own)
    return b"".join(write_scan(scan, symbols)), counts


def test_what_has_no_symbol_is_refused() -> None:
    sequences = np.zeros((2, 64), np.int16)
    sequences[1, 5] = -32768
    scan = one_component(1, 2, Ss=1)
    with pytest.raises(ValueError, match="-32768"):
        encode_scan(scan, collect([[planes_of(sequences[np.newaxis])]]))
    encode_scan(one_component(1, 2, Ss=1, Al=1), collect([[planes_of(sequences[np.newaxis])]]))
    sequences[:, 0] = 32767, -32768
    with pytest.raises(ValueError, match="DC"):
        encode_scan(one_component(1, 2, Se=0), collect([[planes_of(sequences[np.newaxis])]]))
