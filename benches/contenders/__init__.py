"""What is compared, a module each, imported in its own environment by ``benches.worker``.

A module has ``TITLE``, ``PACKAGES`` (distributions whose versions are printed) and
``open(workload, folder) -> epoch``: ``epoch()`` begins a shuffled pass and yields (images, labels) of a batch. Images
are what a training loop is given, channels first: (B, C, H, W) or (B, C, D, H, W), float32, or uint8 for ``u8``; labels
(B,) or (B, 1). For ``decode`` a pass yields one pair, all images as they are stored. Both are anything that
``numpy.asarray`` takes; images may have any order in memory, which later batches may use again. What a contender cannot
do it refuses with ``UnsupportedError``; it uses ``workload.threads`` threads or processes, at its best setting.
``prepare(workload)``, where there is one, is called before the clock starts.
"""
