_cback_postgresql() {
    local options='-c --config -j --jobs --try -n --dry-run -q --quiet -v --verbose -h --help -V --version'
    COMPREPLY=()
    case $3 in
    -c | --config)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$2")
        ;;
    -j | --jobs) ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$2") ;;
    esac
}
complete -F _cback_postgresql cback-postgresql
