import { collectEnvErrors } from '../../config/env-issues.ts'
import { localFacts } from '../../config/operator.ts'
import type { LoadedConfig } from '../../config/raw-config.ts'
import { resolveStage } from '../../config/stage.ts'
import { createPaint, wantsColour, type Paint } from '../../output/colours.ts'
import { writeOut } from '../../output/intercept-streams.ts'
import { taskTree, type TreeLine } from '../../run/task-tree.ts'
import { createRegistry, findIn } from '../../tasks/registry.ts'
import { setBySequences } from '../../tasks/sequence-set.ts'
import { EXIT, usageError } from '../../values/errors.ts'
import { columnsIn, width, wrap } from '../../values/width.ts'
import type { Options } from '../global-options.ts'
import { redactText } from '../redact-text.ts'
import { stageWithSets } from '../sequence-set.ts'
import { shipitCommand } from '../shipit-command.ts'
import { openProject } from './open-project.ts'

/** `shipit STAGE tree TASK`: what runs around a task, one line each, and who hung it there. */
export const showTree = async (options: Options, _argv: readonly string[], given?: LoadedConfig): Promise<number> => {
  const [stageName = '', , task, ...others] = options.words
  const shipit = shipitCommand(options)
  if (task === undefined) throw usageError('which task do you want to see?', { hint: shipit(stageName, 'tree', 'deploy') })
  if (others.length > 0)
    throw usageError(`tree shows one task, not ${[task, ...others].join(' ')}`, { hint: shipit(stageName, 'tree', task) })
  const lines = await collectEnvErrors(async () => {
    const { loaded, overrides } = await openProject(options, given)
    const looking = { ...overrides, runsNothing: true } as const
    const plain = await resolveStage(loaded, stageName, looking)
    const stage = await stageWithSets(plain, setBySequences([task], findIn(createRegistry(plain))), { loaded, options, overrides: looking })
    return taskTree(stage, task, { user: localFacts().user, now: new Date() })
  })
  const paint = await createPaint(wantsColour(process.env, process.stdout.isTTY))
  writeOut(redactText(treeText(lines, columnsIn(process.stdout, Infinity), paint)))
  return EXIT.done
}

/** One line per task; its notes go below it where they do not fit. */
export const treeText = (lines: readonly TreeLine[], columns: number, paint: Paint): string =>
  lines
    .flatMap((line) => {
      const indent = '  '.repeat(line.depth)
      const name = indent + line.name
      const notes = notesOf(line).join('; ')
      if (notes === '') return [name]
      if (width(name) + 2 + width(notes) <= columns) return [`${name}  ${paint.dim(notes)}`]
      return [name, ...wrap(notes, columns - indent.length - 4).map((one) => `${indent}    ${paint.dim(one)}`)]
    })
    .map((line) => `${line}\n`)
    .join('')

const notesOf = ({ hook, replacedBy, not }: TreeLine): string[] => [
  // the name of a task that is written in place says the rest
  ...(hook === undefined ? [] : hook.inline ? ['written in place'] : [`${hook.side} ${hook.of}, by ${ownerText(hook.owner)}`]),
  ...(replacedBy === undefined ? [] : [`replaced by ${ownerText(replacedBy)}`]),
  ...(not === undefined ? [] : [`does not run: ${not}`]),
]

const ownerText = (owner: string): string => (owner === 'config' ? 'the config' : owner === 'core' ? 'shipit' : owner)
