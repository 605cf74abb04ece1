# Words for shipit in bash 3.2 and later. To install: source <(shipit completion bash)
# shipit reads the line, and answers with words that are quoted already. Nothing here evaluates them.
_shipit() {
  local command=shipit line
  # as it was typed, if that is a path
  case ${COMP_WORDS[0]} in */*) command=${COMP_WORDS[0]} ;; esac
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in shipit$'\t'*) line=${line#*$'\t'} ;; *) continue ;; esac
    line=${line%%$'\t'*}
    if [[ -z $line ]]; then
      compopt -o default 2>/dev/null
      return 0
    fi
    COMPREPLY[${#COMPREPLY[@]}]=$line
    case $line in *=) compopt -o nospace 2>/dev/null ;; esac
  done < <(command "$command" completion words bash -- "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" </dev/null 2>/dev/null)
  return 0
}
complete -F _shipit shipit
