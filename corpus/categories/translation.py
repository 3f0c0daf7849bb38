"""
What categories that a taxonomy no longer has count as in it. Pure.

A slug means the same in every version of a project's taxonomy: it is never used for another category, and one that was
retired and comes back is that category again. So what a slug counts as depends on the version that counts alone, not on
the one it was given under: itself where that version has it, else the categories that the lead chose as its heirs.
"""

from collections.abc import Iterable, Mapping, Sequence

CountsAs = Mapping[str, tuple[str, ...]]
"Slugs that a version lacks to the slugs of that version that they count as: one, several, or none."

# The same in SQL, for {slugs}, an expression of type text[]. Only slugs that a version lacks have a row.
TRANSLATED = """CASE WHEN {slugs} && ARRAY(SELECT slug::text FROM corpus_categorymap WHERE taxonomy_id = {taxonomy})
        THEN ARRAY(
            SELECT heir FROM unnest({slugs}) WITH ORDINALITY AS given (slug, place)
            LEFT JOIN corpus_categorymap map ON map.taxonomy_id = {taxonomy} AND map.slug = given.slug,
            LATERAL unnest(coalesce(map.counts_as, ARRAY[given.slug])) WITH ORDINALITY AS heirs (heir, rank)
            GROUP BY heir ORDER BY min(place * 1000 + rank))
        ELSE {slugs} END"""


def translate(slugs: Iterable[str], counts_as: CountsAs) -> tuple[str, ...]:
    """Return what slugs of any version count as, each once, in order."""
    return tuple(dict.fromkeys(heir for slug in slugs for heir in counts_as.get(slug, (slug,))))


def compose(earlier: CountsAs, chosen: CountsAs, live: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """
    Return what every slug that a version lacks counts as.

    :param earlier: the same of the version before
    :param chosen: heirs, all of them in `live`, of slugs that the version before had or that were chosen anew
    :param live: slugs of the version, in order
    """
    composed = {}
    for slug in dict.fromkeys((*earlier, *chosen)):
        if slug in live:
            continue
        before = (slug,) if slug in chosen else earlier[slug]
        heirs = {heir for each in before for heir in ((each,) if each in live else chosen[each])}
        composed[slug] = tuple(each for each in live if each in heirs)
    return composed


def counting_as(slug: str, counts_as: CountsAs) -> list[str]:
    """Return the slugs of all versions that count as this one, itself first."""
    return [slug, *(retired for retired, heirs in counts_as.items() if slug in heirs)]


def overlapping(slugs: Iterable[str], counts_as: CountsAs) -> list[str]:
    """Return the slugs, of all versions, that count as a category that one of these counts as; and these themselves."""
    slugs = list(slugs)
    wanted = translate(slugs, counts_as)
    return list(dict.fromkeys([*slugs, *(name for slug in wanted for name in counting_as(slug, counts_as))]))
