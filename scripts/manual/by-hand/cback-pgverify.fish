complete -c cback-pgverify -s c -l config -r -F -d 'Read this cback3 configuration'
complete -c cback-pgverify -l max-age -x -d 'Fail for a backup that is older'
complete -c cback-pgverify -l restore -d 'Restore each into a throwaway server, and compare'
complete -c cback-pgverify -l pg-bin -x -a '(__fish_complete_directories)' -d "Take the server's programs from this directory"
complete -c cback-pgverify -l time-limit -x -d 'Give up what takes longer to be read or restored'
complete -c cback-pgverify -s q -l quiet -d 'Say only what goes wrong'
complete -c cback-pgverify -s v -l verbose -d 'Show the rows of every table as well'
complete -c cback-pgverify -s h -l help -d 'Print help'
complete -c cback-pgverify -s V -l version -d 'Print version'
