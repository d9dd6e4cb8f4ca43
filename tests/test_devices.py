"""Devices: the engine's bits there, copies in order and from memory that is still there, refusals."""

import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from medmnist_fast import devices
from medmnist_fast import transforms as T  # noqa: N812 - as everybody writes it
from medmnist_fast.devices import copies, resident
from medmnist_fast.transforms.base import compile_plan
from medmnist_fast.transforms.kinds import as_output

EVERY_VALUE = np.stack([np.arange(256, dtype=np.uint8).reshape(16, 16) + shift for shift in (0, 1, 7)], -1)
finite = st.floats(-1e4, 1e4, width=32)
stds = finite.filter(lambda std: abs(std) > 1e-30)


def test_importing_needs_no_torch() -> None:
    code = "import sys, medmnist_fast.devices; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# Normalization


def both(
    transform: T.Transform | None, samples: np.ndarray, spatial_dims: int = 2, seed: int = 0, **options: Any
) -> tuple[Any, Any]:
    """Batches of the whole pipeline by the engine, and of its two parts."""
    axes = samples.shape[1:]
    options = {"to_rgb": False, **options}
    plan = compile_plan(transform, spatial_dims, axes, **options)
    host, normalization = devices.compile_for_device(transform, spatial_dims, axes, **options)
    assert host.dtype == "uint8"
    samples = np.ascontiguousarray(samples)
    whole = as_output(plan(samples, seed), plan.dtype)
    part = as_output(host(samples, seed))
    return whole, part if normalization is None else normalization.apply(part)


def assert_same(whole: torch.Tensor, parted: torch.Tensor) -> None:
    assert (whole.dtype, whole.shape, whole.stride()) == (parted.dtype, parted.shape, parted.stride())
    assert torch.equal(whole.view(torch.uint8), parted.view(torch.uint8))


@settings(deadline=None)
@given(
    data=st.data(),
    channels=st.sampled_from([1, 3]),
    dtype=st.sampled_from(["float32", "float16", "bfloat16"]),
    channels_last=st.booleans(),
    normalizes=st.integers(0, 3),
)
def test_every_value_has_the_engines_bits(
    data: st.DataObject, channels: int, dtype: str, channels_last: bool, normalizes: int
) -> None:
    steps: list[T.Transform] = [T.ToTensor()]
    for _ in range(normalizes):
        count = data.draw(st.sampled_from([1, channels]))
        mean = data.draw(st.lists(finite, min_size=count, max_size=count))
        std = data.draw(st.lists(stds, min_size=count, max_size=count))
        steps.append(T.Normalize(mean, std))
    samples = EVERY_VALUE[np.newaxis, ..., :channels]
    assert_same(*both(T.Compose(steps), samples, dtype=dtype, channels_last=channels_last))


RANDOM = [
    T.RandomHorizontalFlip(),
    T.RandomFlip(axes=(0, 1)),
    T.RandomRotate90(),
    T.RandomCrop(11),
    T.RandomApply([T.RandomVerticalFlip(), T.RandomRotate90()]),
    T.RandomChoice([T.RandomVerticalFlip(1), T.RandomFlip(1, axes=(1,))]),
    T.RandomOrder([T.RandomVerticalFlip(), T.RandomRotate90()]),
]


@settings(deadline=None)
@given(
    before=st.lists(st.sampled_from([*RANDOM, T.RandomInvert(), T.TrivialAugmentWide()]), max_size=3),
    between=st.lists(st.sampled_from([*RANDOM[:3], *RANDOM[4:]]), max_size=2),
    after=st.lists(st.sampled_from([*RANDOM[:3], T.RandomCrop(9), T.Pad(2, padding_mode="reflect")]), max_size=2),
    last=st.sampled_from([None, T.ConvertImageDtype("float16"), T.ConvertImageDtype("bfloat16")]),
    seed=st.integers(0, 2**64 - 1),
)
def test_draws_are_those_of_the_whole_pipeline(
    before: list[T.Transform], between: list[T.Transform], after: list[T.Transform], last: Any, seed: int
) -> None:
    before = before[:1] + [step for step in before[1:] if not isinstance(step, T.RandomCrop)]
    norm = T.Normalize([0.1, 0.2, 0.3], [0.5, 0.25, 0.3])
    steps = [*before, T.ToTensor(), *between, norm, *after, *([last] if last else [])]
    samples = np.random.default_rng(0).integers(0, 256, (8, 14, 14, 3), dtype=np.uint8)
    assert_same(*both(T.Compose(steps), samples, seed=seed))


