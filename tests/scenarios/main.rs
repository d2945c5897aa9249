//! Stories: what the ledger does, told in plain words and checked. Each `.story` file beside this one holds stories of one
//! theme, each a claim and the steps that show it:
//!
//! ```text
//! Story: A late report is taken if the service was covered on its day
//!
//! Given a ledger from 2025-07-01, today 2026-03-16
//!   and the site Manzanita Elementary
//! When on 2026-01-30 45 minutes of tutoring at Manzanita Elementary under MOU-7 for 2 students (first)
//! Then accepted
//! When correct first on 2026-01-29 because wrong-subject: minutes 60
//! Then accepted as delivery-corrected
//! View service-ledger where month 2026-01 by kind is
//!      | kind     | deliveries | minutes |
//!      | tutoring | 1          | 60      |
//! ```
//!
//! - `Given`, `When` and the `and` after them do something. What is done is accepted unless the next line says
//!   `Then refused: <code>`, with ` at <field>` where the field matters, or `Then repeated`. `Then accepted as <events>`
//!   names what was recorded.
//! - What is done is said in a phrase (`phrases.rs` lists them), or in the general form
//!   `<command> <name> on <day>: <field> <value>, …`, such as `change-phase Manzanita Elementary on 2026-01-10: phase
//!   engaging`. So whatever has a command can be told without a line of Rust. A phrase may have fields after it, too.
//! - The day may stand before or behind (`on <day>`, `from <day> to <day>`).
//! - Fields inside others are written with a stroke (`terms/kinds food`), entries of a list are joined by `and`, or
//!   numbered from 1 (`heads/1/ledger azul-usd`); `none` takes a field away, flags are `yes` and `no`. What is a number, a
//!   list or an id, the command's JSON Schema says.
//! - A name stands for an id, the same one everywhere; `2 students` are `student 1` and `student 2`.
//! - In brackets behind an act: `(first)` labels its event, `(row 317)` is its record in the sender's system,
//!   `(basis law <code>)`, `(basis consent <name>)` and `(purpose <code>)` go with the command.
//! - `correct <label>: <field> <value>, …` and `void <label>`, with ` because <reason>`; `that delivery` is the latest event
//!   about a delivery.
//! - `today is <day>` lets time pass.
//! - `View <name> where <column> <value>, … by <column>, … is` and a table, or `is empty`. Rows have no order, columns that
//!   do not matter are left out.
//! - A line that ends with a comma goes on in the next; `#` begins a remark.
//!
//! Every command goes through the door as JSON, every event through the bytes of the log and back.

mod acts;
mod names;
mod phrases;
mod read;
mod world;

use std::collections::BTreeSet;
use std::path::Path;

use read::{Fault, Outcome, Step, Story, View, What};
use world::{Came, World};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// Tells a story; the first line that does not come true.
fn tell(story: &Story) -> Result<(), Fault> {
    let mut world = World::new();
    let mut steps = story.steps.iter().peekable();
    while let Some(Step { line, what }) = steps.next() {
        let fault = |line: usize| move |why: String| Fault { line, why };
        match what {
            What::Act(act) => {
                let came = world.act(act).map_err(fault(*line))?;
                let then = steps.next_if(|step| matches!(step.what, What::Then(_)));
                let (line, expected) = match then {
                    Some(Step { line, what: What::Then(outcome) }) => (*line, outcome),
                    _ => (*line, &Outcome::Accepted(Vec::new())),
                };
                meets(expected, &came).map_err(fault(line))?;
            }
            What::View(wanted) => shows(&world, wanted).map_err(fault(*line))?,
            What::Then(_) => return Err(fault(*line)("nothing was done before".to_owned())),
        }
    }
    Ok(())
}

fn meets(expected: &Outcome, came: &Came) -> Result<(), String> {
    let met = match (expected, came) {
        (Outcome::Accepted(wanted), Came::Accepted(events)) => wanted.is_empty() || wanted == events,
        (Outcome::Repeated, Came::Repeated) => true,
        (Outcome::Refused(code, field), Came::Refused(reply)) => {
            let at = reply.field.as_deref().unwrap_or_default();
            *code == reply.code && field.as_ref().is_none_or(|field| at.ends_with(&format!("/{field}")))
        }
        _ => false,
    };
    if met {
        return Ok(());
    }
    let came = match came {
        Came::Accepted(events) => format!("accepted as {}", events.join(" and ")),
        Came::Repeated => "repeated".to_owned(),
        Came::Refused(reply) => {
            let at = reply.field.as_deref().map(|field| format!(" at {field}")).unwrap_or_default();
            format!("refused: {}{at} ({})", reply.code, reply.message)
        }
    };
    Err(format!("expected {}\n      came {came}", said(expected)))
}

