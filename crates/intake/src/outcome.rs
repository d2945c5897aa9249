//! How a row ended, and the line that says so in a report.

use serde::Serialize;
use wire::Outcome;

use crate::{Fault, Rows};

/// How a row ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// It was recorded, or would be.
    Accepted,
    /// It was recorded before.
    Repeated,
    /// It was not, and the report says why.
    Refused,
    /// It says nothing that is to be recorded.
    PassedOver,
}

impl Ended {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Repeated => "repeated",
            Self::Refused => "refused",
            Self::PassedOver => "passed-over",
        }
    }
}

/// The report of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Its number, as a spreadsheet counts: the header is 1.
    pub row: u64,
    /// How it ended.
    pub outcome: Ended,
    /// The column that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Stable code of what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// A sentence about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Position of its first event, or of an earlier one that stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// What else is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<More>,
}

/// Another thing that is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct More {
    /// The column that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<&'static str>,
    /// Stable code of what is wrong.
    pub code: &'static str,
    /// A sentence about it.
    pub message: String,
}

impl Told {
    /// First lines of a report with every row, and of one with those that were refused.
    pub const REPORT: &'static str = "row,key,outcome,position,column,code,message\n";
    /// See [`REPORT`](Self::REPORT).
    pub const ERRORS: &'static str = "row,key,column,code,message\n";

    const fn of(row: u64, outcome: Ended) -> Self {
        Self { row, outcome, column: None, code: None, message: None, position: None, more: Vec::new() }
    }

    /// A row that could not even be sent.
    pub fn fault(row: u64, faults: Vec<Fault>) -> Self {
        let told = |Fault { column, code, message }| More { column, code: code.as_str(), message };
        let mut faults = faults.into_iter().map(told);
        let Some(More { column, code, message }) = faults.next() else {
            return Self::of(row, Ended::Refused);
        };
        Self {
            column: column.map(str::to_owned),
            code: Some(code.to_owned()),
            message: Some(message),
            more: faults.collect(),
            ..Self::of(row, Ended::Refused)
        }
    }

    /// As a line of the report, one for each row: of a row with several faults it says the first, and how many more
    /// there are.
    pub fn report_line(&self, key: Option<&str>, line: &mut Vec<u8>) {
        number(line, self.row);
        line.push(b',');
        cell(line, key.unwrap_or_default());
        line.push(b',');
        line.extend_from_slice(self.outcome.as_str().as_bytes());
        line.push(b',');
        if let Some(position) = self.position {
            number(line, position);
        }
        let [column, code, message] = self.first();
        match self.more.len() {
            0 => why(line, [column, code, message]),
            more => why(line, [column, code, &format!("{message}; and {more} more, which errors.csv lists")]),
        }
    }

    /// As lines of the errors, one for each fault.
    pub fn error_lines(&self, key: Option<&str>, lines: &mut Vec<u8>) {
        let more = self.more.iter().map(|more| [more.column.unwrap_or_default(), more.code, &more.message]);
        for fault in std::iter::once(self.first()).chain(more) {
            number(lines, self.row);
            lines.push(b',');
            cell(lines, key.unwrap_or_default());
            why(lines, fault);
        }
    }

    fn first(&self) -> [&str; 3] {
        [&self.column, &self.code, &self.message].map(|text| text.as_deref().unwrap_or_default())
    }
}

fn why(line: &mut Vec<u8>, texts: [&str; 3]) {
    for text in texts {
        line.push(b',');
        cell(line, text);
    }
    line.push(b'\n');
}

fn number(line: &mut Vec<u8>, number: u64) {
    // Writing to memory can't fail.
    drop(serde_json::to_writer(line, &number));
}

/// A cell in quotes where it needs them.
fn cell(line: &mut Vec<u8>, text: &str) {
    if !text.contains(['"', ',', '\n', '\r']) {
        line.extend_from_slice(text.as_bytes());
        return;
    }
    line.push(b'"');
    line.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    line.push(b'"');
}

/// How a row ended whose commands ended so: refused when one of them is, and repeated when all of them are. What a dry
/// run says of the commands after one that would be accepted does not count: they are decided as if it were not there.
pub fn ended(rows: &dyn Rows, row: u64, outcomes: impl IntoIterator<Item = Outcome>) -> Told {
    let mut told = Told::of(row, Ended::PassedOver);
    for outcome in outcomes {
        match outcome {
            Outcome::Refusal(refusal) => {
                return Told {
                    column: rows.place(&refusal),
                    code: Some(refusal.code),
                    message: Some(refusal.message),
                    position: refusal.position,
                    ..Told::of(row, Ended::Refused)
                };
            }
            Outcome::Receipt(receipt) => {
                told.outcome = Ended::Accepted;
                told.position = told.position.or(receipt.positions.first().copied());
            }
            Outcome::Repeated(receipt) => {
                if told.outcome == Ended::PassedOver {
                    told.outcome = Ended::Repeated;
                }
                told.position = told.position.or(receipt.positions.first().copied());
            }
            Outcome::WouldAccept { .. } => {
                told.outcome = Ended::Accepted;
                return told;
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use wire::RefusalReply;

    use super::*;
    use crate::Sites;
    use crate::sender::empty;

    fn refusal() -> Outcome {
        Outcome::Refusal(RefusalReply::new("taken", "a, \"b\"".to_owned()).field("/body/details/cds"))
    }

    #[test]
    fn a_refused_command_refuses_its_row_and_names_the_column() {
        let told = ended(&Sites, 7, [refusal()]);
        assert_eq!((told.outcome, told.column.as_deref()), (Ended::Refused, Some("CDSCode")));
        let (mut report, mut errors) = (Vec::new(), Vec::new());
        told.report_line(Some("k,1"), &mut report);
        told.error_lines(None, &mut errors);
        assert_eq!(String::from_utf8(report).unwrap(), "7,\"k,1\",refused,,CDSCode,taken,\"a, \"\"b\"\"\"\n");
        assert_eq!(String::from_utf8(errors).unwrap(), "7,,CDSCode,taken,\"a, \"\"b\"\"\"\n");
    }

    #[test]
    fn a_row_with_several_faults_is_one_line_of_the_report_and_one_of_the_errors_for_each() {
        let faults = vec![empty("key"), empty("date")];
        let (mut report, mut errors) = (Vec::new(), Vec::new());
        let told = Told::fault(2, faults);
        told.report_line(Some("r1"), &mut report);
        told.error_lines(Some("r1"), &mut errors);
        assert_eq!(
            String::from_utf8(report).unwrap(),
            "2,r1,refused,,key,empty,\"key is empty; and 1 more, which errors.csv lists\"\n"
        );
        assert_eq!(
            String::from_utf8(errors).unwrap(),
            "2,r1,key,empty,key is empty\n2,r1,date,empty,date is empty\n"
        );
        let told = serde_json::to_value(told).unwrap();
        assert_eq!(
            told["more"],
            serde_json::json!([{ "column": "date", "code": "empty", "message": "date is empty" }])
        );
    }

    #[test]
    fn a_dry_run_does_not_hold_a_row_s_first_command_against_the_second() {
        assert_eq!(
            ended(&Sites, 2, [Outcome::WouldAccept { events: 1 }, refusal()]).outcome,
            Ended::Accepted
        );
        assert_eq!(ended(&Sites, 2, []).outcome, Ended::PassedOver);
    }
}