@pytest.mark.parametrize("to_rgb", [False, True])
@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize(
    "steps",
    [
        [],
        [T.RandomFlip(), T.RandomRotate90(), T.RandomCrop((5, 6, 7)), T.Normalize([0.2], [0.3])],
        [T.RandomFlip(), T.ToTensor(), T.Normalize([0.2], [0.3]), T.CenterCrop(6), T.ConvertImageDtype("float16")],
    ],
)
def test_volumes_are_scaled_first(steps: list[T.Transform], to_rgb: bool, channels_last: bool) -> None:
    samples = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 8), dtype=np.uint8)
    transform = T.Compose(steps) if steps else None
    assert_same(*both(transform, samples, 3, to_rgb=to_rgb, channels_last=channels_last))


def test_grey_as_rgb_is_normalised_per_channel() -> None:
    samples = EVERY_VALUE[np.newaxis, ..., 0]
    norm = T.Normalize([0.1, 0.2, 0.3], [0.5, 0.25, 0.3])
    assert_same(*both(T.Compose([T.ToTensor(), norm]), samples, to_rgb=True))
    assert_same(*both(T.Compose([T.ToRGB(), T.ToTensor(), norm]), samples))


def test_what_stays_uint8_is_not_parted() -> None:
    flip = T.RandomHorizontalFlip()
    host, normalization = devices.split(flip)
    assert isinstance(host, T.Compose)
    assert host.transforms == [flip]
    assert normalization is None
    assert devices.split(None) == (None, None)
    assert devices.split(T.ToTensor()) == (None, devices.Normalization())
    assert devices.split(None, 3) == (None, devices.Normalization())
    assert devices.split(T.ConvertImageDtype("bfloat16")) == (None, devices.Normalization(dtype="bfloat16"))


@pytest.mark.parametrize(
    ("step", "spatial_dims"),
    [
        (T.GaussianNoise(), 2),
        (T.RandomErasing(), 2),
        (T.Pad(1), 2),
        (T.CenterCrop(8), 2),
        (T.RandomCrop(8, padding=1), 2),
        (T.RandomCrop(8, pad_if_needed=True), 2),
        (T.RandomApply([T.RandomHorizontalFlip(), T.GaussianNoise()]), 2),
        (T.RandomIntensityScale(), 3),
        (T.Resize(5), 3),
        (T.RandomAffine(10, interpolation="bilinear"), 3),
    ],
)
def test_what_works_on_floats_is_refused_by_name(step: T.Transform, spatial_dims: int) -> None:
    name = type(step).__name__
    with pytest.raises(ValueError, match=f"step 2 of the transform, {name}, works on float32 .*put {name} before"):
        devices.split(T.Compose([T.ToTensor(), step]), spatial_dims)


def test_mistakes_are_the_engines() -> None:
    for steps, message in [
        ([T.Normalize([0.5], [0.5]), T.ToTensor()], "step 1 of the transform, Normalize: got uint8"),
        ([T.ToTensor(), T.ToTensor()], "step 2 of the transform, ToTensor: got float32"),
        ([T.ToTensor(), T.Normalize([0.5] * 2, [0.5] * 2)], "2 values .* for 3-channel data"),
        ([T.ConvertImageDtype("float16"), T.Normalize([0.5], [0.5])], "step 2 .*, Normalize: got float16"),
    ]:
        with pytest.raises(ValueError, match=message):
            devices.compile_for_device(T.Compose(steps), 2, (8, 8, 3), to_rgb=False)
    with pytest.raises(TypeError, match=r"images of torch.float32; allowed: torch.uint8"):
        devices.Normalization().apply(torch.zeros(2, 3, 4, 4))


