"""Which names every reader of a text gets to see, whatever its conditions: by the syntax tree, so for all mails."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from jinja2 import nodes

from doorstep.domain.messages import Message
from doorstep.domain.template_variables import ITEMS, REQUIRED, VARIABLES, Kind, Variable
from doorstep.domain.templates import Finding, Part


@dataclass(frozen=True)
class Path:
    """What is known on the way to a place in a text: the names that its conditions have found not to be empty."""

    variables: Mapping[str, Variable]
    filled: frozenset[str] = frozenset()

    def knowing(self, name: str) -> "Path":
        """The same, with one more name that is not empty."""
        return replace(self, filled=self.filled | {name})

    def may_be_empty(self, name: str) -> bool:
        """True where a mail can come without it."""
        return name not in self.filled and name in self.variables and self.variables[name].may_be_empty


def missing(message: Message, tree: nodes.Template, last_line: int) -> list[Finding]:
    """A finding where some reader would get none of the names that the message must show."""
    wanted = REQUIRED.get(message, ())
    if not wanted or _always(tree.body, frozenset(wanted), Path(VARIABLES[message])):
        return []
    places = [name.lineno for name in tree.find_all(nodes.Name) if name.name in wanted]
    shown = " or ".join(f"{{{{ {name} }}}}" for name in wanted)
    if not places:
        return [Finding(Part.BODY, last_line, f"The link is missing: without {shown} its reader could not go on.")]
    sentence = (
        f"The link is missing in some mails: {shown} has to stand where no condition and no empty value hides it."
    )
    return [Finding(Part.BODY, min(places), sentence)]


def unasked(part: Part, message: Message, tree: nodes.Template) -> list[Finding]:
    """A finding for each name that may be empty and is printed without asking first, as in `Hello {{ name }},`."""
    found = {
        (node.lineno, node.name)
        for node, path in _printed(tree.body, Path(VARIABLES[message]))
        if path.may_be_empty(node.name) and path.variables[node.name].kind is not Kind.URL
    }
    return [
        Finding(part, line, f"{name} may be empty. Put what belongs to it between {{% if {name} %}} and {{% endif %}}.")
        for line, name in sorted(found)
    ]


def _always(body: Sequence[nodes.Node], wanted: frozenset[str], path: Path) -> bool:
    for node in body:
        if isinstance(node, nodes.Output) and any(
            child.name in wanted and not path.may_be_empty(child.name)
            for child in node.nodes
            if isinstance(child, nodes.Name)
        ):
            return True
        if isinstance(node, nodes.If) and node.else_ and all(_always(b, wanted, p) for b, p in _branches(node, path)):
            return True
    return False


def _branches(node: nodes.If, path: Path) -> Iterator[tuple[Sequence[nodes.Node], Path]]:
    """Each branch of a condition with what is known in it, `else` last, even where it is not written."""
    for branch in (node, *node.elif_):
        is_negated = isinstance(branch.test, nodes.Not)
        asked = branch.test.node if isinstance(branch.test, nodes.Not) else branch.test
        name = asked.name if isinstance(asked, nodes.Name) else ""
        yield branch.body, path if is_negated else path.knowing(name)
        path = path.knowing(name) if is_negated else path
    yield node.else_, path


def _printed(body: Sequence[nodes.Node], path: Path) -> Iterator[tuple[nodes.Name, Path]]:
    for node in body:
        if isinstance(node, nodes.Output):
            for child in node.nodes:
                name = child.node if isinstance(child, nodes.Filter) else child
                if isinstance(name, nodes.Name):
                    yield name, path
        elif isinstance(node, nodes.If):
            for branch, known in _branches(node, path):
                yield from _printed(branch, known)
        elif isinstance(node, nodes.For):
            yield from _printed(node.body, _inside(node, path))
            yield from _printed(node.else_, path)


def _inside(node: nodes.For, path: Path) -> Path:
    """The path in a loop, with the names that each turn gives."""
    kind = path.variables[node.iter.name].kind if isinstance(node.iter, nodes.Name) else Kind.TEXT
    targets = node.target.items if isinstance(node.target, nodes.Tuple) else [node.target]
    names = [target.name for target in targets if isinstance(target, nodes.Name)]
    return replace(path, variables={**path.variables, **dict(zip(names, ITEMS[kind], strict=True))})
