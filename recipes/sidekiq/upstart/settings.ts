import { z } from 'zod'

// oxlint-disable-next-line no-control-regex
const line = z.string().regex(/^[^\u0000-\u001f\u007f]+$/, 'is one line')
const absolute = line.regex(/^\/./, 'is an absolute path')
const count = z.number().int().min(1)

/** Settings for `manager: 'upstart'` only. */
export const upstartSettings = {
  /** for `manager: 'upstart'` */
  upstart: z
    .strictObject({
      /** `[COUNT, SECONDS]`: Upstart gives up after more than COUNT starts in SECONDS */
      respawnLimit: z.union([z.literal('unlimited'), z.tuple([count, count])]).default([3, 30]),
      /** seconds from TERM to KILL; null: 10 more than `timeout` */
      killTimeout: count.nullable().default(null),
      /** the signal that quiets Sidekiq; null: USR1 up to 4.2.8, otherwise TSTP */
      quietSignal: z.enum(['TSTP', 'USR1']).nullable().default(null),
      startOn: line.default('runlevel [2345]'),
      stopOn: line.default('runlevel [!2345]'),
      /** `setgid`; null: the user's own group */
      group: line
        .regex(/^[^\s:/-][^\s:/]*$/, 'is the name of a group')
        .nullable()
        .default(null),
      /** how many files and sockets a process may have open; null: init's limit */
      limitNofile: count.nullable().default(65_536),
      /** extra stanzas, one per line: `['nice 5']` */
      stanzas: z.array(line).default([]),
      /** seconds that Sidekiq may take to come up */
      boot: count.default(60),
      initctlBin: line.regex(/^[^\s-]\S*$/, 'is one word: a command or its path').default('initctl'),
      initDir: absolute.default('/etc/init'),
      logDir: absolute.default('/var/log/upstart'),
    })
    .prefault({}),
}
