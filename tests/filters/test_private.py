import time

import pytest

from synthgen.filters.private import Private
from synthgen.modalities.text import Text
from synthgen.models.private_data import luhn, private
from synthgen.sample import Candidate

TELLING = [
    ("write to jo.doe+x@mail.example.co.uk, please", "an e-mail address"),
    ("call +44 (0)7700 900 123 tonight", "a phone number"),
    ("ring 09061701461 now", "a phone number"),
    ("(555) 010-9999 is mine", "a phone number"),
    ("555-010-9999", "a phone number"),
    ("pay with 4111 1111 1111 1111", "a card number"),
    ("pay with 378282246310005", "a card number"),
    ("to DE89 3704 0044 0532 0130 00 please", "a bank account number"),
    ("the server is 192.168.7.20", "an IP address"),
    ("the server is 2001:db8::ff00:42:8329", "an IP address"),
    ("use AKIAIOSFODNN7EXAMPLE", "a key"),
    ("use sk-abcdEFGH1234abcdEFGH1234", "a key"),
    ("it is 9f86d081884c7d659a2feaa0c55ad015", "a key"),
    ("-----BEGIN RSA PRIVATE KEY-----", "a key"),
    ("my password: hunter22", "a password or key"),
    ("her number is 078-05-1120", "a social security number"),
]
HARMLESS = [
    "I paid 1,250,000.00 for 12 of them in 2024", "on 2024-11-25 at 18:45", "from 1939 - 1945", "version 1.2.3",
    "the second of 25/11/2024", "a well-known state-of-the-art antidisestablishmentarianism", "@jo and #3 a@b",
    "7777777777", "ISBN none", "text WIN to 85555", "12:30:45", "127.0.0.1", "1 2 3 4 5", "000", "password is weak",
    "http-equiv-content-type-charset-utf-eight-and-more", "::", "",
]  # fmt: skip


def judge(child: str, *parents: str):
    return Private().score(Text(), [Candidate(child, "a", parents=parents)], None)[0]


@pytest.mark.parametrize(("text", "kind"), TELLING)
def test_what_is_new_is_rejected_by_its_kind_and_never_shown(text, kind):
    verdict = judge(text, "something else")
    assert not verdict.passed
    assert verdict.reason == f"tells {kind} that its parent does not tell"
    assert all(one.value not in verdict.reason for one in private(text))


@pytest.mark.parametrize(("text", "kind"), TELLING)
def test_what_its_parent_tells_may_be_told_again(text, kind):
    assert judge(f"Indeed: {text}", "unlike", text).passed


def test_the_same_number_may_be_written_otherwise():
    assert judge("call 0906 170-1461", "call 09061701461").passed
    assert not judge("call 0906 170-1462", "call 09061701461").passed


@pytest.mark.parametrize("text", HARMLESS)
def test_dates_amounts_and_words_are_nobodys(text):
    assert judge(text, "x").passed


def test_a_sample_without_parents_has_no_excuse():
    assert "no parent" in judge(TELLING[0][0]).reason


def test_check_digits():
    assert luhn("79927398713")
    assert not luhn("79927398710")


@pytest.mark.parametrize("piece", ["a", "1", "1.", "a@", "A1", "a:", "- ", "password "])
def test_a_long_text_takes_little_time(piece):
    began = time.process_time()
    judge(piece * 100_000, piece)
    assert time.process_time() - began < 10
