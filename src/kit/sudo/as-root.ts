import { sh, sudoRefused } from '../../index.ts'
import type { Command, HintOf, Sh } from '../../index.ts'

/** The remedy if only root may write `what`, and no sudo rule could allow just that: the command to run once with a root login. */
export const rootRemedy = (what: string, command: string): string =>
  `only root may write ${what}. Run this once, with a login that can become root: ${command}`

/** A hint that gives {@link rootRemedy} if permissions are what failed. */
export const deniedHint =
  (what: string, command: string): HintOf =>
  ({ stderr }) =>
    sudoRefused(stderr) || /Permission denied/.test(stderr) ? rootRemedy(what, command) : undefined

/** The tag for commands that run as root if a recipe's `sudo` setting says so. */
export const asRootIf = (sudo: boolean): Sh => (sudo ? sh.as('root') : sh)

/** Shell: sets `"$@"` to the words before a command that runs as root. Also works in a fact, before the login's user is known. Begin with `set --`. */
export const throughSudo = (sudo: boolean): Command | readonly [] => (sudo ? sh`[ "$(id -u)" = 0 ] || set -- sudo -n;` : [])
