//! Compress standard input with gzip or bzip2 on all cores.
