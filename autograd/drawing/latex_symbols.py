r"""Names and numbers in LaTeX.

What is written here stands in math mode, and is understood by LaTeX, MathJax, KaTeX and
matplotlib alike. No text is passed on as it is: a label can end no formula, begin no
command and open no tag.
"""

from __future__ import annotations

import re
from math import isfinite, isnan

GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|"
    "sigma|tau|upsilon|phi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|"
    "Phi|Psi|Omega"
)
# Letters, digits, then subscripts: w1, w_1, w[0][1], theta_max.
NAME = re.compile(r"([^\W\d_]+)(\d*)((?:_[^\W_]+|\[\d+\])*)")
SUBSCRIPT = re.compile(r"[^\W_]+")

ESCAPES = {
    "\\": r"\backslash",
    "^": r"\wedge",
    "~": r"\sim",
    "{": r"\lbrace",
    "}": r"\rbrace",
    " ": r"\ ",
    "'": "\N{RIGHT SINGLE QUOTATION MARK}",
    '"': "\N{RIGHT DOUBLE QUOTATION MARK}",
    "`": "\N{LEFT SINGLE QUOTATION MARK}",
    **{ch: rf"\{ch}" for ch in "#$%&_"},
}


def symbol(name: str) -> str:
    r"""Write a name: one letter or a Greek one as a variable, numbers as subscripts.

    >>> print(symbol("w_1"), symbol("x2"), symbol("w[0][1]"), symbol("theta"))
    w_{1} x_{2} w_{0,1} \theta
    >>> print(symbol("loss"), symbol("50% of $"))
    \mathrm{loss} \mathrm{50{\%}{\ }of{\ }{\$}}
    """
    found = NAME.fullmatch(name)
    if not found:
        return rf"\mathrm{{{escaped(name)}}}"
    base, number, rest = found.groups()
    subscripts = [number] if number else []
    subscripts += SUBSCRIPT.findall(rest)
    index = ",".join(map(_word, subscripts))
    return f"{_word(base)}_{{{index}}}" if index else _word(base)


def _word(word: str) -> str:
    if GREEK.fullmatch(word):
        return f"\\{word}"
    return word if len(word) == 1 or word.isdecimal() else rf"\mathrm{{{word}}}"


def escaped(text: str) -> str:
    r"""Write any text in math mode, each special character in braces of its own.

    >>> print(escaped("a_b"), escaped("</script>"))
    a{\_}b {<}/script{>}
    """
    return "".join(
        ch if ch.isalnum() else f"{{{ESCAPES.get(ch, ch)}}}" if ch not in "/." else ch
        for ch in text
    )


def numeral(x: float, digits: int) -> str:
    r"""Write a number to so many significant digits, integers below 1e15 in full.

    >>> print(numeral(0.1, 6), numeral(-3.0, 6), numeral(1.5e-7, 6))
    0.1 -3 1.5 \times 10^{-7}
    """
    x = float(x)  # a person may have set v.data to an int
    if not isfinite(x):
        sign = "-" if x < 0.0 else ""
        return r"\mathrm{nan}" if isnan(x) else rf"{sign}\infty"
    if x.is_integer() and abs(x) < 1e15:
        return f"{x:.0f}"
    mantissa, _, exponent = f"{x:.{digits}g}".partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if exponent else mantissa
