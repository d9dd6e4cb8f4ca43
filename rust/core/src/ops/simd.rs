//! Which instructions the kernels use: chosen once per process, by what the processor has.

use std::sync::OnceLock;

use crate::{Error, Result};

/// The environment variable that forces a back-end.
const VARIABLE: &str = "MEDMNIST_FAST_SIMD";

/// A set of instructions that kernels are written for. All back-ends give the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Simd {
    /// Plain Rust: the reference for the others.
    Scalar,
    /// x86-64 with AVX2, FMA and F16C: Haswell and later.
    Avx2,
    /// x86-64 with AVX-512 F, BW, VL, VBMI and VNNI: Ice Lake, Zen 4 and later.
    Avx512,
    /// aarch64.
    Neon,
}

impl Simd {
    const ALL: [Self; 4] = [Self::Scalar, Self::Neon, Self::Avx2, Self::Avx512];

    /// The back-end of this process: what `MEDMNIST_FAST_SIMD` asks for when it is first looked at, else the best.
    pub(crate) fn get() -> Result<Self> {
        static CHOSEN: OnceLock<Result<Simd, String>> = OnceLock::new();
        CHOSEN.get_or_init(|| Self::choose(std::env::var_os(VARIABLE).as_deref())).clone().map_err(Error::invalid)
    }

    /// The back-ends that this processor can run, the best one last.
    pub(crate) fn available() -> impl DoubleEndedIterator<Item = Self> {
        Self::ALL.into_iter().filter(|simd| simd.is_available())
    }

    fn choose(asked: Option<&std::ffi::OsStr>) -> Result<Self, String> {
        let Some(asked) = asked.filter(|asked| !asked.is_empty()) else {
            return Ok(Self::available().next_back().unwrap_or(Self::Scalar));
        };
        Self::available().find(|simd| asked == simd.name()).ok_or_else(|| {
            let allowed: Vec<&str> = Self::available().map(Self::name).collect();
            format!("{VARIABLE} is {:?}; this processor can run: {}", asked.to_string_lossy(), allowed.join(", "))
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        }
    }

    fn is_available(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                std::arch::is_x86_feature_detected!("avx2")
                    && std::arch::is_x86_feature_detected!("fma")
                    && std::arch::is_x86_feature_detected!("f16c")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                std::arch::is_x86_feature_detected!("avx512f")
                    && std::arch::is_x86_feature_detected!("avx512bw")
                    && std::arch::is_x86_feature_detected!("avx512vl")
                    && std::arch::is_x86_feature_detected!("avx512vbmi")
                    && std::arch::is_x86_feature_detected!("avx512vnni")
                    && Self::Avx2.is_available()
            }
            #[cfg(target_arch = "aarch64")]
            Self::Neon => true,
            #[allow(unreachable_patterns, reason = "those of other architectures")]
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_forces_a_back_end() {
        assert_eq!(Simd::choose(Some("scalar".as_ref())), Ok(Simd::Scalar));
        assert_eq!(Simd::choose(None), Ok(Simd::available().last().expect("scalar")));
        assert_eq!(Simd::choose(Some("".as_ref())), Simd::choose(None));
    }

    #[test]
    fn an_unknown_name_is_refused_with_those_there_are() {
        let refused = Simd::choose(Some("mmx".as_ref())).expect_err("no such back-end");
        assert!(refused.starts_with("MEDMNIST_FAST_SIMD is \"mmx\"; this processor can run: scalar"), "{refused}");
    }
}
