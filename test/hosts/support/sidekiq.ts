import type { LabHost } from './host.ts'
import { deployTo } from './paths.ts'

/** The state of Sidekiq on a host, from Redis and the kernel. */
export interface SidekiqState {
  readonly processes: readonly { readonly pid: number; readonly quiet: boolean; readonly busy: number }[]
  readonly queued: number
  /** main process of the unit; 0: not running */
  readonly pid: number
  /** the release that this process runs in */
  readonly release: string
}

export const sidekiqState = async (host: LabHost, scope: 'system' | 'user'): Promise<SidekiqState> => {
  const text = await host.sh(`pid=$(systemctl ${scope === 'user' ? '--user' : ''} show -P MainPID sidekiq)
echo "$pid $(redis-cli --raw llen queue:default) $(basename "$(readlink /proc/$pid/cwd)")"
for id in $(redis-cli --raw smembers processes); do echo "$id $(redis-cli --raw hmget $id quiet busy | tr '\\n' ' ')"; done`)
  const [first = '', ...rest] = text.split('\n')
  const [pid, queued, release = ''] = first.split(' ')
  const processes = rest.map((line) => {
    const [id = '', quiet, busy] = line.split(' ')
    return { pid: Number(id.split(':')[1]), quiet: quiet === 'true', busy: Number(busy) }
  })
  return { processes, queued: Number(queued), pid: Number(pid), release }
}

/** Enqueues a job that sleeps for some seconds; a negative number: until `/tmp/open.LABEL` exists. */
export const enqueue = async (host: LabHost, label: string, seconds: number): Promise<void> =>
  void (await host.sh(`cd ${deployTo}/current && bundle exec bin/enqueue ${label} ${seconds}`))

/** Lines `start LABEL RELEASE PID` and `end LABEL RELEASE PID` of all jobs so far. */
export const jobs = async (host: LabHost): Promise<readonly string[]> =>
  (await host.sh(`cat ${deployTo}/shared/log/jobs.log 2>/dev/null || true`)).split('\n').filter(Boolean)
