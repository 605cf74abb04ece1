import { z } from 'zod'

// oxlint-disable-next-line no-control-regex
const line = z.string().regex(/^[^\u0000-\u001f\u007f]+$/, 'is one line')
const absolute = line.regex(/^\/./, 'is an absolute path')
const count = z.number().int().min(1)

/** What is set for `manager: 'upstart'` alone. */
export const upstartSettings = {
  /** of `manager: 'upstart'` */
  upstart: z
    .strictObject({
      /** more starts than the first number in the second's seconds, and Upstart gives up */
      respawnLimit: z.union([z.literal('unlimited'), z.tuple([count, count])]).default([3, 30]),
      /** seconds from TERM to KILL; null: 10 more than `timeout` */
      killTimeout: count.nullable().default(null),
      /** what quiets Sidekiq; null: USR1 up to 4.2.8, else TSTP */
      quietSignal: z.enum(['TSTP', 'USR1']).nullable().default(null),
      startOn: line.default('runlevel [2345]'),
      stopOn: line.default('runlevel [!2345]'),
      /** `setgid`; null: the user's own group */
      group: line
        .regex(/^[^\s:/-][^\s:/]*$/, 'is the name of a group')
        .nullable()
        .default(null),
      /** files and sockets that a process may have open; null: what init has */
      limitNofile: count.nullable().default(65_536),
      /** more stanzas, a line each: `['nice 5']` */
      stanzas: z.array(line).default([]),
      /** seconds that Sidekiq may take to come up */
      boot: count.default(60),
      initctlBin: line.regex(/^[^\s-]\S*$/, 'is one word: a command or its path').default('initctl'),
      initDir: absolute.default('/etc/init'),
      logDir: absolute.default('/var/log/upstart'),
    })
    .prefault({}),
}
