"""What an office may write between braces: an allow-list over the syntax tree, each fault with its line (T14).

Names, a filter behind a name, `if` and `for`; nothing that computes, calls, reaches into a value or pulls in a file.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from doorstep.domain.template_variables import ITEMS, Kind, Variable
from doorstep.domain.templates import Finding, Part, nearest

MAX_DEPTH = 5
LOWEST, HIGHEST = 10, 500
FILTERS: Mapping[str, Kind] = {
    "moment": Kind.MOMENT,
    "how_long": Kind.MOMENT,
    "section": Kind.SECTION,
    "listed": Kind.SECTIONS,
    "shorten": Kind.TEXT,
}
"""Each filter with what it is for."""

_WRITE_INSTEAD = {
    Kind.FLAG: "{name} is yes or no: ask for it with {{% if {name} %}} … {{% endif %}}.",
    Kind.MOMENT: "{name} is a moment: write {{{{ {name}|moment }}}}, or {{{{ {name}|how_long }}}} for the time since.",
    Kind.SECTION: "{name} is a section of the portal: write {{{{ {name}|section }}}}.",
    Kind.SECTIONS: "{name} is a list: write {{{{ {name}|listed }}}} or {{% for section in {name} %}} … {{% endfor %}}.",
    Kind.ACCOUNTS: "{name} is a list: write {{% for code, name in {name} %}} … {{% endfor %}}.",
    Kind.GRANTS: "{name} is a list: write {{% for code, name, sections in {name} %}} … {{% endfor %}}.",
}
_UNSAFE = (
    "This is an unsafe expression. Between braces stand names, such as {{ office_name }}, with |moment, |how_long, "
    "|section, |listed or |shorten(40); {% if name %}, {% if not name %} and {% for … in … %}; nothing else."
)
_ONLY_TAGS = re.compile(r"\s*(\{([%#])(?:(?!\2\}).)*\2\}\s*)+")
_RAW = re.compile(r"\{%[-+]?\s*raw\b")


@dataclass(frozen=True)
class Scope:
    """Where the walk stands: which names are known there, and how deep; a loop may only run inside over its own."""

    part: Part
    names: Mapping[str, Variable]
    depth: int = 0
    loop_names: frozenset[str] | None = None

    def finding(self, node: nodes.Node, sentence: str) -> Finding:
        """A finding at a node; some tags have no line themselves, only what stands in them."""
        lines = (each.lineno for each in (node, *node.find_all(nodes.Node)) if each.lineno)
        return Finding(self.part, next(lines, 1), sentence)

    def inside(self) -> "Scope":
        """One block deeper."""
        return replace(self, depth=self.depth + 1)


def whole_lines(source: str) -> str:
    """The source with the end of each line kept that has a tag at its end and words before it.

    Jinja's `trim_blocks` takes the line break after every tag: right for a line of nothing but tags, where it would
    leave a gap, and wrong after `Hello{% if name %} {{ name }}{% endif %}`, where it would join two lines.
    """
    return "\n".join(line.strip() if _ONLY_TAGS.fullmatch(line) else _with_its_end(line) for line in source.split("\n"))


def _with_its_end(line: str) -> str:
    rest, closing = line[:-2], line[-2:]
    if closing not in {"%}", "#}"} or "{" + closing[0] not in rest or rest.endswith(("-", "+")):
        return line
    return f"{rest} +{closing}"


def parse(
    environment: ImmutableSandboxedEnvironment, part: Part, source: str, variables: Mapping[str, Variable]
) -> tuple[nodes.Template | None, list[Finding]]:
    """The syntax tree of a text, and what is wrong with it; no tree where it cannot be read at all."""
    raw = _RAW.search(source)
    if raw:
        return None, [Finding(part, source.count("\n", 0, raw.start()) + 1, _UNSAFE)]
    try:
        tree = environment.parse(whole_lines(source))
    except TemplateSyntaxError as error:
        return None, [Finding(part, error.lineno, f"The braces cannot be read: {error.message}")]
    except RecursionError:
        return None, [Finding(part, 1, "The braces cannot be read: they are nested too deeply.")]
    return tree, list(_walk(tree.body, Scope(part, variables)))


def _walk(body: Sequence[nodes.Node], scope: Scope) -> Iterator[Finding]:
    for node in body:
        match node:
            case nodes.Output():
                for child in node.nodes:
                    if not isinstance(child, nodes.TemplateData):
                        yield from _printed(child, scope)
            case nodes.If() if scope.depth < MAX_DEPTH:
                yield from _if(node, scope)
            case nodes.For() if scope.depth < MAX_DEPTH:
                yield from _for(node, scope)
            case nodes.If() | nodes.For():
                yield scope.finding(node, f"Conditions and loops can be {MAX_DEPTH} deep, not more.")
            case _:
                yield scope.finding(node, _UNSAFE)


def _printed(node: nodes.Node, scope: Scope) -> Iterator[Finding]:
    name, used = (node.node, node) if isinstance(node, nodes.Filter) else (node, None)
    if not isinstance(name, nodes.Name):
        yield scope.finding(node, _UNSAFE)
        return
    if name.name not in scope.names:
        yield _unknown(name, scope)
        return
    kind = scope.names[name.name].kind
    if used is not None:
        yield from _filtered(used, kind, scope)
    elif kind in _WRITE_INSTEAD:
        yield scope.finding(node, _WRITE_INSTEAD[kind].format(name=name.name))
    elif scope.part is Part.SUBJECT and kind in {Kind.URL, Kind.CODE}:
        # Subjects are kept in the logs of mail servers, and a link is for its reader alone.
        yield scope.finding(node, f"{name.name} belongs into the body: a subject is seen by too many on its way.")


def _filtered(node: nodes.Filter, kind: Kind, scope: Scope) -> Iterator[Finding]:
    wanted = FILTERS.get(node.name)
    if wanted is None:
        known = ", ".join(f"|{name}" for name in FILTERS)
        yield scope.finding(node, f"There is no filter |{node.name[:40]}. There are {known}.")
    elif wanted is not kind:
        yield scope.finding(node, f"|{node.name} is for {wanted.value!r}, and this is {kind.value!r}.")
    elif not _has_right_arguments(node):
        yield scope.finding(node, _UNSAFE)


def _has_right_arguments(node: nodes.Filter) -> bool:
    if node.kwargs or node.dyn_args or node.dyn_kwargs:
        return False
    if node.name != "shorten" or not node.args:
        return not node.args
    values = [each.value for each in node.args if isinstance(each, nodes.Const)]
    return len(node.args) == 1 and len(values) == 1 and type(values[0]) is int and LOWEST <= values[0] <= HIGHEST


def _if(node: nodes.If, scope: Scope) -> Iterator[Finding]:
    for branch in (node, *node.elif_):
        asked = branch.test.node if isinstance(branch.test, nodes.Not) else branch.test
        if not isinstance(asked, nodes.Name):
            yield scope.finding(branch, _UNSAFE)
        elif asked.name not in scope.names:
            yield _unknown(asked, scope)
        yield from _walk(branch.body, scope.inside())
    yield from _walk(node.else_, scope.inside())


def _for(node: nodes.For, scope: Scope) -> Iterator[Finding]:
    if not isinstance(node.iter, nodes.Name) or node.test is not None or node.recursive:
        yield scope.finding(node, _UNSAFE)
    elif node.iter.name not in scope.names:
        yield _unknown(node.iter, scope)
    elif scope.names[node.iter.name].kind not in ITEMS:
        yield scope.finding(node, f"{node.iter.name} is no list, so there is nothing to go through.")
    elif scope.loop_names is not None and node.iter.name not in scope.loop_names:
        # Loops over long lists inside each other would multiply, and one mail could keep a worker busy for hours.
        yield scope.finding(node, "A loop inside a loop can only go through what the outer one gives, as in grants.")
    else:
        yield from _loop(node, ITEMS[scope.names[node.iter.name].kind], scope)


def _loop(node: nodes.For, items: tuple[Variable, ...], scope: Scope) -> Iterator[Finding]:
    targets = node.target.items if isinstance(node.target, nodes.Tuple) else [node.target]
    names = [target.name for target in targets if isinstance(target, nodes.Name)]
    if len(names) != len(items) or len(set(names)) != len(names) or "loop" in names:
        given = ", ".join(item.meaning for item in items)
        yield scope.finding(node, f"Each turn of this loop gives: {given}. Give each a name of its own.")
        return
    taken = sorted(set(names) & scope.names.keys())
    if taken:
        yield scope.finding(node, f"{taken[0]} is the name of something else already. Call it otherwise.")
        return
    inner = {**scope.names, **dict(zip(names, items, strict=True))}
    inside = replace(scope.inside(), names=inner, loop_names=frozenset(names))
    yield from _walk(node.body, inside)
    yield from _walk(node.else_, scope.inside())


def _unknown(node: nodes.Name, scope: Scope) -> Finding:
    close = nearest(node.name[:60], scope.names)
    known = ", ".join(sorted(scope.names))
    remedy = f"Did you mean {' or '.join(close)}?" if close else f"There are: {known}."
    return scope.finding(node, f"There is no {node.name[:60]} in this message. {remedy}")
