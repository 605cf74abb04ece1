import type { Row } from '../output/two-columns.ts'
import type { Command } from './command.ts'
import type { OptionName } from './global-options.ts'

// Commands that show what a config says, and connect to nothing.

/** of commands that connect to nothing */
export const NO_HOSTS: readonly OptionName[] = ['branch', 'set', 'config']
export const NO_RUN: readonly Row[] = [
  ['0', 'done'],
  ['2', 'usage or config'],
]
export const toStderr = () => 'stderr' as const

export const CONFIG: Command = {
  name: 'config',
  help: [['shipit STAGE config [KEY…]', 'show the settings of a stage, and where each is from']],
  afterStage: true,
  takes: NO_HOSTS,
  own: [['    --json', 'print JSON']],
  noun: 'the list of settings',
  examples: [
    ['shipit production config', 'every setting'],
    ['shipit production config git.timeout sidekiq', 'one, and all of a recipe'],
  ],
  codes: NO_RUN,
  guard: toStderr,
  load: async () => (await import('./commands/config.ts')).showConfig,
}

export const TREE: Command = {
  name: 'tree',
  help: [['shipit STAGE tree TASK', 'show what runs around a task, and which recipe hung it there']],
  afterStage: true,
  takes: NO_HOSTS,
  own: [],
  noun: 'a tree',
  examples: [['shipit production tree deploy', 'every part of a deploy, in order']],
  codes: NO_RUN,
  guard: toStderr,
  load: async () => (await import('./commands/tree.ts')).showTree,
}
