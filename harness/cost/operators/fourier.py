"""Fast Fourier transforms: 5 N log2 N real operations for N complex points, half for real ones."""

from harness.cost.operators.call import (
    Call,
    Count,
    dims,
    elements,
    is_complex,
    log2,
    others,
    prod,
    whole,
    work,
)
from harness.cost.operators.family import Family
from harness.cost.tape import Value

FOURIER = Family(
    "Fourier transforms",
    "N: points of one transform (of all its axes together), P: points of all transforms. 5 P log2 N FLOPs for complex "
    "numbers, half of it where one side is real; no MACs; rounded once a call. Normalisation is not counted.",
)
COMPLEX, REAL = 5.0, 2.5
COMPLEX_SAYS = "5 P log2 N"
REAL_SAYS = "2.5 P log2 N, P and N of the real side"


def transform(points: int, length: int, operations: float) -> Count:
    """``points`` in transforms of ``length``."""
    return work(whole(operations * (points * log2(length))))


def over(value: Value, axes: tuple[int, ...], operations: float) -> Count:
    """The transform of a tensor along axes."""
    return transform(elements(value), prod(value.shape[axis] for axis in axes), operations)


def axes_of(call: Call) -> tuple[int, ...]:
    """The transformed axes of a function of torch.fft: ``dim``, else the last ones, as many as ``s`` has."""
    value, given, sizes = call.first, call.argument(2, "dim"), call.argument(1, "s")
    if given is not None:
        return dims(value, given)
    if call.name.endswith("2"):
        return dims(value, (-2, -1))
    if not call.name.endswith("n"):
        return dims(value, -1)
    return dims(value, None if sizes is None else range(-len(sizes), 0))


def real_input(call: Call) -> Count:
    """A transform of real numbers, cut or padded to ``n`` or ``s`` first."""
    axes, given = axes_of(call), call.argument(1, "s" if call.name.endswith(("n", "2")) else "n")
    sizes = tuple(call.first.shape[axis] for axis in axes)
    if given is not None:
        wanted = given if isinstance(given, tuple) else (given,)
        sizes = tuple(
            now if isinstance(new, int) and new == -1 else new for now, new in zip(sizes, wanted, strict=True)
        )
    length = prod(sizes)
    return transform(length * others(call.first, axes), length, REAL)


@FOURIER.formula("_fft_c2c", COMPLEX_SAYS)
def c2c(call: Call) -> Count:
    """Complex to complex."""
    return over(call.out, dims(call.out, call.argument(1, "dim")), COMPLEX)


@FOURIER.formula("_fft_r2c", REAL_SAYS)
def r2c(call: Call) -> Count:
    """Real to complex."""
    return over(call.first, dims(call.first, call.argument(1, "dim")), REAL)


@FOURIER.formula("_fft_c2r", REAL_SAYS)
def c2r(call: Call) -> Count:
    """Complex to real."""
    return over(call.out, dims(call.out, call.argument(1, "dim")), REAL)


@FOURIER.formula("fft_fft fft_ifft", COMPLEX_SAYS + "; of a real input half")
def fft(call: Call) -> Count:
    """One axis; a real input takes the real transform."""
    if is_complex(call.first):
        return over(call.out, axes_of(call), COMPLEX)
    return real_input(call)


@FOURIER.formula("fft_fft2 fft_ifft2 fft_fftn fft_ifftn", COMPLEX_SAYS + ", also of a real input (it is made complex)")
def fftn(call: Call) -> Count:
    """Several axes."""
    return over(call.out, axes_of(call), COMPLEX)


@FOURIER.formula("fft_rfft fft_rfft2 fft_rfftn fft_ihfft fft_ihfft2 fft_ihfftn", REAL_SAYS)
def rfft(call: Call) -> Count:
    """Real to half of a symmetric spectrum."""
    return real_input(call)


@FOURIER.formula("fft_irfft fft_irfft2 fft_irfftn fft_hfft fft_hfft2 fft_hfftn", REAL_SAYS)
def irfft(call: Call) -> Count:
    """Half of a symmetric spectrum to real."""
    return over(call.out, axes_of(call), REAL)


@FOURIER.formula("stft", "2.5 P log2 N (5 of complex input), P: frames x n_fft; + P for a window")
def stft(call: Call) -> Count:
    """Frames, windowed and transformed. The result is [batch, frequencies, frames], or real with a last axis of 2."""
    length, frequencies = call.number(1, "n_fft"), -2 if is_complex(call.out) else -3
    batch = prod(call.out.shape[: len(call.out.shape) + frequencies])
    points = batch * call.out.shape[frequencies + 1] * length
    spectrum = transform(points, length, COMPLEX if is_complex(call.first) else REAL)
    window = call.argument(4, "window")
    return work(spectrum.flops + (points if window else 0))
