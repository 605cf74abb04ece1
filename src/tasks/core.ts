import type { Stage } from './stage.ts'
import { checkTasks } from './deploy/check.ts'
import { failedTasks } from './deploy/failed.ts'
import { finishTasks } from './deploy/finish.ts'
import { gitTasks } from './deploy/git/tasks.ts'
import { publishTasks } from './deploy/publish.ts'
import { releaseTasks } from './deploy/release.ts'
import { sendTasks } from './deploy/send-linked-files.ts'
import type { Barrier, CoreDef } from './barriers.ts'
import { contained } from '../shell/command.ts'
import type { Command } from '../shell/types.ts'
import type { CoreTask } from './core-names.ts'
import type { AnyTask, StepList } from './types.ts'

/** Internal tasks that have no name in Capistrano. */
export type InternalTask =
  | 'deploy:revert_release'
  | 'deploy:prepare_switch'
  | 'deploy:record_good'
  | 'deploy:clean_failed'
  | 'deploy:log_switched'

const sequence = (description: string | undefined, ...names: (CoreTask | InternalTask | Barrier)[]): CoreDef => ({
  task: description === undefined ? { sequence: names } : { description, sequence: names },
})

/** Capistrano's pipeline, with its task names down to the sub-tasks, plus the three barriers. */
export const coreTasks = (stage: Stage): Record<CoreTask | InternalTask, CoreDef> => ({
  ...SEQUENCES,
  ...sendTasks(stage),
  ...containedTasks({
    ...checkTasks(stage),
    ...gitTasks(stage),
    ...releaseTasks(stage),
    ...publishTasks(),
    ...finishTasks(stage),
    ...failedTasks(stage),
  }),
})

/** Nothing that these tasks start goes on after them, except where a step says otherwise. */
const containedTasks = <N extends string>(tasks: Record<N, CoreDef>): Record<N, CoreDef> => {
  const changed = Object.entries<CoreDef>(tasks).map(([name, def]) => [name, { ...def, task: containedTask(def.task) }] as const)
  return Object.fromEntries(changed) as Record<N, CoreDef>
}

const containedTask = (task: AnyTask): AnyTask => {
  const { steps } = task
  return steps === undefined ? task : { ...task, steps: (c) => steps(c).map(containedSteps) }
}

const containedSteps = (item: StepList[number]): StepList[number] => {
  if (Array.isArray(item)) return (item as StepList).map(containedSteps)
  return item ? contained(item as Command) : item
}

/** The tasks that are made of others. */
const SEQUENCES = {
  deploy: sequence(
    'Deploy a new release',
    'deploy:starting',
    'deploy:started',
    'deploy:updating',
    'deploy:updated',
    'deploy:prepare_switch',
    '|ready',
    'deploy:publishing',
    'deploy:published',
    'deploy:restart',
    'deploy:finishing',
    'deploy:finished',
    'deploy:record_good',
  ),
  'deploy:rollback': sequence(
    'Go back to the newest good release before the live one',
    'deploy:starting',
    'deploy:started',
    'deploy:reverting',
    'deploy:reverted',
    'deploy:prepare_switch',
    '|ready',
    'deploy:publishing',
    'deploy:published',
    'deploy:restart',
    'deploy:finishing_rollback',
    'deploy:finished',
    'deploy:record_good',
  ),
  'deploy:starting': sequence(undefined, 'deploy:check', '|checked'),
  'deploy:started': sequence(undefined),
  'deploy:updating': sequence(
    undefined,
    'deploy:new_release_path',
    'git:clone',
    'git:update',
    'git:create_release',
    'deploy:set_current_revision',
    'deploy:set_current_revision_time',
    'deploy:symlink:shared',
  ),
  'deploy:updated': sequence(undefined),
  'deploy:reverting': sequence(undefined, 'deploy:revert_release'),
  'deploy:reverted': sequence(undefined),
  'deploy:publishing': sequence(undefined, 'deploy:symlink:release'),
  'deploy:published': sequence(undefined),
  'deploy:restart': sequence('Empty: attach your restart to it'),
  'deploy:finishing': sequence(undefined, 'deploy:cleanup'),
  'deploy:finishing_rollback': sequence(undefined),
  'deploy:finished': sequence(undefined, 'deploy:log_revision'),
  'deploy:failed': sequence(undefined),
  'deploy:check': sequence(
    'Check that a deploy has everything it needs',
    'git:check',
    'deploy:check:directories',
    'deploy:check:linked_dirs',
    'deploy:check:make_linked_dirs',
    'deploy:check:linked_files',
  ),
  'deploy:symlink:shared': sequence(undefined, 'deploy:upload_linked_files', 'deploy:symlink:linked_files', 'deploy:symlink:linked_dirs'),
} satisfies Partial<Record<CoreTask | InternalTask, CoreDef>>
