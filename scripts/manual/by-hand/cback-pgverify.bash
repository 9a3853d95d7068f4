_cback_pgverify() {
    local options='-c --config --staged --max-age --newer-than --restore --pg-bin --time-limit -j --jobs --json -q --quiet -v --verbose -h --help -V --version'
    COMPREPLY=()
    case $3 in
    --max-age | --newer-than | --time-limit | -j | --jobs) return ;;
    --pg-bin)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -d -- "$2")
        return
        ;;
    -c | --config) ;;
    *)
        if [[ $2 == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$options" -- "$2")
            return
        fi
        ;;
    esac
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$2")
}
complete -F _cback_pgverify cback-pgverify
