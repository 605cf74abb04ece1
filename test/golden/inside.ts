/** The check before a step that writes into a release, as it is sent; each line is `d config 'and …'`: kind, path, reason. */
export const checked = (
  release: string,
  lines: readonly string[],
  shared = '/srv/shop/shared',
): string => `shipit_release=${release} shipit_shared=${shared} shipit_wrong=
shipit_real() {
  if [ -L "$shipit_release/$2" ]; then printf '%s is a link to %s, %s\\n' "$2" "$(readlink "$shipit_release/$2")" "$3" >&2
  elif [ "-$1" "$shipit_release/$2" ] || [ ! -e "$shipit_release/$2" ]; then return 0
  elif [ "$1" = d ]; then printf '%s is not a directory, %s\\n' "$2" "$3" >&2
  else printf '%s is not a file, %s\\n' "$2" "$3" >&2; fi
  shipit_wrong=1
}
${lines.map((line) => `shipit_real ${line}`).join('\n')}
[ -z "$shipit_wrong" ]
`
