//! The child: its arguments and environment, its group of processes, its messages, and the signals that
//! end it.

mod group;
mod invocation;
mod relay;
pub(crate) mod signals;

pub(crate) use group::PIPE;
pub use group::Stopper;
pub(crate) use invocation::Invocation;
pub(crate) use relay::Relay;
