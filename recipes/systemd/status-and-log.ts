import { z } from 'zod'
import type { BaseContext, Command } from '../../src/index.ts'
import { remedy } from './remedies.ts'
import { scopeUser, type Context, systemctl, userOption } from './scope.ts'
import { unreadable } from './service-logs.ts'
import { inScope } from './systemctl.ts'

type Names = readonly string[]

/** Shows the status of the units. A unit that is down (exit code 3) or missing (4) is an answer, not a failure. */
export const showStatus = (c: Context, names: Names): Command => {
  const status = [...systemctl(c), 'status', '--no-pager', '--full', ...names]
  return inScope(c)`${status} || { code=$?; case $code in 3 | 4) ;; *) exit "$code" ;; esac; }`
    .title(status.join(' '))
    .hint(remedy(c, names, 'check'))
}

/** Shows the last lines of the units' journal, and follows it. */
export const followLog = (c: Context, names: Names, lines: number): Command => {
  return inScope(c)`journalctl ${userOption(c)} --no-pager -n ${lines} -f ${names.flatMap((name) => ['-u', name])}`
    .follow()
    .hint(({ stderr }) => unreadable(stderr, scopeUser(c)))
}

/** The arguments of a task that follows a log. */
export const logArgs = z.object({ lines: z.coerce.number().int().min(0).default(100) })
export const linesOf = ({ args }: Pick<BaseContext, 'args'>): number => (typeof args.lines === 'number' ? args.lines : 100)