def test_the_users_default_type_and_inference_mode_change_nothing() -> None:
    images = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    normalization = devices.Normalization((((0.123456,), (0.654321,)),))
    with torch.inference_mode():
        first = normalization.apply(images)
    torch.set_default_dtype(torch.float64)
    try:
        values = normalization.apply(images)
    finally:
        torch.set_default_dtype(torch.float32)
    assert values.dtype == torch.float32
    assert torch.equal(values, first)
    values.requires_grad_().sum().backward()


# DeviceIterator


Batch = tuple[torch.Tensor, torch.Tensor]


def numbered(count: int, error: Exception | None = None) -> Iterator[Batch]:
    for number in range(count):
        yield torch.full((2, 1, 2, 2), number, dtype=torch.uint8), torch.tensor([[number], [number]])
    if error is not None:
        raise error


def numbers(batches: Any) -> list[int]:
    return [int(labels[0, 0]) for _, labels in batches]


def test_other_devices_get_the_batches_in_order() -> None:
    batches = devices.to_device(numbered(5), "cpu", pinned=False, normalization=devices.Normalization())
    for number, (images, labels) in enumerate(batches):
        assert torch.equal(images, torch.full((2, 1, 2, 2), number) / torch.tensor([255.0]))
        assert labels.tolist() == [[number], [number]]
        assert batches.ahead == 0
    assert next(batches, None) is None
    assert [images.device.type for images, _ in devices.to_device(numbered(2), "meta", pinned=False)] == ["meta"] * 2


class Pair(NamedTuple):
    """As a collate_fn may make it."""

    first: torch.Tensor
    second: str


def test_batches_of_any_structure() -> None:
    batch = {"image": torch.zeros(2), "more": [Pair(torch.ones(1), "a"), 3, b"c"]}
    (moved,) = devices.to_device([batch], "meta", pinned=False)
    assert moved["image"].is_meta
    assert isinstance(moved["more"][0], Pair)
    assert moved["more"][0].first.is_meta
    assert (moved["more"][0].second, moved["more"][1:]) == ("a", [3, b"c"])


def test_closing_lets_go_of_the_source() -> None:
    source = numbered(5)
    batches = devices.to_device(source, "cpu", pinned=False)
    assert numbers([next(batches)]) == [0]
    gone = weakref.ref(source)
    del source
    batches.close()
    assert gone() is None
    assert list(batches) == []


# A CUDA that runs nothing until it must: copies read the memory of the host as late as the host allows.


@dataclass(eq=False)
class Stream:
    """Work in order; ``upto`` runs it, as a device would at any time of its choice."""

    device: Any = None
    queue: list[Callable[[], None]] = field(default_factory=list)
    ran: int = 0

    def upto(self, position: int) -> None:
        while self.ran < position:
            self.queue[self.ran]()
            self.ran += 1

    def wait_event(self, event: "Event") -> None:
        self.queue.append(event.synchronize)

    def wait_stream(self, stream: "Stream") -> None:
        event = Event()
        event.record(stream)
        self.wait_event(event)

    def synchronize(self) -> None:
        self.upto(len(self.queue))


class Event:
    """A place in a stream."""

    def record(self, stream: Stream) -> None:
        self.stream, self.position = stream, len(stream.queue)

    def query(self) -> bool:
        return self.stream.ran >= self.position

    def synchronize(self) -> None:
        self.stream.upto(self.position)


