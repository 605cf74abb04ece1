import { z } from 'zod'
import { sudoRefused } from '../../../src/index.ts'
import type { Command, Finding } from '../../../src/index.ts'
import type { Asking, Context, Manager } from '../manager.ts'
import { DOCTOR } from './ruby/doctor.ts'
import { NAMED, PROCESSES } from './ruby/processes.ts'
import { asking } from './run.ts'

const answer = z.object({
  sidekiq: z.string().nullish(),
  running: z.number(),
  known: z.number().optional(),
  source: z.string().optional(),
  at: z.string().optional(),
  default: z.boolean().optional(),
  version: z.string().nullish(),
  policy: z.string().nullish(),
  trouble: z.string().optional(),
})

/** What the doctor reads from Redis, and its findings. */
export const redisDoctor = {
  facts: (c: Asking, by: Manager): Readonly<Record<string, Command>> => ({
    redis: asking(c, by, `${NAMED}${PROCESSES}${DOCTOR}`, {}).probe(),
  }),
  findings: (c: Context): readonly Finding[] => {
    const { redis } = c.facts
    if (redis === undefined) return []
    const needed = c.settings.drain !== null
    if (!redis.ok) {
      const said = redis.stderr.trim().split('\n').at(-1) || `exit ${redis.code}`
      const remedy = sudoRefused(redis.stderr)
        ? `see the rule: ${c.shipit('sidekiq:sudoers')}; put it in place: ${c.shipit('sidekiq:sudoers', '--install', '--set', 'ssh.user=root')}`
        : "put a ruby into the PATH: rbenv(), or env: { PATH: prepend('/opt/ruby/bin') }"
      return [found(needed, `Redis cannot be asked: ${said}`, remedy)]
    }
    return of(c, answer.parse(JSON.parse(redis.stdout.trim().split('\n').at(-1) ?? '')), needed)
  },
}

const WHERE = "say where it is: redis: { url: 'redis://…' }, or { envFile: '.env' }, or { from: 'app' }"

const of = (c: Context, a: z.output<typeof answer>, needed: boolean): readonly Finding[] => {
  // if the address is only a guess, a failure is just a warning, unless the drain relies on it
  if (a.trouble !== undefined) return [found(needed || a.default !== true, a.trouble, WHERE)]
  const sidekiq = Number.parseInt(a.sidekiq ?? '', 10)
  const least = sidekiq >= 8 ? '7.0' : sidekiq >= 7 ? '6.2' : sidekiq >= 6 ? '4.0' : undefined
  const all: (Finding | false)[] = [
    least !== undefined &&
      typeof a.version === 'string' &&
      older(a.version, least) &&
      found(
        true,
        `Sidekiq ${a.sidekiq} needs Redis ${least} or newer, and ${a.at} is ${a.version}`,
        'upgrade Redis, or stay with an older Sidekiq',
      ),
    typeof a.policy === 'string' &&
      a.policy !== 'noeviction' &&
      found(
        false,
        `${a.at} may throw jobs away when its memory is full: its maxmemory-policy is ${a.policy}`,
        'in redis.conf: maxmemory-policy noeviction, and another Redis for caches',
      ),
    c.settings.redis.namespace !== null &&
      sidekiq >= 7 &&
      found(
        true,
        `Sidekiq ${a.sidekiq} knows no namespaces`,
        'take redis.namespace out of the config; a database of its own (redis://HOST/1) does the same',
      ),
    a.running > 0 &&
      a.known === 0 &&
      found(
        needed,
        `no Sidekiq of this host is known in ${a.at} (${a.source})`,
        `it uses another Redis, database or namespace, or is only starting: ${WHERE}`,
      ),
  ]
  return all.filter((one) => one !== false)
}

const found = (error: boolean, message: string, remedy: string): Finding => ({ level: error ? 'error' : 'warning', message, remedy })

const older = (version: string, least: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [most = 0, more = 0] = least.split('.').map(Number)
  return major === most ? minor < more : major < most
}
