"""The names that C itself and the headers of an exported file have taken.

From ISO C11 (draft N1570): sections 6.4.1 and 7.6 to 7.24, as far as <float.h>,
<math.h>, <complex.h>, <stdio.h>, <stdlib.h>, <string.h> and <tgmath.h> go.
"""

from __future__ import annotations

import re

_KEYWORDS = """
asm auto break case char const continue default do double else enum extern float for
fortran goto if inline int long main register restrict return short signed sizeof static
struct switch typedef typeof union unsigned void volatile while
"""
_MATHEMATICS = """
acos acosh asin asinh atan atan2 atanh carg cbrt ceil cimag conj copysign cos cosh cproj
creal erf erfc exp exp2 expm1 fabs fdim floor fma fmax fmin fmod frexp hypot ilogb ldexp
lgamma llrint llround log log10 log1p log2 logb lrint lround modf nan nearbyint
nextafter nexttoward pow remainder remquo rint round scalbln scalbn signbit sin sinh
sqrt tan tanh tgamma trunc cabs cacos cacosh casin casinh catan catanh ccos ccosh cexp
clog cpow csin csinh csqrt ctan ctanh
"""
_OTHERS = """
FILE NULL EOF BUFSIZ I complex imaginary double_t float_t div_t ldiv_t lldiv_t fpos_t
size_t ssize_t off_t va_list wchar_t errno stdin stdout stderr math_errhandling abort
abs aligned_alloc at_quick_exit atexit atof atoi atol atoll bsearch calloc clearerr div
exit fclose feof ferror fflush fgetc fgetpos fgets fopen fpclassify fprintf fputc fputs
fread free freopen fscanf fseek fsetpos ftell fwrite getc getchar getenv gets isfinite
isgreater isgreaterequal isinf isless islessequal islessgreater isnan isnormal
isunordered labs ldiv llabs lldiv malloc mblen mbstowcs mbtowc memchr memcmp memcpy
memmove memset perror printf putc putchar puts qsort quick_exit rand realloc remove
rename rewind scanf setbuf setvbuf snprintf sprintf srand sscanf strcat strchr strcmp
strcoll strcpy strcspn strerror strlen strncat strncmp strncpy strpbrk strrchr strspn
strstr strtod strtof strtok strtol strtold strtoll strtoul strtoull strxfrm system
tmpfile tmpnam ungetc vfprintf vfscanf vprintf vscanf vsnprintf vsprintf vsscanf
wcstombs wctomb
"""
_NAMES = frozenset((_KEYWORDS + _MATHEMATICS + _OTHERS).split())
_FORMS = frozenset(f"{name}{type}" for name in _MATHEMATICS.split() for type in "fl")
# What begins so is reserved; and capitals are the way of macros.
_RESERVED = re.compile(r"_.*|[A-Z][A-Z0-9_]*|real")


def is_taken(name: str) -> bool:
    """Tell whether a function of this name would not compile, or hide another.

    >>> is_taken("model"), is_taken("while"), is_taken("expf"), is_taken("RAND_MAX")
    (False, True, True, True)
    """
    return name in _NAMES or name in _FORMS or bool(_RESERVED.fullmatch(name))
