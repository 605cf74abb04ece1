/** For a shell: sets $dir, the folder that the names are in, and ends if $to (with $kind: `file` or `folder`) cannot be taken there. */
export const UPLOAD_PLACE = String.raw`dir=$to
if [ "$kind" = file ]; then
  if [ -d "$to" ]; then printf '%s is a directory\n' "$to" >&2; exit 1; fi
  case $to in (/*/* | [!/]*/*) dir=${'$'}{to%/*} ;; (/*) dir=/ ;; (*) dir=. ;; esac
elif [ -L "$to" ] && [ -n "${'$'}{in_release-}" ]; then printf '%s is a link, and upload() puts files there\n' "$to" >&2; exit 1
fi
if [ -e "$dir" ] && [ ! -d "$dir" ]; then printf '%s is not a directory\n' "$dir" >&2; exit 1; fi`

/** For a shell: `look`, `sums` and `links` say of names on stdin, ended by NUL, what is there; their checksums; where links lead. */
export const UPLOAD_LOOK = String.raw`if stat -c %f / >/dev/null 2>&1; then look() { xargs -0 stat -c '%f %s %U:%G %n'; }
else look() { xargs -0 stat -f '%Xp %z %Su:%Sg %N'; }; fi
if command -v sha256sum >/dev/null; then sums() { xargs -0 sha256sum; }
else sums() { xargs -0 shasum -a 256; }; fi
links() { xargs -0 -n 1 readlink; }`

/** For a shell: ends if what is in $dir may not be removed, because a deployment needs it. */
export const UPLOAD_OWN = String.raw`at=$(if [ -d "$dir" ]; then cd "$dir"; pwd -P; fi) own=
case $at/ in
  (*/.shipit/*) own=yes ;;
  (*/releases/ | */repo/ | */shared/) if [ -d "${'$'}{at%/*}/.shipit" ]; then own=yes; fi ;;
esac
if [ -n "$own" ]; then
  printf '%s is a part of a deployment of shipit, and delete would remove it; nothing was changed\n' "$dir" >&2
  exit 1
fi`

/**
 * The program that takes files on a host, in the shell that `upload()` runs there. It has $to, the file or folder that they become, and
 * $owner; of a linked file also $keep, where the file that it replaces is kept. $in_release is set if a link in the place of a folder was not
 * made by shipit. It reads `file` or `folder`, and then answers requests, a line each; `transfer/host-files.ts` sends them, and decides what
 * is sent. Names begin with `./`, one a line.
 *
 * `look`, names, two empty lines: what is there. `sums` and `links` the same way: the checksums of these files, the targets of these links.
 * `list`: all that is in the folder, whose files may then be removed: it is refused for what a deployment needs. `done`: nothing is to be taken.
 * `take HOW`, what to do with names, a `.`, and the files as a tar archive up to the end of stdin (HOW: `plain`, `gzip`, or `none`). With
 * `stream` what comes is the content of the one file, by gzip, whose end shows that it is whole; at the end it says whether that is `same` as
 * before, or `new`.
 *
 * Nothing changes before all files have arrived, in a folder beside the place of each, from where they are renamed. If this is killed, the
 * next one removes that folder, in which `by` names the process that made it: its number and start, of this start of this machine. No link below $dir is followed: only what `look` showed as a folder is gone through.
 */
