//! One kernel in plain Rust, compiled once per back-end.

use super::simd::Simd;

/// The back-end of this process. One that `MEDMNIST_FAST_SIMD` names and that is not there is an error where a pipeline is
/// compiled, not here, where nothing can fail.
pub(super) fn simd() -> Simd {
    Simd::get().unwrap_or(Simd::Scalar)
}

/// `versions!(name<const C: usize>(argument: Type, …) -> Result = body)` makes `name(simd, argument, …)`, which runs `body`,
/// a function marked `#[inline(always)]`, as compiled for the instructions of `simd`: wider vectors, the same code.
/// Rust never contracts or reorders floating-point operations, so all versions give the same bytes. On aarch64, NEON
/// is part of what every function is compiled for.
macro_rules! versions {
    ($visibility:vis $name:ident $(<const $constant:ident: usize>)? ($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? = $body:ident) => {
        #[cfg_attr(not(target_arch = "x86_64"), allow(unused_variables))]
        $visibility fn $name $(<const $constant: usize>)? (simd: $crate::ops::simd::Simd, $($argument: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2")]
            fn avx2 $(<const $constant: usize>)? ($($argument: $type),*) $(-> $result)? {
                $body $(::<$constant>)? ($($argument),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
            fn avx512 $(<const $constant: usize>)? ($($argument: $type),*) $(-> $result)? {
                $body $(::<$constant>)? ($($argument),*)
            }
            match simd {
                // SAFETY: a `Simd` is one of `Simd::available`, so the processor has these instructions.
                #[cfg(target_arch = "x86_64")]
                #[allow(unsafe_code, reason = "calls what is compiled for more than the least processor")]
                $crate::ops::simd::Simd::Avx2 => unsafe { avx2 $(::<$constant>)? ($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                #[allow(unsafe_code, reason = "calls what is compiled for more than the least processor")]
                $crate::ops::simd::Simd::Avx512 => unsafe { avx512 $(::<$constant>)? ($($argument),*) },
                _ => $body $(::<$constant>)? ($($argument),*),
            }
        }
    };
}
