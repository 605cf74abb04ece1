#compdef shipit
# Words for shipit in zsh. To install: source <(shipit completion zsh), after compinit; or as a file _shipit in a folder of $fpath.
# Nothing here evaluates the words: compadd quotes them.
_shipit() {
  local command=shipit line word about
  local -a typed whole wholeAbout partial partialAbout
  # as it was typed, if that is a path
  [[ $words[1] == */* ]] && command=${(Q)words[1]}
  typed=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
  while IFS= read -r line; do
    [[ $line == shipit$'\t'* ]] || continue
    line=${line#*$'\t'}
    word=${line%%$'\t'*}
    about=${line#*$'\t'}
    if [[ -z $word ]]; then
      # the value of --config=FILE
      [[ $PREFIX == --*=* ]] && compset -P '*='
      _files
      return
    fi
    # _describe takes a colon as the end of the word, unless a backslash is before it
    word=${${word//\\/\\\\}//:/\\:}
    if [[ $word == *= ]]; then
      partial+=("$word")
      partialAbout+=("$word${about:+:$about}")
    else
      whole+=("$word")
      wholeAbout+=("$word${about:+:$about}")
    fi
  done < <(command "$command" completion words zsh -- "${typed[@]}" </dev/null 2>/dev/null)
  local result=1
  (( $#whole )) && _describe -V word wholeAbout whole && result=0
  (( $#partial )) && _describe -V setting partialAbout partial -S '' && result=0
  return result
}
if [[ ${funcstack[1]} == _shipit ]]; then
  _shipit "$@"
elif (( $+functions[compdef] )); then
  compdef _shipit shipit
else
  print -u2 'shipit: no completion before compinit. Put this above: autoload -Uz compinit && compinit'
fi
