import { z } from 'zod'
import { defineRecipe, path, prepend, sh } from '../src/index.ts'
import type { Command, EnvMap, Finding, Host, Path, StepsContext } from '../src/index.ts'

const settings = z.object({
  /** RBENV_VERSION; null uses .ruby-version in the release, or else rbenv's global version */
  ruby: z
    .string()
    .trim()
    .regex(/^[^\s/]+$/, 'is one version, as in `rbenv versions`')
    .nullable()
    .default(null),
  /** where rbenv keeps its versions and shims (RBENV_ROOT) */
  path: z
    .string()
    .regex(/^(~|~?\/[^:]+)$/, 'is absolute, or begins with ~/')
    .transform((given) => given.replace(/(?<=.)\/+$/, ''))
    .default('~/.rbenv'),
  /** where rbenv is required: `'all'` (every release host), or roles */
  roles: z.union([z.literal('all'), z.array(z.string().min(1)).min(1)]).default('all'),
})
type Settings = z.output<typeof settings>
type Context = StepsContext<Settings>

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
  tasks: {
    validate: {
      description: 'Check that rbenv has the Ruby of this stage',
      on: ({ settings: s }) => where(s),
      steps: (c) => [
        look(c, c.paths.current)
          .title(titleOf(c))
          .hint(({ code, stderr }) => explain(c, code, stderr)?.remedy),
      ],
    },
    check_release: {
      on: ({ settings: s }) => where(s),
      // `validate` has checked a version that a setting names
      steps: (c) => [
        c.settings.ruby === null &&
          look(c, c.paths.release)
            .title("check that rbenv has the release's Ruby")
            .hint(({ code, stderr }) => explain(c, code, stderr)?.remedy),
      ],
    },
  },
  hooks: {
    before: { 'deploy:check': 'rbenv:validate', 'deploy:updated': 'rbenv:check_release', 'deploy:reverted': 'rbenv:check_release' },
  },
  doctor: {
    facts: (c) => (here(c) ? { ruby: look(c, c.paths.current).probe() } : {}),
    findings: (c): readonly Finding[] => {
      const { ruby } = c.facts
      const found = ruby === undefined || ruby.ok ? undefined : explain(c, ruby.code, ruby.stderr)
      return found === undefined ? [] : [{ level: 'error', ...found }]
    },
  },
})

const where = ({ roles }: Settings) => (roles === 'all' ? 'release' : { roles, where: (host: { release: boolean }) => host.release })
const here = ({ settings: { roles }, host }: { settings: Settings; host: Host }) =>
  host.release && (roles === 'all' || roles.some((role) => host.has(role)))

const titleOf = ({ settings: { ruby } }: Context) => (ruby === null ? 'check that rbenv has a Ruby' : `check that rbenv has Ruby ${ruby}`)

/** Exit codes of {@link look}, by what is missing. Steps and the doctor both use them. */
const MISSING = { root: 3, version: 4, shims: 5, broken: 6, shadowed: 7 } as const

/** Accepts `ruby-3.4.1` for `3.4.1`, as rbenv does. If no version is set, `.ruby-version` in `dir` decides. */
const look = ({ settings: { ruby, path: root } }: Pick<Context, 'settings'>, dir: Path): Command => {
  const dirs = ruby === null || ruby === 'system' ? [] : [...new Set([ruby, ruby.replace(/^ruby-/, '')])].map((one) => `${one}/bin/ruby`)
  const version = sh`found=
for one in ${dirs}; do if [ -x "$root/versions/$one" ]; then found=1; fi; done
if [ -z "$found" ]; then echo ${`rbenv: Ruby ${ruby} is not installed`} >&2; list; exit ${MISSING.version}; fi`
  const say = ruby === null ? sh`"$root/shims/ruby" -v` : sh`RBENV_VERSION=${ruby} "$root/shims/ruby" -v`
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
said=$(${say} 2>&1) || { printf '%s\n' "$said" >&2; list; exit ${MISSING.broken}; }
ruby=$(command -v ruby || echo nothing)
if [ "$ruby" != "$root/shims/ruby" ]; then echo "the PATH leads to $ruby, not to $root/shims/ruby" >&2; exit ${MISSING.shadowed}; fi
printf '%s\n' "$said"
`
}

const explain = (c: Context, code: number | undefined, stderr: string): { message: string; remedy: string } | undefined => {
  const { ruby, path: root } = c.settings
  const user = c.layout.user || c.host.user || 'the user who deploys'
  const first = stderr.trim().split('\n')[0] ?? ''
  const installed = [...stderr.matchAll(/^installed: (.+)$/gm)].map(([, version]) => version!)
  const has = installed.length > 0 ? `; installed: ${installed.join(', ')}` : '; no Ruby is installed there yet'
  const install = (version: string) =>
    `as ${user}: rbenv install ${version} (it needs ruby-build). Or say another: rbenv({ ruby: '${installed.at(-1) ?? version}' })`
  switch (code) {
    case MISSING.root: {
      const other = /there is one in (.+)/.exec(stderr)?.[1]
      const remedy = other === undefined ? `install rbenv as ${user}, or say where it is: rbenv({ path: '/usr/local/rbenv' })` : undefined
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
        remedy: `as ${user}, look at ${root}/shims/ruby -v; rebuild it: rbenv install --force`,
      }
    }
    case MISSING.shadowed:
      return { message: first, remedy: "let env in the config add to PATH, and not set it: PATH: prepend('/opt/x/bin')" }
    default:
      return undefined
  }
}
