//! The list of move-to-front coding: the bytes in use, the latest first.
//!
//! The sixteen latest stand in one word, the first in its lowest byte, where finding one and
//! moving those before it are a few operations on all of them at once, without a branch.

const NEAR: usize = 16;
const LOWEST_BITS: u128 = u128::from_ne_bytes([1; NEAR]);
const HIGHEST_BITS: u128 = LOWEST_BITS << 7;

pub(super) struct Front {
    near: u128,
    far: [u8; 256],
}

impl Front {
    /// The list to start with.
    pub(super) fn new(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut list = [0; NEAR + 256];
        for (index, byte) in list.iter_mut().zip(bytes) {
            *index = byte;
        }
        let (near, far) = list.split_at(NEAR);
        let put_before = |near, byte: &u8| near << 8 | u128::from(*byte);
        let near = near.iter().rev().fold(0, put_before);
        let mut front = Front {
            near,
            far: [0; 256],
        };
        front.far.copy_from_slice(far);
        front
    }

    pub(super) fn first(&self) -> u8 {
        self.near as u8
    }

    /// Moves a byte that is in the list to its front and gives the place where it was.
    #[inline]
    pub(super) fn move_to_front(&mut self, byte: u8) -> u16 {
        let equal = self.near ^ u128::from_ne_bytes([byte; NEAR]);
        // Borrowing marks the lowest zero by its highest bit; marks above it may be wrong.
        let found = equal.wrapping_sub(LOWEST_BITS) & !equal & HIGHEST_BITS;
        if found == 0 {
            return self.move_from_far(byte);
        }
        let moved = found ^ (found - 1);
        self.near = self.near & !moved | (self.near << 8 | u128::from(byte)) & moved;
        (found.trailing_zeros() / 8) as u16
    }

    fn move_from_far(&mut self, byte: u8) -> u16 {
        let [.., last_near] = self.near.to_le_bytes();
        self.near = self.near << 8 | u128::from(byte);
        let mut index = 0_u8;
        let mut moving = std::mem::replace(&mut self.far[0], last_near);
        while moving != byte {
            index += 1;
            std::mem::swap(&mut moving, &mut self.far[usize::from(index)]);
        }
        NEAR as u16 + u16::from(index)
    }
}
