import type { Row } from '../output/two-columns.ts'
import type { Command } from './command.ts'
import type { OptionName } from './global-options.ts'

const LINKED: readonly OptionName[] = ['hosts', 'roles', 'set', 'config', 'yes', 'answer']
const EVENTS: readonly OptionName[] = [...LINKED, 'output', 'log', 'quiet']

const codes = (done: string, failed: string, locked: readonly Row[] = []): readonly Row[] => [
  ['0', done],
  ['1', failed],
  ['2', 'usage or config'],
  ['3', 'a host could not be reached or trusted'],
  ...locked,
  ['129, 130, 143', 'interrupted'],
]

/** `shipit STAGE linked:diff` */
const LINKED_DIFF_OPTIONS: readonly Row[] = [
  ['    --content', 'show what differs in the files, secrets included'],
  ['    --check', 'exit with 1 if a host differs or cannot be read'],
  ['    --json', 'print JSON'],
]

/** The commands for linked files that this machine has, too. */
export const LINKED_COMMANDS: readonly Command[] = [
  {
    name: 'linked:push',
    help: [['shipit STAGE linked:push [PATH…]', 'send linked files of this machine to the hosts']],
    afterStage: true,
    takes: [...EVENTS, 'wait-for-lock'],
    own: [],
    noun: 'sending linked files',
    examples: [
      ['shipit production linked:push', 'all that linkedFiles has a source for'],
      ['shipit production linked:push .env -z w2', 'one file, to one host'],
    ],
    codes: codes('every host has the files as they are here', 'a file could not be sent', [
      ['4', 'another run has the lock, or it is locked; nothing was sent'],
    ]),
    guard: ({ output }) => (output === 'jsonl' ? 'stderr' : 'stdout'),
    load: async () => (await import('./commands/linked-push.ts')).runPush,
  },
  {
    name: 'linked:pull',
    help: [['shipit STAGE linked:pull [PATH…]', 'fetch linked files from one host; asks before it replaces one here']],
    afterStage: true,
    takes: EVENTS,
    own: [],
    noun: 'fetching linked files',
    examples: [
      ['shipit production linked:pull .env', 'from the primary'],
      ['shipit production linked:pull -z w2 -y', 'from this host, without a question'],
    ],
    codes: codes('the files here are those of the host, or were left at your word', 'a file could not be fetched'),
    guard: ({ output }) => (output === 'jsonl' ? 'stderr' : 'stdout'),
    load: async () => (await import('./commands/linked-pull.ts')).runPull,
  },
  {
    name: 'linked:diff',
    help: [['shipit STAGE linked:diff [PATH…]', 'compare linked files with those of this machine']],
    afterStage: true,
    takes: LINKED,
    own: LINKED_DIFF_OPTIONS,
    noun: 'a comparison of linked files',
    examples: [
      ['shipit production linked:diff', 'the names of keys that differ, and no values'],
      ['shipit production linked:diff .env --content', 'the lines, too'],
    ],
    codes: codes('compared', 'a host could be reached, but not read; with --check, a file differs'),
    guard: () => 'stderr',
    load: async () => (await import('./commands/linked-diff.ts')).runDiff,
  },
]
