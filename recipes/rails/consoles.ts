import { sh } from '../../src/index.ts'
import type { StepList } from '../../src/index.ts'
import { BUNDLER } from '../by-name.ts'
import type { Context } from './context.ts'

/**
 * A console of the live release, whatever else the run does. `dbconsole` gets no `--include-password`: Rails would put it into the process
 * list of the host for some databases, so the database's client asks for it.
 */
export const openConsole = (c: Context, which: 'console' | 'dbconsole'): StepList => [
  sh.in(c.paths.current).env(c.settingsOf(BUNDLER)?.env ?? {})`bundle exec rails ${which}`.title(`rails ${which}`).tty(),
]
