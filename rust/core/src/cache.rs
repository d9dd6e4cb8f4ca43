//! The last cache of this machine.

use std::sync::OnceLock;

/// Bytes of the last cache, which processor cores share; 8 MiB where the processor does not say.
pub(crate) fn last() -> usize {
    static LAST: OnceLock<usize> = OnceLock::new();
    *LAST.get_or_init(|| detected().unwrap_or(8 << 20))
}

#[cfg(target_arch = "x86_64")]
fn detected() -> Option<usize> {
    use raw_cpuid::{CacheType, CpuId};

    let caches = CpuId::new().get_cache_parameters()?;
    let of_data = caches.filter(|cache| matches!(cache.cache_type(), CacheType::Data | CacheType::Unified));
    of_data
        .filter(|cache| cache.level() == 3)
        .map(|cache| {
            cache.sets() * cache.associativity() * cache.physical_line_partitions() * cache.coherency_line_size()
        })
        .max()
}

/// Elsewhere all stores go through the caches.
#[cfg(not(target_arch = "x86_64"))]
fn detected() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    /// Linux says the same.
    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn the_last_cache_is_the_systems() {
        let size = std::fs::read_to_string("/sys/devices/system/cpu/cpu0/cache/index3/size");
        let (Ok(size), Some(found)) = (size, super::detected()) else {
            println!("skipped: the system or the processor names no third cache");
            return;
        };
        let kibibytes = size.trim().strip_suffix('K').and_then(|size| size.parse::<usize>().ok());
        assert_eq!((Some(found), found), (kibibytes.map(|size| size << 10), super::last()));
    }
}
