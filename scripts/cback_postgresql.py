"""The module through which cback3 runs cback-postgresql as an extended action.

In cback3.conf, change <module>CedarBackup3.extend.postgresql</module> to
<module>cback_postgresql</module>; the rest of the configuration stays as it is.
"""

import logging
import os
import re
import subprocess

logger = logging.getLogger("CedarBackup3.log.extend.postgresql")

# Everything else that the script says without --verbose is an error.
SUCCESS = re.compile(r", (\d+|\?) bytes, \d+ s$")
WARNING = re.compile(r"\bwarning: ")
CONTINUATION = re.compile(r": (hint|detail): ")


def executeAction(configPath, options, config):
    """Run cback-postgresql on the configuration file that cback3 reads.

    Each line that the script says goes to cback3's log, as information, warning or error.

    Raises:
        IOError: a database could not be backed up, or nothing could; the message is the script's.
    """
    beside = os.path.join(os.path.dirname(os.path.realpath(__file__)), "cback-postgresql")
    script = beside if os.access(beside, os.X_OK) else "cback-postgresql"
    last, level = "it said nothing", logging.INFO
    with subprocess.Popen(
        [script, "--config", configPath],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="backslashreplace",
    ) as process:
        for line in process.stderr:
            last = line.rstrip("\n")
            level = level_of(last, level)
            logger.log(level, "%s", last)
    if process.returncode != 0:
        raise IOError("%s (status %d)" % (last, process.returncode))


def level_of(line, level):
    """The level to log a line at, where the one before it had this level."""
    if CONTINUATION.search(line):
        return level
    if SUCCESS.search(line):
        return logging.INFO
    return logging.WARNING if WARNING.search(line) else logging.ERROR
