//! Bars in SVG, drawn from a column of a table that says the same in numbers.

use std::fmt::Write as _;

use super::html::{escaped, shown};
use crate::document::{Cell, Section, Unit};

const ROW: usize = 26;
const LABELS: usize = 300;
const BARS: u64 = 330;
const WIDTH: usize = 720;
/// Longer names are cut; they stand whole in the table.
const LABEL_CHARS: usize = 40;

/// The bars of a section; nothing when it has none, or nothing to draw.
pub(super) fn draw(section: &Section, number: usize) -> String {
    let column = section.bars.and_then(|column| Some((column, section.table.columns.get(column)?)));
    let Some((column, heading)) = column else { return String::new() };
    let bars: Vec<(&Cell, &Cell)> =
        section.table.rows.iter().filter_map(|row| Some((row.first()?, row.get(column)?))).collect();
    let value = |cell: &Cell| match cell {
        Cell::Number(number) | Cell::AtLeast(number) => Some(*number),
        Cell::None | Cell::Text(_) | Cell::Suppressed => None,
    };
    let most = bars.iter().filter_map(|(_, cell)| value(cell)).max().unwrap_or(0);
    // One bar compares nothing.
    if most == 0 || bars.len() < 2 {
        return String::new();
    }
    let height = bars.len() * ROW + 6;
    let mut svg = String::new();
    let caption = escaped(heading.name);
    let title = escaped(&format!("{}: {}", section.heading, heading.name));
    // Writing to a text can't fail.
    let _ = write!(
        svg,
        "<figure>\n<figcaption>{caption}</figcaption>\n<svg role=\"img\" aria-labelledby=\"c{number}\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\">\n\
         <title id=\"c{number}\">{title}. The table below has the same numbers.</title>\n"
    );
    for (row, (name, cell)) in bars.iter().enumerate() {
        bar(&mut svg, row, name, cell, value(cell).map(|value| scaled(value, most)), heading.unit);
    }
    svg.push_str("</svg>\n</figure>\n");
    svg
}

/// Length of a bar; what is more than nothing can be seen.
fn scaled(value: u64, most: u64) -> u64 {
    let length = u128::from(value) * u128::from(BARS) / u128::from(most.max(1));
    let length = u64::try_from(length).unwrap_or(BARS);
    if value > 0 { length.max(1) } else { 0 }
}

fn bar(svg: &mut String, row: usize, name: &Cell, cell: &Cell, length: Option<u64>, unit: Unit) {
    let top = row * ROW + 4;
    let text = top + 14;
    let name: String = shown(name, Unit::Text);
    let name = match name.char_indices().nth(LABEL_CHARS) {
        Some((at, _)) => format!("{}…", name.get(..at).unwrap_or_default()),
        None => name,
    };
    let _ =
        write!(svg, "<text x=\"{}\" y=\"{text}\" text-anchor=\"end\">{}</text>", LABELS - 8, escaped(&name));
    let end = LABELS as u64 + length.unwrap_or(0);
    if let Some(length) = length {
        let _ = write!(svg, "<rect x=\"{LABELS}\" y=\"{top}\" width=\"{length}\" height=\"18\"/>");
    }
    let said = escaped(&shown(cell, unit));
    let _ = writeln!(svg, "<text x=\"{}\" y=\"{text}\">{said}</text>", end + 6);
}
