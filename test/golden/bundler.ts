import type { Given } from '../support/context.ts'
import { checked } from './inside.ts'

export interface Golden {
  readonly title: string
  readonly settings?: Record<string, unknown>
  readonly given?: Given
  readonly task?: string
  readonly steps: readonly string[]
}

const R = '/srv/shop/releases/20261123100000'
const FILE = '"${BUNDLE_APP_CONFIG:-.bundle}/config"'
const inRelease = (line: string, env = '') => `cd ${R}\n${env}${line}`
const guard = (line: string, env = '') => `unless (\n${inRelease(line, env)}\n)`
const CONFIG = ['d .bundle', 'f .bundle/config'].map((part) => `${part} 'and bundler writes its settings to .bundle/config'`)
const write = (lines: string, env = '', places: readonly string[] = CONFIG) =>
  inRelease(
    `${checked(R, places)}if [ ! -e ${FILE} ]; then
  mkdir -p "\${BUNDLE_APP_CONFIG:-.bundle}"
  printf '%s\\n' --- ${lines} > ${FILE}
fi`,
    env,
  )
const set = (line: string, command: string, env = '') => `${guard(`grep -qxF -e ${line} ${FILE}`, env)}\n${inRelease(command, env)}`

const deployment = `'BUNDLE_DEPLOYMENT: "true"'`
const path = `'BUNDLE_PATH: "/srv/shop/shared/bundle"'`
const without = `'BUNDLE_WITHOUT: "development:test"'`
const defaults = [
  write(`${deployment} ${path} ${without}`),
  set(deployment, 'bundle config --local deployment true'),
  set(path, 'bundle config --local path /srv/shop/shared/bundle'),
  set(without, 'bundle config --local without development:test'),
]
const CHECK = `output=$(bundle check 2>&1) || { code=$?; printf '%s\\n' "$output"; exit "$code"; }
case $output in (*'lockfile while frozen'*) printf '%s\\n' "$output"; exit 1 ;; esac`
const install = `${guard(CHECK)}\n${inRelease('bundle install --jobs 4 --quiet')}`

export const golden: readonly Golden[] = [
  { title: "defaults equal capistrano-bundler's", steps: [...defaults, install] },
  { title: 'config writes only the settings', task: 'config', steps: defaults },
  {
    title: 'clean removes gems that the release does not use',
    task: 'clean',
    settings: { cleanOptions: ['--dry-run'] },
    steps: [...defaults, inRelease('bundle clean --dry-run')],
  },
  {
    title: 'no settings, and an install without a check',
    settings: { path: null, without: [], config: {}, checkBeforeInstall: false, jobs: null, flags: [] },
    steps: [inRelease('bundle install')],
  },
  {
    title: 'another Gemfile, binstubs and an environment',
    settings: {
      gemfile: 'gemfiles/rails.gemfile',
      without: [],
      path: 'vendor/bundle',
      binstubs: 'bin',
      env: { RAILS_ENV: 'production' },
      config: { deployment: null, frozen: true },
    },
    steps: [
      write(
        `'BUNDLE_FROZEN: "true"' 'BUNDLE_PATH: "vendor/bundle"' 'BUNDLE_GEMFILE: "${R}/gemfiles/rails.gemfile"'`,
        'export RAILS_ENV=production\n',
        [
          CONFIG[0]!,
          "d vendor 'and bundler writes into vendor/bundle'",
          "d bin 'and bundler writes into bin'",
          CONFIG[1]!,
          "d vendor/bundle 'and bundler writes into vendor/bundle'",
        ],
      ),
      set(`'BUNDLE_FROZEN: "true"'`, 'bundle config --local frozen true', 'export RAILS_ENV=production\n'),
      set(`'BUNDLE_PATH: "vendor/bundle"'`, 'bundle config --local path vendor/bundle', 'export RAILS_ENV=production\n'),
      set(
        `'BUNDLE_GEMFILE: "${R}/gemfiles/rails.gemfile"'`,
        `bundle config --local gemfile ${R}/gemfiles/rails.gemfile`,
        'export RAILS_ENV=production\n',
      ),
      `${guard(CHECK, 'export RAILS_ENV=production\n')}\n${inRelease('bundle install --jobs 4 --quiet', 'export RAILS_ENV=production\n')}`,
      inRelease('bundle binstubs --all --path bin', 'export RAILS_ENV=production\n'),
    ],
  },
  {
    title: "values that only bundler can write are left to it, in Bundler 4's format",
    settings: { path: null, without: [], version: 4, config: { 'build.pg': '--with-pg-config=/opt/pg config', deployment: true } },
    task: 'config',
    steps: [
      write(deployment),
      inRelease("bundle config set --local build.pg '--with-pg-config=/opt/pg config'"),
      set(deployment, 'bundle config set --local deployment true'),
    ],
  },
  {
    title: 'a path in the home is written out, because bundler would create a folder named ~',
    given: { deployTo: '~/apps/shop', layout: { home: '/home/deploy' } },
    settings: { without: [], config: {} },
    task: 'config',
    steps: [
      write(`'BUNDLE_PATH: "/home/deploy/apps/shop/shared/bundle"'`).replaceAll('/srv/shop/', '"$HOME"/apps/shop/'),
      `unless (\ncd "$HOME"/apps/shop/releases/20261123100000\ngrep -qxF -e 'BUNDLE_PATH: "/home/deploy/apps/shop/shared/bundle"' ${FILE}\n)\ncd "$HOME"/apps/shop/releases/20261123100000\nbundle config --local path /home/deploy/apps/shop/shared/bundle`,
    ],
  },
]
