//! Parts of `medmnist-core`, each ready to be run again and again on the same data: for criterion, which times them
//! (`make bench-micro`), and for callgrind, which counts their instructions (`make bench-instructions`).

mod archive;
mod decode;
mod epoch;
mod pixels;

/// What is given up with: any error of the engine.
pub type Failure = Box<dyn std::error::Error>;
/// Does all of a case's work once.
pub type Run = Box<dyn FnMut()>;

/// One part of the engine.
pub struct Case {
    /// `group/what`, without blanks.
    pub name: String,
    /// How much a run does, in images, values of an order, or bytes.
    pub amount: Amount,
    /// Whether it runs in one thread, without files: then its instructions are the same each time.
    pub is_countable: bool,
    make: Box<dyn Fn() -> Result<Run, Failure>>,
}

/// Of a run.
#[derive(Clone, Copy)]
pub enum Amount {
    /// Images or volumes.
    Images(u64),
    /// Samples named by a sampler.
    Samples(u64),
    /// Bytes that come out of a decoder.
    Bytes(u64),
}

impl Amount {
    /// The number, and what is counted.
    #[must_use]
    pub fn parts(self) -> (u64, &'static str) {
        match self {
            Self::Images(number) => (number, "image"),
            Self::Samples(number) => (number, "sample"),
            Self::Bytes(number) => (number, "byte"),
        }
    }
}

impl Case {
    /// Makes the data.
    pub fn prepare(&self) -> Result<Run, Failure> {
        (self.make)()
    }
}

/// All of them. Nothing is made before a case is prepared.
pub fn cases() -> Result<Vec<Case>, Failure> {
    Ok([decode::cases(), pixels::cases()?, epoch::cases()].into_iter().flatten().collect())
}
