import type { HostStatus, LiveStatus, StageStatus } from '../../run/status-types.ts'
import type { ServiceRow } from '../../run/service-rows.ts'
import { timeJson } from './time-json.ts'

/** `shipit STAGE status --json`: docs/commands.md describes it. What is not known is null. */
export const statusJson = ({ application, stage, hosts, drift }: StageStatus): object => ({
  application,
  stage,
  hosts: hosts.map(hostJson),
  drift,
})

const hostJson = ({ host, read, live, elsewhere, differs, before, lock, hold, services }: HostStatus): object => {
  if (!read) return { host, read }
  return {
    host,
    read,
    live: live === undefined ? null : liveJson(live),
    current: elsewhere ?? null,
    differs,
    before: before ?? null,
    lock: lock === undefined ? null : { owner: lock.owner, what: lock.what, since: timeJson(lock.since) },
    hold: hold === undefined ? null : { owner: hold.owner, reason: hold.reason, since: timeJson(hold.since) },
    services: services.map(serviceJson),
  }
}

const liveJson = ({ release, state, revision, commit, branch, by, since, age }: LiveStatus): object => ({
  release,
  state,
  commit: revision ?? null,
  subject: commit?.subject ?? null,
  author: commit?.author ?? null,
  branch: branch ?? null,
  by: by ?? null,
  since: since === undefined ? null : timeJson(since),
  seconds: age ?? null,
})

const serviceJson = ({ recipe, name, state, up, pid, age, release, from }: ServiceRow): object => ({
  recipe,
  name,
  state,
  up: up ?? null,
  pid: pid ?? null,
  seconds: age ?? null,
  from,
  release: release ?? null,
})
