import type { Row } from '../../output/two-columns.ts'
import type { Command } from '../command.ts'
import type { OptionName } from '../global-options.ts'

const LOOK: readonly OptionName[] = ['hosts', 'roles', 'set', 'config', 'yes', 'answer']

/** `failed`: what 1 means */
const lookCodes = (failed: string): readonly Row[] => [
  ['0', 'done'],
  ['1', failed],
  ['2', 'usage or config'],
  ['3', 'a host could not be reached or trusted'],
  ['129, 130, 143', 'interrupted'],
]

/** The commands that look at the hosts and change nothing. */
export const LOOK_COMMANDS: readonly Command[] = [
  {
    name: 'status',
    help: [['shipit STAGE status', 'show what is live on each host, and which services run from it']],
    afterStage: true,
    takes: LOOK,
    own: [
      ['    --json', 'print JSON'],
      ['    --check', 'exit with 1 if hosts differ, one cannot be read, or a service runs from another release'],
    ],
    noun: 'the status',
    examples: [
      ['shipit production status', 'every host'],
      ['shipit production status --check --json', 'for a monitor'],
    ],
    codes: lookCodes('a host could be reached, but not read; with --check, something is not in step'),
    guard: () => 'stderr',
    load: async () => (await import('../commands/status.ts')).showStatus,
  },
  {
    name: 'releases',
    help: [['shipit STAGE releases', 'list the releases, with their state on each host']],
    afterStage: true,
    takes: LOOK,
    own: [['    --json', 'print JSON']],
    noun: 'the list of releases',
    examples: [
      ['shipit production releases', 'newest first'],
      ['shipit production releases --json', 'for a program'],
    ],
    codes: lookCodes('a host could be reached, but not read'),
    guard: () => 'stderr',
    load: async () => (await import('../commands/releases.ts')).showReleases,
  },
  {
    name: 'pending',
    help: [['shipit STAGE pending', 'list the commits that a deploy would bring']],
    afterStage: true,
    takes: [...LOOK, 'branch'],
    own: [
      ['    --json', 'print JSON'],
      ['    --diff', 'show what changes in the files'],
    ],
    noun: 'the list of commits',
    examples: [
      ['shipit production pending', 'what is new since the live release'],
      ['shipit production pending --branch v1.2.3 --diff', 'what a tag would change'],
    ],
    codes: lookCodes('the commits could not be read'),
    guard: () => 'stderr',
    load: async () => (await import('../commands/pending.ts')).showPending,
  },
]
