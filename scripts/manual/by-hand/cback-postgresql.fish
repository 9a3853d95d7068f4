complete -c cback-postgresql -f
complete -c cback-postgresql -s c -l config -r -F -d 'Read this cback3 configuration'
complete -c cback-postgresql -s j -l jobs -x -d 'Back up this many databases at a time'
complete -c cback-postgresql -l try -d 'Dump the definitions of each database, and write nothing'
complete -c cback-postgresql -s n -l dry-run -d 'Check everything, connect to nothing and write nothing'
complete -c cback-postgresql -s q -l quiet -d 'Say only what goes wrong'
complete -c cback-postgresql -s v -l verbose -d 'Show what pg_dump is doing'
complete -c cback-postgresql -s h -l help -d 'Print help'
complete -c cback-postgresql -s V -l version -d 'Print version'
