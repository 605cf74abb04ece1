import type { Manager } from '../manager.ts'
import { boot } from './boot.ts'
import { checkSteps } from './check.ts'
import { doctor } from './doctor.ts'
import { fileFindings } from './drift.ts'
import { facts } from './facts.ts'
import { install } from './install.ts'
import { bringUp, quiet, recover, stop } from './lifecycle.ts'
import { log } from './log.ts'
import { pids } from './pids.ts'
import { uninstall } from './uninstall.ts'

/** Sidekiq under systemd: one unit per config file, or its instances if there are several processes. */
export const systemd: Manager = {
  facts,
  check: checkSteps,
  quiet,
  stop,
  start: (c) => bringUp(c, 'start'),
  restart: (c) => bringUp(c, 'restart'),
  recover,
  pids,
  install,
  uninstall,
  enable: (c) => boot(c, 'enable'),
  disable: (c) => boot(c, 'disable'),
  log,
  // if this run installs, the facts are from before it wrote the files
  drift: (c) => (c.facts.shown === undefined ? fileFindings(c) : []),
  doctor,
}
