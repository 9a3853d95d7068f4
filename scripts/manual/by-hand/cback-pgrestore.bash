_cback_pgrestore() {
    local options='--into --database --globals --create-roles --as --everything -j --jobs -c --config --compare
        -n --dry-run -q --quiet -v --verbose -h --help -V --version'
    COMPREPLY=()
    case $3 in
    --into | --database | -j | --jobs) return ;;
    --as)
        mapfile -t COMPREPLY < <(compgen -u -- "$2")
        return
        ;;
    --globals | -c | --config) ;;
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
complete -F _cback_pgrestore cback-pgrestore