fn said(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted(events) if events.is_empty() => "accepted".to_owned(),
        Outcome::Accepted(events) => format!("accepted as {}", events.join(" and ")),
        Outcome::Repeated => "repeated".to_owned(),
        Outcome::Refused(code, None) => format!("refused: {code}"),
        Outcome::Refused(code, Some(field)) => format!("refused: {code} at {field}"),
    }
}

fn shows(world: &World, wanted: &View) -> Result<(), String> {
    let (mut expected, mut came) = (wanted.rows.clone(), world.view(wanted)?);
    expected.sort_unstable();
    came.sort_unstable();
    if expected == came {
        return Ok(());
    }
    let table = |rows: &[Vec<String>]| -> String {
        let lines = std::iter::once(&wanted.columns).chain(rows);
        lines.map(|row| format!("\n    | {} |", row.join(" | "))).collect()
    };
    Err(format!("expected{}\n  came{}", table(&expected), table(&came)))
}

/// Tells all stories of a text; what went wrong, with the line.
fn told(text: &str) -> Vec<Fault> {
    match read::stories(text) {
        Ok(stories) => stories.iter().filter_map(|story| tell(story).err()).collect(),
        Err(fault) => vec![fault],
    }
}

#[test]
fn every_story_comes_true() {
    let faults: Vec<String> = read::files(&folder())
        .iter()
        .flat_map(|(file, text)| {
            let faults = told(text).into_iter();
            faults.map(move |Fault { line, why }| format!("tests/scenarios/{file}:{line}: {why}"))
        })
        .collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn every_story_is_a_claim_of_its_own_that_something_shows() {
    let mut titles = BTreeSet::new();
    for (file, text) in read::files(&folder()) {
        for Story { line, title, steps } in read::stories(&text).unwrap_or_default() {
            let place = format!("{file}:{line}");
            assert!(title.starts_with(char::is_uppercase) && !title.ends_with('.'), "{place}");
            let shown = steps.iter().any(|step| !matches!(step.what, What::Act(_)));
            assert!(shown, "{place}: nothing is shown");
            assert!(titles.insert(title.clone()), "{place}: {title} is told twice");
        }
    }
    assert!(titles.len() >= 25, "{} stories", titles.len());
}

#[test]
fn every_phrase_is_said_in_some_story() {
    let texts = read::files(&folder());
    let stories = texts.iter().flat_map(|(_, text)| read::stories(text).unwrap_or_default());
    let mut missing: BTreeSet<&str> = phrases::PHRASES.iter().map(|(says, _)| *says).collect();
    for step in stories.flat_map(|story| story.steps) {
        if let What::Act(act) = step.what {
            let (act, _) = world::besides(&act).unwrap();
            let said = phrases::phrase_of(acts::leading_date(act).1);
            said.map(|says| missing.remove(says));
        }
    }
    assert!(missing.is_empty(), "nobody says {missing:?}");
}

#[test]
fn a_story_that_is_wrong_says_where_what_was_expected_and_what_came() {
    let given = "Story: A\nGiven a ledger from 2025-07-01, today 2026-03-16\n";
    for (more, line, words) in [
        ("When the site A closes\nThen accepted", 4, ["expected accepted", "came refused: not-found"]),
        ("When today is 2026-03-17\nThen refused: closed", 4, ["expected refused: closed", "came accepted"]),
        ("View reach is empty\nand more", 4, ["begins with", "Story:"]),
        ("When the moon rises", 3, ["the site {site}", "change-phase"]),
        ("When change-phase A on 2026-01-10: fase engaging", 3, ["no field fase", "phase"]),
        ("When correct first: minutes 60", 3, ["no event is called first", "there are"]),
        ("View moons is empty", 3, ["no view moons", "service-ledger"]),
        ("View site-profile is\n| name | moons |\n| A | 1 |", 3, ["expected", "came"]),
    ] {
        let more = more.replace("the site A closes", "close-site A on 2026-01-10: reason closure");
        let faults = told(&format!("{given}{more}"));
        let [fault] = &faults[..] else { panic!("{more}: {faults:?}") };
        assert_eq!(fault.line, line, "{more}: {fault:?}");
        assert!(words.iter().all(|word| fault.why.contains(word)), "{more}: {}", fault.why);
    }
}
