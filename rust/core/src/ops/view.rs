//! Where the pixels of one sample lie: crops, flips and quarter turns change a view and move no byte.

/// A box of pixels (D × H × W, D = 1 for images) in a block of bytes. A pixel's channels lie side by side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct View {
    /// Byte of the first pixel.
    pub offset: usize,
    /// Pixels along each axis.
    pub len: [usize; 3],
    /// Bytes from a pixel to the next one along each axis; negative where the axis is mirrored.
    pub step: [isize; 3],
}

impl View {
    /// All of a block in C order.
    pub(super) fn packed(len: [usize; 3], channels: usize) -> Self {
        let row = len[2] * channels;
        Self { offset: 0, len, step: [signed(len[1] * row), signed(row), signed(channels)] }
    }

    /// Whether its bytes are one run in C order.
    pub(super) fn is_packed(&self, channels: usize) -> bool {
        let packed = Self::packed(self.len, channels);
        (0..3).all(|axis| self.len[axis] == 1 || self.step[axis] == packed.step[axis])
    }

    /// The same pixels in the same order, in rows as long as they can be: what lies behind one another, forwards or
    /// backwards, becomes one row.
    pub(super) fn in_long_rows(self) -> Self {
        let Self { offset, len, step } = self;
        let along = |len: usize, step: isize| signed(len) * step;
        if len[1] > 1 && step[1] != along(len[2], step[2]) {
            return self;
        }
        let rows = Self { offset, len: [1, len[0], len[1] * len[2]], step: [step[0], step[0], step[2]] };
        if len[0] > 1 && step[0] != along(rows.len[2], step[2]) {
            return rows;
        }
        Self { offset, len: [1, 1, self.pixels()], step }
    }

    /// A view of one row as rows of equal length.
    pub(super) fn in_parts(self, parts: usize) -> Self {
        let len = self.len[2] / parts;
        let step = self.step[2] * signed(len);
        Self { offset: self.offset, len: [1, parts, len], step: [step, step, self.step[2]] }
    }

    /// The same pixels in the order of their bytes: no axis is mirrored, and steps become shorter from axis to axis.
    pub(super) fn in_memory_order(mut self) -> Self {
        for axis in 0..3 {
            if self.step[axis] < 0 {
                self.flip(axis);
            }
        }
        let mut axes = [0, 1, 2];
        axes.sort_by_key(|&axis| std::cmp::Reverse(self.step[axis]));
        Self { offset: self.offset, len: axes.map(|axis| self.len[axis]), step: axes.map(|axis| self.step[axis]) }
    }

    /// The same bytes, those of pixels side by side as pixels of their own, if rows run forwards.
    pub(super) fn in_bytes(mut self, channels: usize) -> Self {
        if self.step[2] == signed(channels) {
            self.len[2] *= channels;
            self.step[2] = 1;
        }
        self
    }

    /// Whether its bytes are one run, forwards or backwards.
    pub(super) fn is_one_run(&self, channels: usize) -> bool {
        let rows = self.in_long_rows();
        rows.len[..2] == [1, 1] && rows.step[2].unsigned_abs() == channels
    }

    /// Number of pixels.
    pub(super) fn pixels(&self) -> usize {
        self.len.iter().product()
    }

    /// `start .. start + len` along `axis`.
    pub(super) fn crop(&mut self, axis: usize, start: usize, len: usize) {
        self.offset = self.byte(axis, start);
        self.len[axis] = len;
    }

    /// Mirrors an axis.
    pub(super) fn flip(&mut self, axis: usize) {
        self.offset = self.byte(axis, self.len[axis] - 1);
        self.step[axis] = -self.step[axis];
    }

    /// `numpy.rot90(m, turns, axes)`.
    pub(super) fn rot90(&mut self, turns: u32, [first, second]: [usize; 2]) {
        match turns % 4 {
            1 => {
                self.flip(second);
                self.swap(first, second);
            }
            2 => {
                self.flip(first);
                self.flip(second);
            }
            3 => {
                self.swap(first, second);
                self.flip(second);
            }
            _ => {}
        }
    }

    fn swap(&mut self, first: usize, second: usize) {
        self.len.swap(first, second);
        self.step.swap(first, second);
    }

    /// Offset of the first pixel's neighbour at `position` along `axis`.
    pub(super) fn byte(&self, axis: usize, position: usize) -> usize {
        self.offset.wrapping_add_signed(self.step[axis] * signed(position))
    }

    /// Offset of the pixel at a position.
    pub(super) fn byte_at(&self, position: [usize; 3]) -> usize {
        (0..3).fold(self.offset, |at, axis| at.wrapping_add_signed(self.step[axis] * signed(position[axis])))
    }

