//! The least of a block's rotations, found in linear time.
//!
//! It starts where the least eight bytes in a row stand. Often that is one place, and one pass
//! finds it. Else the places are compared, so that each comparison rules out as many starts as it
//! looked at bytes: if the rotation at `a` is greater than the one at `b` in their byte `n`, so is
//! the one at `a + 1` than that at `b + 1`, and so on through `a + n`.

/// How many bytes of a rotation are compared first: a word.
const WORD: usize = size_of::<u64>();

/// Where the least rotation starts, and whether the block is one piece repeated: then several do.
pub(super) fn least_rotation(block: &[u8]) -> (usize, bool) {
    let mut best = None;
    let mut ruled_out = 0;
    for start in starts_of_least_word(block) {
        let start = start as usize;
        if start < ruled_out {
            continue;
        }
        let Some(rival) = best else {
            best = Some(start);
            continue;
        };
        let (rival_bytes, bytes) = (rotation(block, rival), rotation(block, start));
        let mut pairs = rival_bytes.zip(bytes).enumerate();
        let Some((ahead, (byte_of_rival, byte))) = pairs.find(|(_, (one, other))| one != other)
        else {
            return (rival, true);
        };
        if byte_of_rival < byte {
            ruled_out = start + ahead + 1;
        } else {
            ruled_out = rival + ahead + 1;
            best = (start >= ruled_out).then_some(start);
        }
    }
    (best.unwrap_or(0), false)
}

/// The starts of all rotations whose first eight bytes are the least.
fn starts_of_least_word(block: &[u8]) -> Vec<u32> {
    let mut starts = Vec::new();
    let mut least = u64::MAX;
    let mut consider = |start: usize, word| {
        if word < least {
            least = word;
            starts.clear();
        }
        if word == least {
            starts.push(start as u32);
        }
    };
    for (start, window) in block.windows(WORD).enumerate() {
        if let Some(word) = window.first_chunk() {
            consider(start, u64::from_be_bytes(*word));
        }
    }
    for start in block.len().saturating_sub(WORD - 1)..block.len() {
        let word = std::array::from_fn(|ahead| block[(start + ahead) % block.len()]);
        consider(start, u64::from_be_bytes(word));
    }
    starts
}

/// The bytes of the rotation that starts here.
fn rotation(block: &[u8], start: usize) -> impl Iterator<Item = &u8> {
    let (end, beginning) = block.split_at(start);
    beginning.iter().chain(end)
}
