complete -c cback-pgdump -s U -l user -d 'Connect as this role [default: $PGUSER, else libpq\'s choice]' -r
complete -c cback-pgdump -l pg-dump -d 'Dump one database with this program' -r -F
complete -c cback-pgdump -l pg-dumpall -d 'Dump all databases with this program' -r -F
complete -c cback-pgdump -l seal -d 'Write WORD after the last byte of a dump that is whole' -r
complete -c cback-pgdump -l all -d 'Dump all databases, roles and tablespaces, with pg_dumpall'
complete -c cback-pgdump -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cback-pgdump -s V -l version -d 'Print version'
