"""Targets without tuning: a picture is encoded or measured with scaled tables until one set meets the target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from numjpeg.arguments import Plan, Settings, Tuning
from numjpeg.coefficients import Coefficients
from numjpeg.metrics import mse, psnr_of
from numjpeg.rate_distortion import guides, scaling, search
from numjpeg.rate_distortion.scaling import Tables
from numjpeg.scans import fast_forms_enabled
from numjpeg.synthesis import picture_of

if TYPE_CHECKING:
    from numjpeg.fast.error_plan import ErrorPlan
    from numjpeg.fast.plan_store import Loans


class Rewriter(Protocol):
    """Encodes one picture several times, each time with other quantization tables (entries 1 .. 255)."""

    @property
    def start(self) -> int:
        """How many bytes stand in front of the entropy-coded data, as far as this is the same in all files."""

    @property
    def frequencies(self) -> list[NDArray[np.float32]]:
        """The unquantized coefficients times 8, ``(8, 8, blocks)`` for each component."""

    def file(self, tables: Tables) -> bytes:
        """The file with these tables."""

    def quantized(self, tables: Tables) -> Coefficients:
        """The coefficients of the file with these tables."""


NewRewriter = Callable[[Plan, "Loans"], Rewriter]  # for a picture; it notes the plans that it borrows


def encode_scaled(plan: Plan, tuning: Tuning, new_rewriter: NewRewriter) -> bytes:
    """The file whose tables are scaled to meet a target."""
    loans: Loans = []
    data = _encode(plan, tuning, new_rewriter, loans)
    if loans:
        from numjpeg.fast.plan_store import PLANS  # noqa: PLC0415 (what is in fast/ may be missing)

        PLANS.give_back(loans)
    return data


def _encode(plan: Plan, tuning: Tuning, new_rewriter: NewRewriter, loans: Loans) -> bytes:
    """The file of :func:`encode_scaled`. Notes the plans that it borrows."""
    settings, components = plan.settings, plan.settings.coefficients.components
    base = settings.coefficients.quantization_tables

    def trials(samples: NDArray[np.uint8], settings: Settings = settings) -> Trials:
        shape = None if samples is plan.samples else samples.shape
        own = Plan(samples, _for_trials(settings, shape))
        return Trials(own, new_rewriter(own, loans), loans, tuning.fancy_upsampling)

    whole = trials(plan.samples)
    if tuning.target_bytes is not None:
        small = guides.blocks_of(plan.samples.shape, components) <= guides.SMALL_BLOCKS
        places = whole.places(base, finest=True) if small else scaling.factors(base, finest=True)
        write, target = whole.rewriter.file, tuning.target_bytes
        return scaling.for_bytes(write, base, target, plan.samples.size, places, whole.rewriter.start)
    picture = guides.without_repetition(plan.samples, components, _converts(settings))
    measured = sample = whole if picture is plan.samples else trials(picture)
    if guides.blocks_of(picture.shape, components) > guides.SMALL_BLOCKS:
        sample = trials(guides.sample_of(picture, components))
    places = sample.places(base) if sample is measured else scaling.factors(base)
    measure = partial(measured.errors, base)
    wanted = tuning.target_psnr or 0
    factor, best = scaling.for_psnr(measure, measured.together, places, sample.rough, wanted)
    if factor is not None:
        return whole.rewriter.file(scaling.scaled(base, factor))

    def full_chroma() -> float:
        alike = replace(settings.coefficients, components=tuple(replace(c, H=1, V=1) for c in components))
        [error] = trials(plan.samples, replace(settings, coefficients=alike)).errors(base, np.zeros(1))
        return float(psnr_of(error, 255))

    subsampled = settings.stored == "YCbCr" and len({(c.H, c.V) for c in components}) > 1
    raise search.out_of_reach(wanted, best, full_chroma if subsampled else None)


class Trials:
    """Measures one picture with several quantization tables. ``together`` is the largest number of sets of tables
    that are measured at a time. ``loans`` are the plans that are borrowed.
    """

    def __init__(self, plan: Plan, rewriter: Rewriter, loans: Loans, fancy_upsampling: bool) -> None:
        self.plan, self.settings, self.rewriter = plan, plan.settings, rewriter
        self.loans, self.fancy = loans, fancy_upsampling
        self.components = plan.settings.coefficients.components
        self.together = guides.together(plan.samples.shape, self.components) if _suits_plans(self.settings) else 1

    @cached_property
    def _measurer(self) -> ErrorPlan | None:
        """The plan that measures the errors of a small picture; None for others."""
        settings, count = self.settings, self.together
        if not fast_forms_enabled() or not _suits_plans(settings) or not _fits_a_plan(settings, count):
            return None
        from numjpeg.fast.error_plan import ErrorPlan  # noqa: PLC0415 (what is in fast/ may be missing)
        from numjpeg.fast.plan_store import PLANS  # noqa: PLC0415

        kind = settings.source, settings.stored, self.fancy, count
        key = ErrorPlan, settings.kind, self.fancy, count
        measurer = PLANS.borrow(key, lambda: ErrorPlan(settings.frame, *kind), self.loans)
        measurer.take(self.plan.samples, self.rewriter.frequencies)
        return measurer

    def errors(self, base: Tables, factors: NDArray[np.float64]) -> list[float]:
        """The mean squared error over all channels with tables scaled by each of at most ``together`` factors."""
        if self._measurer:
            entries = np.array([base[c.Tq] for c in self.components])
            sums = self._measurer.errors(guides.scaled_entries(factors, entries)).tolist()
            return [total / self.plan.samples.size for total in sums]
        tables = scaling.scaled(base, factors)
        found = []
        for i in range(len(factors)):
            coefficients = self.rewriter.quantized({number: own[i] for number, own in tables.items()})
            picture = picture_of(coefficients, self.fancy, self.settings.stored, self.settings.source)
            found.append(mse(self.plan.samples, picture))
        return found

    def places(self, base: Tables, finest: bool = False) -> NDArray[np.float64]:
        """One factor for each set of tables that changes the picture, the coarsest first. Sets that do not differ
        for the picture count as one: its coarsest stands for it, or its ``finest``.
        """
        largest: dict[int, NDArray[np.float32]] = {}
        for c, own in zip(self.components, self.rough.largest, strict=True):
            largest[c.Tq] = np.maximum(largest[c.Tq], own) if c.Tq in largest else own
        return scaling.factors(base, largest, finest)

    @cached_property
    def rough(self) -> guides.RoughPsnr:
        """About the PSNR with scaled tables."""
        frame, settings = self.settings.frame, self.settings
        ratios = [(frame.V_max // c.V, frame.H_max // c.H) for c in self.components]
        tables = [settings.coefficients.quantization_tables[c.Tq] for c in self.components]
        return guides.RoughPsnr(self.rewriter.frequencies, tables, ratios, self.fancy, _converts(settings))


def _converts(settings: Settings) -> bool:
    return settings.stored == "YCbCr" and settings.source != "YCbCr"


@lru_cache(maxsize=64)
def _for_trials(settings: Settings, shape: tuple[int, ...] | None) -> Settings:
    """Settings without a target, whose files have all bytes in front of the entropy-coded data in the same places
    as files with scaled tables. ``shape`` is that of a sample of the picture, which is measured but not encoded.
    """
    tables = scaling.scaled(settings.coefficients.quantization_tables, 1)
    coefficients = replace(settings.coefficients, quantization_tables=tables)
    settings = replace(settings, tuning=None)
    if shape:
        coefficients = replace(coefficients, height=shape[0], width=shape[1], restart_interval=0)
        settings = replace(settings, optimize=False, script=(), restart_rows=0)
    return replace(settings, coefficients=coefficients)


@lru_cache(maxsize=64)
def _fits_a_plan(settings: Settings, count: int) -> bool:
    """Whether the picture is small enough for an error plan of ``count`` sets of tables."""
    from numjpeg.fast.error_plan import most_sets  # noqa: PLC0415 (what is in fast/ may be missing)

    return count <= most_sets(settings.frame)


@lru_cache(maxsize=64)
def _suits_plans(settings: Settings) -> bool:
    """Whether errors are to be measured with several sets of tables at a time, as an error plan does.

    This must not depend on whether fast forms are enabled. Then the search takes the same steps without them, and
    finds the same tables.
    """
    return (
        settings.dct_method == "islow" and settings.coefficients.precision == 8 and settings.frame.usual_sampling
    )
