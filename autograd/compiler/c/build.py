"""Building C text into a library: the compiler, its flags, and a cache on disk.

A library is cached under the hash of all that went into it, in a folder of the user's
own. Its name also bears the hash of its bytes, so that a damaged or foreign file is
seen and built anew; it is written elsewhere and renamed, so that it is whole or absent.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

_COMPILERS = ("cc", "gcc", "clang")
# Sums may be reordered; NaN, infinities and subnormals keep their meaning.
_MATH = (
    "-fassociative-math",
    "-fno-signed-zeros",
    "-fno-trapping-math",
    "-fno-math-errno",
    "-ffp-contract=fast",
)


_HAS_USERS = hasattr(os, "getuid")


class CompilerError(RuntimeError):
    """There is no C compiler, or it failed; the message says what to do."""


def compiler() -> list[str] | None:
    """Give the command of the C compiler: that of CC, else cc, gcc or clang."""
    chosen = _words("CC")
    if chosen:
        return chosen if shutil.which(chosen[0]) else None
    return next(([name] for name in _COMPILERS if shutil.which(name)), None)


def missing_compiler() -> CompilerError:
    """Give the error that says which compiler is missing."""
    chosen = os.environ.get("CC", "").strip()
    why = "install one, as cc, gcc or clang, or name it in CC"
    if chosen:
        why = f"CC is {chosen!r}, which is no program here"
    return CompilerError(f'no C compiler was found: {why}; backend="numpy" needs none')


def function(text: str, name: str) -> Any:
    """Build the text, or take what was built from it before; give a function of it.

    Raises CompilerError where there is no compiler, or where it fails.
    """
    command = compiler()
    if command is None:
        raise missing_compiler()
    key, folder = _key(text, command), _cache_folder()
    found = _symbol(_cached(folder, key), name) if folder else None
    if found is not None:
        return found
    place = _scratch_place(folder)
    with tempfile.TemporaryDirectory(prefix="chainrule-", dir=place) as scratch:
        built = Path(scratch) / "plan.so"
        _run(text, command, built)
        found = _symbol(built, name)
        if found is None:
            raise CompilerError(
                f"what {shlex.join(command)} made of the plan cannot be loaded here; "
                'backend="numpy" needs no compiler'
            )
        if folder:
            _keep(built, folder, key)
        return found


def _symbol(path: Path | None, name: str) -> Any:
    """Load a library and give its function; None where it is not what it should be."""
    try:
        return path and getattr(ctypes.CDLL(str(path)), name)
    except (OSError, AttributeError):
        return None


def _words(variable: str) -> list[str]:
    """Split a variable of the environment as a shell would."""
    text = os.environ.get(variable, "")
    try:
        return shlex.split(text)
    except ValueError as error:
        raise CompilerError(f"{variable} is {text!r}: {error}") from None


def _flags(native: bool) -> list[str]:
    # A copy of a function for each of its calls would take seconds and gain nothing.
    whole = ["-fno-inline", "-fno-ipa-cp"]
    flags = ["-std=c11", "-O3", *whole, "-shared", "-fPIC", *_MATH]
    if native:
        arm = platform.machine() in ("aarch64", "arm64")
        flags.append("-mcpu=native" if arm else "-march=native")
        if platform.libc_ver()[0] == "glibc":
            # glibc's math.h offers exp, tanh and others for vectors under this name.
            flags.append("-D__FAST_MATH__")
    return flags + _words("CFLAGS")


def _run(text: str, command: list[str], target: Path) -> None:
    """Run the compiler: for this very processor, or else for any."""
    for native in (True, False):
        arguments = [*command, *_flags(native), "-x", "c", "-", "-o", str(target)]
        try:
            done = subprocess.run(
                [*arguments, "-lm"],
                input=text.encode(),
                capture_output=True,
                env={**os.environ, "TMPDIR": str(target.parent)},
            )
        except OSError as error:
            raise CompilerError(
                f"{shlex.join(command)} does not run: {error}"
            ) from None
        if done.returncode == 0 and target.is_file():
            return
    message = done.stderr.decode(errors="replace").strip()
    raise CompilerError(
        f"{shlex.join(command)} failed with code {done.returncode}: "
        f'{message[:500] or "no message"}; backend="numpy" needs none'
    )


# ---- the cache -----------------------------------------------------------------------

_MOST_FILES = 1_000  # of which the oldest go first


def _key(text: str, command: list[str]) -> str:
    """Hash all that a library depends on: text, compiler, flags and processor."""
    program = Path(shutil.which(command[0]) or command[0]).resolve()
    about = program.stat()
    parts = [*command, str(program), about.st_mtime_ns, about.st_size]
    parts += [*_flags(native=True), _processor(), sys.platform, text]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


@lru_cache(maxsize=1)
def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine() + platform.release()
    return "".join(sorted({x for x in lines if x.startswith(("flags", "model name"))}))


def _cache_folder() -> Path | None:
    """Give a folder that only this user can write to; None where there is none.

    Links on the way to it are followed once, here, so that nobody can turn them later.
    """
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser(
        "~/Library/Caches" if sys.platform == "darwin" else "~/.cache"
    )
    folder = Path(home) / "chainrule"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _HAS_USERS:
            return folder
        link, folder = folder.lstat(), folder.resolve()
        about = folder.stat()
    except OSError:
        return None
    own = {link.st_uid, about.st_uid} == {os.getuid()}
    private = own and not about.st_mode & 0o077
    return folder if private and _is_guarded(folder) else None


def _is_guarded(folder: Path) -> bool:
    """Tell whether no other user can put another folder in the place of this one.

    Who owns the root of all folders is trusted. In a sticky folder such as /tmp all may
    write, but each can rename only what is their own.
    """
    trusted = (os.getuid(), os.stat("/").st_uid)
    abouts = [place.stat() for place in (folder, *folder.parents)]
    return all(
        about.st_uid in trusted
        and (not about.st_mode & stat.S_IWOTH or about.st_mode & stat.S_ISVTX)
        for about in abouts
    )


def _scratch_place(cache: Path | None) -> Path:
    """Choose where the compiler writes: others must not exchange what is loaded."""
    place = Path(tempfile.gettempdir()).resolve()
    if not _HAS_USERS or _is_guarded(place):
        return place
    if cache is not None:
        return cache
    raise CompilerError(
        f"other users can replace what a compiler writes below {str(place)!r}: name a "
        'folder of your own in TMPDIR; backend="numpy" needs none'
    )


def _cached(folder: Path, key: str) -> Path | None:
    """Give the library of this key whose bytes are those that were built."""
    for path in sorted(folder.glob(f"{key}-*.so")):
        with suppress(OSError):  # another process may have removed it
            if path.name == _name(key, path.read_bytes()):
                return path
    return None


def _keep(built: Path, folder: Path, key: str) -> None:
    """Put a library into the cache, where there is room for it."""
    content = built.read_bytes()
    target = folder / _name(key, content)
    unfinished = folder / f".{target.name}.{os.urandom(8).hex()}"
    try:
        unfinished.touch(0o600, exist_ok=False)
        unfinished.write_bytes(content)
        unfinished.replace(target)
        _prune(folder)
    except OSError:  # without a cache the library is built again next time
        unfinished.unlink(missing_ok=True)


def _name(key: str, content: bytes) -> str:
    return f"{key}-{hashlib.sha256(content).hexdigest()[:32]}.so"


def _prune(folder: Path) -> None:
    names = f"{'?' * 32}-{'?' * 32}.so"  # no library of anybody else's
    files = sorted(folder.glob(names), key=lambda path: path.stat().st_mtime)
    for path in files[:-_MOST_FILES]:
        path.unlink(missing_ok=True)
