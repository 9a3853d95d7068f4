"""The door through which cback3 runs cback-postgresql as an extended action.

In cback3.conf, change <module>CedarBackup3.extend.postgresql</module> to
<module>cback_postgresql</module>; the rest of the configuration stays as it is.
"""

import logging
import os
import subprocess

logger = logging.getLogger("CedarBackup3.log.extend.postgresql")


def executeAction(configPath, options, config):
    """Run cback-postgresql on the configuration file that cback3 reads.

    Each line that the script says goes to cback3's log.

    Raises:
        IOError: a database could not be backed up, or nothing could; the message is the script's.
    """
    beside = os.path.join(os.path.dirname(os.path.realpath(__file__)), "cback-postgresql")
    script = beside if os.access(beside, os.X_OK) else "cback-postgresql"
    last = "it said nothing"
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
            logger.info(last)
    if process.returncode != 0:
        raise IOError("%s (status %d)" % (last, process.returncode))
