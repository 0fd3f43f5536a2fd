"""Pictures, texts, replays and explanations."""

from __future__ import annotations

from tests.bad_arguments.rows import (
    NOT_FLAGS,
    NOT_PATHS,
    NOT_VALUES,
    NOT_WHOLE,
    Row,
    Table,
    each,
    no,
    yes,
)

DRAW = "draw(c, engine='own', {})"


def _roots(name: str, what: str) -> list[Row]:
    return each(f"{name}({{}})", NOT_VALUES, TypeError, f"expected a Value to {what}")


def _count(call: str, name: str) -> list[Row]:
    return [
        *each(call, NOT_WHOLE, TypeError, f"{name} must be a whole number"),
        *each(call, ["0", "-1"], ValueError, f"{name} must be at least 1", "{}"),
    ]


def _choice(call: str, name: str, *known: str) -> list[Row]:
    wrong = ["'neato'", "3", "b'own'", "['own']", "''", "np.array(['own', 'dot'])"]
    return each(call, wrong, ValueError, f"unknown {name}", *known)


def _paths(call: str, known: str) -> list[Row]:
    return [
        *each(call, NOT_PATHS, TypeError, "the path of a file, such as", "{}"),
        *each(call, ["'x'", "''", "'x.doc'"], ValueError, known),
        no(
            call.replace("{}", f"'nowhere/x{known}'"),
            FileNotFoundError,
            "no folder 'nowhere'",
        ),
    ]


TABLE: Table = {
    "autograd.draw": {
        "root": [
            *_roots("draw", "draw"),
            yes("len(draw(constant, engine='own').svg) > 99", True),
        ],
        "limit": _count(DRAW.replace("{}", "limit={}"), "limit"),
        "engine": [
            *_choice("draw(c, engine={})", "engine", "auto, dot, own"),
            no("draw(c, engine=None)", ValueError, "unknown engine None", "auto, dot"),
        ],
        "direction": _choice(
            DRAW.replace("{}", "direction={}"), "direction", "right, down"
        ),
        "partials": each(
            DRAW.replace("{}", "partials={}"), NOT_FLAGS, TypeError, "True or False"
        ),
        "color": _choice(DRAW.replace("{}", "color={}"), "color", "known is 'grad'"),
        "expand": each(
            DRAW.replace("{}", "expand={}"), NOT_FLAGS, TypeError, "True or False"
        ),
        "collapse": [
            *_choice(
                DRAW.replace("{}", "collapse={}"), "collapse", "neuron, layer, module"
            ),
            no(
                "draw(c, collapse='layer', partials=True)",
                ValueError,
                "single Values",
                "leave out collapse",
            ),
            no(
                "draw(c, collapse='layer', color='grad')",
                ValueError,
                "single Values",
                "leave out collapse",
            ),
        ],
        "model": [
            no("draw(c, model=model)", ValueError, "model=", "collapse='layer'"),
            *each(
                "draw(c, collapse='layer', engine='own', model={})",
                ["3", "'model'", "square", "[None]"],
                ValueError,
                "no parameter of a model",
                "parameters()",
            ),
        ],
    },
    "autograd.tree": {
        "root": _roots("tree", "draw"),
        "limit": _count("tree(c, limit={})", "limit"),
        "partials": each(
            "tree(c, partials={})", NOT_FLAGS, TypeError, "partials", "{}"
        ),
    },
    "autograd.to_dot": {
        "root": _roots("to_dot", "draw"),
        "limit": _count("to_dot(c, limit={})", "limit"),
    },
    "autograd.to_latex": {
        "root": _roots("to_latex", "write as LaTeX"),
        "wrt": each(
            "to_latex(c, {})", ["3", "'a'", "[2.0]", "square"], TypeError, "Values"
        ),
        "limit": [
            *_count("to_latex(c, limit={})", "limit"),
            no(
                "to_latex(c, limit=2)",
                ValueError,
                "4 operands",
                "limit=2",
                "draw(root)",
            ),
        ],
        "digits": _count("to_latex(c, digits={})", "digits"),
    },
    "autograd.explain": {
        "root": [
            *each("explain({}, a)", NOT_VALUES, TypeError, "expected a Value to diff"),
            no("explain(constant, a)", ValueError, "has no graph"),
        ],
        "wrt": each(
            "explain(c, {})",
            NOT_VALUES,
            TypeError,
            "expected one Value",
            "for x in inp",
        ),
        "paths": _count("explain(c, a, paths={})", "paths"),
    },
    "autograd.replay": {
        "root": [
            *_roots("replay", "replay"),
            no("replay(constant)", ValueError, "has no graph", "nothing to replay"),
        ],
        "limit": [
            *_count("replay(c, limit={})", "limit"),
            no("replay(c, limit=2)", ValueError, "steps, too many", "limit is 2"),
        ],
        "engine": _choice("replay(c, engine={})", "engine", "auto, dot, own"),
    },
    "Picture.save": {"path": _paths("picture.save({})", ".svg")},
    "Replay.save": {"path": _paths("replayed.save({})", ".html")},
    "Replay.__getitem__": {
        "index": [
            *each(
                "replayed[{}]", ["99", "-99", "2**70"], IndexError, "has 4 steps", "{}"
            ),
            *each(
                "replayed[{}]",
                ["None", "'a'", "1.5"],
                TypeError,
                "a whole number",
                "{}",
            ),
            yes("replayed[9:]", ()),
        ]
    },
    "Replay.running": {
        "count": [
            *each("replayed.running({})", NOT_WHOLE[1:], TypeError, "count", "whole"),
            no("replayed.running(-1)", ValueError, "count must be at least 0", "-1"),
            yes("replayed.running(10**6) == replayed.running()", True),
        ]
    },
    "Explanation.text": {
        "width": [
            *_count("explained.text({})", "width"),
            yes("explained.text(1) == explained.text(40)", True),
        ]
    },
    "Explanation.operand": {
        "x": each(
            "explained.operand({})", ["None", "'a'", "[1.0]"], TypeError, "real number"
        )
    },
    "Explanation.operations": {},
}
