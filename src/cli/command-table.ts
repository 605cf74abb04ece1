import { MAY_BE_TASKS } from '../values/reserved-words.ts'
import type { Command } from './command.ts'
import type { Options, OptionName } from './global-options.ts'
import { completion } from './completion/command.ts'
import { CONFIG, NO_HOSTS, NO_RUN, toStderr, TREE } from './config-commands.ts'
import { EXEC, LOCK, LOGS, SSH, UNLOCK } from './host-commands.ts'
import { INIT_OPTIONS } from './init/options.ts'
import { LINKED_COMMANDS } from './linked-commands.ts'
import { LOOK_COMMANDS } from './look/commands.ts'

export type { Command } from './command.ts'

const ofRun: readonly OptionName[] = [
  'hosts',
  'roles',
  'branch',
  'release',
  'set',
  'config',
  'output',
  'log',
  'verbose',
  'quiet',
  'wait-for-lock',
  'dry-run',
  'yes',
  'answer',
  // refused later, with the command to type
  'full',
]
const without = (...names: readonly OptionName[]): readonly OptionName[] => ofRun.filter((name) => !names.includes(name))

/** The command that runs tasks. */
export const RUN: Command = {
  name: '',
  help: [['shipit STAGE TASK [TASK…]', 'run tasks, left to right']],
  afterStage: true,
  takes: ofRun,
  own: 'tasks',
  takesRest: true,
  noun: 'a run',
  guard: ({ output, dryRun }) => (output === 'jsonl' || dryRun ? 'stderr' : 'stdout'),
  load: async () => (await import('./commands/run.ts')).runTasks,
}

/** A stage without a task: an error that says what to type. */
const STAGE_ALONE: Command = {
  ...RUN,
  own: [],
  load: async () => {
    const { missingTask } = await import('./commands/require-stage.ts')
    return async (options) => {
      throw await missingTask(options)
    }
  },
}

