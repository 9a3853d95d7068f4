//! The shells, and a test for each of them.

/// A shell, with the arguments that come before the script's name.
pub type Shell = &'static [&'static str];

/// The shells that `scripts/cback-postgresql` is promised to run under.
pub const SHELLS: [Shell; 4] = [
    &["dash"],
    &["bash"],
    &["bash", "--posix"],
    &["busybox", "ash"],
];

/// Makes a test for each shell out of each of these functions, which take a [`Shell`]: so a failure
/// names the shell, and the shells are tried side by side. A function that is not listed is unused,
/// which the compiler tells.
#[macro_export]
macro_rules! in_each_shell {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            #[test]
            fn dash() {
                super::$test($crate::SHELLS[0]);
            }
            #[test]
            fn bash() {
                super::$test($crate::SHELLS[1]);
            }
            #[test]
            fn bash_posix() {
                super::$test($crate::SHELLS[2]);
            }
            #[test]
            fn busybox() {
                super::$test($crate::SHELLS[3]);
            }
        }
    )+};
}
