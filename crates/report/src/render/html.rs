//! A page that needs nothing else: no script, no picture, no font from elsewhere; for screen, paper and screen readers.

use std::fmt::Write as _;

use super::chart;
use crate::document::{Cell, Document, Provenance, Section, Source, Table, Unit};

const STYLE: &str = "\
:root{color-scheme:light}
body{font:16px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,Arial,sans-serif;color:#1a1a1a;background:#fff;\
margin:0 auto;max-width:64rem;padding:1.5rem}
h1{font-size:1.8rem;line-height:1.2;margin:0 0 .25rem}
h2{font-size:1.25rem;margin:2.25rem 0 .25rem;border-bottom:2px solid #14506b;padding-bottom:.2rem}
p{margin:.25rem 0 .75rem;max-width:46rem}
.of{font-size:1.15rem;color:#333}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-variant-numeric:tabular-nums}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{padding:.3rem .6rem;border-bottom:1px solid #b8b8b8;text-align:left;vertical-align:top}
thead th{border-bottom:2px solid #444;background:#eef3f5}
tbody th{font-weight:600}
.list{width:auto}
.n{text-align:right}
td.n{white-space:nowrap}
.s{color:#555;font-style:italic}
code{font-size:.85rem;overflow-wrap:anywhere}
svg{max-width:100%;height:auto;display:block;margin:.5rem 0}
figure{margin:.5rem 0}
figcaption{font-size:.9rem;color:#444}
svg text{font-size:13px;fill:#1a1a1a}
svg rect{fill:#14506b}
footer{margin-top:2.5rem;border-top:2px solid #444;padding-top:.75rem;font-size:.9rem}
@media print{@page{margin:16mm}body{font-size:10.5pt;max-width:none;padding:0}\
section{break-inside:auto}h2{break-after:avoid}tr,svg{break-inside:avoid}thead{display:table-header-group}\
.wide{overflow:visible}table{font-size:9pt}th,td{padding:.2rem .35rem}thead th{background:none}svg rect{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
";

pub(super) fn write(document: &Document) -> String {
    let title = escaped(&document.title);
    let of = escaped(&document.subtitle);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · {of}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n<p class=\"of\">{of}</p>\n"
    );
    for (number, part) in document.sections.iter().enumerate() {
        section(&mut page, part, number + 1);
    }
    page.push_str("</main>\n<footer>\n");
    made_from(&mut page, &document.provenance);
    page.push_str("</footer>\n</body>\n</html>\n");
    page
}

fn section(page: &mut String, section: &Section, number: usize) {
    // Writing to a text can't fail.
    let _ = write!(
        page,
        "<section aria-labelledby=\"h{number}\">\n<h2 id=\"h{number}\">{}</h2>\n<p>{}</p>\n",
        escaped(&section.heading),
        escaped(&section.about)
    );
    page.push_str(&chart::draw(section, number));
    if section.table.rows.is_empty() {
        page.push_str("<p>Nothing is recorded.</p>\n");
    } else if section.is_list {
        list(page, &section.heading, &section.table);
    } else {
        table(page, &section.heading, &section.table);
    }
    page.push_str("</section>\n");
}

fn table(page: &mut String, caption: &str, table: &Table) {
    let _ = write!(
        page,
        "<div class=\"wide\" role=\"region\" aria-label=\"{0}\" tabindex=\"0\">\n<table>\n<caption>{0}</caption>\n<thead><tr>",
        escaped(caption)
    );
    for column in &table.columns {
        let class = if column.unit == Unit::Text { "" } else { " class=\"n\"" };
        let _ = write!(page, "<th scope=\"col\"{class}>{}</th>", escaped(column.name));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        page.push_str("<tr>");
        for (number, (cell, column)) in row.iter().zip(&table.columns).enumerate() {
            let said = escaped(&shown(cell, column.unit));
            let class = match (column.unit, cell) {
                (_, Cell::Suppressed) => " class=\"n s\"",
                (Unit::Text, _) => "",
                _ => " class=\"n\"",
            };
            let names_row = number == 0 && column.unit == Unit::Text;
            let _ = if names_row {
                write!(page, "<th scope=\"row\">{said}</th>")
            } else {
                write!(page, "<td{class}>{said}</td>")
            };
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n</div>\n");
}

/// Figures below each other, each beside its name.
fn list(page: &mut String, caption: &str, table: &Table) {
    let _ = write!(page, "<table class=\"list\">\n<caption>{}</caption>\n<tbody>\n", escaped(caption));
    for (column, cell) in table.columns.iter().zip(table.rows.iter().flatten()) {
        let (name, said) = (escaped(column.name), escaped(&shown(cell, column.unit)));
        let class = match (column.unit, cell) {
            (_, Cell::Suppressed) => " class=\"n s\"",
            (Unit::Text, _) => "",
            _ => " class=\"n\"",
        };
        let _ = writeln!(page, "<tr><th scope=\"row\">{name}</th><td{class}>{said}</td></tr>");
    }
    page.push_str("</tbody>\n</table>\n");
}

fn made_from(page: &mut String, from: &Provenance) {
    let _ = write!(page, "<h2>What this is made from</h2>\n<p>School year {}", escaped(&from.school_year));
    if let Some(as_of) = &from.as_of {
        let is_position = as_of.bytes().all(|byte| byte.is_ascii_digit());
        let at = if is_position { "at position" } else { "on" };
        let _ = write!(page, ", as known {at} {}", escaped(as_of));
    }
    if let Some(day) = &from.valid_on {
        let _ = write!(page, ", as true on {}", escaped(day));
    }
    let views: Vec<String> = from
        .views
        .iter()
        .map(|asked| format!("{} (revision {})", escaped(&asked.view), asked.revision))
        .collect();
    let _ = write!(
        page,
        ". Whoever has the log up to the heads below can make the same bytes again. Views: {}.</p>\n<p>{}</p>\n",
        views.join(", "),
        SUPPRESSION
    );
    page.push_str(
        "<div class=\"wide\" role=\"region\" aria-label=\"Ledgers and their heads\" tabindex=\"0\">\n<table>\n\
         <caption>Ledgers and their heads</caption>\n<thead><tr><th scope=\"col\">Ledger</th>\
         <th scope=\"col\">Owner</th><th scope=\"col\">Epoch, commit, position</th><th scope=\"col\">Root</th>\
         <th scope=\"col\">Suppressed under</th><th scope=\"col\">By the policy at position</th></tr></thead>\n<tbody>\n",
    );
    for Source { owner, head, policy, suppress_under } in &from.ledgers {
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}, {}, {}</td><td><code>{}</code></td><td>{suppress_under}</td><td>{policy}</td></tr>",
            escaped(head.ledger.as_str()),
            escaped(owner),
            head.epoch,
            head.commit,
            head.position,
            escaped(&head.root)
        );
    }
    page.push_str("</tbody>\n</table>\n</div>\n");
}

const SUPPRESSION: &str = "Counts of people below the number of the ledger's policy are suppressed. So that they can't be \
worked out from sums, from other tables or from other reports of the same ledger and school year, some larger counts are \
suppressed too. Zero is always shown.";

/// Text in which no character means anything to HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A field as a person reads it.
pub(super) fn shown(cell: &Cell, unit: Unit) -> String {
    match cell {
        Cell::None => "–".to_owned(),
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => figure(*number, unit),
        Cell::AtLeast(number) => format!("≥ {}", figure(*number, unit)),
        Cell::Suppressed => "suppressed".to_owned(),
    }
}

fn figure(number: u64, unit: Unit) -> String {
    match unit {
        Unit::Text | Unit::Count | Unit::People => grouped(number),
        Unit::Minutes => {
            // Tenths of an hour, rounded.
            let tenths = number.saturating_add(3) / 6;
            format!("{}.{} h", grouped(tenths / 10), tenths % 10)
        }
        Unit::Cents => format!("${}.{:02}", grouped(number / 100), number % 100),
        Unit::Percent => format!("{} %", grouped(number)),
        Unit::Hundredths => format!("{}.{:02}", grouped(number / 100), number % 100),
    }
}

/// `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
