import type { Answers, Given } from '../support/context.ts'
import { goodRelease } from '../support/context.ts'

export interface Golden {
  readonly title: string
  readonly settings?: Record<string, unknown>
  /** the output of `initctl status` for each job */
  readonly jobs?: readonly string[]
  readonly given?: Given
  readonly facts?: Answers
  /** by task: the words with which initctl is called in each step, in order; `fresh`: a process that runs is stopped before */
  readonly calls: Readonly<Record<string, readonly string[]>>
}

const live: Given = { layout: { releases: [goodRelease()] } }
const deploying: Given = { ...live, release: '20261123100000' }
const up = (name: string, pid: number) => `${name} start/running, process ${pid}`

export const golden: readonly Golden[] = [
  {
    title: 'one running job during a deploy',
    jobs: [up('sidekiq', 100)],
    given: deploying,
    calls: {
      check: [],
      quiet: ['sudo initctl status reload: sidekiq'],
      stop: ['sudo initctl stop: sidekiq'],
      start: ['sudo initctl status start stop, fresh: sidekiq', 'sudo initctl status: sidekiq'],
      restart: ['sudo initctl stop: sidekiq', 'sudo initctl status start stop, fresh: sidekiq', 'sudo initctl status: sidekiq'],
      recover: [],
    },
  },
  {
    title: 'a running job outside a deploy is left alone',
    jobs: [up('sidekiq', 100)],
    given: live,
    calls: { start: ['sudo initctl status start: sidekiq', 'sudo initctl status: sidekiq'] },
  },
  {
    title: 'root uses no sudo',
    jobs: [up('sidekiq', 100)],
    given: { ...live, layout: { ...live.layout, user: 'root' } },
    calls: { check: [], quiet: ['initctl status reload: sidekiq'], stop: ['initctl stop: sidekiq'] },
  },
  {
    title: 'several processes are instances, each named in the call, all at once',
    settings: { processes: 2 },
    jobs: [up('sidekiq (1)', 100), 'initctl: Unknown instance: 2'],
    given: live,
    calls: {
      quiet: ['sudo initctl status reload: sidekiq index=1'],
      stop: ['sudo initctl stop: sidekiq index=1, sidekiq index=2'],
      start: ['sudo initctl status start: sidekiq index=1, sidekiq index=2', 'sudo initctl status: sidekiq index=1, sidekiq index=2'],
    },
  },
  {
    title: 'several config files are one job each',
    settings: { configFiles: ['sidekiq.yml', 'high.yml'], serviceUnitName: 'shop' },
    jobs: [up('shop', 100), up('shop.high', 200)],
    given: live,
    calls: { quiet: ['sudo initctl status reload: shop, shop.high'], stop: ['sudo initctl stop: shop, shop.high'] },
  },
  {
    title: 'a job that was quieted and ran before is stopped and started after a failure',
    settings: { processes: 2 },
    jobs: [up('sidekiq (1)', 100), 'initctl: Unknown instance: 2'],
    given: { ...deploying, ran: { 'sidekiq:quiet': 'done' } },
    calls: {
      recover: [
        'sudo initctl status start stop, fresh: sidekiq index=1',
        'sudo initctl status start: sidekiq index=1',
        'sudo initctl status: sidekiq index=1',
      ],
    },
  },
  {
    title: 'a job that was down or was started again is not recovered',
    jobs: ['sidekiq stop/waiting'],
    given: { ...deploying, ran: { 'sidekiq:quiet': 'done' } },
    calls: { recover: [], quiet: [] },
  },
  {
    title: 'a missing job before the first deploy needs no quiet and stop, and causes a warning at the start',
    jobs: ['initctl: Unknown job: sidekiq'],
    given: { release: '20261123100000' },
    calls: {
      quiet: [],
      stop: [],
      start: ['sudo initctl status start: sidekiq, may fail with 5'],
    },
  },
  {
    title: 'a missing job later fails with a remedy',
    jobs: ['initctl: Unknown job: sidekiq'],
    given: deploying,
    calls: { stop: ['sudo initctl stop: sidekiq'] },
  },
  {
    title: 'initctl with a path',
    settings: { upstart: { initctlBin: '/sbin/initctl' } },
    jobs: [up('sidekiq', 1)],
    given: live,
    calls: { quiet: ['sudo /sbin/initctl status reload: sidekiq'] },
  },
]
