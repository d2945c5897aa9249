//! What is shipped to run it: the configurations, the systemd units, the compose files, and the README's own story.

mod compose;
mod configs;
mod story;
mod units;
