//! Claims about waiting for an answer.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_log_that_never_answers_ends_in_an_answer_that_says_that_repeating_is_safe() {
    let ledger: Slug = "azusa-usd".parse().unwrap();
    for ask in [Ask::Submit { ledger: ledger.clone(), commands: Vec::new() }, Ask::Head { ledger }] {
        let (mut ours, _theirs) = UnixStream::pair().unwrap();
        let error = ask_socket(&mut ours, &ask).await.unwrap_err();
        assert_eq!(error.exit(), Exit::Unavailable);
        assert!(format!("{error:?}").contains(REPEATING_IS_SAFE));
    }
}
