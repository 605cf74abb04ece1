import type { Path } from '../values/path.ts'
import { sh } from './sh.ts'
import type { Command } from './types.ts'

/** The account's login shell, as its own programs see it: starts in the directory, or, without that, where it always does. */
export const loginShell = (dir: Path): Command => sh`cd ${dir} 2>/dev/null || :; exec "\${SHELL:-/bin/sh}" -l`.tty()
