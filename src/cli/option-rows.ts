import type { Row } from '../output/two-columns.ts'
import type { OptionName } from './global-options.ts'

/** The options that several commands take, in the order of the help. */
export const OPTIONS: Readonly<Partial<Record<OptionName, Row>>> = {
  hosts: ['-z, --hosts a1,/^web/', 'only these hosts (names or /regular expressions/)'],
  roles: ['-r, --roles app,/^web/', 'only hosts with these roles'],
  branch: ['-b, --branch REF', 'the branch, tag or commit (7 digits or more) to deploy'],
  release: ['    --release NAME', 'the release that deploy:rollback goes to'],
  set: ['    --set KEY=VALUE', 'override a setting: --set keepReleases=3'],
  yes: ['-y, --yes', 'ask nothing: take defaults, and go on where a yes is asked for'],
  answer: ['    --answer NAME=VALUE', 'answer a question of the config or of a task'],
  'dry-run': ['-n, --dry-run', 'the same as plan'],
  full: ['    --full', 'with plan: print every command, byte for byte'],
  output: ['-o, --output NAME', 'tree, plain, jsonl, github or gitlab (default: what fits)'],
  verbose: ['-v, --verbose', 'show everything that commands print; the log file always has it'],
  quiet: ['-q, --quiet', 'show only the end, and errors'],
  'wait-for-lock': ['    --wait-for-lock 10m', 'if another run has the lock, wait for it that long'],
  config: ['-f, --config FILE', 'the config (default: deploy.config.{ts,mts,js,mjs,json,yaml,yml}, from here upward)'],
  log: ['    --log FILE, --no-log', 'the log file (default: log/shipit.log beside the config)'],
}

/** The options of every command. */
export const ALWAYS: readonly Row[] = [
  ['-h, --help', 'this text; shipit plan --help is about one command'],
  ['-V, --version', 'the version of shipit'],
]
