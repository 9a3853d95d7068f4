complete -c cback-compress -s m -l mode -d 'Format of the output' -r -f -a "none\t'The input as it is'
gzip\t'One gzip member'
bzip2\t'One bzip2 stream'"
complete -c cback-compress -s p -l threads -d 'Threads that compress [default: as many as there are cores for this process]' -r
complete -c cback-compress -l seal -d 'Finish the output only if the input ends with WORD, which is taken off' -r
complete -c cback-compress -s 1 -d 'Compress fastest'
complete -c cback-compress -s 2 -d ''
complete -c cback-compress -s 3 -d ''
complete -c cback-compress -s 4 -d ''
complete -c cback-compress -s 5 -d ''
complete -c cback-compress -s 6 -d ''
complete -c cback-compress -s 7 -d ''
complete -c cback-compress -s 8 -d ''
complete -c cback-compress -s 9 -d 'Compress best'
complete -c cback-compress -l fsync -d 'Flush the output to the disk before exiting, if it is a file'
complete -c cback-compress -l progress -d 'Show bytes in and out, their ratio, the rate and the time, if standard error is a terminal'
complete -c cback-compress -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cback-compress -s V -l version -d 'Print version'
