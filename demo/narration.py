"""How the demo speaks: short paragraphs of at most 80 columns, and commands as one would type them."""

import os
import re
import shutil
import sys
import textwrap

_WIDTH = 78
# The lines of a plan's step that hold its calls, its undo and its limit, and where those go on.
_DETAIL = re.compile(r" {5}(call|undo|limit) ")
_DETAIL_GOES_ON = " " * 11
_AFTER_THE_STEPS = "Settings of the target"


def _styled(code, text):
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        return f"\x1b[{code}m{text}\x1b[0m"
    return text


def _print(text=""):
    # daybreak writes to the same terminal: nothing may be held back.
    print(text, flush=True)


def title(text):
    """Opens a part of the story."""
    width = min(_WIDTH, shutil.get_terminal_size((80, 24)).columns - 2)
    _print(f"\n{_styled('1', text)} {'─' * max(0, width - len(text) - 1)}")


def say(text):
    """Tells something in a paragraph."""
    _print(textwrap.fill(" ".join(text.split()), _WIDTH))


def fact(name, value):
    """A figure with its name."""
    _print(textwrap.fill(value, _WIDTH, initial_indent=f"  {name:<27}", subsequent_indent=" " * 29))


def command(text):
    """Shows the command that runs next."""
    _print(f"\n{_styled('1', '$ ' + text)}")


def output(text):
    """Shows what a command printed."""
    _print(text.rstrip("\n"))


def claim(text, holds, detail):
    """Shows something that was examined."""
    mark = _styled("32", "yes") if holds else _styled("1;31", "NO ")
    lines = textwrap.wrap(f"{text}: {detail}", _WIDTH - 7)
    _print(f"  {mark}  " + "\n       ".join(lines))


def outline(plan):
    """A plan's text without its steps' particulars and its settings, and how many lines of text were left out."""
    lines = plan.rstrip("\n").split("\n")
    kept = []
    in_detail = False
    for line in lines:
        if line.startswith(_AFTER_THE_STEPS):
            break
        if _DETAIL.match(line):
            in_detail = True
        elif not line.startswith(_DETAIL_GOES_ON):
            in_detail = False
        if not in_detail and (line or not kept or kept[-1]):
            kept.append(line)
    return _close_up(kept), sum(map(bool, lines)) - sum(map(bool, kept))


def _close_up(lines):
    # Steps of one line each need no blank line between them.
    step = re.compile(r" [ \d]\d\. | {5}\S")
    return "\n".join(
        line
        for before, line, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False)
        if line or not (step.match(before) and step.match(after))
    ).rstrip("\n")
