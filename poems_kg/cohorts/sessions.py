"""
Open a session of Apache Spark by the URL of a master, on a Java that can run it.

On this machine (``local[…]``) executors run this very Python and this very package; a cluster has its own.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from poems_kg.cohorts.results import ScreeningError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOCAL: Final = "local[*]"
"""The master where none is named: all cores of this machine."""
ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""For workers: with a process a core, threads of the linear algebra below numpy only get in each other's way."""
_OLDEST: Final = 17
_NEEDED: Final = "jdk.incubator.vector"
"""A module of Java that Spark asks for and trimmed Javas lack."""
_USUAL: Final = (Path("/usr/lib/jvm"), Path("/Library/Java/JavaVirtualMachines"))


def find_java() -> Path:
    """
    Find the home of a Java that Spark can run on: ``JAVA_HOME``, the one on the path, or where systems keep theirs.

    :raises ScreeningError: if there is none; says what was found.
    """
    tried: list[str] = []
    for home in _homes():
        why = _unfit(home)
        if not why:
            return home
        tried.append(f"{home}: {why}")
    found = "; ".join(tried) or "none was found"
    raise ScreeningError(
        f"Spark needs a full Java {_OLDEST} or later ({found}); install one, such as openjdk-17-jre-headless, or set "
        "JAVA_HOME"
    )


def _homes() -> Iterator[Path]:
    if os.environ.get("JAVA_HOME"):
        yield Path(os.environ["JAVA_HOME"])
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path).resolve().parent.parent
    for folder in _USUAL:
        for place in sorted(folder.glob("*")):
            home = place / "Contents" / "Home" if (place / "Contents" / "Home").is_dir() else place
            if (home / "bin" / "java").is_file() and not place.is_symlink():
                yield home


def _unfit(home: Path) -> str:
    """Why Spark cannot run on a Java; empty if it can."""
    command = [str(home / "bin" / "java"), "--list-modules"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return "does not run, or is older than 9"
    version = re.search(r"^java\.base@(\d+)", listed, re.MULTILINE)
    if version is None or int(version[1]) < _OLDEST:
        return f"is Java {version[1] if version else '?'}"
    return "" if _NEEDED in listed else f"lacks the module {_NEEDED}"


@contextmanager
def open_session(master: str) -> Iterator["SparkSession"]:
    """
    Open a session, and close it at the end.

    :param master: a URL as Spark takes it: ``local[2]``, ``spark://host:7077``, ``yarn``, ``k8s://…``.
    :raises ScreeningError: if pyspark or Java is lacking, or the master cannot be reached.
    """
    try:
        import pandas  # noqa: F401
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ScreeningError(f"{error.name} is missing; pip install 'poems-kg[spark]'") from error
    if master.startswith("sc://"):
        raise ScreeningError(
            f"{master}: Spark Connect is not supported; give the master itself, such as spark://host:7077"
        )
    settings = {"spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}
    settings |= {f"spark.executorEnv.{name}": value for name, value in ONE_THREAD.items()}
    environment = {"JAVA_HOME": str(find_java()), **ONE_THREAD}
    if master.startswith("local"):
        package = str(Path(__file__).parents[2])
        # What goes wrong comes back as an error; Spark would print pages of it before.
        settings |= {"spark.log.level": "OFF", "spark.ui.enabled": "false", "spark.executorEnv.PYTHONPATH": package}
        environment |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_HOSTNAME": "localhost"}
    builder = SparkSession.builder.master(master).appName("poems-kg screen")
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        with environment_of(environment):
            session = builder.getOrCreate()
    except (PySparkException, OSError, RuntimeError) as error:
        raise ScreeningError(
            f"{master}: Spark did not start ({str(error).partition(chr(10))[0]}); look at the URL"
        ) from error
    try:
        yield session
    finally:
        session.stop()


@contextmanager
def environment_of(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the processes that are started meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
