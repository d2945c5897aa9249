//! What is shipped to run it: the configurations, the systemd units, the compose files, the alert rules, and the README's own story.

mod alerts;
mod compose;
mod configs;
mod story;
mod units;
