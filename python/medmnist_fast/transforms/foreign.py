"""torchvision's transforms, v1 and v2, as ours."""

from collections.abc import Callable, Mapping
from typing import Any

from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it
from medmnist_fast.transforms.base import Transform
from medmnist_fast.transforms.values import dtype_name

PARAMETERS: Mapping[str, Mapping[str, str]] = {
    "Normalize": {"mean": "mean", "std": "std"},
    "Grayscale": {"num_output_channels": "num_output_channels"},
    "Resize": {"size": "size", "interpolation": "interpolation", "max_size": "max_size", "antialias": "antialias"},
    "CenterCrop": {"size": "size"},
    "Pad": {"padding": "padding", "fill": "fill", "padding_mode": "padding_mode"},
    "RandomCrop": {name: name for name in ("size", "padding", "pad_if_needed", "fill", "padding_mode")},
    "RandomResizedCrop": {name: name for name in ("size", "scale", "ratio", "interpolation", "antialias")},
    "RandomHorizontalFlip": {"p": "p"},
    "RandomVerticalFlip": {"p": "p"},
    "RandomRotation": {name: name for name in ("degrees", "interpolation", "expand", "center", "fill")},
    "RandomAffine": {
        name: name for name in ("degrees", "translate", "scale", "shear", "interpolation", "fill", "center")
    },
    "ColorJitter": {name: name for name in ("brightness", "contrast", "saturation", "hue")},
    "RandomGrayscale": {"p": "p"},
    "GaussianBlur": {"kernel_size": "kernel_size", "sigma": "sigma"},
    "GaussianNoise": {"mean": "mean", "sigma": "sigma", "clip": "clip"},
    "RandomErasing": {"p": "p", "scale": "scale", "ratio": "ratio", "value": "value"},
    "RandomInvert": {"p": "p"},
    "RandomPosterize": {"bits": "bits", "p": "p"},
    "RandomSolarize": {"threshold": "threshold", "p": "p"},
    "RandomAdjustSharpness": {"sharpness_factor": "sharpness_factor", "p": "p"},
    "RandomAutocontrast": {"p": "p"},
    "RandomEqualize": {"p": "p"},
    "RandAugment": {name: name for name in ("num_ops", "magnitude", "num_magnitude_bins", "interpolation", "fill")},
    "TrivialAugmentWide": {name: name for name in ("num_magnitude_bins", "interpolation", "fill")},
    "AugMix": {
        name: name for name in ("severity", "mixture_width", "chain_depth", "alpha", "all_ops", "interpolation", "fill")
    },
}
"""Our parameter and torchvision's attribute, by the name that both libraries give the transform."""


class _Refused(Exception):  # noqa: N818 - caught here, never seen
    """Why one transform cannot be translated."""


def translate(transform: Any) -> Transform:
    """See :func:`medmnist_fast.transforms.from_torchvision`."""
    problems: list[str] = []
    translated = _translate(transform, problems, type(transform).__name__)
    if problems or translated is None:
        raise ValueError("cannot translate from torchvision: " + "; ".join(problems))
    return translated


def _translate(transform: Any, problems: list[str], where: str) -> Transform | None:
    try:
        return _one(transform, problems, where)
    except (_Refused, ValueError, TypeError) as error:
        problems.append(f"{where}: {error}")
        return None


def _one(transform: Any, problems: list[str], where: str) -> Transform | None:
    name = type(transform).__name__
    if not type(transform).__module__.startswith("torchvision."):
        raise _Refused(f"it is {type(transform).__module__}.{name}, not torchvision's")
    if name in NESTED:
        inner = list(transform.transforms)
        parts = [_translate(part, problems, f"{where}[{at}] {type(part).__name__}") for at, part in enumerate(inner)]
        return None if None in parts else NESTED[name](transform, parts)
    if name in SPECIAL:
        return SPECIAL[name](transform)
    if name not in PARAMETERS:
        raise _Refused("there is no such transform here")
    values = {ours: _plain(getattr(transform, theirs)) for ours, theirs in PARAMETERS[name].items()}
    if getattr(transform, "inplace", False):
        raise _Refused("inplace = True; allowed: False")
    translated: Transform = getattr(T, name)(**values)
    return translated


def _plain(value: Any) -> Any:
    """v2 keeps fill values per type, and numbers in tensors."""
    if isinstance(value, dict):
        if len(value) > 1:
            raise _Refused(f"fill {value!r} differs by type")
        value = next(iter(value.values()), 0)
    return value.tolist() if hasattr(value, "tolist") else value


def _to_dtype(transform: Any) -> Transform:
    dtype = transform.dtype
    if isinstance(dtype, dict):
        raise _Refused("dtype by type of input; allowed: one dtype")
    if not getattr(transform, "scale", True):
        raise _Refused("scale = False; allowed: True")
    return T.Compose([]) if dtype_name(dtype) == "uint8" else T.ConvertImageDtype(dtype)


def _choice(transform: Any, parts: list[Any]) -> Transform:
    weights = getattr(transform, "p", None) or getattr(transform, "probabilities", None)
    return T.RandomChoice(parts, weights)


NESTED: Mapping[str, Callable[[Any, list[Any]], Transform]] = {
    "Compose": lambda _, parts: T.Compose(parts),
    "RandomApply": lambda transform, parts: T.RandomApply(parts, transform.p),
    "RandomChoice": _choice,
    "RandomOrder": lambda _, parts: T.RandomOrder(parts),
}
SPECIAL: Mapping[str, Callable[[Any], Transform]] = {
    "ToTensor": lambda _: T.ToTensor(),
    "PILToTensor": lambda _: T.Compose([]),
    "ToImage": lambda _: T.Compose([]),
    "ToPureTensor": lambda _: T.Compose([]),
    "Identity": lambda _: T.Compose([]),
    "RGB": lambda _: T.ToRGB(),
    "ConvertImageDtype": _to_dtype,
    "ToDtype": _to_dtype,
}
