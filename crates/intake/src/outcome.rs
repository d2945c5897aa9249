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
}

impl Told {
    /// First lines of a report with every row, and of one with those that were refused.
    pub const REPORT: &'static str = "row,outcome,position,column,code,message\n";
    /// See [`REPORT`](Self::REPORT).
    pub const ERRORS: &'static str = "row,column,code,message\n";

    const fn of(row: u64, outcome: Ended) -> Self {
        Self { row, outcome, column: None, code: None, message: None, position: None }
    }

    /// A row that could not even be sent.
    pub fn fault(row: u64, Fault { column, code, message }: Fault) -> Self {
        Self {
            column: column.map(str::to_owned),
            code: Some(code.to_owned()),
            message: Some(message),
            ..Self::of(row, Ended::Refused)
        }
    }

    /// As a line of the report.
    pub fn report_line(&self, line: &mut Vec<u8>) {
        number(line, self.row);
        line.push(b',');
        line.extend_from_slice(self.outcome.as_str().as_bytes());
        line.push(b',');
        if let Some(position) = self.position {
            number(line, position);
        }
        self.why(line);
    }

    /// As a line of the errors.
    pub fn error_line(&self, line: &mut Vec<u8>) {
        number(line, self.row);
        self.why(line);
    }

    fn why(&self, line: &mut Vec<u8>) {
        for text in [&self.column, &self.code, &self.message] {
            line.push(b',');
            cell(line, text.as_deref().unwrap_or_default());
        }
        line.push(b'\n');
    }
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

    fn refusal() -> Outcome {
        Outcome::Refusal(RefusalReply::new("taken", "a, \"b\"".to_owned()).field("/body/details/cds"))
    }

    #[test]
    fn a_refused_command_refuses_its_row_and_names_the_column() {
        let told = ended(&Sites, 7, [refusal()]);
        assert_eq!((told.outcome, told.column.as_deref()), (Ended::Refused, Some("CDSCode")));
        let (mut report, mut errors) = (Vec::new(), Vec::new());
        told.report_line(&mut report);
        told.error_line(&mut errors);
        assert_eq!(String::from_utf8(report).unwrap(), "7,refused,,CDSCode,taken,\"a, \"\"b\"\"\"\n");
        assert_eq!(String::from_utf8(errors).unwrap(), "7,CDSCode,taken,\"a, \"\"b\"\"\"\n");
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
