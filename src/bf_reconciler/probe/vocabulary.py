"""The words of error messages that say nothing of anybody: what stays of a message when shown."""

import re
from typing import Final

from bf_reconciler.exchanges import EXCHANGES, Exchange

LETTERS: Final = re.compile(r"[a-z]+", re.ASCII)
DIGITS: Final = re.compile(r"\d+", re.ASCII)
COMMON: Final = frozenset(
    """
    a abnormal abort access account accounts action actions activate activated active
    address addresses after again agreement ahead all allowed already and announcement any
    api apikey appears are argument as at auth authentication authorization authorized
    available bad ban banned base based be because been before being bind block blocked body
    bound busy but by called can cancel cannot captcha challenge check classic clear client
    close closed cloudflare cluster code compliance configure configured contact content
    control convert copy correct country created credentials current currently customer day
    days deadline deleted denied deny details detected different disabled does doesn don
    earn elapsed eligibility email empty enable enabled endpoint ensure entitled entity
    entry environment error exceed exceeded exceeding exceeds exchange exhausted exist
    exists expired expires failed failure feature filter find fix for forbidden format found
    frequency frequent from frozen function futures gap gateway generic google greater
    ground halt halted has have header headers host hour hours html id identity if illegal
    in inactive incapsula include included incorrect info information insufficient internal
    interval into invalid ip is issue it its jurisdiction just key keys kyb kyc later latest
    limit limited limits list load loan located location locked lockout login maintained
    maintenance make manage many margin market markets match matched matches method
    milliseconds min minute minutes mismatch mismatched missing mode modify moment more must
    need needs network no nonce none normal not null of offline ok on once one only open
    operation option options or order orders origin other others our outside overloaded page
    pair pairs param parameter parameters params passphrase password path per permission
    permissions permitted perpetual phone platform please policy position private products
    prohibited provided public quota rate ratelimit re reach reached read readonly reason
    received record recv recvwindow refresh refused region regions regulatory related req
    request requested requests require required requires resource response rest restricted
    restriction restrictions resume retry risk role s same scope scopes second seconds
    secret security see server service services session set short shortly sign signature
    signed signing site some sorry specified spot state status string sub subaccount
    submission success successful support supported suspended suspension symbol system
    systems t temporarily temporary terms than that the this throttled through time timed
    timeout times timestamp title to token too trade trader trading transfer trial try type
    uid unable unauthenticated unauthorized unavailable unblock unconfirmed under unfilled
    unified universal unknown unmatched unsupported until upgrade upgraded upgrading use
    used user users valid validation value verification verified verify version via view
    visit visits waf wallet was weight what when which while white whitelist whitelisted
    window with withdraw withdrawal within without write wrong www you your zone
    """.split()  # noqa: SIM905 # as a list of strings it fills pages
)


def own(row: Exchange) -> frozenset[str]:
    """What only this exchange says: the words of its codes and phrases stand in its row."""
    refusals = row.refusals
    phrases = (text for code, words, _ in refusals.phrases for text in (code, words))
    texts = (*refusals.codes, *phrases, *row.capture.words)
    return frozenset(word for text in texts for word in LETTERS.findall(text.lower()))


VOCABULARY: Final = COMMON.union(*map(own, EXCHANGES.values()))
NUMBERS: Final = frozenset(
    number
    for row in EXCHANGES.values()
    for _, words, _ in row.refusals.phrases
    for number in DIGITS.findall(words)
)
"""Numbers in the phrases of rows."""
KNOWN_CODES: Final = frozenset(code for row in EXCHANGES.values() for code in row.refusals.codes)
