"""Captions and chats that nothing names go to the recording that fits: by name, by length, or for want of others."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dougpt_schema import SourceRole

from dougpt_media.files import MEDIA_ROLES, ROLES, Group

SAME_LENGTH_MS = 2_000
SAME_LENGTH_SHARE = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class _Traits:
    """What a group is compared by, told once and not for every other group."""

    group: Group
    roles: frozenset[SourceRole]
    stems: frozenset[str]
    folders: frozenset[str]
    lengths: tuple[int, ...]
    media_ms: int

    @property
    def media(self) -> bool:
        """Whether there is sound or picture."""
        return not self.roles.isdisjoint(MEDIA_ROLES)

    @classmethod
    def of(cls, group: Group) -> "_Traits":
        """Look at a group."""
        files = group.files
        return cls(
            group,
            frozenset(file.role for file in files if file.role is not None),
            frozenset(file.stem for file in files),
            frozenset(file.folder for file in files),
            tuple(_lengths(group)),
            sum(file.duration_ms or 0 for file in files if file.role in MEDIA_ROLES),
        )


type Chosen = tuple[Group, str, bool]
"""A recording, why it is that one, and whether that is certain."""
type Choose = Callable[[_Traits, Sequence[_Traits], Iterable[_Traits]], Chosen | None]


def adopt_leftovers(groups: list[Group]) -> None:
    """Move captions and chats without a recording to the one that fits.

    First to one with sound or picture; a chat that none takes goes to captions alone, where it is their neighbour.
    """
    _adopt(groups, lambda one: one.media, _choice)
    _adopt(groups, lambda one: one.roles == {SourceRole.CAPTIONS}, _neighbour)


def _adopt(groups: list[Group], is_host: Callable[[_Traits], bool], choose: Choose) -> None:
    known = [_Traits.of(group) for group in groups if group.holds(ROLES)]
    hosts = {id(one.group): one for one in known if is_host(one)}
    placed = {id(group) for group in groups if any(file.recording_id for file in group.files)}
    unfit = {*hosts, *placed, *(id(one.group) for one in known if one.media)}
    leftovers = {id(one.group): one for one in known if id(one.group) not in unfit}
    for leftover in list(leftovers.values()):
        guest = leftover.group
        possible = [one for one in hosts.values() if not one.roles & leftover.roles and one.group.may_be(guest)]
        rivals = (one for one in leftovers.values() if one is not leftover and one.roles & leftover.roles)
        if choice := choose(leftover, possible, rivals):
            host, evidence, certain = choice
            host.platform, host.video_id = host.platform or guest.platform, host.video_id or guest.video_id
            host.members += [(file, evidence, certain) for file in guest.files]
            hosts[id(host)] = _Traits.of(host)
            del leftovers[id(guest)]
            groups.remove(guest)


def _choice(leftover: _Traits, hosts: Sequence[_Traits], rivals: Iterable[_Traits]) -> Chosen | None:
    """Return the recording that a leftover belongs to, why, and whether that is certain."""
    named = [host.group for host in hosts if not host.stems.isdisjoint(leftover.stems)]
    if len(named) == 1:
        return named[0], f"same name as {named[0].files[0].name}", True
    if leftover.lengths:
        alike = [host.group for host in hosts if _same_length(host, leftover.lengths)]
        return (alike[0], "same length", True) if len(alike) == 1 else None
    others = list(rivals)
    if found := _neighbour(leftover, hosts, others):
        return found
    if len(hosts) == 1 and not others:
        return hosts[0].group, "the only recording that lacks it", False
    return None


def _neighbour(leftover: _Traits, hosts: Sequence[_Traits], rivals: Iterable[_Traits]) -> Chosen | None:
    """Return the one recording in the folder of a leftover that has no rival there."""
    near = [host.group for host in hosts if not host.folders.isdisjoint(leftover.folders)]
    if len(near) == 1 and all(rival.folders.isdisjoint(leftover.folders) for rival in rivals):
        return near[0], "alone with it in its folder", False
    return None


def _lengths(group: Group) -> list[int]:
    crops = [file.said.crop[1] - file.said.crop[0] for file in group.files if file.said.crop and file.said.duration_ms]
    lengths = [file.said.duration_ms or file.duration_ms for file in group.files]
    return [length for length in (*lengths, *crops) if length]


def _same_length(host: _Traits, lengths: Sequence[int]) -> bool:
    return any(abs(host.media_ms - ms) <= max(SAME_LENGTH_MS, SAME_LENGTH_SHARE * ms) for ms in lengths)
