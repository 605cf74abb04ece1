/** The check in front of what writes into a release, as it is sent; each line is `d config 'and …'`: kind, path, why. */
export const checked = (release: string, lines: readonly string[], shared = '/srv/shop/shared'): string => `(
release=${release} shared=${shared} wrong=
real() {
  if [ -L "$release/$2" ]; then printf '%s is a link to %s, %s\\n' "$2" "$(readlink "$release/$2")" "$3" >&2
  elif [ "-$1" "$release/$2" ] || [ ! -e "$release/$2" ]; then return 0
  elif [ "$1" = d ]; then printf '%s is not a directory, %s\\n' "$2" "$3" >&2
  else printf '%s is not a file, %s\\n' "$2" "$3" >&2; fi
  wrong=1
}
${lines.map((line) => `real ${line}`).join('\n')}
[ -z "$wrong" ]
)
`
