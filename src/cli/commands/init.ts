import { join } from 'node:path'
import { stageNameProblem } from '../../config/validate.ts'
import { writeOut } from '../../output/intercept-streams.ts'
import { EXIT, usageError } from '../../values/errors.ts'
import { columnsIn } from '../../values/width.ts'
import type { Options } from '../global-options.ts'
import { answerAll, FILE, SERVER_PLACEHOLDER } from '../init/answer.ts'
import { askAtTerminal, takeProposals } from '../init/ask.ts'
import { composeConfig, type Server } from '../init/compose.ts'
import { INIT_OPTIONS } from '../init/options.ts'
import { lookAt, type Findings } from '../init/look.ts'
import { partsOf } from '../init/project-parts.ts'
import { lookLines } from '../init/server/found-text.ts'
import type { Live } from '../init/server/live-application.ts'
import { lookAtServers, type ServerLook } from '../init/server/look.ts'
import { onServer } from '../init/server/on-server.ts'
import { NO_SERVICES, serviceParts, type ServiceParts } from '../init/server/service-parts.ts'
import { serversIn, serversProblem } from '../init/servers.ts'
import { todoLines, todoOf } from '../init/todo.ts'
import { refuseFolder, writeChecked } from '../init/write-config.ts'
import { canAsk } from '../read-line.ts'
import { redactText } from '../redact-text.ts'
import { shipitCommand } from '../shipit-command.ts'
import { parseOwnOptions } from '../own-options.ts'
import { check } from './check.ts'

/**
 * `shipit init`: writes a deploy.config.ts for what is in the current folder and on the servers, after asking at a terminal. Never replaces a
 * config. What it has written has passed `shipit check`.
 */
export const init = async (options: Options): Promise<number> => {
  const own = parseOwnOptions(options, INIT_OPTIONS, 'init')
  const [server, given] = [own.value('--server'), own.value('--stage')]
  if (own.words.length > 1)
    throw usageError(`init takes no ${own.words.slice(1).join(' ')}`, { hint: 'name a server with --server deploy@app1.example.com' })
  const dir = process.cwd()
  await refuseFolder(dir)
  const proposed = given ?? STAGE
  refuseGiven(server, proposed)
  const found = lookAt(dir)
  const asks = options.yes !== true && canAsk()
  const ask = asks ? askAtTerminal : takeProposals
  const show = (lines: readonly string[]): void => void process.stderr.write(redactText(lines.map((line) => `${line}\n`).join('')))
  if (asks) show([foundText(found)])
  const servers = serversIn(
    await ask({ message: `Servers of ${proposed}, user@host`, proposal: server ?? SERVER_PLACEHOLDER, problem: serversProblem }),
  )
  if (servers[0] !== SERVER_PLACEHOLDER) show([`looking at ${servers.join(', ')}`])
  const look = servers[0] === SERVER_PLACEHOLDER ? undefined : await lookAtServers({ servers, stage: proposed, folder: found.folder, asks })
  if (look !== undefined) show(lookLines(look))
  const answers = await answerAll({ found, look, ask, show, columns: columnsIn(process.stderr, Infinity) })
  const stage = given ?? recordedStage(answers.live) ?? STAGE
  const services = answers.live === undefined ? NO_SERVICES : serviceParts(answers.live, answers.services)
  const parts = partsOf(found, onServer(look, answers.live, services.recipes))
  const repoTree = repoTreeOf(found, answers.live)
  const text = composeConfig(
    parts,
    {
      ...answers,
      stage,
      repoTree,
      servers: serversWithRoles(servers, look, services.roles),
      linkedFiles: answers.linkedFiles ?? found.linkedFiles,
      linkedDirs: answers.linkedDirs ?? parts.linkedDirs,
    },
    answers.live !== undefined,
  )
  const file = join(dir, FILE)
  await writeChecked(file, text, () => check({ ...options, words: ['check'], rest: undefined, taskOptions: [], config: file }))
  writeOut(redactText(endText(found, todoOf({ found, parts, answers, stage, servers, repoTree, services }), stage, options)))
  return EXIT.done
}

const STAGE = 'production'

/** The stage that deployed there, if it was shipit: no other could deploy there before it is handed over. */
const recordedStage = (live: Live | undefined): string | undefined => {
  const stage = live?.owner?.stage
  return stage === undefined || stageNameProblem(stage) !== undefined ? undefined : stage
}

/** The folder of the project, if it is all that is deployed. A folder without a project is one for the config. */
const repoTreeOf = ({ folder, ruby, node, php, procfile }: Findings, live: Live | undefined): string | undefined =>
  live?.whole || (!ruby && !node && !php && procfile.entries.length === 0) ? undefined : folder

/** A server that could not be read, or has nothing yet, gets the role that no service has. */
const serversWithRoles = (servers: readonly string[], look: ServerLook | undefined, roles: ServiceParts['roles']): readonly Server[] =>
  servers.map((host, i) => ({ host, roles: roles.size === 0 ? undefined : (roles.get(look?.hosts[i]?.name ?? '') ?? ['app']) }))

/** Refuses the options before anything is asked: afterwards, the error would name a line of a file that is not there. */
const refuseGiven = (server: string | undefined, stage: string): void => {
  const wrong = server === undefined ? undefined : serversProblem(server)
  if (wrong !== undefined)
    throw usageError(`--server: ${wrong}`, { hint: 'for example --server deploy@app1.example.com,deploy@app2.example.com' })
  const problem = stageNameProblem(stage)
  if (problem !== undefined) throw usageError(`--stage: ${problem}`, { hint: 'for example --stage production' })
}

const foundText = ({ ruby, node, php, procfile }: Findings): string => {
  const names = [
    ruby?.from,
    ruby?.version && '.ruby-version',
    node && 'package.json',
    php && 'composer.json',
    procfile.entries.length > 0 && 'Procfile',
  ]
  const all = names.filter(Boolean)
  return all.length > 0 ? `found ${all.join(', ')}` : 'found no Gemfile, package.json, composer.json or Procfile'
}

const endText = ({ node }: Findings, todo: readonly string[], stage: string, options: Options): string => {
  const shipit = shipitCommand({ ...options, config: undefined })
  const next = [shipit(stage, 'doctor'), shipit(stage, 'plan', 'deploy'), shipit(stage, 'deploy')]
  return [
    `wrote ${FILE}`,
    ...todoLines(todo, columnsIn(process.stdout, Infinity)),
    // a project with a package.json installs shipit there, with its types
    ...(node === undefined ? [`for completion in your editor: ${shipit('types')}`] : []),
    ...next.map((line, i) => `${i === 0 ? 'next: ' : '      '}${line}`),
    '',
  ].join('\n')
}
