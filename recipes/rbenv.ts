import { z } from 'zod'
import { defineRecipe, path, prepend, sh } from '../src/index.ts'
import type { Command, EnvMap, Finding, Path, StepsContext } from '../src/index.ts'
import { isSelected, rolesOrAll, selectHosts } from '../src/kit/index.ts'

/** @since 0.2.0 */
const settings = z.object({
  /**
   * The version, `RBENV_VERSION`. `null`: the one in the release's `.ruby-version`, else `rbenv global`. To take it from your local file:
   * `readFileSync('.ruby-version', 'utf8')`.
   * @example '3.4.1'
   */
  ruby: z
    .string()
    .trim()
    .regex(/^[^\s/]+$/, 'must be one version, as in `rbenv versions`')
    .nullable()
    .default(null),
  /**
   * Where rbenv keeps its versions and shims. For a system-wide rbenv: `'/usr/local/rbenv'`; for Fullstaq's: `'/usr/lib/rbenv'`. `~` is the
   * home of the user who runs the command: if Sidekiq runs as another user, write the full path.
   */
  path: z
    .string()
    .regex(/^(~|~?\/[^:]+)$/, 'must be absolute, or begin with ~/')
    .transform((given) => given.replace(/(?<=.)\/+$/, ''))
    .default('~/.rbenv'),
  /** Where rbenv is checked: on every server that gets releases, or on those of some roles. The environment is the same everywhere. */
  roles: rolesOrAll,
})
type Settings = z.output<typeof settings>
type Context = StepsContext<Settings>

const on = ({ settings: s }: { settings: Settings }) => selectHosts(s.roles)

/**
 * Runs Ruby through rbenv: its shims are in the PATH of every command, and RBENV_VERSION selects the Ruby. Checks every host before
 * `deploy:check`, and the new release if `.ruby-version` decides.
 */
export const rbenv = defineRecipe({
  name: 'rbenv',
  settings,
  env: ({ settings: s }): EnvMap => ({
    PATH: prepend(`${s.path}/shims`, `${s.path}/bin`),
    // the shims know their root; `rbenv` itself assumes ~/.rbenv unless RBENV_ROOT is set
    ...(s.path === '~/.rbenv' ? {} : { RBENV_ROOT: path(s.path) }),
    ...(s.ruby === null ? {} : { RBENV_VERSION: s.ruby }),
  }),
  // the rbenv of your machine has another place, and perhaps other versions
  envOn: 'servers',
  tasks: {
    validate: {
      description: 'Check that rbenv has the Ruby of this stage',
      on,
      steps: (c) => [
        checkRuby(c, c.paths.current).title(
          c.settings.ruby === null ? 'check that rbenv has a Ruby' : `check that rbenv has Ruby ${c.settings.ruby}`,
        ),
      ],
    },
    check_release: {
      on,
      // `validate` has checked a version that a setting names
      steps: (c) => [c.settings.ruby === null && checkRuby(c, c.paths.release).title("check that rbenv has the release's Ruby")],
    },
  },
  hooks: {
    before: { 'deploy:check': 'rbenv:validate', 'deploy:updated': 'rbenv:check_release', 'deploy:reverted': 'rbenv:check_release' },
  },
  doctor: {
    facts: (c) => isSelected(c.settings.roles, c.host) && { ruby: locateRuby(c, c.paths.current).probe() },
    findings: (c): readonly Finding[] => {
      const { ruby } = c.facts
      const found = ruby === undefined || ruby.ok ? undefined : explain(c, ruby.code, ruby.stderr)
      return found === undefined ? [] : [{ level: 'error', ...found }]
    },
  },
})

const checkRuby = (c: Context, dir: Path): Command => locateRuby(c, dir).hint(({ code, stderr }) => explain(c, code, stderr)?.remedy)

/** Exit codes of {@link locateRuby}, by what is missing. Steps and the doctor both use them. */
const MISSING = { root: 3, version: 4, shims: 5, broken: 6, shadowed: 7 } as const

