# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_cback_pgconf_global_optspecs
    string join \n h/help V/version
end

function __fish_cback_pgconf_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_cback_pgconf_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_cback_pgconf_using_subcommand
    set -l cmd (__fish_cback_pgconf_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c cback-pgconf -n "__fish_cback_pgconf_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cback-pgconf -n "__fish_cback_pgconf_needs_command" -s V -l version -d 'Print version'
complete -c cback-pgconf -n "__fish_cback_pgconf_needs_command" -f -a "check" -d 'Say what is wrong with a configuration, if anything is'
complete -c cback-pgconf -n "__fish_cback_pgconf_needs_command" -f -a "shell" -d 'Print a configuration as POSIX shell assignments, safe for eval'
complete -c cback-pgconf -n "__fish_cback_pgconf_needs_command" -f -a "json" -d 'Print a configuration as a JSON object'
complete -c cback-pgconf -n "__fish_cback_pgconf_needs_command" -f -a "databases" -d 'Print the databases\' names, one a line'
complete -c cback-pgconf -n "__fish_cback_pgconf_needs_command" -f -a "add" -d 'Print a configuration with a <postgresql> section added'
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand check" -l strict -d 'Fail on warnings too'
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand check" -l section-only -d 'Look at the <postgresql> section only'
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand check" -s h -l help -d 'Print help'
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand shell" -l prefix -d 'Put P before every variable\'s name' -r
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand shell" -l no-validate -d 'Take a configuration that Cedar Backup can read but not use'
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand shell" -l section-only -d 'Look at the <postgresql> section only'
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand shell" -s h -l help -d 'Print help'
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand json" -l no-validate -d 'Take a configuration that Cedar Backup can read but not use'
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand json" -l section-only -d 'Look at the <postgresql> section only'
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand json" -s h -l help -d 'Print help'
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand databases" -s 0 -l null -d 'End each name with NUL instead of a line end'
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand databases" -l section-only -d 'Look at the <postgresql> section only'
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand databases" -s h -l help -d 'Print help'
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand add" -l user -d 'Connect as U' -r
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand add" -l compress-mode -d 'Compress dumps so' -r -f -a "none\t'Not at all'
gzip\t'As `.gz`'
bzip2\t'As `.bz2`'"
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand add" -l database -d 'Back up the database D; may be given several times' -r
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand add" -l all -d 'Back up all databases'
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand add" -l replace -d 'Put the section in place of the first one there is'
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand add" -l no-validate -d 'Take a configuration that Cedar Backup can read but not use'
complete -c cback-pgconf -n "__fish_cback_pgconf_using_subcommand add" -s h -l help -d 'Print help (see more with \'--help\')'
