import { codeText, keyText, listText } from './code-text.ts'
import type { Findings, NodeFindings, PhpFindings } from './look.ts'
import { NOTHING, type Parts, type Task } from './parts.ts'
import { rubyParts } from './ruby-parts.ts'
import { distinctNames, taskName } from './task-name.ts'
import type { OnServer } from './server/on-server.ts'

/** The parts for everything that was found. `server`: what was read on the servers; the services that are live there take the place of those of the project. */
export const partsOf = (found: Findings, server: OnServer | undefined): Parts => {
  const all = [rubyParts(found, server), nodeParts(found), phpParts(found.php)]
  const services =
    server?.services === undefined
      ? serviceParts(
          found,
          all.flatMap(({ recipes }) => recipes.map(({ name }) => name)),
        )
      : { ...NOTHING, recipes: server.services.recipes, notes: leftOut(found, server.services.recipes, server.name) }
  const merged = [...all, services]
  return {
    recipes: merged.flatMap(({ recipes }) => recipes),
    linkedDirs: [...new Set(merged.flatMap(({ linkedDirs }) => linkedDirs))],
    tasks: merged.flatMap(({ tasks }) => tasks),
    notes: [...merged.flatMap(({ notes }) => notes), ...unreadNotes(found.procfile)],
  }
}

const unreadNotes = ({ unread }: Findings['procfile']): readonly string[] =>
  unread.length === 0
    ? []
    : [
        `the Procfile has ${unread.length === 1 ? 'a line' : 'lines'} that ${unread.length === 1 ? 'is' : 'are'} not NAME: COMMAND, left out: ${unread.join(', ')}`,
      ]

const INSTALL: Readonly<Record<NodeFindings['manager'], readonly [locked: string, free: string]>> = {
  npm: ['npm ci', 'npm install'],
  pnpm: ['pnpm install --frozen-lockfile', 'pnpm install'],
  yarn: ['yarn install --frozen-lockfile', 'yarn install'],
}

/** Rails builds its own assets, also with Node. */
const nodeParts = ({ node, ruby, php }: Findings): Parts => {
  if (node === undefined || ruby !== undefined) return NOTHING
  const { manager, locked, scripts } = node
  const build = scripts.has('build')
  const commands = [INSTALL[manager][locked ? 0 : 1], ...(build ? [`${manager} run build`] : [])]
  const description = build ? 'Install packages and build' : 'Install packages'
  return {
    ...NOTHING,
    // during a build the packages of development are needed, so NODE_ENV is for the service alone
    tasks: [{ name: php ? 'assets:build' : 'app:build', description, commands, before: 'deploy:updated' }],
  }
}

const phpParts = (php: PhpFindings | undefined): Parts => {
  if (php === undefined) return NOTHING
  const install = 'composer install --no-dev --no-interaction --prefer-dist --optimize-autoloader'
  const tasks: Task[] = [
    { name: 'composer:install', description: 'Install the packages of composer.lock', commands: [install], before: 'deploy:updated' },
  ]
  if (php.kind === 'laravel')
    tasks.push({
      name: 'artisan:migrate',
      description: 'Migrate the database',
      commands: ['php artisan migrate --force'],
      once: true,
      before: 'deploy:publishing',
    })
  return { ...NOTHING, tasks, linkedDirs: php.kind === 'laravel' ? ['storage'] : php.kind === 'symfony' ? ['var/log'] : [] }
}

/** The commands whose services are those of a recipe. */
const RUNS: Readonly<Record<string, RegExp>> = { puma: /\bpuma\b|\brails s(?:erver)?\b/, sidekiq: /\bsidekiq\b/ }

/** What the project names, and no unit on the servers runs. */
const leftOut = ({ ruby, procfile: { entries: processes } }: Findings, recipes: Parts['recipes'], server: string): readonly string[] => {
  const text = recipes.flatMap(({ code }) => code).join('\n')
  const has = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(text)
  const gems = ['puma', 'sidekiq'].filter((gem) => ruby?.gems.has(gem) && !has(gem))
  const others = processes.filter(
    ({ name, command }) => name !== 'release' && !has(name) && !Object.values(RUNS).some((runs) => runs.test(command)),
  )
  const names = [...gems, ...others.map(({ name }) => `${name} of the Procfile`)]
  return names.length === 0 ? [] : [`${names.join(', ')}: not in the config, because no service on ${server} runs it from there`]
}

/** Services of a Procfile, or of `npm start`, that no other recipe runs. */
const serviceParts = ({ procfile: { entries: processes }, node, ruby }: Findings, recipes: readonly string[]): Parts => {
  const covered = (command: string): boolean => recipes.some((name) => RUNS[name]?.test(command))
  const services = processes.filter(({ name, command }) => name !== 'release' && !covered(command))
  const start = processes.length === 0 && ruby === undefined && node?.scripts.has('start') ? node : undefined
  const given = start ? [{ name: 'web', command: `${start.manager} start`, shell: false }] : services
  const release = processes.find(({ name }) => name === 'release')
  const notes = release ? [`"release: ${release.command}" in the Procfile is not in the config: write a task for it`] : []
  if (given.length === 0) return { ...NOTHING, notes }
  const env = node === undefined ? '' : "env: { NODE_ENV: 'production' }, "
  const distinct = distinctNames([])
  const rows = given.map(({ name, command, shell }) => {
    const exec = shell ? listText(['/bin/sh', '-c', shellCommand(command)]) : codeText(command)
    return `    ${keyText(distinct(taskName(name)))}: { exec: ${exec}, ${env}serviceUnitUser: 'system' },`
  })
  return { ...NOTHING, recipes: [{ name: 'systemd', code: ['systemd({', '  services: {', ...rows, '  },', '}),'] }], notes }
}

/** The shell makes way for one plain command, so that signals reach it; not for a list, a pipe or one with variables before it. */
const shellCommand = (command: string): string => (/[|;&<>()`\n]|^\w+=/.test(command) ? command : `exec ${command}`)
