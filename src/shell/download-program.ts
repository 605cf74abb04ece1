/**
 * The program that gives files of a host, in the shell that `download()` runs there. It has $from, a file or a folder, and answers requests, a
 * line each on its stdin; `transfer/receive.ts` sends them. Names begin with `./`, one a line.
 *
 * First it says what is there: `file` or `folder`, and a line for each file, folder and link. `sums` and `links`, names, two empty lines: the
 * checksums of these files, the targets of these links. `give`, names, two empty lines: `gzip` or `plain`, and an archive of these files up
 * to the end of its output. `done`: nothing is to be given.
 */
export const DOWNLOAD_PROGRAM = String.raw`
work=$(mktemp -d) follow=
trap 'rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM
# a link in the place of the file itself is followed, and no other
if stat -c %f / >/dev/null 2>&1; then state() { find -H "$1" -exec stat $2 -c '%f %s %U:%G %n' {} +; }
else state() { find -H "$1" -exec stat $2 -f '%Xp %z %Su:%Sg %N' {} +; }; fi
if command -v sha256sum >/dev/null; then sums() { xargs -0 sha256sum; }
else sums() { xargs -0 shasum -a 256; }; fi
links() { xargs -0 -n 1 readlink; }
named() { sed -n '/^$/q;p' > "$work/names"; }
# GNU tar takes a backslash in a name for the beginning of an escape
case $(tar --version 2>/dev/null) in (*GNU*) verbatim=--no-unquote ;; (*) verbatim= ;; esac
# more names than a command line takes become several archives, one after the other
packed() { tr '\n' '\0' < "$work/names" | LC_ALL=C xargs -0 tar $verbatim -c $follow -f -; }
archive() {
  packed 2> "$work/said" && code=0 || code=$?
  cat "$work/said" >&2
  # a file grew meanwhile, and what it had at first was sent; 123: xargs for what tar says by 1
  if [ "$code" = 123 ] && ! grep -qv ': file changed as we read it$' "$work/said"; then code=0; fi
  printf '%s' "$code" > "$work/code"
}
if [ -d "$from" ]; then
  echo folder
  cd "$from"
  state . ''
elif [ -f "$from" ]; then
  name=${'$'}{from##*/}
  case $from in (*/*) cd "${'$'}{from%/*}/" ;; esac
  echo file
  follow=-h
  state "./$name" -L
elif [ -e "$from" ]; then printf '%s is neither a file nor a folder\n' "$from" >&2; exit 1
else printf '%s does not exist\n' "$from" >&2; exit 1
fi
printf '.\n'
while IFS= read -r request; do
  case $request in
    (sums | links)
      named
      tr '\n' '\0' < "$work/names" | "$request" 2>/dev/null || :
      printf '.\n' ;;
    (give)
      named
      size=$(packed 2>/dev/null | head -c 1000000 | wc -c)
      sample=$(packed 2>/dev/null | head -c 1000000 | gzip -1 | wc -c)
      if [ "$((sample * 10))" -lt "$((size * 9))" ]; then echo gzip; archive | gzip -1
      else echo plain; archive; fi
      exit "$(cat "$work/code")" ;;
    (done) exit 0 ;;
    ('') ;;
    (*) exit 1 ;;
  esac
done
exit 1`
