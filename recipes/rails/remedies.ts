import type { Failed } from '../../src/index.ts'
import type { Context } from './context.ts'

type Task = 'migrate' | 'assets'
type Cause = readonly [output: RegExp, remedy: string | ((c: Context, task: Task, match: RegExpExecArray) => string)]

/** The remedy for a failed rake task, by what Rails, the database libraries and bundler print. The first match counts. */
export const remedy =
  (c: Context, task: Task) =>
  ({ code, stdout, stderr }: Failed): string | undefined => {
    if (code === 137) return 'it was killed, most likely by the kernel because memory ran out: see dmesg'
    for (const [output, what] of CAUSES) {
      const match = output.exec(`${stderr}\n${stdout}`)
      if (match) return typeof what === 'string' ? what : what(c, task, match)
    }
    return task === 'migrate' ? OTHER_MIGRATION : undefined
  }

const OTHER_MIGRATION =
  'nothing was switched. Migrations that ended before this one stay in the database, so they must work with the live release'

const railsEnv = (c: Context): string => c.settings.railsEnv ?? c.stage

const CAUSES: readonly Cause[] = [
  [
    /Don't know how to build task '([^']+)'/,
    (_c, task, [, name]) =>
      `the app has no rake task ${name}: set ${task === 'migrate' ? 'rails({ migrate: false }) if it has no database, or another migrationCommand' : 'rails({ assets: false }) if it has no assets'}`,
  ],
  [/No Rakefile found/, 'the release has no Rakefile at its root: if the app is in a folder of the repository, set repoTree'],
  [
    /bundler: command not found: rake|can't find executable rake|rake is not (currently included|part) /,
    'the Gemfile has no rake: add it, run bundle install on your machine, and commit Gemfile.lock',
  ],
  [
    /Bundler::GemNotFound|Could not find .+ in (any of the sources|locally installed gems)/,
    "the release's gems are not installed: use bundler() before rails(), also on the hosts of these roles",
  ],
  [
    /Missing encryption key|ActiveSupport::(MessageEncryptor::InvalidMessage|EncryptedFile)|Missing `secret_key_base`|InvalidKeyLengthError/,
    "Rails has no key: put config/master.key into shared/config on the host, and set linkedFiles: ['config/master.key']; or set RAILS_MASTER_KEY in env, as a secret",
  ],
  [
    /Could not load database configuration|No such file[^\n]*config\/database\.yml/,
    "config/database.yml is not in the release: put it into shared/config on the host, and set linkedFiles: ['config/database.yml'] in the config",
  ],
  [
    /AdapterNotSpecified|database is not configured|is not configured for the `.*` environment/,
    (c) =>
      `config/database.yml has no entry for "${railsEnv(c)}": add it, or set railsEnv (by default, RAILS_ENV is the name of the stage)`,
  ],
  [
    /NoDatabaseError|Unknown database|database "[^"]*" does not exist/,
    "the database does not exist yet: create it on its server; or set rails({ migrationCommand: 'db:prepare' }), which creates it too",
  ],
  [
    /Access denied for user|password authentication failed|PG::InsufficientPrivilege|permission denied for/,
    (c) =>
      `the database refuses the user of "${railsEnv(c)}": check config/database.yml or DATABASE_URL, and what that user is allowed to do`,
  ],
  [
    /ConnectionNotEstablished|could not connect to server|[Cc]onnection (to server .* failed|refused|timed out)|Can't connect to (local )?(MySQL|server)|PG::ConnectionBad/,
    (c) =>
      `${c.host.name} cannot reach the database: is it running, and are host, port and password right in config/database.yml or DATABASE_URL?`,
  ],
  [/ConcurrentMigrationError/, 'something else is migrating this database: wait until that ends'],
  [
    /ExecJS::RuntimeUnavailable|Could not find a JavaScript runtime/,
    'this host has no JavaScript runtime: install Node.js there, or add mini_racer to the Gemfile',
  ],
  [
    /(yarn|node|npm|bun|esbuild|webpack)[^\n]*: (command )?not found|Command (yarn|npm|bun) install failed|Yarn executable was not detected|ensure \w+ is installed/,
    (c) => `${c.host.name} has no program that builds the assets (Node.js, yarn, …), or has it in another PATH: PATH: prepend('…') in env`,
  ],
  [/heap out of memory/, "Node.js ran out of memory: set env: { NODE_OPTIONS: '--max-old-space-size=2048' }, or use a bigger host"],
  [/No space left on device/, 'the disk of the host is full'],
]
