import { sh } from '../../src/index.ts'
import type { Path, Sh, StepsContext } from '../../src/index.ts'
import { bundler } from '../bundler.ts'
import type { Settings } from './settings.ts'

export type Context = StepsContext<Settings>

/** The tag for `bundle exec` in a release, with the same environment as bundler's own commands. */
export const inBundle = (c: Context, dir: Path = c.paths.release): Sh => sh.in(dir).env(c.settingsOf(bundler)?.env ?? {})
