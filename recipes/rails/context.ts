import { sh } from '../../src/index.ts'
import type { Path, Sh, StepsContext } from '../../src/index.ts'
import { BUNDLER } from '../by-name.ts'
import type { Settings } from './settings.ts'

export type Context = StepsContext<Settings>

/** The tag for `bundle exec` in the release, with the same environment as bundler's own commands. */
export const inBundle = (c: Context): Sh => sh.in(c.paths.release).env(c.settingsOf(BUNDLER)?.env ?? {})

/** The assets folder in a release. */
export const assetsDir = ({ settings }: Pick<Context, 'settings'>): string => `public/${settings.assetsPrefix}`

/** The shared folder that it links to. */
export const sharedAssets = (c: Context): Path => c.paths.shared.join(assetsDir(c))
