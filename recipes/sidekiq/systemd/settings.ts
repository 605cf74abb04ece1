import { z } from 'zod'

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/

const line = z
  .string()
  .refine((text) => !CONTROL.test(text), 'has a line break or another control character, which no line of a unit may have')
/** Text at the end of a unit file's line, unquoted. */
const end = line.min(1).refine((text) => !text.endsWith('\\'), 'ends with a backslash, which would join it with the next line')
const value = z.union([end, z.number()])
const file = end
  .refine((text) => text.trim() === text, 'begins or ends with a space, which systemd would leave out')
  .refine((text) => !/(^|\/)\.{0,2}$/.test(text), 'is a folder, and the name of a file is wanted')
const isSecret = (given: unknown): boolean => typeof given === 'object' && given !== null && '__secret' in given
const variable = z
  .unknown()
  .refine((given) => !isSecret(given), {
    error: 'is a secret, and who has an account on the host can read a unit: put it into a file, serviceUnitEnvFiles',
    abort: true,
  })
  .pipe(z.union([line, z.number()])) as unknown as z.ZodType<string | number, string | number>
const absolute = line.regex(/^\/./, 'is an absolute path')
const directive = z.string().regex(/^[A-Z][A-Za-z0-9]*$/, 'is the name of a directive, such as MemoryMax')
const section = z.record(directive, z.union([value, z.boolean(), z.array(value), z.null()])).default({})

/** Settings for the generated units. */
export const unitSettings = {
  /** what `bundle exec` runs: `sidekiqswarm` for Sidekiq Enterprise */
  command: line.min(1).default('sidekiq'),
  /** extra arguments, after those of the other settings: `['-r', './worker.rb']` */
  commandArgs: z
    .array(line.regex(/^(?!-t\s*\d*$|--timeout(\s|=|$))/, 'is what the setting timeout is for: how long systemd waits follows from it'))
    .default([]),
  /** start Sidekiq through `bash -l`, so that it has what its user's profile sets */
  useLoginShell: z.boolean().default(false),
  /** the full path of bundle; null: the one found on the host */
  bundlePath: absolute
    .regex(/^[^'"\\$]*$/, 'has a quote, a backslash or a $, which systemd takes in no path of a program')
    .nullable()
    .default(null),
  /** Sidekiq's environment. Every account on the host can read it, so put secrets into a file */
  serviceUnitEnvVars: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'is not a name for a variable'), variable).default({}),
  /** files with NAME=VALUE lines; relative ones are in `shared`; put a `-` before one that may be missing */
  serviceUnitEnvFiles: z.array(file.regex(/^-?[^-\s].*$/, 'is the path of a file, with a - before it where it may be missing')).default([]),
  /** a file to append the output to; relative: in `shared`; null: the journal */
  log: file.nullable().default(null),
  /** the same for stderr; null: same as `log` */
  errorLog: file.nullable().default(null),
  umask: z
    .string()
    .regex(/^0?[0-7]{3}$/, 'is an octal mask, such as 0002')
    .nullable()
    .default('0002'),
  /** seconds without a sign of life after which systemd ends Sidekiq and starts it again; 0: never */
  watchdogSec: z.number().int().min(0).default(30),
  /** seconds that it may take to come up; null: systemd's default, 90 */
  timeoutStartSec: z.number().int().min(1).nullable().default(null),
  /** units to start with it, and before it: `['redis-server.service']` */
  wants: z.array(line.regex(/^[^\s/]+\.[a-z]+$/, 'is the full name of a unit, such as redis-server.service')).default([]),
  /** directives by section, in systemd's syntax; null leaves one out: `{ Service: { MemoryMax: '2G' } }` */
  directives: z.strictObject({ Unit: section, Service: section, Install: section }).prefault({}),
  /** a template for the units, a file beside the config: `User={{User}}` … */
  unitTemplate: z.string().min(1).nullable().default(null),
}
export type UnitDirectives = z.output<typeof unitSettings.directives>
