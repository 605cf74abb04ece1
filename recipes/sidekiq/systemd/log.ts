import type { Command } from '../../../src/index.ts'
import { linesOf } from '../../systemd/tasks.ts'
import { scoped } from '../../systemd/systemctl.ts'
import { showLog } from '../../systemd/watch.ts'
import type { Context } from '../manager.ts'
import { unitNames } from '../units.ts'
import { outputs } from './output.ts'

/** Shows the last lines of the journal, or of Sidekiq's log files, and follows them. */
export const log = (c: Context): readonly Command[] => {
  const files = [...new Set(outputs(c).map(({ file }) => file))]
  if (files.length === 0) return [showLog(c, unitNames(c.settings), linesOf(c))]
  return [scoped(c)`tail -n ${linesOf(c)} -F ${files}`.follow()]
}
