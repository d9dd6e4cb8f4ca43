"""The engine's random numbers, a second time: what a step draws, so that references can be given the same."""

import math
from dataclasses import dataclass, field


def philox4x32(counter: list[int], key: list[int]) -> list[int]:
    """One application of Philox4x32-10."""
    for _ in range(10):
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [
            (second >> 32) ^ counter[1] ^ key[0],
            second & 0xFFFFFFFF,
            (first >> 32) ^ counter[3] ^ key[1],
            first & 0xFFFFFFFF,
        ]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return counter


@dataclass
class Stream:
    """The draws of the step numbered ``step`` (from 0, steps inside steps too) for one sample of one epoch."""

    seed: int
    step: int = 0
    index: int = 0
    epoch: int = 0
    block: int = 0
    left: list[int] = field(default_factory=list)

    def u32(self) -> int:
        if not self.left:
            counter = [self.block, self.step, self.index, self.epoch]
            self.left = philox4x32(counter, [self.seed & 0xFFFFFFFF, self.seed >> 32])
            self.block += 1
        return self.left.pop(0)

    def chance(self, p: float) -> bool:
        return self.u32() < int(p * 2**32)

    def unit(self) -> float:
        high, low = self.u32(), self.u32()
        return (high << 32 | low) >> 11 and ((high << 32 | low) >> 11) * 2.0**-53

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self.unit()

    def below(self, bound: int) -> int:
        threshold = (2**32 - bound) % bound
        while True:
            product = self.u32() * bound
            if product & 0xFFFFFFFF >= threshold:
                return product >> 32

    def shuffle(self, items: list[int]) -> list[int]:
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
        return items

    def normals(self) -> tuple[float, float]:
        radius = math.sqrt(-2.0 * math.log(1.0 - self.unit()))
        angle = math.tau * self.unit()
        return radius * math.cos(angle), radius * math.sin(angle)

    def gamma(self, shape: float) -> float:
        boost = (1.0 - self.unit()) ** (1.0 / shape) if shape < 1 else 1.0
        d = (shape + 1 if shape < 1 else shape) - 1 / 3
        c = 1 / math.sqrt(9 * d)
        while True:
            x, _ = self.normals()
            v = (1 + c * x) ** 3
            if v > 0 and math.log(1.0 - self.unit()) < 0.5 * x * x + d - d * v + d * math.log(v):
                return boost * d * v
