"""The words of error messages that say nothing of anybody: what stays of a message when shown."""

from typing import Final

VOCABULARY: Final = frozenset(
    """
    a abnormal abort access account accounts action actions activate activated active
    address addresses after again agreement ahead all allowed already and announcement any
    api apikey appears are argument as at auth authentication authorization authorized
    available ban banned base based be because been before bind block blocked body bound
    busy but by called can cancel cannot check classic clear client clientip close closed
    cloudflare cluster code compliance configure configured contact content control convert
    copy correct country created credentials current currently customer day days deadline
    deleted denied deny details detected different disabled does doesn don eapi earn eauth
    edatabase egeneral elapsed eligibility email empty enable enabled endpoint ensure
    entitled entity entry environment error eservice etrade exceed exceeded exceeding
    exceeds exchange exhausted exist exists expired expires failed failure feature filter
    find fix for forbidden format found frequency frequent from frozen function futures gap
    gateway generic google greater ground halt halted has have header headers host hour
    hours html id identity if illegal in inactive include included incorrect info
    information insufficient internal interval into invalid ip is issue it its jurisdiction
    kc key keys kyb kyc later latest limit limited limits list load loan located location
    locked lockout login maintained maintenance make manage many margin market markets
    match matched matches method milliseconds min minute minutes mismatch mismatched
    missing mode modify moment more must need needs network no nonce none normal not null
    of offline ok on once one only open operation option options or order orders origin
    other others our outside overloaded page pair pairs param parameter parameters params
    passphrase password path per permission permissions permitted perpetual phone platform
    please policy position private products prohibited provided public quota rate ratelimit
    re reach reached read readonly reason received record recv recvwindow refresh refused
    region regions regulatory related req request requested requests require required
    requires resource response rest restricted restriction restrictions resume retry risk
    role s same scope scopes second seconds secret security see server service services
    session set short shortly sign signature signed signing site some sorry specified spot
    state status string sub subaccount submission success successful support supported
    suspended suspension symbol system systems t temporarily temporary terms than that the
    this throttled through time timed timeout times timestamp title to token too trade
    trader trading transfer trial try type uid unable unauthenticated unauthorized
    unavailable unblock unconfirmed under unfilled unified universal unknown unmatched
    unsupported until upgrade upgraded upgrading use used user users uta valid validation
    value verification verified verify version via view visit visits waf wallet was weight
    what when which white whitelist whitelisted window with withdraw withdrawal within
    without write wrong www you your zone
    """.split()  # noqa: SIM905 # as a list of strings it fills pages
)
