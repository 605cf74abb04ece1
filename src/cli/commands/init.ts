import { unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONFIG_FILES, findConfig } from '../../config/find.ts'
import { stageNameProblem } from '../../config/validate.ts'
import { SYMBOL } from '../../output/format.ts'
import { proseLines } from '../../output/hint.ts'
import { writeOut } from '../../output/intercept-streams.ts'
import { EXIT, ShipitError, usageError } from '../../values/errors.ts'
import { sameRepository } from '../../values/repo-url.ts'
import { columnsIn } from '../../values/width.ts'
import type { Options } from '../global-options.ts'
import { answerAll, repoPlaceholder, type Answered } from '../init/answer.ts'
import { askAtTerminal, takeProposals } from '../init/ask.ts'
import { composeConfig, type Server } from '../init/compose.ts'
import { INIT_OPTIONS } from '../init/options.ts'
import { lookAt, type Findings } from '../init/look.ts'
import type { Parts } from '../init/parts.ts'
import { partsOf } from '../init/project-parts.ts'
import { withoutText } from '../init/remote.ts'
import { lookLines } from '../init/server/found-text.ts'
import type { Live } from '../init/server/live.ts'
import { lookAtServers, type ServerLook } from '../init/server/look.ts'
import { onServer } from '../init/server/on-server.ts'
import { serviceParts, type ServiceParts } from '../init/server/service-parts.ts'
import { serversIn, serversProblem } from '../init/servers.ts'
import { canAsk } from '../read-line.ts'
import { redactText } from '../redact-text.ts'
import { shipitCommand } from '../shipit-command.ts'
import { parseOwnOptions } from '../own-options.ts'
import { check } from './check.ts'

const FILE = CONFIG_FILES[0]!

/**
 * `shipit init`: writes a deploy.config.ts for what is in the current folder and on the servers, after asking at a terminal. Never replaces a
 * config. What it has written has passed `shipit check`.
 */
export const init = async (options: Options): Promise<number> => {
  const own = parseOwnOptions(options, INIT_OPTIONS, 'init')
  const [server, stage = 'production'] = [own.value('--server'), own.value('--stage')]
  if (own.words.length > 1)
    throw usageError(`init takes no ${own.words.slice(1).join(' ')}`, { hint: 'name a server with --server deploy@app1.example.com' })
  const dir = process.cwd()
  await refuseConfig(dir)
  refuseGiven(server, stage)
  const found = lookAt(dir)
  const asks = options.yes !== true && canAsk()
  const ask = asks ? askAtTerminal : takeProposals
  const show = (lines: readonly string[]): void => void process.stderr.write(redactText(lines.map((line) => `${line}\n`).join('')))
  if (asks) show([foundText(found)])
  const servers = serversIn(
    await ask({ message: `Servers of ${stage}, user@host`, proposal: server ?? SERVER_PLACEHOLDER, problem: serversProblem }),
  )
  const look = servers[0] === SERVER_PLACEHOLDER ? undefined : await lookAtServers({ servers, stage, asks })
  if (look !== undefined) show(lookLines(look))
  const answers = await answerAll({ found, look, ask, show })
  const { recipes, roles } = answers.live === undefined ? NO_SERVICES : serviceParts(answers.live, answers.services)
  const parts = partsOf(found, onServer(look, answers.live, recipes))
  const text = composeConfig(
    parts,
    {
      ...answers,
      stage,
      servers: serversWithRoles(servers, look, roles),
      linkedFiles: answers.linkedFiles ?? found.linkedFiles,
      linkedDirs: answers.linkedDirs ?? parts.linkedDirs,
    },
    answers.live !== undefined,
  )
  await writeChecked(join(dir, FILE), text, options)
  writeOut(redactText(endText(found, todoOf({ found, parts, answers, servers, roles }), stage, options)))
  return EXIT.done
}

/** Writes the config, and takes it away again if it has a mistake. */
const writeChecked = async (file: string, text: string, options: Options): Promise<void> => {
  write(file, text)
  try {
    await check({ ...options, words: ['check'], rest: undefined, taskOptions: [], config: file })
  } catch (error) {
    unlinkSync(file)
    throw error
  }
}

interface Done {
  readonly found: Findings
  readonly parts: Parts
  readonly answers: Answered
  readonly servers: readonly string[]
  readonly roles: ServiceParts['roles']
}

