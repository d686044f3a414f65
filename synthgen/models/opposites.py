"""Words of opposite meaning, so that one in the place of the other is seen: a hand-written list, and word formation."""

from __future__ import annotations

from functools import cache, lru_cache

from synthgen.models.lexis import listed

_GROUPS = """\
good great fine excellent superb wonderful brilliant fantastic nice lovely delightful delicious splendid /
    bad poor awful terrible horrible dreadful lousy nasty abysmal disgusting atrocious appalling
best better / worst worse
love adore like enjoy admire / hate loathe dislike detest despise
praise applaud acclaim commend / condemn criticise criticize slam blame denounce
exciting thrilling gripping entertaining interesting fascinating engaging absorbing /
    boring dull tedious tiresome dreary bland
clever smart intelligent witty wise bright / stupid dumb idiotic silly foolish brainless
funny hilarious amusing / unfunny humourless humorless
beautiful pretty gorgeous stunning attractive / ugly hideous plain
happy glad cheerful joyful pleased delighted / sad unhappy miserable gloomy upset depressed
success triumph victory win / failure flop defeat loss
succeed / fail
win / lose
confident certain sure calm relaxed / anxious worried nervous doubtful uncertain afraid
hope optimism optimistic hopeful / despair pessimism pessimistic hopeless
safe secure harmless / dangerous risky harmful hazardous
guilty / innocent
convict / acquit
right correct true accurate / wrong incorrect false inaccurate mistaken
rise increase grow climb soar gain raise jump expand surge /
    fall decrease shrink drop plunge decline reduce lower cut contract sink
more most / less least fewer
many much / few little
high / low
above over / below under beneath
up / down
in inside into / out outside
on / off
open / close closed shut
start begin launch / stop end finish halt cease
continue / stop cease
early / late
fast quick rapid swift / slow sluggish
strong powerful robust / weak feeble fragile
big large huge giant / small little tiny
long lengthy / short brief
old ancient / new young modern
hot warm / cold cool chilly
hard difficult tough tricky / easy simple effortless
rich wealthy / poor
full / empty
cheap inexpensive affordable / expensive dear costly pricey overpriced
heavy / light
deep / shallow
wide broad / narrow
near close nearby / far distant remote
first / last
before / after
always / never seldom rarely hardly
often frequently usually / seldom rarely
all every each everyone everybody everything / none nobody nothing no
both / neither
with / without
always / sometimes
agree accept approve admit confirm allow permit / disagree refuse reject deny forbid prohibit ban disapprove
support back favour favor endorse / oppose resist
for pro / against
remember recall / forget
buy purchase / sell
lend / borrow
give / take
arrive come / leave depart go
enter / exit
push / pull
send / receive
ask / answer
pass / fail
hire employ recruit / fire sack dismiss
build construct / demolish destroy
repair fix mend / break damage
add / remove subtract
import / export
credit / debit
deposit / withdraw
lock / unlock
freeze / unfreeze thaw
enable activate / disable deactivate
subscribe / unsubscribe
connect / disconnect
appear / disappear vanish
include / exclude
attack / defend
save rescue / waste squander
masterpiece gem triumph / waste mess disaster flop
friend ally / enemy foe
peace / war
alive living / dead
life / death birth
male man boy / female woman girl
north northern / south southern
east eastern / west western
left / right
top / bottom
front / back rear
day / night
morning / evening
yesterday / tomorrow
past / future
present / absent
public / private
legal lawful / illegal unlawful
possible / impossible
likely / unlikely
able / unable
healthy well / ill sick unwell
clean / dirty filthy
clear / vague unclear obscure
quiet silent / loud noisy
kind gentle friendly / cruel mean harsh hostile unfriendly
polite courteous / rude impolite
brave courageous / cowardly
generous / stingy selfish
honest sincere / dishonest
loyal faithful / disloyal unfaithful treacherous
fresh original / stale cliched derivative unoriginal
real genuine authentic / fake false phoney bogus
serious / funny comic
useful helpful / useless
worth worthwhile worthy / worthless
perfect flawless / flawed imperfect
famous / unknown obscure
popular / unpopular
active / inactive passive dormant
hit / miss flop
pleasant / unpleasant
lucky / unlucky
fair just / unfair unjust biased
recommend / avoid
trust believe / distrust doubt mistrust
respect / contempt disrespect
profit / loss
surplus / deficit
majority / minority
maximum / minimum
positive / negative
advantage benefit / disadvantage drawback
strength / weakness
"""

# These only look like a word with a prefix that turns it round.
_LOOK_SO = frozenset(
    listed(
        "invaluable indifferent inflammable infamous include inform inside income indeed interest increase "
        "invent invest unit under until union unite discuss discover display district distance disease dish "
        "dispatch distribute impress important import improve impact imagine immense"
    )
)
_PREFIXES = ("un", "in", "im", "il", "ir", "dis", "non", "non-", "mis", "anti", "anti-")


@cache
def _sides() -> dict[str, tuple[frozenset[int], frozenset[int]]]:
    """For each word the numbers of the pairs of groups that it stands left and right in."""
    left: dict[str, set[int]] = {}
    right: dict[str, set[int]] = {}
    for i, line in enumerate(_GROUPS.replace("\n    ", " ").splitlines()):
        for words, side in zip(line.split(" / "), (left, right), strict=True):
            for word in words.split():
                side.setdefault(word, set()).add(i)
    return {w: (frozenset(left.get(w, ())), frozenset(right.get(w, ()))) for w in {*left, *right}}


@lru_cache(maxsize=1 << 16)
def opposite(a: str, b: str) -> bool:
    """Whether two words in their base forms are opposites: of the list, or one with a prefix that turns it round, or
    -less for -ful."""
    sides = _sides()
    if a in sides and b in sides:
        (a_left, a_right), (b_left, b_right) = sides[a], sides[b]
        if (a_left & b_right or a_right & b_left) and not (a_left & b_left or a_right & b_right):
            return True
    short, long = sorted((a, b), key=len)
    if len(short) >= 4 and long not in _LOOK_SO and any(long == prefix + short for prefix in _PREFIXES):
        return True
    return _stem(a, "less") == _stem(b, "ful") != "" or _stem(a, "ful") == _stem(b, "less") != ""


def _stem(word: str, ending: str) -> str:
    return word[: -len(ending)] if word.endswith(ending) and word != ending else ""
