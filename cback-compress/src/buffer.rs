//! Large buffers, for which there may be no memory: an error where `std` by itself would abort.

use std::io;

/// Makes `buffer` of this length; what is new in it is zero.
pub(crate) fn resize<T: Clone + Default>(buffer: &mut Vec<T>, length: usize) -> io::Result<()> {
    buffer.try_reserve_exact(length.saturating_sub(buffer.len()))?;
    buffer.resize(length, T::default());
    Ok(())
}

/// Zeros, so many, in memory that need not be cleared where it is new.
pub(crate) fn zeroed(length: usize) -> io::Result<Vec<u8>> {
    Vec::<u8>::new().try_reserve_exact(length)?;
    Ok(vec![0; length])
}

/// A copy of `bytes`.
pub(crate) fn copy(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(bytes.len())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}
