//! The bzip2 encoder against bzip2 itself: the same bytes, whatever the input, at every level; and
//! the bzip2 crate reads them back.

#![allow(clippy::cast_possible_truncation, reason = "to make bytes of numbers")]
#![allow(clippy::unwrap_used, reason = "the helpers of tests")]

mod arbitrary;
mod borders;
mod kinds;
mod oracle;
mod periods;
mod real_files;
mod runs;
