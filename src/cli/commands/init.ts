import { unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONFIG_FILES, findConfig } from '../../config/find.ts'
import { config as configSchema } from '../../config/schema.ts'
import { stageNameProblem } from '../../config/validate.ts'
import { schemas } from '../../settings/derived.ts'
import { problemsOf } from '../../settings/zod-problems.ts'
import { writeOut } from '../../output/intercept-streams.ts'
import { EXIT, ShipitError, usageError } from '../../values/errors.ts'
import type { Options } from '../global-options.ts'
import { askAtTerminal, takeProposals, type Ask } from '../init/ask.ts'
import { composeConfig, type Answers } from '../init/compose.ts'
import { INIT_OPTIONS } from '../init/options.ts'
import { lookAt, type Findings } from '../init/look.ts'
import { serversIn, serversProblem } from '../init/servers.ts'
import { partsOf } from '../init/project-parts.ts'
import { canAsk } from '../read-line.ts'
import { redactText } from '../redact-text.ts'
import { shipitCommand } from '../shipit-command.ts'
import { parseOwnOptions } from '../own-options.ts'
import { check } from './check.ts'

const FILE = CONFIG_FILES[0]!
/**
 * `shipit init`: writes a deploy.config.ts for what is in the current folder, after asking at a terminal. Never replaces a config. What it
 * has written has passed `shipit check`.
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
  const ask = options.yes || !canAsk() ? takeProposals : askAtTerminal
  if (ask !== takeProposals) process.stderr.write(`${foundText(found)}\n`)
  const answers = await answer(found, ask, { server, stage })
  const parts = partsOf(found)
  const file = join(dir, FILE)
  write(file, composeConfig(found, parts, answers))
  try {
    await check({ ...options, words: ['check'], rest: undefined, taskOptions: [], config: file })
  } catch (error) {
    unlinkSync(file)
    throw error
  }
  const shipit = shipitCommand({ ...options, config: undefined })
  const todo = [
    ...parts.notes,
    ...(answers.repoUrl === repoPlaceholder(found) ? [`put the address of your repository into ${FILE}: repoUrl`] : []),
    ...(found.hadLogin
      ? ['the address of the remote has a login, which is not in the config: give each server access of its own, such as a deploy key']
      : []),
    ...(answers.servers[0] === SERVER_PLACEHOLDER ? [`put your server into ${FILE}: servers`] : []),
  ]
  // a project with a package.json installs shipit there, with its types
  const editor = found.node === undefined ? `for completion in your editor: ${shipit('types')}` : undefined
  writeOut(redactText(endText(todo, [shipit(stage, 'doctor'), shipit(stage, 'plan', 'deploy'), shipit(stage, 'deploy')], editor)))
  return EXIT.done
}

/** Not a server of anybody (RFC 2606). */
const SERVER_PLACEHOLDER = 'deploy@server.example.com'
const repoPlaceholder = ({ application }: Findings): string => `git@github.com:example/${application}.git`

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

const answer = async (found: Findings, ask: Ask, given: { server: string | undefined; stage: string }): Promise<Answers> => {
  const schema = {
    application: configSchema.shape.application,
    branch: schemas.branch,
    repoUrl: schemas.repoUrl,
    deployTo: schemas.deployTo,
  }
  const checked = (key: keyof typeof schema) => (text: string) => problemsOf(schema[key], text)[0]?.message
  const application = await ask({ message: 'Application', proposal: found.application, problem: checked('application') })
  const repoUrl = await ask({ message: 'Repository', proposal: found.repoUrl ?? repoPlaceholder(found), problem: checked('repoUrl') })
  const branch = await ask({ message: 'Branch', proposal: found.branch, problem: checked('branch') })
  const servers = await ask({
    message: `Servers of ${given.stage}, user@host`,
    proposal: given.server ?? SERVER_PLACEHOLDER,
    problem: serversProblem,
  })
  const deployTo = await ask({ message: 'Directory on the servers', proposal: `/var/www/${application}`, problem: checked('deployTo') })
  return { application, repoUrl, branch, deployTo, stage: given.stage, servers: serversIn(servers) }
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

const endText = (todo: readonly string[], next: readonly string[], editor: string | undefined): string =>
  [
    `wrote ${FILE}`,
    ...todo.map((line) => `⚠ ${line}`),
    ...(editor === undefined ? [] : [editor]),
    ...next.map((line, i) => `${i === 0 ? 'next: ' : '      '}${line}`),
    '',
  ].join('\n')
