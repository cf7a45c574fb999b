"""The texts of offices: checked when they are saved, and filled in when a mail goes out (S2.20, S4.14, T14)."""

import functools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from jinja2 import Template, TemplateError, nodes
from markupsafe import Markup

from doorstep.domain.messages import CustomText, Letter, Message
from doorstep.domain.template_variables import REQUIRED, VARIABLES, Kind
from doorstep.domain.templates import Finding, Part, TemplateText
from doorstep.mail import custom_markdown
from doorstep.mail.custom_html import heading_of, html_of, preheader_of
from doorstep.mail.custom_paths import missing, unasked
from doorstep.mail.custom_pieces import TextBroken, pieces_of
from doorstep.mail.custom_skeleton import skeleton
from doorstep.mail.custom_syntax import parse
from doorstep.mail.custom_text import text_of
from doorstep.mail.custom_values import Filled, clean, compiled, context_of, environment, fill, language_of
from doorstep.mail.examples import example
from doorstep.mail.plain_text import one_line, shorten
from doorstep.mail.rendering import MAX_SUBJECT, TEMPLATES, Rendered, TemplateBroken, frame
