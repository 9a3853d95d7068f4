"""Answers what Cedar Backup itself reads in a document.

Documents come on standard input, each after its length (four bytes, little endian); a line of JSON
goes out for each. Written for expat 2.5.0; later ones accept and refuse the same documents as far as
is known.
"""

import json
import logging
import struct
import sys

from CedarBackup3.config import Config
from CedarBackup3.extend.postgresql import LocalConfig


def section(text):
    local = LocalConfig(xmlData=text, validate=False)
    found = local.postgresql
    values = found and [found.user, found.compressMode, bool(found.all), found.databases]
    try:
        local.validate()
    except ValueError:
        return {"valid": False, "section": values}
    return {"valid": True, "section": values}


def settings(text):
    config = Config(xmlData=text, validate=False)
    options, collect = config.options, config.collect
    programs = {"pg_dump": "pg_dump", "pg_dumpall": "pg_dumpall"}
    for override in options and options.overrides or []:
        programs[override.command] = override.absolutePath
    owner = [options.backupUser, options.backupGroup] if options else [None, None]
    return [collect and collect.targetDir, *owner, [programs["pg_dump"], programs["pg_dumpall"]]]


def stage(text):
    config = Config(xmlData=text, validate=False)
    if config.stage is None:
        return None
    peers = config.stage if config.stage.hasPeers() else config.peers
    peers = [*(peers.localPeers or []), *(peers.remotePeers or [])] if peers else []
    return [config.stage.targetDir, [peer.name for peer in peers]]


def attempt(reading, data):
    try:
        return reading(data.decode("utf-8"))
    except Exception as error:  # whatever it is, Cedar does not get past it
        return {"refused": f"{type(error).__name__}: {error}"}


logging.disable(logging.CRITICAL)
while head := sys.stdin.buffer.read(4):
    document = sys.stdin.buffer.read(struct.unpack("<I", head)[0])
    print(json.dumps([attempt(reading, document) for reading in (section, settings, stage)]))