/** What is left to do, as sentences. */
const todoOf = ({ found, parts, answers, servers, roles }: Done): readonly string[] => {
  const { live, open, repoUrl } = answers
  return [
    ...parts.notes,
    ...open,
    ...(live?.notes ?? []),
    ...(live === undefined || live.without.length === 0 ? [] : [`${live.without.join(', ')}: nothing is in ${live.deployTo} there yet`]),
    ...(roles.size > 0 && servers.length > roles.size ? ['the servers have different services: check the roles in servers'] : []),
    ...(repoUrl === repoPlaceholder(found) ? [`put the address of your repository into ${FILE}: repoUrl`] : []),
    ...withoutText(found.remote, 'the remote'),
    ...(live === undefined ? [] : repositoryNotes(live, repoUrl)),
    ...(servers[0] === SERVER_PLACEHOLDER ? [`put your server into ${FILE}: servers`] : []),
  ]
}

const repositoryNotes = ({ remote, on, deployTo }: Live, repoUrl: string): readonly string[] => [
  ...(remote.url === undefined || sameRepository(remote.url, repoUrl)
    ? []
    : [`${on.join(', ')} deployed ${deployTo} from another repository until now: ${remote.url}`]),
  ...withoutText(remote, `the repository on ${on.join(', ')}`),
]

const NO_SERVICES: ServiceParts = { recipes: [], roles: new Map() }

/** A server that could not be read, or has nothing yet, gets the role that no service has. */
const serversWithRoles = (servers: readonly string[], look: ServerLook | undefined, roles: ServiceParts['roles']): readonly Server[] =>
  servers.map((host, i) => ({ host, roles: roles.size === 0 ? undefined : (roles.get(look?.hosts[i]?.name ?? '') ?? ['app']) }))

/** Not a server of anybody (RFC 2606). */
const SERVER_PLACEHOLDER = 'deploy@server.example.com'

const refuseConfig = async (dir: string): Promise<void> => {
  const existing = await findConfig(dir).catch((error: unknown) => {
    if (error instanceof ShipitError && error.about === 'no config') return undefined
    throw error
  })
  if (existing) throw usageError(`there is a config: ${existing.file}`, { hint: 'init replaces nothing: move it away first, or edit it' })
}

const write = (file: string, text: string): void => {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o644 })
  } catch (error) {
    throw usageError(`${file} cannot be written: ${(error as Error).message}`, { hint: 'check who may write in this folder', cause: error })
  }
}

/** Refuses the options before anything is asked: afterwards, the error would name a line of a file that is not there. */
const refuseGiven = (server: string | undefined, stage: string): void => {
  const wrong = server === undefined ? undefined : serversProblem(server)
  if (wrong !== undefined)
    throw usageError(`--server: ${wrong}`, { hint: 'for example --server deploy@app1.example.com,deploy@app2.example.com' })
  const problem = stageNameProblem(stage)
  if (problem !== undefined) throw usageError(`--stage: ${problem}`, { hint: 'for example --stage production' })
}

const foundText = ({ ruby, node, php, processes }: Findings): string => {
  const names = [
    ruby?.from,
    ruby?.version && '.ruby-version',
    node && 'package.json',
    php && 'composer.json',
    processes.length > 0 && 'Procfile',
  ]
  const all = names.filter(Boolean)
  return all.length > 0 ? `found ${all.join(', ')}` : 'found no Gemfile, package.json, composer.json or Procfile'
}

const endText = ({ node }: Findings, todo: readonly string[], stage: string, options: Options): string => {
  const shipit = shipitCommand({ ...options, config: undefined })
  const next = [shipit(stage, 'doctor'), shipit(stage, 'plan', 'deploy'), shipit(stage, 'deploy')]
  const columns = columnsIn(process.stdout, Infinity)
  return [
    `wrote ${FILE}`,
    // masked first: no redactor recognizes a secret that was broken into lines
    ...todo.flatMap((line) =>
      proseLines(redactText(`${SYMBOL.warn} ${line}`), columns - 2).map((part, i) => `${i > 0 ? '  ' : ''}${part}`),
    ),
    // a project with a package.json installs shipit there, with its types
    ...(node === undefined ? [`for completion in your editor: ${shipit('types')}`] : []),
    ...next.map((line, i) => `${i === 0 ? 'next: ' : '      '}${line}`),
    '',
  ].join('\n')
}