class OnDevice(torch.Tensor):
    """Holds 99 until its copy runs, in memory that the current stream may have used until then."""

    users: list[Stream]
    owner: Stream
    free_from: int
    came_from_pinned: bool

    def record_stream(self, stream: Stream) -> None:
        self.users.append(stream)

    def copy_(self, source: torch.Tensor, non_blocking: bool = False) -> "OnDevice":
        assert isinstance(source, OnHost)
        assert non_blocking
        self.came_from_pinned = source.pinned
        memory = weakref.ref(source)

        def copy() -> None:
            alive = memory()
            assert alive is not None, "the host's memory was given back before its copy"
            assert self.owner.ran >= self.free_from, "the device's memory is still in use"
            torch.Tensor.copy_(self.as_subclass(torch.Tensor), alive.as_subclass(torch.Tensor))

        Cuda.current.queue.append(copy)
        return self


class OnHost(torch.Tensor):
    """Does not keep its memory alive for a copy, as no memory does that torch did not pin."""

    pinned = False

    def is_pinned(self) -> bool:
        return self.pinned

    def pin_memory(self) -> "OnHost":
        copy = self.clone()
        copy.pinned = True
        return copy


class Cuda:
    """The current stream, which is the training loop's unless a copy is being queued."""

    consumer: Stream
    current: Stream


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Cuda]]:
    class Within:
        def __init__(self, stream: Stream) -> None:
            self.stream = stream

        def __enter__(self) -> None:
            self.before, Cuda.current = Cuda.current, self.stream

        def __exit__(self, *_: object) -> None:
            Cuda.current = self.before

    Cuda.current = Cuda.consumer = Stream()
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "stream", Within)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda _device: Cuda.current)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)

    def empty_like(tensor: torch.Tensor, *, device: Any, pin_memory: bool) -> OnDevice:
        assert (device, pin_memory) == (torch.device("cuda", 0), False)
        empty = torch.full(tensor.shape, 99, dtype=tensor.dtype).as_subclass(OnDevice)
        empty.users, empty.owner, empty.free_from = [], Cuda.current, len(Cuda.current.queue)
        return empty

    monkeypatch.setattr(torch, "empty_like", empty_like)
    copies._copy_stream.cache_clear()
    yield Cuda
    copies._copy_stream.cache_clear()


def on_host(count: int, error: Exception | None = None) -> Iterator[Batch]:
    for images, labels in numbered(count, error):
        batch = images.as_subclass(OnHost), labels.as_subclass(OnHost)
        batch[0].pinned = True
        yield batch
        del batch


@pytest.mark.parametrize("pinned", [False, True])
@pytest.mark.parametrize("every", [1, 3, 100])
def test_a_copy_is_waited_for_and_its_memory_is_held(cuda: type[Cuda], pinned: bool, every: int) -> None:
    """The device runs its work after every so many batches, or when the host waits for it."""
    kept = []
    batches = devices.to_device(on_host(10), "cuda", pinned=pinned)
    for number, batch in enumerate(batches):
        assert batches.ahead == (number < 9)
        assert all((tensor.owner, tensor.users) == (cuda.consumer, []) for tensor in batch)
        assert [tensor.came_from_pinned for tensor in batch] == [True, pinned]
        kept.append(batch)
        if number % every == 0:
            cuda.consumer.synchronize()
            assert int(batch[0][0, 0, 0, 0]) == int(batch[1][0, 0]) == number
    cuda.consumer.synchronize()
    assert numbers(kept) == list(range(10))


def test_the_next_copy_is_started_before_a_batch_is_handed_out(cuda: type[Cuda]) -> None:
    batches = devices.to_device(on_host(3), "cuda", pinned=True)
    next(batches)
    side = copies._copy_stream(torch.device("cuda", 0))
    assert len(side.queue) == 6
    assert side.ran == 0, "the host waits for nothing"
    cuda.consumer.synchronize()
    assert side.ran == 3, "the training loop's stream waits for its own batch alone"


