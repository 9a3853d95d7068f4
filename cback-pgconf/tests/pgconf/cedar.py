"""Answers what Cedar Backup itself reads in a document.

Documents come on standard input, each after its length (four bytes, little endian); a line of JSON
goes out for each. The process stays alive for as many as there are.

Written for expat 2.5.0 (pyexpat.EXPAT_VERSION); later ones accept and refuse the same documents as
far as is known.
"""

import json
import logging
import struct
import sys

from CedarBackup3.config import Config
from CedarBackup3.extend.postgresql import LocalConfig

logging.disable(logging.CRITICAL)


def section(text):
    local = LocalConfig(xmlData=text, validate=False)
    try:
        local.validate()
        valid = True
    except ValueError:
        valid = False
    found = local.postgresql
    if found is None:
        return {"valid": valid, "section": None}
    values = [found.user, found.compressMode, bool(found.all), found.databases]
    return {"valid": valid, "section": values}


def settings(text):
    config = Config(xmlData=text, validate=False)
    programs = {"pg_dump": "pg_dump", "pg_dumpall": "pg_dumpall"}
    user = group = directory = None
    if config.options is not None:
        user, group = config.options.backupUser, config.options.backupGroup
        for override in config.options.overrides or []:
            programs[override.command] = override.absolutePath
    if config.collect is not None:
        directory = config.collect.targetDir
    return [directory, user, group, programs["pg_dump"], programs["pg_dumpall"]]


def attempt(reading, data):
    try:
        return reading(data.decode("utf-8"))
    except Exception as error:  # whatever it is, Cedar does not get past it
        return {"refused": f"{type(error).__name__}: {error}"}


def main():
    documents = sys.stdin.buffer
    while head := documents.read(4):
        data = documents.read(struct.unpack("<I", head)[0])
        print(json.dumps([attempt(section, data), attempt(settings, data)]), flush=True)


main()
