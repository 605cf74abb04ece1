import type { Manager } from '../manager.ts'
import { systemd } from '../systemd/index.ts'

export const upstart: Manager = systemd
