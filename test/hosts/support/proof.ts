import type { LabHost } from './host.ts'

/** Files of an application whose jobs record in Redis when they begin, end and are interrupted. */
export const counting: Readonly<Record<string, string>> = {
  'worker.rb': `require 'sidekiq'
require 'securerandom'
Redis.silence_deprecations = true
REDIS = { url: ENV.fetch('REDIS_URL') }.freeze
Sidekiq.configure_server { |config| config.redis = REDIS }

class Work
  include Sidekiq::Worker
  sidekiq_options retry: 0

  def perform(id, seconds)
    run = SecureRandom.hex(4)
    note('started', id, run)
    sleep seconds
    note('done', id, run)
  rescue Sidekiq::Shutdown # it ran until Sidekiq's own deadline, and was put back into its queue
    note('interrupted', id, run)
    raise
  end

  # a set, for the client sends a command again when a cut cable kept the answer from it
  def note(what, id, run) = Sidekiq.redis { |redis| redis.sadd("runs:#{what}", "#{id}:#{run}") }
end
`,
  'config/sidekiq.yml': ':concurrency: 10\n:timeout: 3\n',
}

/** Opens this host's Redis to the other hosts. */
export const openRedis = async (host: LabHost): Promise<void> =>
  void (await host.sh(`redis-cli config set protected-mode no >/dev/null; redis-cli config set bind '* -::*' >/dev/null`))

/** Puts `count` jobs into the queue in one call: `long` of them take 20 s, spread among others of up to 0.1 s. */
export const push = async (redis: LabHost, first: number, count: number, long: number): Promise<void> => {
  await redis.sh(`ruby - ${first} ${count} ${long} <<'END'
require 'sidekiq'
Redis.silence_deprecations = true
first, count, long = ARGV.map(&:to_i)
jobs = (first...first + count).map { |id| [id, (id - first) % (count / long) == 7 ? 20 : (id % 11) / 100.0] }
Sidekiq::Client.push_bulk('class' => 'Work', 'args' => jobs, 'retry' => 0)
END`)
}

export interface Counts {
  /** jobs that ended at least once */
  readonly done: number
  /** jobs that ended more than once */
  readonly twice: number
  /** starts after a job's first */
  readonly again: number
  /** interruptions by Sidekiq at its deadline */
  readonly interrupted: number
  /** ids of jobs that began more than once and were never interrupted: they ended while they were put back, or unexplained */
  readonly doubtful: readonly string[]
  /** jobs waiting in the queue */
  readonly queued: number
}

export const counts = async (redis: LabHost): Promise<Counts> => {
  const text = await redis.sh(`for what in started done interrupted; do echo "= $what"; redis-cli --raw smembers runs:$what; done
echo "= queue"; redis-cli --raw llen queue:default`)
  const [started, done, interrupted, [queued] = []] = text
    .split(/^= \w+\n?/m)
    .slice(1)
    .map((part) => part.split('\n').filter(Boolean))
  const map = (lines: readonly string[] = []) => {
    const runs = new Map<string, number>()
    for (const line of lines) {
      const [id = ''] = line.split(':')
      runs.set(id, (runs.get(id) ?? 0) + 1)
    }
    return runs
  }
  const [begun, ended, cut] = [map(started), map(done), map(interrupted)]
  const extra = [...begun].filter(([, n]) => n > 1)
  return {
    done: ended.size,
    twice: [...ended.values()].filter((n) => n > 1).length,
    again: extra.reduce((sum, [, n]) => sum + n - 1, 0),
    interrupted: [...cut.values()].reduce((sum, n) => sum + n, 0),
    doubtful: extra.filter(([id]) => !cut.has(id)).map(([id]) => id),
    queued: Number(queued),
  }
}

/** How many jobs Sidekiq logged as put back into their queues at its deadline. */
export const putBack = async (host: LabHost): Promise<number> => {
  const lines = await host.sh("journalctl -q -o cat -u sidekiq | grep -oE 'Pushed [0-9]+ jobs back' || true")
  return lines.split('\n').reduce((sum, line) => sum + Number(/\d+/.exec(line)?.[0] ?? 0), 0)
}
