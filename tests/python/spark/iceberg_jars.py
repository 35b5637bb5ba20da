"""The jars that Spark needs for Iceberg, from the package index alone: Iceberg's runtime comes in a Python package without the classes
of Jackson that it expects under a name of its own; they are made from the Jackson that Spark itself brings."""

import struct
import zipfile
from importlib.metadata import files
from pathlib import Path

_PACKAGE = "snowpark-connect-deps-iceberg"
_FROM = "com/fasterxml/jackson"
_PREFIX = "org/apache/iceberg/shaded/"
_UTF8 = 1
# Bytes of each other kind of entry in a class file's table of constants (JVM specification, 4.4), its tag left out.
_SIZES = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2}
_TAKES_TWO = (5, 6)


def iceberg_jars(folder: Path) -> list[Path]:
    """Iceberg's runtime for Spark, and the Jackson it expects, made once in `folder`."""
    runtime = next(
        Path(str(file.locate()))
        for file in files(_PACKAGE) or []
        if "iceberg-spark-runtime" in file.name and file.suffix == ".jar"
    )
    jackson = folder / "iceberg-jackson.jar"
    if not jackson.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_jackson(jackson)
    return [runtime, jackson]


def _write_jackson(target: Path) -> None:
    import pyspark

    jars = Path(pyspark.__file__).parent / "jars"
    unfinished = target.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as out:
        for part in ("core", "databind", "annotations"):
            (jar,) = jars.glob(f"jackson-{part}-2*.jar")
            with zipfile.ZipFile(jar) as source:
                for name in source.namelist():
                    if name.startswith(_FROM) and name.endswith(".class"):
                        out.writestr(_PREFIX + name, renamed(source.read(name)))
    unfinished.rename(target)


def renamed(code: bytes) -> bytes:
    """A class file in which every name of Jackson's packages has Iceberg's prefix."""
    (entries,) = struct.unpack(">H", code[8:10])
    parts, place, entry = [code[:10]], 10, 1
    while entry < entries:
        tag = code[place]
        if tag == _UTF8:
            (length,) = struct.unpack(">H", code[place + 1 : place + 3])
            end = place + 3 + length
            text = code[place + 3 : end]
            for separator in (b"/", b"."):
                old = _FROM.encode().replace(b"/", separator)
                text = text.replace(old, _PREFIX.encode().replace(b"/", separator) + old)
            parts.append(struct.pack(">BH", _UTF8, len(text)) + text)
        else:
            end = place + 1 + _SIZES[tag]
            parts.append(code[place:end])
        place, entry = end, entry + (2 if tag in _TAKES_TWO else 1)
    return b"".join([*parts, code[place:]])
