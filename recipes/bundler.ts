import { z } from 'zod'
import { defineRecipe, inside, sh } from '../src/index.ts'
import { bundlerRemedy } from './bundler-remedy.ts'
import type { Command, EnvMap, Sh, StepsContext, InsideTarget } from '../src/index.ts'
import { expandHome, rolesOrAll, selectHosts } from '../src/kit/index.ts'

const settings = z.object({
  /**
   * The servers that need the gems: `'all'` that get releases, or those of some roles.
   * @example ['web', 'worker']
   */
  roles: rolesOrAll,
  /** The Gemfile, if it is not in the root; a relative path is in the release. */
  gemfile: z.string().min(1).nullable().default(null),
  /**
   * Where gems are installed; a relative path is in the release. `null`: Bundler decides.
   * @default `shared/bundle`
   */
  path: z.string().min(1).nullable().optional(),
  /** Groups of gems that are not installed. */
  without: z.array(z.string().min(1)).default(['development', 'test']),
  /** Flags of `bundle install`. */
  flags: z.array(z.string().min(1)).default(['--quiet']),
  /** How many gems to install at a time. `null`: Bundler decides. */
  jobs: z.number().int().positive().nullable().default(4),
  /** A directory in the release for `bundle binstubs --all`. `null`: none. */
  binstubs: z.string().min(1).nullable().default(null),
  /**
   * More settings for `bundle config --local`. `null` leaves a key alone.
   * @example { jobs: 4 }
   */
  config: z.record(z.string().min(1), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({ deployment: true }),
  /** `false`: run `bundle install` even if `bundle check` passes. */
  checkBeforeInstall: z.boolean().default(true),
  /** Environment of all bundle commands. */
  env: z
    .record(
      z.string(),
      z.custom<EnvMap[string]>((value) => value !== undefined),
    )
    .default({}),
  /** Flags of `bundle clean`. */
  cleanOptions: z.array(z.string().min(1)).default([]),
  /** How `bundle config` is called: `4` as Bundler 4 wants it, `2` for Bundler 1.x to 4. */
  version: z.union([z.literal(2), z.literal(4)]).default(2),
})
export type Settings = z.output<typeof settings>
type Context = StepsContext<Settings>

const on = ({ settings: s }: { settings: Settings }) => selectHosts(s.roles)

/**
 * Installs the gems of a release as capistrano-bundler does: writes the local config, then runs `bundle install` unless `bundle check`
 * passes. Runs before `deploy:updated` and before `deploy:reverted`.
 */
export const bundler = defineRecipe({
  name: 'bundler',
  settings,
  tasks: {
    install: {
      description: 'Install the gems of the release, unless they are there',
      on,
      steps: (c) => [config(c), install(c), binstubs(c)],
    },
    config: {
      description: "Write the release's bundler settings",
      on,
      steps: (c) => config(c),
    },
    clean: {
      description: 'Remove gems that the release does not use',
      on,
      steps: (c) => [config(c), bundle(c)`bundle clean ${c.settings.cleanOptions}`.hint(bundlerRemedy)],
    },
  },
  hooks: { before: { 'deploy:updated': 'bundler:install', 'deploy:reverted': 'bundler:install' } },
})

const bundle = ({ paths, settings: s }: Context): Sh => sh.in(paths.release).env(s.env)

const install = (c: Context): Command => {
  const { flags, jobs, checkBeforeInstall } = c.settings
  const command = bundle(c)`bundle install ${jobs === null ? [] : ['--jobs', jobs]} ${flags}`.hint(bundlerRemedy)
  return checkBeforeInstall ? command.unless(satisfied(c)) : command
}

/**
 * `bundle check`, but fails if a frozen Gemfile.lock no longer fits the Gemfile: Bundler 2.3 reports that and exits with 0, and only
 * `bundle install` refuses.
 */
const satisfied = (c: Context): Command => bundle(c)`
output=$(bundle check 2>&1) || { code=$?; printf '%s\n' "$output"; exit "$code"; }
case $output in (*'lockfile while frozen'*) printf '%s\n' "$output"; exit 1 ;; esac
`

const binstubs = (c: Context): Command | false =>
  c.settings.binstubs !== null && bundle(c)`bundle binstubs --all --path ${c.settings.binstubs}`.hint(bundlerRemedy)

/**
 * A bundler process takes at least 0.1 s, and most settings are lines of one small file. If the release lacks that file, a shell writes it.
 * If the file exists (committed, or in a linked `.bundle`), `bundle config` runs for each line that it lacks.
 */
const config = (c: Context): Command[] => {
  const wanted = entries(c)
  const dirs = filled(c)
  if (wanted.length === 0) return dirs.length > 0 ? [inside(c, dirs, bundle(c)`:`.title('check where bundler writes'))] : []
  const lines = wanted.map(([key, value]) => line(key, value)).filter((text) => text !== undefined)
  const file = sh`"\${BUNDLE_APP_CONFIG:-.bundle}/config"`
  const missing = sh`
if [ ! -e ${file} ]; then
  mkdir -p "\${BUNDLE_APP_CONFIG:-.bundle}"
  printf '%s\n' --- ${lines} > ${file}
fi`
  const write = inside(c, [...settingsFile(c), ...dirs], bundle(c)`${lines.length > 0 ? missing : sh`:`}`.title('write .bundle/config'))
  const set = wanted.map(([key, value]) => {
    const text = line(key, value)
    const command = bundle(c)`bundle config ${c.settings.version === 4 ? ['set'] : []} --local ${key} ${value}`.hint(bundlerRemedy)
    return text === undefined ? command : command.unless(bundle(c)`grep -qxF -e ${text} "\${BUNDLE_APP_CONFIG:-.bundle}/config"`)
  })
  return [write, ...set]
}

/** The directories in the release that bundler fills from here on. */
const filled = ({ settings: s }: Context): InsideTarget[] =>
  [s.path, s.binstubs].flatMap((dir): InsideTarget[] =>
    typeof dir !== 'string' || /^[/~]/.test(dir) ? [] : [{ path: dir, how: 'fill', why: `and bundler writes into ${dir}` }],
  )

const settingsFile = ({ settings: s }: Context): InsideTarget[] => {
  const named = s.env['BUNDLE_APP_CONFIG'] ?? '.bundle'
  if (typeof named !== 'string' || /^[/~]/.test(named)) return []
  return [{ path: `${named}/config`, how: 'write', why: `and bundler writes its settings to ${named}/config` }]
}

const entries = (c: Context): [key: string, value: string][] => {
  const { paths, settings: s } = c
  // bundler would create a folder named `~`
  const gemfile = s.gemfile === null ? undefined : s.gemfile.startsWith('/') ? s.gemfile : expandHome(c, paths.release.join(s.gemfile))
  const path = s.path === undefined ? expandHome(c, paths.shared.join('bundle')) : s.path
  const all = { ...s.config, path, without: s.without.join(':') || undefined, gemfile }
  return Object.entries(all).flatMap(([key, value]) => (value === undefined || value === null ? [] : [[key, String(value)]]))
}

/** The line that bundler writes for a setting; undefined unless the key is plain and nothing in the value needs an escape. */
const line = (key: string, value: string): string | undefined =>
  /^[a-z_]+$/.test(key) && /^[\w./:@%+,=-]+$/.test(value) ? `BUNDLE_${key.toUpperCase()}: "${value}"` : undefined