/** Accepts `ruby-3.4.1` for `3.4.1`, as rbenv does. If no version is set, `.ruby-version` in `dir` decides. */
const locateRuby = ({ settings: { ruby, path: root } }: Pick<Context, 'settings'>, dir: Path): Command => {
  const dirs = ruby === null || ruby === 'system' ? [] : [...new Set([ruby, ruby.replace(/^ruby-/, '')])].map((one) => `${one}/bin/ruby`)
  const version = sh`found=
for one in ${dirs}; do if [ -x "$root/versions/$one" ]; then found=1; fi; done
if [ -z "$found" ]; then echo ${`rbenv: Ruby ${ruby} is not installed`} >&2; list; exit ${MISSING.version}; fi`
  const printVersion = ruby === null ? sh`"$root/shims/ruby" -v` : sh`RBENV_VERSION=${ruby} "$root/shims/ruby" -v`
  return sh`
root=${path(root)}
list() { for one in "$root"/versions/*/bin/ruby; do if [ -x "$one" ]; then one=\${one%/bin/ruby}; echo "installed: \${one##*/}" >&2; fi; done; }
if [ ! -d "$root" ]; then
  echo "there is no rbenv in $root" >&2
  for one in "$HOME/.rbenv" /usr/local/rbenv /usr/lib/rbenv /opt/rbenv; do if [ -d "$one/versions" ]; then echo "there is one in $one" >&2; fi; done
  exit ${MISSING.root}
fi
${dirs.length > 0 ? version : []}
if [ ! -x "$root/shims/ruby" ]; then echo "there is no $root/shims/ruby" >&2; list; exit ${MISSING.shims}; fi
if [ -d ${dir} ]; then cd ${dir}; fi
output=$(${printVersion} 2>&1) || { printf '%s\n' "$output" >&2; list; exit ${MISSING.broken}; }
ruby=$(command -v ruby || echo nothing)
if [ "$ruby" != "$root/shims/ruby" ]; then echo "the PATH leads to $ruby, not to $root/shims/ruby" >&2; exit ${MISSING.shadowed}; fi
printf '%s\n' "$output"
`
}

const explain = (c: Context, code: number | undefined, stderr: string): { message: string; remedy: string } | undefined => {
  const { ruby, path: root } = c.settings
  const user = c.layout.user || c.host.user || 'the deploying user'
  const first = stderr.trim().split('\n')[0] ?? ''
  const installed = [...stderr.matchAll(/^installed: (.+)$/gm)].map(([, version]) => version!)
  const has = installed.length > 0 ? `; installed: ${installed.join(', ')}` : '; no Ruby is installed there yet'
  const install = (version: string) =>
    `as ${user}: rbenv install ${version} (it needs ruby-build). Or choose another version: rbenv({ ruby: '${installed.at(-1) ?? version}' })`
  switch (code) {
    case MISSING.root: {
      const other = /there is one in (.+)/.exec(stderr)?.[1]
      const remedy = other === undefined ? `install rbenv as ${user}, or set its path: rbenv({ path: '/usr/local/rbenv' })` : undefined
      return { message: first, remedy: remedy ?? `rbenv({ path: '${other}' })` }
    }
    case MISSING.version:
      return { message: `${first}${has}`, remedy: install(ruby ?? '') }
    case MISSING.shims:
      return { message: first, remedy: installed.length > 0 ? `as ${user}: rbenv rehash` : install(ruby ?? 'VERSION') }
    case MISSING.broken: {
      const version = /version `(.+?)' is not installed/.exec(stderr)?.[1]
      if (version !== undefined) return { message: `${first}${has}`, remedy: install(version) }
      if (/command not found/.test(stderr))
        return { message: `rbenv's version is ${ruby ?? 'system'}, which has no ruby${has}`, remedy: `as ${user}: rbenv global VERSION` }
      return {
        message: `ruby -v fails: ${first}`,
        remedy: `as ${user}, run ${root}/shims/ruby -v; to rebuild it: rbenv install --force`,
      }
    }
    case MISSING.shadowed:
      return { message: first, remedy: "env in the config must add to PATH instead of replacing it: PATH: prepend('/opt/x/bin')" }
    default:
      return undefined
  }
}
