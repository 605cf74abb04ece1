import { z } from 'zod'
import { defineRecipe, inside, sh } from '../src/index.ts'
import { bundlerRemedy } from './bundler-remedy.ts'
import type { Command, EnvMap, Sh, StepsContext, Target } from '../src/index.ts'
import { absolute } from './absolute.ts'

const settings = z.object({
  /** `'all'` (every release host), or the roles that need the gems */
  roles: z.union([z.literal('all'), z.array(z.string().min(1)).min(1)]).default('all'),
  /** a relative path is inside the release */
  gemfile: z.string().min(1).nullable().default(null),
  /** where gems are installed; default `shared/bundle`; a relative path is inside the release; null leaves it to bundler */
  path: z.string().min(1).nullable().optional(),
  without: z.array(z.string().min(1)).default(['development', 'test']),
  /** flags of `bundle install` */
  flags: z.array(z.string().min(1)).default(['--quiet']),
  jobs: z.number().int().positive().nullable().default(4),
  /** a folder in the release for `bundle binstubs --all`; null creates none */
  binstubs: z.string().min(1).nullable().default(null),
  /** further `bundle config --local` settings; null leaves a key alone */
  config: z.record(z.string().min(1), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({ deployment: true }),
  /** false runs `bundle install` even if `bundle check` passes */
  checkBeforeInstall: z.boolean().default(true),
  /** environment of all bundle commands */
  env: z
    .record(
      z.string(),
      z.custom<EnvMap[string]>((value) => value !== undefined),
    )
    .default({}),
  /** flags of `bundle clean` */
  cleanOptions: z.array(z.string().min(1)).default([]),
  /** 4 runs `bundle config set --local`, as Bundler 4 wants it; 2 works with 1.x to 4 */
  version: z.union([z.literal(2), z.literal(4)]).default(2),
})
type Settings = z.output<typeof settings>
type Context = StepsContext<Settings>

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
      on: ({ settings: s }) => where(s),
      steps: (c) => [config(c), install(c), binstubs(c)],
    },
    config: {
      description: "Write the release's bundler settings",
      on: ({ settings: s }) => where(s),
      steps: (c) => config(c),
    },
    clean: {
      description: 'Remove gems that the release does not use',
      on: ({ settings: s }) => where(s),
      steps: (c) => [config(c), bundle(c)`bundle clean ${c.settings.cleanOptions}`.hint(bundlerRemedy)],
    },
  },
  hooks: { before: { 'deploy:updated': 'bundler:install', 'deploy:reverted': 'bundler:install' } },
})

const where = ({ roles }: Settings) => (roles === 'all' ? 'release' : { roles, where: (host: { release: boolean }) => host.release })

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
said=$(bundle check 2>&1) || { code=$?; printf '%s\n' "$said"; exit "$code"; }
case $said in (*'lockfile while frozen'*) printf '%s\n' "$said"; exit 1 ;; esac
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
  if (wanted.length === 0) return dirs.length > 0 ? [inside(c, dirs, bundle(c)`:`.title('look where bundler writes'))] : []
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
const filled = ({ settings: s }: Context): Target[] =>
  [s.path, s.binstubs].flatMap((dir): Target[] =>
    typeof dir !== 'string' || /^[/~]/.test(dir) ? [] : [{ path: dir, how: 'fill', why: `and bundler writes into ${dir}` }],
  )

const settingsFile = ({ settings: s }: Context): Target[] => {
  const named = s.env['BUNDLE_APP_CONFIG'] ?? '.bundle'
  if (typeof named !== 'string' || /^[/~]/.test(named)) return []
  return [{ path: `${named}/config`, how: 'write', why: `and bundler writes its settings to ${named}/config` }]
}

const entries = (c: Context): [key: string, value: string][] => {
  const { paths, settings: s } = c
  // bundler would create a folder named `~`
  const gemfile = s.gemfile === null ? undefined : s.gemfile.startsWith('/') ? s.gemfile : absolute(c, paths.release.join(s.gemfile))
  const path = s.path === undefined ? absolute(c, paths.shared.join('bundle')) : s.path
  const all = { ...s.config, path, without: s.without.join(':') || undefined, gemfile }
  return Object.entries(all).flatMap(([key, value]) => (value === undefined || value === null ? [] : [[key, String(value)]]))
}

/** The line that bundler writes for a setting; undefined unless the key is plain and nothing in the value needs an escape. */
const line = (key: string, value: string): string | undefined =>
  /^[a-z_]+$/.test(key) && /^[\w./:@%+,=-]+$/.test(value) ? `BUNDLE_${key.toUpperCase()}: "${value}"` : undefined
