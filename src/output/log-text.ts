import { cleanText, oneLine } from '../redact/clean.ts'
import type { LiveRelease, RunEvent } from '../events/types.ts'
import type { EventOf } from './event-lines.ts'
import { releaseName } from './format.ts'

/** An event as lines of the log file: local time with its offset, host, and everything that happened, unabridged. */
export const logText = (event: RunEvent): string => {
  const host = 'host' in event && event.host !== undefined ? event.host : '-'
  const head = `${stamp(event.at)} ${cleanText(host).replace(/\s+/g, '')} `
  return describe(event)
    .flatMap((text) => cleanText(text).split('\n'))
    .map((text) => `${head}${text}\n`)
    .join('')
}

type Describe = { readonly [T in RunEvent['type']]: (event: EventOf<T>) => string[] }

const describe = (event: RunEvent): string[] =>
  // the key is the type of the event, so its function takes it
  (DESCRIBE[event.type] as (event: RunEvent) => string[])(event)

const OF_RUN = {
  'run:start': ({ run, application, stage, tasks, user, version, hosts }) => [
    `run ${run}: ${application} ${stage} ${tasks.join(' ')} by ${user}, shipit ${version}`,
    ...hosts.map((one) => `host ${one.host} is ${one.address}`),
  ],
  deploy: ({ release, revision, branch }) => [`release ${release} revision ${revision}${branch === '' ? '' : ` of ${branch}`}`],
  commits: ({ hosts, from, to, added, removed }) => [
    `commits ${from}..${to} on ${hosts.join(' ')}: ${added.count} new, ${removed.count} gone`,
    ...added.newest.map((one) => `  + ${one.commit} ${one.author}: ${one.subject}`),
    ...removed.newest.map((one) => `  - ${one.commit} ${one.author}: ${one.subject}`),
  ],
  plan: ({ waves }) => waves.map(({ title, tasks, hosts }, i) => `plan ${i}: ${title} [${tasks.join(' ')}] on ${hosts.join(' ')}`),
  interrupt: ({ signal, message }) => [`INTERRUPT ${signal}: ${message}`],
  'run:end': ({ exit, ms, headline, warnings = [], live }) => [
    `END exit ${exit} in ${ms} ms: ${headline}`,
    ...warnings.map((one) => `warned of${one.host === undefined ? '' : ` ${one.host}`}: ${one.message}`),
    ...live.map((one) => `live on ${one.host}: ${liveName(one)}`),
  ],
} satisfies Partial<Describe>

const OF_HOSTS = {
  'host:connecting': ({ attempt }) => [`connecting, attempt ${attempt}`],
  'host:connected': ({ ms }) => [`connected in ${ms} ms`],
  'host:lost': ({ reason }) => [`LOST ${reason}`],
  'host:waiting': ({ reason }) => [`waiting for ${reason}`],
  'lock:taken': () => ['lock taken'],
  facts: ({ ms, live, revision }) => [`facts in ${ms} ms, live: ${releaseName(live, revision)}`],
} satisfies Partial<Describe>

const OF_WORK = {
  'wave:start': ({ wave, title, tasks, hosts }) => [`WAVE ${wave} ${title} [${tasks.join(' ')}] on ${hosts.join(' ')}`],
  'wave:end': ({ wave, ok, ms }) => [`wave ${wave} ${ok ? 'done' : 'FAILED'} in ${ms} ms`],
  'task:start': ({ task }) => [`task ${task}`],
  'task:end': ({ task, ok, ms }) => [`task ${task} ${ok ? 'done' : 'FAILED'} in ${ms} ms`],
  'step:start': ({ step, task, title, script, command }) => [
    `[${step}] ${task}: ${title}`,
    ...(script ?? command).split('\n').map((line, i) => `[${step}] ${i === 0 ? '$' : '>'} ${line}`),
  ],
  'step:output': ({ step, stream, line }) => [`[${step}] ${stream === 'stderr' ? '!' : '|'} ${line}`],
  // a second has four of them
  'step:progress': () => [],
  'step:end': ({ step, status, code, ms, note }) => [
    `[${step}] ${status}${code === undefined ? '' : `, exit ${code}`} in ${ms} ms${note ? `: ${note}` : ''}`,
  ],
} satisfies Partial<Describe>

const OF_MESSAGES = {
  log: ({ level, message }) => [`${level.toUpperCase()} ${message}`],
  table: ({ task, rows }) => rows.map((row) => `${task}: ${cellsOf(row)}`),
  finding: ({ level, recipe, message, remedy }) => [
    `FINDING ${level} of ${recipe}: ${message}`,
    ...remedy.split('\n').map((line) => `  remedy: ${line}`),
  ],
  failure: ({ failure: { host, task, command, reason, output, hint, where } }) => [
    `FAILURE ${[host, task].filter(Boolean).join(' ')}: ${reason}`,
    ...(command ? [`  ${command.startsWith('# ') ? '' : '$ '}${command}`] : []),
    ...output.map((line) => `  | ${line}`),
    ...(where ? [`  at ${where}`] : []),
    ...(hint ? [`  hint: ${hint}`] : []),
  ],
} satisfies Partial<Describe>

const DESCRIBE: Describe = { ...OF_RUN, ...OF_HOSTS, ...OF_WORK, ...OF_MESSAGES }

const cellsOf = (row: EventOf<'table'>['rows'][number]): string =>
  Object.entries(row)
    .map(([key, value]) => oneLine(`${key}=${value ?? '-'}`))
    .join(' ')

const liveName = ({ release, revision, state }: LiveRelease): string =>
  state === 'unknown' && release === undefined ? 'not known' : `${releaseName(release, revision)} (${state})`

/** `2026-11-25 10:11:12.345 +01:00` */
const stamp = (at: number): string => {
  const minutes = -new Date(at).getTimezoneOffset()
  const local = new Date(at + minutes * 60_000).toISOString()
  const offset = `${minutes < 0 ? '-' : '+'}${String(Math.floor(Math.abs(minutes) / 60)).padStart(2, '0')}:${String(Math.abs(minutes) % 60).padStart(2, '0')}`
  return `${local.slice(0, 10)} ${local.slice(11, 23)} ${offset}`
}