def test_a_batch_for_another_stream_than_its_memory_is_of(cuda: type[Cuda]) -> None:
    batches = devices.to_device(on_host(3), "cuda", pinned=True)
    kept = [next(batches)]
    other = Stream()
    with torch.cuda.stream(other):
        kept.append(next(batches))
    assert [tensor.users for tensor in kept[1]] == [[other], [other]]
    kept.append(next(batches))
    other.synchronize()
    cuda.consumer.synchronize()
    assert numbers(kept) == [0, 1, 2]
    # The last was begun for the other stream.
    assert [tensor.users for tensor in kept[2]] == [[cuda.consumer], [cuda.consumer]]


def test_memory_on_the_host_is_bounded(cuda: type[Cuda]) -> None:
    alive: list[weakref.ref[torch.Tensor]] = []

    def source() -> Iterator[Batch]:
        for batch in on_host(20):
            alive.append(weakref.ref(batch[0]))
            yield batch

    most = 0
    for _ in devices.to_device(source(), "cuda", pinned=True):
        most = max(most, sum(each() is not None for each in alive))
    # What is held, and the one in the source's loop variable.
    assert most <= copies.HELD + 1
    assert len(cuda.consumer.queue) - cuda.consumer.ran == copies.HELD, "the host is no further ahead than it has to be"


@pytest.mark.parametrize("close", [True, False])
def test_ending_early_waits_for_copies_and_frees_memory(cuda: type[Cuda], close: bool) -> None:
    source = on_host(10)
    batches = devices.to_device(source, "cuda", pinned=True)
    kept = next(batches)
    gone = weakref.ref(source)
    del source
    side = copies._copy_stream(torch.device("cuda", 0))
    assert side.ran == 0
    if close:
        batches.close()
        assert list(batches) == []
        assert batches.ahead == 0
    del batches
    assert side.ran == len(side.queue)
    assert gone() is None
    assert int(kept[1][0, 0]) == 0
    assert cuda.consumer.ran == 0


@pytest.mark.usefixtures("cuda")
def test_a_forked_child_waits_for_nothing_and_frees_nothing() -> None:
    alive: list[weakref.ref[torch.Tensor]] = []

    def source() -> Iterator[Batch]:
        for batch in on_host(3):
            alive.append(weakref.ref(batch[0]))
            yield batch
            del batch

    batches = devices.to_device(source(), "cuda", pinned=True)
    next(batches)
    there = weakref.ref(batches._lane.started[0][0][0])
    batches._lane._process += 1  # as it is found in a child
    del batches
    assert copies._copy_stream(torch.device("cuda", 0)).ran == 0
    assert len(alive) == 2
    assert all(tensor() is not None for tensor in [*alive, there])


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_an_error_arrives_in_its_batchs_place(cuda: type[Cuda], device: str) -> None:
    error = RuntimeError("sample 17")
    batches = devices.to_device((on_host if device == "cuda" else numbered)(2, error), device, pinned=True)
    kept = [next(batches), next(batches)]
    assert batches.ahead == 0
    with pytest.raises(RuntimeError) as caught:
        next(batches)
    assert caught.value is error
    assert list(batches) == []
    cuda.consumer.synchronize()
    assert numbers(kept) == [0, 1]


def test_ctrl_c_while_waiting_loses_nothing(cuda: type[Cuda]) -> None:
    class Source:
        def __init__(self) -> None:
            self.batches, self.calls = on_host(3), 0

        def __iter__(self) -> "Source":
            return self

        def __next__(self) -> Batch:
            self.calls += 1
            if self.calls == 2:
                raise KeyboardInterrupt
            return next(self.batches)

    batches = devices.to_device(Source(), "cuda", pinned=True)
    with pytest.raises(KeyboardInterrupt):
        next(batches)
    assert batches.ahead == 1
    kept = list(batches)
    cuda.consumer.synchronize()
    assert numbers(kept) == [0, 1, 2]


