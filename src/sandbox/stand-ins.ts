import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Writes small stand-ins for what a server has and your machine may not (macOS has neither), and returns their folder, for the end of PATH.
 * Good enough for two hosts in one process, not for more.
 */
export const standIns = (dir: string): string => {
  mkdirSync(dir, { recursive: true })
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(dir, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(dir, name), 0o755)
  }
  return dir
}

const programs = {
  // flock -n FD: the one lock of the host belongs to the caller while that lives (a zombie does not)
  flock: `lock=$HOME/.flock
if ! mkdir "$lock" 2>/dev/null; then
  case $(ps -o stat= -p "$(cat "$lock/owner" 2>/dev/null)" 2>/dev/null) in '' | Z*) ;; *) exit 1 ;; esac
fi
echo "$PPID" >"$lock/owner"`,
  // timeout [-OPTION…] SECONDS COMMAND…: the demo contacts no server that could hang
  timeout: `while case $1 in -*) ;; *) false ;; esac; do shift; done
shift
exec "$@"`,
} as const
