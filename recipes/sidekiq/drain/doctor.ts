import { fact, sudoRefused } from '../../../src/index.ts'
import type { Fact, Finding, ProbeResult } from '../../../src/index.ts'
import { atLeast, parseVersion } from '../../../src/kit/index.ts'
import { redisAnswer, type RedisAnswer, type RedisRead } from '../known.ts'
import { findingOf, type Asking, type Context, type Manager } from '../manager.ts'
import { askRedis, SET_PATH, SET_REDIS } from '../ruby/index.ts'

/** What the doctor reads from Redis, and its findings. */
export const redisDoctor = {
  facts: (c: Asking, by: Manager): { redis: Fact<RedisRead> } => ({
    redis: fact(askRedis(c, by, 'doctor', {}), parse),
  }),
  findings: (c: Pick<Context, 'settings' | 'facts' | 'shipit'>): readonly Finding[] => {
    const { redis } = c.facts
    if (redis === undefined) return []
    if (redis.answer !== undefined) return findingsIn(c, redis.answer)
    const { code, stderr } = redis
    const remedy = sudoRefused(stderr)
      ? `see the rule: ${c.shipit('sidekiq:sudoers')}; install it: ${c.shipit('sidekiq:sudoers', '--install', '--set', 'ssh.user=root')}`
      : SET_PATH
    return [finding(c.settings.drain !== null, `could not ask Redis: ${stderr.trim().split('\n').at(-1) || `exit ${code}`}`, remedy)]
  },
}

/** Throws a SyntaxError or a ZodError if the output is not what the program prints. */
const parse = ({ ok, code, stdout, stderr }: ProbeResult): RedisRead =>
  ok ? { answer: redisAnswer().parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')) } : { code, stderr }

/** The oldest Redis that each version of Sidekiq supports. */
const MINIMUM = [
  [8, [7, 0, 0]],
  [7, [6, 2, 0]],
  [6, [4, 0, 0]],
] as const

const findingsIn = (c: Pick<Context, 'settings' | 'facts'>, answer: RedisAnswer): readonly Finding[] => {
  const { sidekiq, at, policy } = answer
  const needed = c.settings.drain !== null
  // if the address is only a guess, a failure is just a warning, unless the drain relies on it
  if (answer.error !== undefined) return [finding(needed || answer.default !== true, answer.error, SET_REDIS)]
  const major = Number.parseInt(sidekiq ?? '', 10)
  const minimum = MINIMUM.find(([from]) => major >= from)?.[1]
  const version = parseVersion(answer.version ?? undefined)
  const findings: (Finding | false)[] = [
    minimum !== undefined &&
      version !== undefined &&
      !atLeast(version, minimum) &&
      finding(
        true,
        `Sidekiq ${sidekiq} needs Redis ${minimum[0]}.${minimum[1]} or newer, but ${at} is ${answer.version}`,
        'upgrade Redis, or use an older Sidekiq',
      ),
    typeof policy === 'string' &&
      policy !== 'noeviction' &&
      finding(
        false,
        `${at} may delete jobs when its memory is full: its maxmemory-policy is ${policy}`,
        'set maxmemory-policy noeviction in redis.conf, and use another Redis for caches',
      ),
    c.settings.redis.namespace !== null &&
      major >= 7 &&
      finding(
        true,
        `Sidekiq ${sidekiq} does not support namespaces`,
        'remove redis.namespace from the config; use a database of its own instead (redis://HOST/1)',
      ),
    answer.running > 0 &&
      answer.known === 0 &&
      // Redis does not yet know a process that is still coming up
      !(c.facts.units ?? []).some(({ state }) => state === 'starting') &&
      finding(
        needed,
        `${at} (${answer.source}) knows no Sidekiq of this host`,
        `it uses another Redis, database or namespace, or is still starting: ${SET_REDIS}`,
      ),
  ]
  return findings.filter((one) => one !== false)
}

const finding = (error: boolean, message: string, remedy: string): Finding => findingOf(error ? 'error' : 'warning', message, remedy)
