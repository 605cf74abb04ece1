import { printedWord } from '../shell/shipit-command.ts'
import type { DeployInfo } from '../tasks/types.ts'
import type { Intent } from './intent.ts'
import type { RunRequest } from './request.ts'

/** The text above a plan: its subject, the notes to read first, and that nothing was written. */
export const planTitle = (
  { stage, tasks, typed = [] }: Pick<RunRequest, 'stage' | 'tasks' | 'typed'>,
  intent: Intent,
  deploy: DeployInfo,
  notes: readonly string[],
): string => {
  const to = intent.making
    ? `: release ${deploy.release}, ${deploy.branch}${deploy.shortRevision === '' ? '' : ` at ${deploy.shortRevision}`}`
    : intent.rollback
      ? `: back to release ${deploy.release}`
      : ''
  const typedTasks = [...tasks, ...typed.flatMap(({ words }) => words.map(printedWord))].join(' ')
  const read = intent.hosts.length === 0 ? 'No host was read' : 'The hosts were read'
  return `plan of ${stage.application} ${stage.name} ${typedTasks}${to}\n${[...notes, ...intent.notes].map((note) => `${note}\n`).join('')}${read}; nothing was written.`
}
