"""The text of an office with a mark for every value and nothing for every tag, each line where its author put it.

So what Markdown makes of a text can be told with the line, without filling it in.
"""

from collections.abc import Mapping

from doorstep.domain.template_variables import Kind, Variable
from doorstep.mail.custom_syntax import whole_lines
from doorstep.mail.custom_values import environment, mark


def skeleton(source: str, variables: Mapping[str, Variable]) -> tuple[str, list[Kind]]:
    """The text, and the kind of each value by the number of its mark; the names of loops count as words."""
    text: list[str] = []
    kinds: list[Kind] = []
    line, is_name_due = 1, False
    for number, what, value in environment().lex(whole_lines(source)):
        text.append("\n" * (number - line))
        line = max(line, number)
        if what == "data":
            text.append(value)
            line += value.count("\n")
        elif what == "variable_begin":
            is_name_due = True
        elif what == "name" and is_name_due:
            is_name_due = False
            text.append(mark(len(kinds)))
            kinds.append(variables[value].kind if value in variables else Kind.TEXT)
    return "".join(text), kinds
