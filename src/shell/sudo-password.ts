import { usageError } from '../values/errors.ts'
import { reveal } from '../values/secret.ts'
import type { Secret } from '../values/secret.ts'
import type { Bin } from './bytes.ts'
import { secretBin } from './quote.ts'
import { render } from './render.ts'
import type { Command } from './types.ts'

/** Whoever runs a command, and the password that sudo may ask there. */
export interface PasswordHolder {
  readonly sudoPassword?: Secret | undefined
}

/** Whether the text of a command has the word `sudo`, or runs as another account. It may do so without calling it. */
export const mentionsSudo = (command: Command): boolean =>
  command.spec.message === undefined &&
  (/(?<![\w./-])sudo(?![\w.-])/.test(render(command, { secrets: 'mask' }).toString('latin1')) ||
    (command.spec.diagnose !== undefined && mentionsSudo(command.spec.diagnose)))

/** The password for a command on a host: its own, or else that of the host; undefined if it calls no sudo, or there is none. */
export const passwordFor = (command: Command, { sudoPassword }: PasswordHolder): Secret | undefined => {
  const password = command.spec.sudoPassword ?? sudoPassword
  return password !== undefined && mentionsSudo(command) ? password : undefined
}

/** Renders a command with all its secrets, so that one without a value is reported before the command is sent. */
export const openSecrets = (command: Command, host: PasswordHolder): void => {
  render(command, { secrets: 'reveal' })
  const password = passwordFor(command, host)
  if (password !== undefined) reveal(password)
}

/**
 * A shell function in the place of sudo, which answers its question for a password, once. sudo closes all descriptors but three, has its
 * standard input for the command, and passes an environment on that others can read. So it starts a program that prints the password
 * (`sudo -A`, SUDO_ASKPASS), and that program finds it in a pipe that a shell holds open: `/proc/PID/fd/5`, for this account alone. The pipe
 * has one line: if sudo asks again, because the password was wrong, there is no answer, and no second attempt. If sudo does not ask, the
 * line ends with the pipe, and the command never sees it. The program itself has no secret in it. It has no name by the time that it runs:
 * `/proc/PID/fd/6` is a file that is gone. printf and read are part of the shell, so no process has the password as an argument.
 *
 * `-n` goes, because sudo would not ask at all. With `-S` or `-A` the command has its own way. The commands between run in shells that do
 * not end with sudo (`exit "$?"`): a program that took the place of the shell would close the descriptors. Works in dash, bash, busybox sh.
 *
 * A trap of bash that reports commands (`$BASH_COMMAND`) sees none of these: it may write to a file or a log. `|| return`: a failure there
 * is no ERR, whose command would be all of this text.
 */
export const sudoFunction = (password: Secret): Bin => sudoFunctionWith(secretBin(oneLine(password), 'reveal', 'always'))

/** The same for a password that a shell has in a variable: `word` expands to it. */
export const sudoFunctionWith = (word: Bin): Bin => FUNCTION.replace('PASSWORD', () => word)

/** Throws a ShipitError if the password cannot be typed. */
export const oneLine = (password: Secret): Secret => {
  if (/[\n\r\0]/.test(reveal(password))) throw usageError('the password for sudo has a line break, which sudo cannot read')
  return password
}

const FUNCTION = String.raw`sudo() {
(
{ set +exuvf; } 2>/dev/null
[ -z "@{BASH_VERSION-}" ] || trap - DEBUG ERR RETURN
IFS=' '
for shipit_word; do
case $shipit_word in
-- | [!-]*) break ;;
--stdin | --askpass) exec sudo "$@" ;;
--*) ;;
-*[SA]*) case $shipit_word in -[AaBbEeHiKklNnPSsVv]*) exec sudo "$@" ;; esac ;;
esac
done
case @{1-} in -n | --non-interactive) shift ;; esac
{ printf '%s\n' PASSWORD | {
exec 5<&0 0<&8 8<&-
shipit_found=
for shipit_dir in "@{XDG_RUNTIME_DIR-}" "@{TMPDIR-}" /tmp /var/tmp "@{HOME-}"; do
[ -d "$shipit_dir" ] && [ -w "$shipit_dir" ] || continue
shipit_file=$(umask 077; mktemp "$shipit_dir/.shipit-ask.XXXXXX" 2>/dev/null) || continue
printf '%s\n' '#!/bin/sh' 'IFS= read -r answer <"@{0%/*}/5" && printf "%s\n" "$answer"' >"$shipit_file" && chmod 700 "$shipit_file" &&
[ -x "$shipit_file" ] && exec 6<"$shipit_file" && shipit_found=1
rm -f -- "$shipit_file"
[ -z "$shipit_found" ] || break
done
read -r shipit_pid shipit_rest </proc/self/stat
(exec 5<&- 6<&-; SUDO_ASKPASS=/proc/$shipit_pid/fd/6; export SUDO_ASKPASS; exec sudo -A "$@")
exit "$?"
}; } 8<&0
) || return
}`.replaceAll('@{', '${')
