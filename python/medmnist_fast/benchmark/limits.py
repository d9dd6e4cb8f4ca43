"""What the figures say about what limits a loader."""

NEAR_THE_ROOF = 0.8
"""Share of the roof from which on the work on the pixels is not what limits."""
SCALES = 0.75
"""Share of n times one thread's rate from which on n threads are said to help as they should."""
IDLE = 0.5
"""Share of the threads: with fewer CPUs busy, they were not what limits."""
SELDOM_WAITS = 0.2
"""Share of the time: a consumer that waits less is what limits."""


def what_limits(
    *, rate: float, one: float | None, roof: float, threads: int, wait_share: float, busy: float | None
) -> str:
    """What keeps ``rate`` from being higher, in a sentence that says which figures it follows from.

    Args:
        rate: images per second.
        one: the same with one thread, if there are more.
        roof: of a loop that only moves pixels.
        threads: of ``rate``.
        wait_share: part of the time in which the consumer waited.
        busy: CPUs that worked on average, if the system says.
    """
    share = f"{rate / roof:.0%} of the roof"
    if rate >= NEAR_THE_ROOF * roof:
        return f"moving the pixels: the rate is {share}, a loop that does nothing else"
    waited = f"the loop that takes batches waited in {wait_share:.0%} of its time"
    if busy is not None and busy < IDLE * threads:
        return (
            f"neither pixels nor memory: {busy:.2f} CPUs worked for it, of {threads} that its threads could use; they "
            f"slept (short passes or batches do that), or other programs had the CPUs; {waited}; {share}"
        )
    if threads and wait_share < SELDOM_WAITS:
        return (
            f"taking the batches: {waited} only, the threads wait for it; larger batches are taken less often; {share}"
        )
    if one is None:
        return f"the work of one thread: {waited}; {share}"
    scaling = f"{threads} threads are {rate / one:.2f} times as fast as one"
    if rate >= SCALES * threads * one:
        return f"the work on the pixels: {scaling}, so more CPUs would help; {share}"
    return (
        "what threads share, such as memory bandwidth, or CPUs with the loop that takes batches and with other "
        f"programs: {scaling}; {waited}; {share}"
    )
