import pytest

from bf_reconciler.facts import CONFIG_ADVICE, ConfigError, ConfigReason, Problem


def test_a_problem_tells_its_place_its_path_and_what_is_wrong():
    problem = Problem(9, 5, "connections.1.exchange", "unknown exchange")
    assert problem.render("a.yaml") == "a.yaml:9:5: connections.1.exchange: unknown exchange"


def test_a_warning_says_that_it_is_one():
    problem = Problem(9, 5, "", "a vague name", severity="warning")
    assert problem.render("a.yaml") == "a.yaml:9:5: warning: a vague name"


def test_a_problem_without_a_place_names_the_file():
    assert Problem(0, 0, "", "it is empty").render("a.yaml") == "a.yaml: it is empty"


def test_a_refused_file_says_why_and_whether_it_may_pass_by_itself():
    error = ConfigError(ConfigReason.DECRYPTION_TIMEOUT, "It took too long.", transient=True)
    assert (str(error), error.message) == ("It took too long.",) * 2
    assert (error.reason, error.transient) == (ConfigReason.DECRYPTION_TIMEOUT, True)
    assert (error.line, error.column) == (None, None)


@pytest.mark.parametrize("reason", list(ConfigReason))
def test_every_refusal_of_a_file_has_a_remedy_in_both_languages(reason):
    assert all(CONFIG_ADVICE[reason][language].remedy for language in ("en", "tr"))
