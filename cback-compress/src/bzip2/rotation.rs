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
        let equal = (0..block.len())
            .take_while(|ahead| at(block, rival + ahead) == at(block, start + ahead))
            .count();
        if equal == block.len() {
            return (rival, true);
        }
        if at(block, rival + equal) < at(block, start + equal) {
            ruled_out = start + equal + 1;
        } else {
            ruled_out = rival + equal + 1;
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

/// A byte of the block followed by itself.
fn at(block: &[u8], position: usize) -> u8 {
    block[if position < block.len() {
        position
    } else {
        position - block.len()
    }]
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn check(block: &[u8]) {
        let rotation = |start: usize| [&block[start..], &block[..start]].concat();
        let (start, repeated) = least_rotation(block);
        let least = (0..block.len()).map(rotation).min().unwrap();
        assert_eq!(rotation(start), least, "{block:?}");
        let times_least = (0..block.len())
            .filter(|&start| rotation(start) == least)
            .count();
        assert_eq!(repeated, times_least > 1, "{block:?}");
    }

    #[test]
    fn of_all_words_of_two_letters_up_to_fourteen() {
        for length in 1..=14 {
            for word in 0..1_u32 << length {
                let letters: Vec<u8> = (0..length).map(|index| (word >> index & 1) as u8).collect();
                check(&letters);
            }
        }
    }

    proptest! {
        #[test]
        fn of_any_word(word in vec(0..3_u8, 1..120)) {
            check(&word);
        }

        #[test]
        fn of_a_piece_repeated_and_broken(
            piece in vec(0..2_u8, 1..20),
            times in 2..9_usize,
            at in 0..180_usize,
        ) {
            let mut block = piece.repeat(times);
            check(&block);
            let at = at % block.len();
            block[at] = 2;
            check(&block);
        }
    }
}
