//! Type and layout of the elements of a batch.

/// Type of the elements of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DType {
    /// Pixels as they are in the file.
    U8,
    /// `float32`.
    F32,
    /// `float16`: the `float32` answer rounded to nearest, ties to even.
    F16,
    /// `bfloat16`: the `float32` answer rounded to nearest, ties to even.
    BF16,
}

impl DType {
    /// Bytes of one element.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::F16 | Self::BF16 => 2,
            Self::F32 => 4,
        }
    }

    /// Whether it holds 0…1 rather than 0…255.
    #[must_use]
    pub fn is_float(self) -> bool {
        self != Self::U8
    }

    /// The name that NumPy and torch use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::U8 => "uint8",
            Self::F32 => "float32",
            Self::F16 => "float16",
            Self::BF16 => "bfloat16",
        }
    }
}

/// What the samples of a batch look like, where the pipeline leaves it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Output {
    /// `None`: what the pipeline gives.
    pub dtype: Option<DType>,
    /// Channels behind the spatial axes instead of in front of them.
    pub channels_last: bool,
}