# Resident sets


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("as_rgb", [False, True])
@pytest.mark.parametrize(("shape", "spatial_dims"), [((9, 5, 6), 2), ((9, 5, 6, 3), 2), ((9, 4, 5, 6), 3)])
@pytest.mark.parametrize("dtype", [None, "float32", "bfloat16"])
def test_a_resident_set_gives_the_hosts_bytes(
    monkeypatch: pytest.MonkeyPatch,
    channels_last: bool,
    as_rgb: bool,
    shape: tuple[int, ...],
    spatial_dims: int,
    dtype: str | None,
) -> None:
    monkeypatch.setattr(resident, "CHUNK", 300)
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    images.flags.writeable = False
    labels = np.arange(18).reshape(9, 2)
    labels.flags.writeable = False
    options = {"to_rgb": as_rgb, "channels_last": channels_last, "dtype": dtype}
    transform = None if dtype is None else T.Compose([T.ToTensor(), T.Normalize([0.3], [0.7])])
    _, normalization = devices.compile_for_device(transform, spatial_dims, shape[1:], **options)
    there = devices.Resident(
        images, labels, "cpu", normalization, channels_last, spatial_dims=spatial_dims, as_rgb=as_rgb
    )
    assert len(there) == 9
    for indices in ([8, 0, 0, 3], [5], []):
        batch, chosen = there.batch(np.array(indices, np.int64))
        plan = compile_plan(transform, spatial_dims, shape[1:], **options)
        if indices:
            assert_same(as_output(plan(images[indices], 0), plan.dtype), batch)
        assert np.array_equal(chosen.numpy(), labels[indices])


def test_bad_resident_sets() -> None:
    images, labels = np.zeros((4, 5, 6), np.uint8), np.zeros((4, 1), np.int64)
    for given_images, given_labels, error, message in [
        (images.astype(np.int16), labels, TypeError, "images of int16; allowed: uint8"),
        (images[..., np.newaxis][..., [0, 0]], labels, ValueError, r"shape \(4, 5, 6, 2\); allowed: \(N, H, W\)"),
        (images, labels[:3], ValueError, "4 images but 3 labels"),
    ]:
        with pytest.raises(error, match=message):
            devices.Resident(given_images, given_labels, "cpu")
    there = devices.Resident(images, labels, "cpu")
    for index in (-1, 4):
        with pytest.raises(IndexError, match=f"sample {index} of a set of 4; allowed: 0 to 3"):
            there.batch(np.array([0, index]))


def test_what_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _device: (3 << 30, 4 << 30))
    resident._require_room(torch.device("cuda", 0), 2 << 30)
    with pytest.raises(MemoryError, match=r"the set has 3.0 GiB, and cuda:0 has 3.0 GiB free; allowed: what fits"):
        resident._require_room(torch.device("cuda", 0), 3 << 30)


# Pinned memory


def test_pinning_without_an_accelerator_warns_as_torch_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    assert not devices.can_pin()
    assert devices.pins(False) is False
    with pytest.warns(UserWarning, match="pin_memory = True, but there is no accelerator") as caught:
        assert devices.pins(True) is False
    with pytest.warns(UserWarning, match="'pin_memory' argument is set as true but no accelerator") as theirs:
        next(iter(torch.utils.data.DataLoader([1], pin_memory=True)))
    assert caught[0].category is theirs[0].category


@pytest.mark.parametrize(("kind", "can"), [("cuda", True), ("xpu", True), ("mps", False)])
def test_what_can_be_pinned_for(monkeypatch: pytest.MonkeyPatch, kind: str, can: bool) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device(kind))
    assert devices.can_pin() is can
    if can:
        assert devices.pins(True) is True


def test_pinned_memory_is_the_hosts_whatever_the_default_device(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    real = torch.empty

    def empty(shape: Any, **options: Any) -> torch.Tensor:
        asked.update(options)
        return real(shape, **(options | {"pin_memory": torch.cuda.is_available()}))

    monkeypatch.setattr(torch, "empty", empty)
    with torch.device("meta"):
        memory = devices.pinned_like([2, 3], "bfloat16")
    assert asked == {"dtype": torch.bfloat16, "device": "cpu", "pin_memory": True}
    assert (memory.shape, memory.dtype, memory.device.type) == ((2, 3), torch.bfloat16, "cpu")
