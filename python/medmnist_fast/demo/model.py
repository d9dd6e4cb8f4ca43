"""A small convolutional network for images and volumes of any official size."""

from torch import nn


def small_cnn(*, spatial_dims: int, in_channels: int, outputs: int, size: int) -> nn.Module:
    """Three convolutional stages and a linear head; takes (N, C, H, W) or (N, C, D, H, W), gives (N, outputs).

    The first convolution strides over larger images so that the rest works on 28 to 32 pixels. In volumes it
    halves the axes itself: pooling its output, 28³ activations per channel and sample, would take most of the time.
    """
    conv, norm, pool, shrink = _LAYERS[spatial_dims]
    halves = spatial_dims == 3
    stride = size // 28 * (2 if halves else 1)
    stages: list[nn.Module] = []
    for stage, (inputs, channels) in enumerate([(in_channels, 16), (16, 32), (32, 64)]):
        step = stride if stage == 0 else 1
        stages += [
            conv(inputs, channels, kernel_size=2 * step + 1, stride=step, padding=step, bias=False),
            norm(channels),
            nn.ReLU(),
        ]
        if stage > 0 or not halves:
            stages.append(pool(2))
    # Three cells per axis keep where things are.
    stages += [shrink(3), nn.Flatten(), nn.Dropout(0.3), nn.Linear(64 * 3**spatial_dims, outputs)]
    return nn.Sequential(*stages)


_LAYERS = {
    2: (nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d, nn.AdaptiveAvgPool2d),
    3: (nn.Conv3d, nn.BatchNorm3d, nn.MaxPool3d, nn.AdaptiveAvgPool3d),
}
