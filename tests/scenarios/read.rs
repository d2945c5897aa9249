//! Reads stories: lines to steps, without knowing what the words mean.

use std::path::Path;

/// A story: a claim, and the steps that show it.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) line: usize,
    pub(crate) title: String,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) line: usize,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    /// `Given`, `When` and the `and` after them: something that is done.
    Act(String),
    /// `Then`: how the act before ended.
    Then(Outcome),
    /// `View`: what a view shows.
    View(View),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// With the names of the events where they are said.
    Accepted(Vec<String>),
    Repeated,
    /// With the code, and the field where it is said.
    Refused(String, Option<String>),
}

#[derive(Debug)]
pub(crate) struct View {
    pub(crate) name: String,
    /// Column and value.
    pub(crate) filters: Vec<(String, String)>,
    /// Columns to group by.
    pub(crate) by: Option<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// A line that can't be read, or that did not come true.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) line: usize,
    pub(crate) why: String,
}

/// Every file of stories in this folder, by name.
pub(crate) fn files(folder: &Path) -> Vec<(String, String)> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|e| e == "story")).collect();
    paths.sort_unstable();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

/// The stories of one file.
pub(crate) fn stories(text: &str) -> Result<Vec<Story>, Fault> {
    let mut stories: Vec<Story> = Vec::new();
    for (line, said) in lines(text) {
        let fault = |why: String| Fault { line, why };
        if let Some(title) = said.strip_prefix("Story: ") {
            stories.push(Story { line, title: title.to_owned(), steps: Vec::new() });
            continue;
        }
        let story = stories.last_mut().ok_or_else(|| fault("before any `Story: `".to_owned()))?;
        if said.starts_with('|') {
            let step = story.steps.last_mut();
            let Some(Step { what: What::View(view), .. }) = step else {
                return Err(fault("a row belongs below a View".to_owned()));
            };
            row(view, &said).map_err(fault)?;
            continue;
        }
        let what = step(&said, story.steps.last()).map_err(fault)?;
        story.steps.push(Step { line, what });
    }
    Ok(stories)
}

/// Numbered lines without remarks and blanks; a line that ends with a comma goes on in the next.
fn lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (line, said) in (1..).zip(text.lines().map(str::trim)) {
        match lines.last_mut() {
            _ if said.is_empty() || said.starts_with('#') => {}
            Some((_, before)) if before.ends_with(',') => {
                before.push(' ');
                before.push_str(said);
            }
            _ => lines.push((line, said.to_owned())),
        }
    }
    lines
}

fn step(said: &str, before: Option<&Step>) -> Result<What, String> {
    let acted = matches!(before, Some(Step { what: What::Act(_), .. }));
    let act = said.strip_prefix("Given ").or_else(|| said.strip_prefix("When "));
    let act = act.or_else(|| said.strip_prefix("and ").filter(|_| acted));
    if let Some(act) = act {
        return Ok(What::Act(act.to_owned()));
    }
    if let Some(then) = said.strip_prefix("Then ") {
        return if acted { outcome(then).map(What::Then) } else { Err("nothing was done before".to_owned()) };
    }
    match said.strip_prefix("View ") {
        Some(view) => view_of(view).map(What::View),
        None => Err("a line begins with Story:, Given, When, and (after these), Then, View or |".to_owned()),
    }
}

fn outcome(then: &str) -> Result<Outcome, String> {
    if let Some(refused) = then.strip_prefix("refused: ") {
        let (code, field) = refused.split_once(" at ").map_or((refused, None), |(code, f)| (code, Some(f)));
        return Ok(Outcome::Refused(code.to_owned(), field.map(str::to_owned)));
    }
    match then.strip_prefix("accepted") {
        Some("") => Ok(Outcome::Accepted(Vec::new())),
        Some(events) if events.starts_with(" as ") => {
            Ok(Outcome::Accepted(events[4..].split(" and ").map(str::to_owned).collect()))
        }
        _ if then == "repeated" => Ok(Outcome::Repeated),
        _ => Err("Then is `accepted`, `accepted as <events>`, `repeated` or `refused: <code> [at <field>]`"
            .to_owned()),
    }
}

/// `<name> [where <column> <value>, …] [by <column>, …] is [empty]`.
fn view_of(said: &str) -> Result<View, String> {
    let shape = "View <name> [where <column> <value>, …] [by <column>, …] is [empty]";
    let said = said.strip_suffix(" is empty").or_else(|| said.strip_suffix(" is")).ok_or(shape)?;
    let (said, by) =
        said.split_once(" by ").map_or((said, None), |(said, by)| (said, Some(by.replace(' ', ""))));
    let (name, filters) = said.split_once(" where ").map_or((said, None), |(name, f)| (name, Some(f)));
    let pair = |filter: &str| {
        let (column, value) = filter.split_once(' ').ok_or(shape)?;
        Ok::<_, String>((column.to_owned(), value.to_owned()))
    };
    let filters = filters.iter().flat_map(|f| f.split(", ")).map(pair).collect::<Result<_, _>>()?;
    Ok(View { name: name.to_owned(), filters, by, columns: Vec::new(), rows: Vec::new() })
}

fn row(view: &mut View, said: &str) -> Result<(), String> {
    let inner = said.strip_prefix('|').and_then(|said| said.strip_suffix('|')).ok_or("a row ends with |")?;
    let cells: Vec<String> = inner.split('|').map(|cell| cell.trim().to_owned()).collect();
    if view.columns.is_empty() {
        view.columns = cells;
    } else if cells.len() == view.columns.len() {
        view.rows.push(cells);
    } else {
        return Err(format!("the row has {} cells, the heading {}", cells.len(), view.columns.len()));
    }
    Ok(())
}
