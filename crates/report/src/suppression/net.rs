//! Cells and how they add up, and the two rules of complementary suppression.

/// A whole and its parts, by number of cell.
#[derive(Debug)]
pub(super) struct Relation {
    pub(super) whole: usize,
    pub(super) parts: Vec<usize>,
}

impl Relation {
    /// Whole and parts.
    pub(super) fn members(&self) -> impl Iterator<Item = usize> {
        self.parts.iter().copied().chain([self.whole])
    }
}

#[derive(Debug)]
struct Cell {
    count: u64,
    hidden: bool,
}

/// All cells that are not zero, and their relations.
#[derive(Debug)]
pub(super) struct Net {
    cells: Vec<Cell>,
    pub(super) relations: Vec<Relation>,
    // The relations that a cell is in.
    of: Vec<Vec<usize>>,
    pub(super) under: u64,
}

impl Net {
    /// With the counts below the policy's number hidden.
    pub(super) fn new(counts: Vec<u64>, relations: Vec<Relation>, under: u64) -> Self {
        let mut of = vec![Vec::new(); counts.len()];
        for (number, relation) in relations.iter().enumerate() {
            for member in relation.members() {
                if let Some(of) = of.get_mut(member) {
                    of.push(number);
                }
            }
        }
        let cells = counts.into_iter().map(|count| Cell { count, hidden: count < under }).collect();
        Self { cells, relations, of, under }
    }

    /// Number of cells.
    pub(super) const fn len(&self) -> usize {
        self.cells.len()
    }

    pub(super) fn count(&self, cell: usize) -> u64 {
        self.cells.get(cell).map_or(0, |cell| cell.count)
    }

    pub(super) fn is_hidden(&self, cell: usize) -> bool {
        self.cells.get(cell).is_some_and(|cell| cell.hidden)
    }

    /// Whether it was shown.
    pub(super) fn hide(&mut self, cell: usize) -> bool {
        self.cells.get_mut(cell).is_some_and(|cell| !std::mem::replace(&mut cell.hidden, true))
    }

    /// The smallest of these that is shown; of equal ones the first.
    fn smallest_shown(&self, cells: impl Iterator<Item = usize>) -> Option<usize> {
        cells.filter(|cell| !self.is_hidden(*cell)).min_by_key(|cell| (self.count(*cell), *cell))
    }

    /// Hides what each relation wants beside what it hides already; whether that was anything.
    ///
    /// One hidden member is the difference of the others, so there are none or several. And several hidden parts beside
    /// a shown whole are together at least the policy's number: their sum is as good as published.
    pub(super) fn balance(&mut self) -> bool {
        let mut changed = false;
        for number in 0..self.relations.len() {
            if let Some(cell) = self.wanting(number) {
                changed |= self.hide(cell);
            }
        }
        changed
    }

    fn wanting(&self, relation: usize) -> Option<usize> {
        let relation = self.relations.get(relation)?;
        let hidden: Vec<u64> =
            relation.parts.iter().filter(|part| self.is_hidden(**part)).map(|p| self.count(*p)).collect();
        let is_told = match (self.is_hidden(relation.whole), hidden.len()) {
            (true, several) => several == 0,
            (false, 0) => false,
            (false, several) => several == 1 || hidden.iter().sum::<u64>() < self.under,
        };
        let parts = relation.parts.iter().copied();
        let whole = (!self.is_hidden(relation.whole)).then_some(relation.whole);
        if is_told { self.smallest_shown(parts).or(whole) } else { None }
    }

    /// Hides the smallest count that is related to this cell; if there is none, to any that is hidden. Whether there was one.
    pub(super) fn hide_beside(&mut self, cell: usize) -> bool {
        let own = self.of.get(cell).into_iter().flatten().filter_map(|number| self.relations.get(*number));
        let near = self.smallest_shown(own.flat_map(Relation::members));
        let holed = |relation: &&Relation| relation.members().any(|member| self.is_hidden(member));
        let far = || self.smallest_shown(self.relations.iter().filter(holed).flat_map(Relation::members));
        near.or_else(far).is_some_and(|cell| self.hide(cell))
    }
}