export const UPLOAD_PROGRAM = String.raw`
work=$(mktemp -d) stage=
trap 'rm -rf "$work"; [ -z "$stage" ] || rm -rf "$stage"' EXIT
trap 'exit 143' HUP INT TERM
printf '.\n'
IFS= read -r kind
${UPLOAD_PLACE}
machine=$(uname -n) boot=
if [ -r /proc/sys/kernel/random/boot_id ]; then IFS= read -r boot < /proc/sys/kernel/random/boot_id; fi
# when a process began: another one may have its number by now
began() {
  if [ -e /proc/self/stat ]; then
    { IFS= read -r line < "/proc/$1/stat"; } 2>/dev/null || return 0
    set -- ${'$'}{line##*) }
    printf '%s' "${'$'}{20-}"
  else LC_ALL=C ps -o lstart= -p "$1" 2>/dev/null | tr -dc '[:alnum:]' || :
  fi
}
is_left() {
  by=
  if [ -f "$1/by" ] && [ ! -L "$1/by" ] && [ -r "$1/by" ]; then IFS= read -r by < "$1/by" || :; fi
  case $by in
    ('') [ ! -d "/proc/$pid" ] && ! kill -0 "$pid" 2>/dev/null ;;
    (*" $machine") [ "$by" != "$pid $(began "$pid") $boot $machine" ] ;;
    # another machine has this folder, too, and only that one knows: no upload takes a day
    (*) [ -n "$(find "$1" -prune -mtime +0)" ] ;;
  esac
}
for old in "$dir"/.shipit-upload.*; do
  if [ ! -d "$old" ] || [ -L "$old" ]; then continue; fi
  pid=${'$'}{old##*/.shipit-upload.} pid=${'$'}{pid%%.*}
  case $pid in ('' | *[!0-9]*) continue ;; esac
  # another account's can stay
  if is_left "$old"; then rm -rf "$old" 2>/dev/null || :; fi
done
${UPLOAD_LOOK}
names() { sed -n '/^$/q;p' | tr '\n' '\0' > "$work/names"; }
chosen() { sed -n "s|^$1 ||p" "$work/chosen" | tr '\n' '\0'; }
incomplete() {
  # tar may only say how much it could write
  free=$(df -Pk "$dir" | awk 'NR == 2 { print $4 }')
  if [ "${'$'}{free:-9999}" -lt 1024 ]; then echo 'No space left on device' >&2; fi
  exit 1
}
# -m: a file has the time of its arrival. A web server tells by time and size whether it has changed
unpack() { tar -xpmof - -C "$stage" || incomplete; }
content() {
  mkdir "$stage/files"
  new=$stage/files/${'$'}{to##*/} how=new
  gzip -dc 2> "$work/said" > "$new" || {
    # why it did not come whole, the other side knows
    grep -v -e '^$' -e 'end of file' -e 'magic' "$work/said" >&2 || :
    incomplete
  }
  chmod "$(sed -n 's/^s //p' "$work/chosen")" "$new"
  if [ -f "$to" ] && [ ! -L "$to" ] && cmp -s "$new" "$to"; then how=same; rm -f "$new"; fi
  : > "$stage/complete"
}
each() { (cd "$dir"; xargs -0 -r "$@"); }
owner_of() { stat -c "$1" "$to" 2>/dev/null || stat -f "$2" "$to"; }
keep_replaced() {
  if [ -L "$to" ]; then printf '%s is a link now; nothing was changed\n' "$to" >&2; exit 1; fi
  [ -f "$to" ] || return 0
  # whoever reads the file now has to read the new one, too
  chown "$(owner_of %u:%g %u:%g)" "$stage/files/${'$'}{to##*/}" 2>/dev/null || {
    printf '%s belongs to %s, and %s cannot make a file that does; nothing was changed\n' "$to" "$(owner_of %U:%G %Su:%Sg)" "$(id -un)" >&2
    exit 1
  }
  at=${'$'}{keep%/*} top=
  while :; do
    if [ -L "$at" ]; then printf '%s is a link, and the file that is replaced would be kept there; nothing was changed\n' "$at" >&2; exit 1; fi
    case $at in (*/.shipit/replaced) top=$at ;; (*/.shipit | '') break ;; esac
    at=${'$'}{at%/*}
  done
  # what closed the folder of the file to others does not close this one
  if [ -n "$top" ] && [ ! -d "$top" ]; then mkdir -p "$top"; chmod o-rwx "$top"; fi
  mkdir -p "${'$'}{keep%/*}"
  kept=$keep.$(sed -n 's/^k //p' "$work/chosen")
  ln "$to" "$kept" 2>/dev/null || cp -p "$to" "$kept"
  # five of them stay, and this one, if the clock of another machine was ahead: the names are in the order of time.
  # The name of another file may begin like this one
  digit='[0-9]'; four=$digit$digit$digit$digit
  (set -- "$keep".$four$four$four$four$digit; while [ $# -gt 5 ]; do [ "$1" = "$kept" ] || rm -f "$1"; shift; done)
}
while IFS= read -r request; do
  case $request in
    (look | sums | links)
      names
      if [ -d "$dir" ]; then (cd "$dir"; "$request" < "$work/names" 2>/dev/null || :); fi
      printf '.\n' ;;
    (list)
      ${UPLOAD_OWN.replaceAll('\n', '\n      ')}
      if [ -d "$dir" ]; then (cd "$dir"; find . -type d -print0; printf '\0'; find . ! -type d -print0); else printf '\0'; fi
      printf '\0.\n' ;;
    ('take '*)
      while IFS= read -r line && [ "$line" != . ]; do printf '%s\n' "$line"; done > "$work/chosen"
      [ "$line" = . ]
      mkdir -p "$dir"
      if [ "$request" != 'take none' ]; then
        stage=$(mktemp -d "$dir/.shipit-upload.$$.XXXXXX")
        printf '%s\n' "$$ $(began $$) $boot $machine" > "$stage/by"
        case $request in
          ('take gzip') gzip -dc | unpack ;;
          ('take stream') content ;;
          (*) unpack ;;
        esac
        # without it, the archive was cut between two files, which tar takes for its end
        if [ ! -e "$stage/complete" ]; then echo 'the files did not arrive completely' >&2; exit 1; fi
        if [ -n "$owner" ]; then chown -Rh "$owner" "$stage/files"; fi
        if [ -n "${'$'}{keep-}" ]; then keep_replaced; fi
      fi
      chosen d | each mkdir -p
      chosen own | each chown -h "$owner"
      if [ -n "$stage" ]; then
        (cd "$stage/files"; find . -type d) > "$work/folders"
        while IFS= read -r at; do
          find "$stage/files/$at" -maxdepth 1 ! -type d -exec sh -c 'to=$1; shift; exec mv -f -- "$@" "$to/"' sh "$dir/$at" {} + </dev/null
        done < "$work/folders"
        [ -z "$(find "$stage/files" ! -type d)" ]
      fi
      sed -n 's|^m \([0-7]*\) .*|\1|p' "$work/chosen" | sort -u > "$work/modes"
      while IFS= read -r mode; do chosen "m $mode" | each chmod "$mode"; done < "$work/modes"
      chosen r | each rm -f
      chosen rd | each rmdir
      if [ "$request" = 'take stream' ]; then printf '%s\n.\n' "$how"; fi
      exit 0 ;;
    (done) exit 0 ;;
    ('') ;;
    (*) exit 1 ;;
  esac
done
exit 1`
