"""Nothing an annotator sees or measures tells whether others voted, what models said, or that a dialogue is a check."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from annotation.actions import change_sample, set_gold
from annotation.actions.guidelines import store_guideline
from annotation.models import Vote
from annotation.queue import find_held_lease
from annotation.session import ensure_profile
from annotation.slots import open_slots_for_new_items
from corpus.actions import withdraw_item
from corpus.labels import Judgement
from corpus.models import Item
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion, set_queue
from tests.observed import Witness, differing

OLD, GOLD, ALL = range(10, 36), range(40, 48), range(10, 60)
"Numbers of dialogues: those the person judged days ago, those that can be gold, and all of them."
PAGES = ["work/", "label/", "votes/", "guideline/", "wellbeing/"]
ROUTES = ["api/my-votes/", "api/progress/", "api/"]


class World:
    """A project and an annotator who judged 26 of its dialogues before, and what they see of each request."""

    gold_percent = repeat_percent = 0

    def __init__(self, folder):
        self.project = make_project(votes_wanted=4)
        import_dialogues(self.project, folder, [dialogue(f"item-{n}", text="Same.", response=False) for n in ALL])
        self.visitor = Visitor(self.project)
        self.judge_old_items()
        self.prepare(folder)
        open_slots_for_new_items(self.project)

    def prepare(self, folder):
        """Make what distinguishes this world from the plain one."""

    def judge_old_items(self):
        annotator, guideline = ensure_profile(self.project, self.visitor.user), store_guideline(self.project)
        items = dict(Item.objects.filter(project=self.project).values_list("external_id", "pk"))
        Vote.objects.bulk_create(
            Vote(
                item_id=items[f"item-{n}"],
                annotator=annotator,
                prompt_label="safe",
                taxonomy=self.project.taxonomy,
                guideline=guideline,
                cast_at=timezone.now() - timedelta(days=9, minutes=-n),
            )
            for n in OLD
        )

    def see(self, name, place, body=None, *, as_part=False, takes_check=False):
        """Send a request; `takes_check` makes the queue hand out a check, if this world has any."""
        gold, repeats = (self.gold_percent, self.repeat_percent) if takes_check else (0, 0)
        set_queue(self.project, gold_percent=gold, repeat_percent=repeats)
        return self.witness.see(name, place, body, as_part=as_part)

    def seen(self):
        """Do all that annotators do, by the routes and by the pages; return what they see."""
        self.witness = Witness(self.visitor)
        voted = self.work_by_routes()
        self.work_by_pages()
        self.lose_an_item()
        withdraw_item(project=self.project, external_id=voted["item"]["id"], reason="asked")
        self.see("renew after vote and withdrawal", "api/renew/", {"lease": voted["lease"]["id"]})
        return self.witness.seen

    def work_by_routes(self):
        taken = self.see("next", "api/next/", {}, takes_check=True).json()
        self.see("next again", "api/next/", {})
        lease, item = {"lease": taken["lease"]["id"]}, f"api/items/{taken['item']['id']}"
        self.see("renew", "api/renew/", lease)
        self.see("vote without label", f"{item}/vote/", lease)
        cast = self.see("vote", f"{item}/vote/", lease | {"prompt_label": "safe"}).json()
        self.see("vote again", f"{item}/vote/", lease | {"prompt_label": "safe"})
        self.see("vote otherwise", f"{item}/vote/", lease | {"prompt_label": "needs_caution"})
        self.see("skip after vote", f"{item}/skip/", lease | {"reason": "too long"})
        self.see("renew after vote", "api/renew/", lease)
        self.see("correct", f"api/my-votes/{cast['vote']['id']}/correct/", {"prompt_label": "needs_caution"})
        for route in ROUTES:
            self.see(route, route)
        return taken

    def work_by_pages(self):
        self.see("take", "label/next/", {}, as_part=True, takes_check=True)
        lease = self.see("label", "label/").context["lease"]
        sent = {"lease": lease.id, "item": lease.item.external_id}
        self.see("label part", "label/", as_part=True)
        self.see("renew page", "label/renew/", sent)
        self.see("vote on hidden", "label/vote/", sent | {"prompt_label": "safe"}, as_part=True)
        self.see("show", "label/show/", sent, as_part=True)
        self.see("vote without label on page", "label/vote/", sent)
        self.see("vote and next", "label/vote/", sent | {"prompt_label": "safe"}, as_part=True)
        vote = Vote.objects.get(lease=lease.id)
        self.see("correction page", f"votes/{vote.pk}/")
        self.see("correction of hidden", f"votes/{vote.pk}/", {"prompt_label": "needs_caution"})
        shown = self.see("correction page shown", f"votes/{vote.pk}/", {"show": "1"}).context["shown"]
        self.see("correction", f"votes/{vote.pk}/", {"prompt_label": "needs_caution", "shown": shown})
        for page in PAGES:
            self.see(page, page)

    def lose_an_item(self):
        """Skip a dialogue, and hold one that is withdrawn."""
        self.skip_held("skip and take", takes_check=True)
        skipped = self.skip_held("skip")
        self.see("renew after skip", "api/renew/", {"lease": skipped["lease"]})
        self.skip_held("skip and take another", takes_check=True)
        held = self.held()
        withdraw_item(project=self.project, external_id=held["item"], reason="asked")
        item, lease = f"api/items/{held['item']}", {"lease": held["lease"]}
        self.see("renew of withdrawn", "api/renew/", lease)
        self.see("vote on withdrawn", f"{item}/vote/", lease | {"prompt_label": "safe"})
        self.see("skip of withdrawn", f"{item}/skip/", lease | {"reason": "too long"})
        self.see("label of withdrawn", "label/")

    def held(self):
        lease = find_held_lease(project=self.project, user=self.visitor.user)
        return {"lease": str(lease.id), "item": lease.item.external_id}

    def skip_held(self, name, *, takes_check=False):
        held = self.held()
        self.see(name, "label/skip/", held | {"reason": "language"}, as_part=True, takes_check=takes_check)
        return held


class OthersSpoke(World):
    """Two people disagreed on every dialogue, and three models agreed."""

    def prepare(self, folder):
        opinions = [opinion(f"item-{n}", rater) for n in ALL for rater in ("bea", "model-a", "model-b", "model-c")]
        opinions += [opinion(f"item-{n}", "cy", "unsafe", categories=["threat"]) for n in ALL]
        assert import_votes(self.project, folder, opinions).code == 0
        assert command("adjudicate", project=self.project.slug).code == 0


class GoldItems(World):
    gold_percent = 100

    def prepare(self, _folder):
        for n in GOLD:
            set_gold(project=self.project, by=None, external_id=f"item-{n}", judgement=Judgement("safe"))


class GoldItemsWithAllVotes(GoldItems):
    def prepare(self, folder):
        super().prepare(folder)
        votes = [opinion(f"item-{n}", rater) for n in GOLD for rater in ("bea", "cy", "dan", "eve")]
        assert import_votes(self.project, folder, votes).code == 0


class Repeats(World):
    repeat_percent = 100


class Sampled(OthersSpoke):
    """Half of the dialogues are in the blind random sample, and jurors have spoken on all."""

    def prepare(self, folder):
        super().prepare(folder)
        change_sample(project=self.project, by=None, percent=50)


@pytest.fixture(scope="module")
def plain(tmp_path_factory, database):
    World(tmp_path_factory.mktemp("first")).seen()  # so that all is in memory that a process reads once
    return World(tmp_path_factory.mktemp("plain")).seen()


CLAIMS = ("next", "take", "skip and take", "skip and take another")
"Checks are drawn by statements of their own; as many as for others."
ANSWERS = ("vote", "vote and next")
"An answer on gold takes one of the dialogue's slots, if there is one."
COUNTS = ("api/progress/", "work/")
"A dialogue that has all its votes, or that the person judged before, is none of those left for them."
COUNT = re.compile(r'"items_left":\d+|[\d,]+\s+dialogues?\s+open|max="\d+"')


def statements_more(seen, plain, names):
    return [seen[name].statements.total() - plain[name].statements.total() for name in names]


def bodies_without_counts(seen):
    return [COUNT.sub("", seen[name].body) for name in COUNTS]


def expected(*statements, counts=()):
    return {name: {"statements"} for name in statements} | {name: {"body"} for name in counts}


def test_neither_votes_nor_ballots_of_others_show(plain, tmp_path):
    assert differing(OthersSpoke(tmp_path).seen(), plain) == {}


def test_neither_the_sample_nor_that_there_is_one_shows(plain, tmp_path):
    assert differing(Sampled(tmp_path).seen(), plain) == {}


@pytest.mark.parametrize(
    ("world", "exceptions", "more"),
    [
        (GoldItems, expected(*CLAIMS, *ANSWERS), [1, 1]),
        (GoldItemsWithAllVotes, expected(*CLAIMS, *ANSWERS, counts=COUNTS), [2, 2]),
        (Repeats, expected(*CLAIMS, counts=COUNTS), [0, 0]),
    ],
    ids=lambda each: each.__name__ if isinstance(each, type) else "",
)
def test_checks_show_in_nothing_but_what_is_documented(plain, tmp_path, world, exceptions, more):
    seen = world(tmp_path).seen()
    assert differing(seen, plain) == exceptions
    assert statements_more(seen, plain, CLAIMS) == [0] * len(CLAIMS)
    assert statements_more(seen, plain, ANSWERS) == more
    assert bodies_without_counts(seen) == bodies_without_counts(plain)
