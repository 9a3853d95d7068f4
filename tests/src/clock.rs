//! A time zone in which no test sees midnight.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// TZ for tests that go by today and yesterday: it was about noon there when the first of them began.
pub fn noon() -> &'static str {
    static NOON: LazyLock<String> = LazyLock::new(|| {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let hour = since_1970.expect("it is later").as_secs() / 3600 % 24;
        // POSIX counts the hours to the west of Greenwich.
        format!("NOON{:+}", hour.cast_signed() - 12)
    });
    &NOON
}
