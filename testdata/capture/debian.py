# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian packages of any suite and architecture, without touching the system's own apt lists.

The archive's address is never written here: the system's own apt source is copied with another
suite in it, and every apt call is pointed at folders of the cache. Needs apt and dpkg, not root.
"""

import pathlib
import re
import tempfile

from tool import ToolError, run

FETCH_SECONDS = 900


def stanzas(text):
    """The fields of each deb822 paragraph, as dicts."""
    for block in re.split(r"\n\s*\n", text):
        fields = re.findall(r"^(\w[\w-]*):[ \t]*(.*(?:\n[ \t]+.*)*)", block, re.M)
        if fields:
            yield dict(fields)


def one_line(text):
    """The fields of each `deb [options] URI SUITE COMPONENT…` line, named as deb822 names them."""
    for line in re.findall(r"^deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)\s+(.*)", text, re.M):
        options, uri, suite, components = line
        fields = {"Types": "deb", "URIs": uri, "Suites": suite, "Components": components}
        signed = re.search(r"signed-by=(\S+)", options)
        if signed:
            fields["Signed-By"] = signed[1]
        yield fields


def system_source(folder=pathlib.Path("/etc/apt")):
    """URIs and Signed-By of the system's main Debian source (no updates, no security suite)."""
    found = []
    for path in sorted(folder.glob("sources.list.d/*.sources")):
        found += stanzas(re.sub(r"^#.*\n", "", path.read_text(), flags=re.M))
    for path in [folder / "sources.list", *sorted(folder.glob("sources.list.d/*.list"))]:
        if path.exists():
            found += one_line(path.read_text())
    for fields in found:
        plain = [s for s in fields.get("Suites", "").split() if "-" not in s and "/" not in s]
        if plain and "main" in fields.get("Components", "").split() and \
                "debian" in fields.get("Signed-By", "debian"):
            return {key: fields[key] for key in ("URIs", "Signed-By") if key in fields}
    raise ToolError("no Debian source among the system's apt sources")


class Suite:
    """One suite and architecture: an apt of its own under `cache`."""

    def __init__(self, cache, suite, arch):
        self.cache, self.name = cache, suite
        self.folder = cache / "apt" / ("%s-%s" % (suite, arch))
        self.debs = cache / "debs"
        lists = self.folder / "lists"
        archives = self.folder / "cache" / "archives"
        for folder in (lists / "partial", archives / "partial", self.debs):
            folder.mkdir(parents=True, exist_ok=True)
        # backports are made to be installed beside the rest of their release
        suites = " ".join(dict.fromkeys((suite.removesuffix("-backports"), suite)))
        source = dict(Types="deb", Suites=suites, Components="main", **system_source())
        (self.folder / "suite.sources").write_text(
            "".join("%s: %s\n" % field for field in source.items()))
        (self.folder / "status").touch()
        settings = {
            "Dir::State": self.folder, "Dir::State::Lists": lists,
            "Dir::State::status": self.folder / "status", "Dir::Cache": self.folder / "cache",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::SourceList": self.folder / "suite.sources",
            "APT::Architecture": arch, "APT::Architectures": arch,
            "APT::Sandbox::User": "root", "APT::Get::Assume-Yes": "true",
        }
        self.options = [word for item in settings.items() for word in ("-o", "%s=%s" % item)]

    def update(self):
        """Fetch the suite's index."""
        run(["apt-get", *self.options, "-qq", "update"], FETCH_SECONDS)

    def show(self, package):
        """The newest version's fields; ToolError when the suite has no such package."""
        text = run(["apt-cache", *self.options, "show", "--no-all-versions", package])
        for fields in stanzas(text):
            return fields
        raise ToolError("no package %s in %s" % (package, self.name))

    def closure(self, roots, wanted):
        """The root packages and what they depend on, as far as names match the pattern `wanted`."""
        found, todo = {}, list(roots)
        while todo:
            name = todo.pop()
            if name in found:
                continue
            found[name] = self.show(name)
            first = [re.match(r"\s*([\w.+-]+)", d)[1]
                     for d in found[name].get("Depends", "").split(",") if d.strip()]
            todo += [dependency for dependency in first if re.match(wanted, dependency)]
        return found

    def download(self, fields):
        """Path of a package's .deb, fetched unless it is in the cache."""
        deb = self.debs / pathlib.Path(fields["Filename"]).name
        if not deb.exists():
            with tempfile.TemporaryDirectory(dir=self.debs) as folder:
                run(["apt-get", *self.options, "-qq", "download",
                     "%s=%s" % (fields["Package"], fields["Version"])], FETCH_SECONDS, cwd=folder)
                next(pathlib.Path(folder).glob("*.deb")).rename(deb)
        return deb

    def unpack(self, fields, root):
        """Download one package and unpack it under `root`, once."""
        stamp = root / (".unpacked-" + fields["Package"])
        if stamp.exists():
            return
        root.mkdir(parents=True, exist_ok=True)
        run(["dpkg", "-x", self.download(fields), root])
        stamp.touch()