/** Every command, in the order of `shipit --help`. The module of each is loaded when the command runs. */
export const COMMANDS: readonly Command[] = [
  RUN,
  {
    ...RUN,
    name: 'plan',
    help: [['shipit STAGE plan TASK…', 'show what each host would run; writes nothing']],
    takes: without('wait-for-lock', 'quiet', 'yes'),
    noun: 'a plan',
    examples: [
      ['shipit production plan deploy', 'one line per step'],
      ['shipit production plan deploy --full', 'every command, byte for byte'],
    ],
    codes: [
      ['0', 'printed'],
      ['1', 'a host could not be read, or the run would certainly fail'],
      ['2', 'usage or config'],
      ['3', 'a host could not be reached or trusted'],
      ['129, 130, 143', 'interrupted'],
    ],
    guard: toStderr,
  },
  {
    name: 'doctor',
    help: [['shipit STAGE doctor', 'examine the hosts; changes nothing']],
    afterStage: true,
    takes: without('full', 'wait-for-lock', 'yes'),
    // --release is refused later
    hides: ['release', 'dry-run'],
    own: [],
    noun: 'the doctor',
    examples: [
      ['shipit production doctor', 'every host'],
      ['shipit production doctor --hosts w2', 'one host'],
    ],
    codes: [
      ['0', 'nothing found, or only warnings'],
      ['1', 'something is wrong, or could not be checked'],
      ['2', 'usage or config'],
      ['3', 'a host could not be reached or trusted'],
      ['129, 130, 143', 'interrupted'],
    ],
    guard: ({ output }) => (output === 'jsonl' ? 'stderr' : 'stdout'),
    load: async () => (await import('./commands/doctor.ts')).runDoctor,
  },
  ...LOOK_COMMANDS,
  {
    name: 'check',
    help: [['shipit [STAGE] check', 'find mistakes in the config; connects to nothing']],
    alone: true,
    afterStage: true,
    takes: NO_HOSTS,
    own: [],
    noun: 'a check',
    examples: [
      ['shipit production check', 'one stage'],
      ['shipit check', 'every stage, as for a pull request'],
    ],
    codes: [
      ['0', 'no mistakes'],
      ['2', 'mistakes, all of them listed, or wrong usage'],
    ],
    guard: toStderr,
    load: async () => (await import('./commands/check.ts')).check,
  },
  CONFIG,
  TREE,
  SSH,
  EXEC,
  LOGS,
  ...LINKED_COMMANDS,
  LOCK,
  UNLOCK,
  {
    name: '--tasks',
    help: [['shipit --tasks [PATTERN]', 'list the tasks, after a STAGE with its own; --all adds the parts of a deploy']],
    takes: [...without('full', 'wait-for-lock', 'quiet', 'yes', 'answer'), 'all'],
    hides: ['hosts', 'roles', 'branch', 'release', 'set', 'dry-run', 'output', 'verbose', 'log'],
    own: [],
    noun: 'the list of tasks',
    examples: [
      ['shipit --tasks sidekiq', 'those that have this in their name or description'],
      ['shipit production --tasks --all', 'all of a stage'],
    ],
    codes: NO_RUN,
    guard: toStderr,
    load: async () => (await import('./commands/tasks.ts')).listTasks,
  },
  {
    name: 'init',
    help: [['shipit init', 'write a deploy.config.ts for this folder, and for what its servers run']],
    alone: true,
    takesWords: true,
    takes: ['yes'],
    own: INIT_OPTIONS,
    noun: 'the start of a config',
    examples: [
      ['shipit init', 'look at the folder, and ask'],
      ['shipit init --server deploy@a1', 'look at what Capistrano or shipit deployed there, too'],
      ['shipit init --yes --server deploy@a1,deploy@a2', 'ask nothing'],
    ],
    codes: [
      ['0', 'written, also if a server could not be read'],
      ['2', 'usage, or there is a config already'],
      ['129, 130, 143', 'interrupted; nothing was written'],
    ],
    guard: toStderr,
    load: async () => (await import('./commands/init.ts')).init,
  },
  completion(() => ({ commands: COMMANDS, commandOf })),
  {
    name: 'schema',
    help: [['shipit schema', 'print the JSON Schema of a config in YAML or JSON, for editors']],
    alone: true,
    takes: [],
    own: [],
    noun: 'the schema',
    examples: [['shipit schema > deploy.schema.json', 'into a file']],
    codes: NO_RUN,
    load: async () => (await import('./commands/schema.ts')).printSchema,
  },
  {
    name: 'types',
    help: [['shipit types', 'write the types of a config, for an editor in a project without node_modules']],
    alone: true,
    takes: ['config'],
    own: [],
    noun: 'the types',
    examples: [['shipit types', 'into .shipit/types.d.ts beside the config']],
    codes: NO_RUN,
    guard: toStderr,
    load: async () => (await import('./commands/types.ts')).writeTypes,
  },
  {
    name: 'demo',
    help: [['shipit demo [--keep]', 'try a deploy, on two hosts inside this process']],
    alone: true,
    takes: ['keep'],
    own: [],
    noun: 'the demo',
    examples: [['shipit demo --keep', 'leave the hosts up until Ctrl-C, to try commands on them']],
    codes: [
      ['0', 'done'],
      ['2', 'usage'],
      ['130', 'interrupted'],
      ['others', 'of the run that failed: shipit --help'],
    ],
    load: async () => {
      const { demo } = await import('../sandbox/demo.ts')
      return ({ keep }) => demo({ keep, stdout: process.stdout })
    },
  },
]

/** The command of a command line. */
export const commandOf = ({ words: [first, second], tasks }: Pick<Options, 'words' | 'tasks'>): Command => {
  if (tasks) return named('--tasks') ?? RUN
  const withWords = COMMANDS.find(({ takesWords, name }) => takesWords && name === first)
  if (withWords) return withWords
  if (second === undefined) return COMMANDS.find(({ alone, name }) => alone && name === first) ?? STAGE_ALONE
  return COMMANDS.find(({ afterStage, name }) => afterStage && name === second) ?? RUN
}

/** The command that `--help` is asked about: `shipit help plan`, `shipit production plan --help`. Undefined if that is shipit itself. */
export const commandInHelp = (options: Options): Command | undefined => {
  const [first, second] = options.words
  if (options.tasks) return commandOf(options)
  const name = first === 'help' || (second !== undefined && named(second)?.afterStage) ? second : first
  // the command stands alone: with a task after it, it is a stage of that name
  if (name === 'demo' && first === 'demo' && second !== undefined) return undefined
  return name === undefined ? undefined : named(name)
}

const named = (wanted: string): Command | undefined => COMMANDS.find(({ name }) => name === wanted && name !== '')

/** Whether a task with its name runs instead of the command. */
export const mayBeTask = ({ name }: Command): boolean => MAY_BE_TASKS.includes(name)
