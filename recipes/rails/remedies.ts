import type { Failed } from '../../src/index.ts'
import type { Context } from './rake.ts'

type What = 'migrate' | 'assets'
type Cause = (said: string, c: Context, what: What) => string | undefined

/** The remedy for a failed rake task, by what Rails, the database libraries and bundler print. */
export const remedy =
  (c: Context, what: What) =>
  ({ code, stdout, stderr }: Failed): string | undefined => {
    if (code === 137) return 'it was killed, most likely by the kernel: there was no memory left (dmesg says so)'
    const said = `${stderr}\n${stdout}`
    return CAUSES.map((cause) => cause(said, c, what)).find((found) => found !== undefined) ?? (what === 'migrate' ? AFTER : undefined)
  }

const AFTER = 'nothing was switched. Migrations that had ended before this one stay in the database: they have to fit the live release'

const when =
  (pattern: RegExp, text: string | ((c: Context, what: What, found: RegExpExecArray) => string)): Cause =>
  (said, c, what) => {
    const found = pattern.exec(said)
    return found === null ? undefined : typeof text === 'string' ? text : text(c, what, found)
  }

const env = (c: Context): string => c.settings.railsEnv ?? c.stage

const CAUSES: readonly Cause[] = [
  when(/Don't know how to build task '([^']+)'/, (_c, what, [, task]) =>
    what === 'migrate'
      ? `the app has no rake task ${task}: rails({ migrate: false }) where there is no database, or another migrateTask`
      : `the app has no rake task ${task}: rails({ assets: false }) where there are no assets`,
  ),
  when(/No Rakefile found/, 'the release has no Rakefile at its root: is the app in a folder of the repository? Then set repoTree'),
  when(
    /bundler: command not found: rake|can't find executable rake|rake is not (currently included|part) /,
    'the Gemfile has no rake: add it, bundle install at your desk, and commit Gemfile.lock',
  ),
  when(
    /Bundler::GemNotFound|Could not find .+ in (any of the sources|locally installed gems)/,
    'the gems of the release are not installed: use bundler() before rails(), on the hosts of these roles too',
  ),
  when(
    /Missing encryption key|ActiveSupport::(MessageEncryptor::InvalidMessage|EncryptedFile)|Missing `secret_key_base`|InvalidKeyLengthError/,
    "Rails has not its key: put config/master.key into shared/config on the host, and linkedFiles: ['config/master.key'] in the config; or RAILS_MASTER_KEY in env, as a secret",
  ),
  when(
    /Could not load database configuration|No such file[^\n]*config\/database\.yml/,
    "config/database.yml is not in the release: put it into shared/config on the host, and linkedFiles: ['config/database.yml'] in the config",
  ),
  when(/AdapterNotSpecified|database is not configured|is not configured for the `.*` environment/, (c) => {
    return `config/database.yml has nothing for "${env(c)}": add it, or set railsEnv (RAILS_ENV is the stage's name unless it is set)`
  }),
  when(
    /NoDatabaseError|Unknown database|database "[^"]*" does not exist/,
    "the database does not exist yet: create it once on its server; or rails({ migrateTask: 'db:prepare' }), which makes it too",
  ),
  when(/Access denied for user|password authentication failed|PG::InsufficientPrivilege|permission denied for/, (c) => {
    return `the database refuses the user of "${env(c)}": look at config/database.yml or DATABASE_URL, and at what that user may do`
  }),
  when(
    /ConnectionNotEstablished|could not connect to server|[Cc]onnection (to server .* failed|refused|timed out)|Can't connect to (local )?(MySQL|server)|PG::ConnectionBad/,
    (c) =>
      `${c.host.name} does not reach the database: is it up, and do host, port and password in config/database.yml or DATABASE_URL hold there?`,
  ),
  when(/ConcurrentMigrationError/, 'somebody else migrates this database right now: wait until that has ended'),
  when(
    /ExecJS::RuntimeUnavailable|Could not find a JavaScript runtime/,
    'no JavaScript runtime on this host: install Node.js there, or mini_racer in the Gemfile',
  ),
  when(
    /(yarn|node|npm|bun|esbuild|webpack)[^\n]*: (command )?not found|Command (yarn|npm|bun) install failed|Yarn executable was not detected|ensure \w+ is installed/,
    (c) => `${c.host.name} lacks what builds the assets (Node.js, yarn, …), or has it in another PATH: PATH: prepend('…') in env`,
  ),
  when(/heap out of memory/, "Node.js had too little memory: env: { NODE_OPTIONS: '--max-old-space-size=2048' }, or a bigger host"),
  when(/No space left on device/, 'the disk of the host is full'),
]