    /// Whether all pixels, of `channels` bytes, are among the first `len` bytes.
    pub(super) fn is_inside(&self, channels: usize, len: usize) -> bool {
        let corner = |towards: fn(isize) -> bool| {
            self.byte_at([0, 1, 2].map(|axis| if towards(self.step[axis]) { self.len[axis] - 1 } else { 0 }))
        };
        // An offset below 0 is a very large one.
        self.pixels() > 0
            && corner(isize::is_negative) <= corner(isize::is_positive)
            && corner(isize::is_positive).saturating_add(channels) <= len
    }

    /// Offset of the first pixel of each row, rows in C order.
    pub(super) fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len[0]).flat_map(move |depth| {
            let plane = self.byte(0, depth);
            (0..self.len[1]).map(move |row| plane.wrapping_add_signed(self.step[1] * signed(row)))
        })
    }
}

/// Sizes of samples fit `isize`: [`super::SampleShape`] checks it.
#[allow(clippy::cast_possible_wrap, reason = "see above")]
fn signed(value: usize) -> isize {
    value as isize
}

#[cfg(test)]
mod tests {
    use super::View;

    fn read(view: &View, bytes: &[u8]) -> Vec<u8> {
        let step = view.step[2];
        let rows = view.rows();
        rows.flat_map(|row| (0..view.len[2]).map(move |x| row.wrapping_add_signed(step * x.cast_signed())))
            .map(|at| bytes[at])
            .collect()
    }

    #[test]
    fn turns_are_numpys() {
        let bytes = [1, 2, 3, 4, 5, 6];
        let turned = |turns| {
            let mut view = View::packed([1, 2, 3], 1);
            view.rot90(turns, [1, 2]);
            read(&view, &bytes)
        };
        // numpy.rot90([[1, 2, 3], [4, 5, 6]], k)
        assert_eq!(turned(1), [3, 6, 2, 5, 1, 4]);
        assert_eq!(turned(2), [6, 5, 4, 3, 2, 1]);
        assert_eq!(turned(3), [4, 1, 5, 2, 6, 3]);
        assert_eq!(turned(4), bytes);
    }

    #[test]
    fn crops_of_mirrored_axes_count_from_the_new_start() {
        let mut view = View::packed([1, 2, 3], 1);
        view.flip(2);
        view.crop(2, 1, 2);
        view.crop(1, 1, 1);
        assert_eq!(read(&view, &[1, 2, 3, 4, 5, 6]), [5, 4]);
        assert!(!view.is_packed(1));
        assert!(View::packed([2, 3, 4], 3).is_packed(3));
    }

    #[test]
    fn a_view_knows_whether_it_is_inside() {
        let mut view = View::packed([2, 3, 4], 1);
        assert!(view.is_inside(1, 24) && !view.is_inside(1, 23));
        view.flip(1);
        view.rot90(1, [0, 2]);
        assert!(view.is_inside(1, 24) && !view.is_inside(1, 23), "{view:?}");
        view.crop(0, 1, 2);
        assert_eq!(view.byte_at([1, 2, 1]), view.rows().last().expect("rows").wrapping_add_signed(view.step[2]));
        for (axis, len) in [(0, 3), (1, 4), (2, 3)] {
            let mut longer = view;
            longer.len[axis] = len + 1;
            assert!(!longer.is_inside(1, 24), "{longer:?}");
        }
        view.len[0] = 0;
        assert!(!view.is_inside(1, 24));
    }

    #[test]
    fn rows_are_as_long_as_they_can_be() {
        let bytes: Vec<u8> = (0..24).collect();
        let view = View::packed([2, 3, 4], 1);
        for (flips, rows) in [(&[][..], [1, 1, 24]), (&[0, 1, 2], [1, 1, 24]), (&[0], [1, 2, 12]), (&[2], [2, 3, 4])] {
            let mut view = view;
            for &axis in flips {
                view.flip(axis);
            }
            let long = view.in_long_rows();
            assert_eq!(long.len, rows);
            assert_eq!(read(&long, &bytes), read(&view, &bytes));
        }
    }

    #[test]
    fn in_memory_order_nothing_is_mirrored_or_turned() {
        let bytes: Vec<u8> = (0..24).collect();
        let mut view = View::packed([2, 3, 4], 1);
        view.flip(0);
        view.rot90(1, [0, 2]);
        view.crop(1, 1, 2);
        let ordered = view.in_memory_order();
        let mut expected = read(&view, &bytes);
        expected.sort_unstable();
        assert_eq!(read(&ordered, &bytes), expected);
        assert_eq!((ordered.len, ordered.step), ([2, 2, 4], [12, 4, 1]));
    }

    #[test]
    fn one_run_can_be_cut() {
        let bytes: Vec<u8> = (0..24).collect();
        let mut view = View::packed([2, 3, 4], 1);
        assert!(view.is_one_run(1));
        (0..3).for_each(|axis| view.flip(axis));
        assert!(view.is_one_run(1));
        let parts = view.in_long_rows().in_parts(6);
        assert_eq!((parts.len, read(&parts, &bytes)), ([1, 6, 4], read(&view, &bytes)));
        view.flip(2);
        assert!(!view.is_one_run(1));
    }
}
