complete -c cback-postgresql -s c -l config -d 'Read this cback3 configuration' -r -F
complete -c cback-postgresql -s n -l dry-run -d 'Check everything, say what would be done, connect to nothing and write nothing'
complete -c cback-postgresql -s q -l quiet -d 'Say only what goes wrong'
complete -c cback-postgresql -s v -l verbose -d 'Show the configuration\'s warnings and what pg_dump is doing'
complete -c cback-postgresql -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cback-postgresql -s V -l version -d 'Print version'
