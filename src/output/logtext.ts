import { cleanText, oneLine } from '../events/clean.ts'
import type { LiveRelease, RunEvent } from '../events/types.ts'
import { releaseName } from './words.ts'

/** An event as lines of the log file: local time with its offset, host, and everything that happened, unabridged. */
export const logText = (event: RunEvent): string => {
  const host = 'host' in event && event.host !== undefined ? event.host : '-'
  const head = `${stamp(event.at)} ${cleanText(host).replace(/\s+/g, '')} `
  return describe(event)
    .flatMap((text) => cleanText(text).split('\n'))
    .map((text) => `${head}${text}\n`)
    .join('')
}

const describe = (event: RunEvent): string[] => {
  switch (event.type) {
    case 'run:start':
      return [
        `run ${event.run}: ${event.application} ${event.stage} ${event.tasks.join(' ')} by ${event.user}, shipit ${event.version}`,
        ...event.hosts.map((one) => `host ${one.host} is ${one.address}`),
      ]
    case 'host:connecting':
      return [`connecting, attempt ${event.attempt}`]
    case 'host:connected':
      return [`connected in ${event.ms} ms`]
    case 'host:lost':
      return [`LOST ${event.reason}`]
    case 'host:waiting':
      return [`waiting for ${event.reason}`]
    case 'lock:taken':
      return ['lock taken']
    case 'facts':
      return [`facts in ${event.ms} ms, live: ${releaseName(event.live, event.revision)}`]
    case 'deploy':
      return [`release ${event.release} revision ${event.revision}${event.branch === '' ? '' : ` of ${event.branch}`}`]
    case 'plan':
      return event.waves.map((wave, i) => `plan ${i}: ${wave.title} [${wave.tasks.join(' ')}] on ${wave.hosts.join(' ')}`)
    case 'wave:start':
      return [`WAVE ${event.wave} ${event.title} [${event.tasks.join(' ')}] on ${event.hosts.join(' ')}`]
    case 'wave:end':
      return [`wave ${event.wave} ${event.ok ? 'done' : 'FAILED'} in ${event.ms} ms`]
    case 'task:start':
      return [`task ${event.task}`]
    case 'task:end':
      return [`task ${event.task} ${event.ok ? 'done' : 'FAILED'} in ${event.ms} ms`]
    case 'step:start':
      return [
        `[${event.step}] ${event.task}: ${event.title}`,
        ...(event.script ?? event.command).split('\n').map((line, i) => `[${event.step}] ${i === 0 ? '$' : '>'} ${line}`),
      ]
    case 'step:output':
      return [`[${event.step}] ${event.stream === 'stderr' ? '!' : '|'} ${event.line}`]
    case 'step:end':
      return [
        `[${event.step}] ${event.status}${event.code === undefined ? '' : `, exit ${event.code}`} in ${event.ms} ms${event.note ? `: ${event.note}` : ''}`,
      ]
    case 'log':
      return [`${event.level.toUpperCase()} ${event.message}`]
    case 'table':
      return event.rows.map(
        (row) =>
          `${event.task}: ${Object.entries(row)
            .map(([key, value]) => oneLine(`${key}=${value ?? '-'}`))
            .join(' ')}`,
      )
    case 'finding':
      return [`FINDING ${event.level} of ${event.recipe}: ${event.message}`, ...event.remedy.split('\n').map((line) => `  remedy: ${line}`)]
    case 'failure': {
      const { host, task, command, reason, output, hint, where } = event.failure
      return [
        `FAILURE ${[host, task].filter(Boolean).join(' ')}: ${reason}`,
        ...(command ? [`  ${command.startsWith('# ') ? '' : '$ '}${command}`] : []),
        ...output.map((line) => `  | ${line}`),
        ...(where ? [`  at ${where}`] : []),
        ...(hint ? [`  hint: ${hint}`] : []),
      ]
    }
    case 'interrupt':
      return [`INTERRUPT ${event.signal}: ${event.message}`]
    case 'run:end':
      return [
        `END exit ${event.exit} in ${event.ms} ms: ${event.headline}`,
        ...(event.warnings ?? []).map((one) => `warned of${one.host === undefined ? '' : ` ${one.host}`}: ${one.message}`),
        ...event.live.map((one) => `live on ${one.host}: ${liveName(one)}`),
      ]
  }
}

const liveName = ({ release, revision, state }: LiveRelease): string =>
  state === 'unknown' && release === undefined ? 'not known' : `${releaseName(release, revision)} (${state})`

/** `2026-11-25 10:11:12.345 +01:00` */
const stamp = (at: number): string => {
  const minutes = -new Date(at).getTimezoneOffset()
  const local = new Date(at + minutes * 60_000).toISOString()
  const offset = `${minutes < 0 ? '-' : '+'}${String(Math.floor(Math.abs(minutes) / 60)).padStart(2, '0')}:${String(Math.abs(minutes) % 60).padStart(2, '0')}`
  return `${local.slice(0, 10)} ${local.slice(11, 23)} ${offset}`
}
