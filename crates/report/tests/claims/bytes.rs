//! One small document, byte for byte.

use domain::Slug;
use report::{Asked, Cell, Column, Document, Format, Provenance, Section, Source, Table, Unit};
use wire::HeadReply;

use crate::tags;

fn document() -> Document {
    let ledger: Slug = "azul-usd".parse().unwrap();
    let head = HeadReply { ledger, epoch: 1, commit: 4, position: 9, root: "-AAAA".to_owned() };
    let columns = vec![
        Column::new("Site", Unit::Text),
        Column::new("Services", Unit::Count),
        Column::new("Time", Unit::Minutes),
        Column::new("Students", Unit::People),
        Column::new("Spent", Unit::Cents),
        Column::new("Share", Unit::Percent),
    ];
    let row = |name: &str, cells: [Cell; 5]| [vec![Cell::text(name)], cells.to_vec()].concat();
    use Cell::{AtLeast, Number, Suppressed};
    let rows = vec![
        row(
            "Azul <Elementary> & \"Arts\"",
            [Number(1234), Number(75), Number(0), Number(123_456_789), Number(100)],
        ),
        row("=HYPERLINK(\"x\")", [Number(7), Number(50), Suppressed, Number(5), Number(5)]),
        row("Sum, of both", [Number(1241), Number(125), AtLeast(1000), Cell::None, Cell::None]),
    ];
    let sites = Section {
        heading: "Sites & <b>services</b>".to_owned(),
        about: "What 'took place'.".to_owned(),
        table: Table { columns, rows },
        is_list: false,
        bars: Some(1),
    };
    let list = Section {
        heading: "In figures".to_owned(),
        about: "All together.".to_owned(),
        table: Table {
            columns: vec![Column::new("Services", Unit::Count), Column::new("Students", Unit::People)],
            rows: vec![vec![Number(1241), Suppressed]],
        },
        is_list: true,
        bars: None,
    };
    let nothing = Section {
        heading: "Nothing".to_owned(),
        about: "Of which there is none.".to_owned(),
        table: Table { columns: vec![Column::new("Kind", Unit::Text)], rows: Vec::new() },
        is_list: false,
        bars: Some(0),
    };
    Document {
        report: "sample",
        title: "Sample".to_owned(),
        subtitle: "Azul Unified, school year 2025-26".to_owned(),
        provenance: Provenance {
            school_year: "2025-26".to_owned(),
            as_of: Some("9".to_owned()),
            valid_on: None,
            ledgers: vec![Source { owner: "Azul Unified".to_owned(), head, policy: 1, suppress_under: 11 }],
            views: vec![Asked { view: "reach".to_owned(), revision: 4 }],
        },
        sections: vec![sites, list, nothing],
    }
}

/// To make them anew, write what is rendered over the files and read the difference.
#[test]
fn a_document_is_always_the_same_bytes() {
    for (format, golden) in [
        (Format::Csv, include_str!("../golden/sample.csv")),
        (Format::Json, include_str!("../golden/sample.json")),
        (Format::Html, include_str!("../golden/sample.html")),
    ] {
        let rendered = String::from_utf8(document().render(format).unwrap()).unwrap();
        assert_eq!(rendered, golden, "{format:?}");
    }
}

#[test]
fn figures_are_counted_as_published_or_suppressed() {
    assert_eq!(document().figures(), (13, 2));
}

#[test]
fn a_page_is_whole_and_runs_nothing() {
    let page = String::from_utf8(document().render(Format::Html).unwrap()).unwrap();
    tags::assert_balanced(&page);
    for never in ["<script", "http:", "https:", "<b>", "<link", "<img", "@import", "url("] {
        assert!(!page.contains(never), "{never}");
    }
    for always in ["lang=\"en\"", "<caption>", "scope=\"col\"", "scope=\"row\"", "<title id=", "@media print"]
    {
        assert!(page.contains(always), "{always}");
    }
}

#[test]
fn a_text_is_no_formula_in_a_spreadsheet_and_a_root_stays_as_it_is() {
    let csv = String::from_utf8(document().render(Format::Csv).unwrap()).unwrap();
    assert!(csv.contains("\r\n\"'=HYPERLINK(\"\"x\"\")\",7,50,suppressed,5,5\r\n"), "{csv}");
    assert!(csv.contains(",9,-AAAA,1,11\r\n"), "{csv}");
}
