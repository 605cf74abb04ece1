import { z } from 'zod'
import type { SshOptions } from '../inventory/types.ts'
import { duration, line, optional, strict, wholeNumber } from './schema-parts.ts'
import type { GitOptions } from './types.ts'

// Their types, with what each option means, are {@link SshOptions} and {@link GitOptions}; the compiler compares the names.

const flag = z.boolean()

/** The schema of `ssh`. */
export const sshOptions = strict(
  optional({
    user: line,
    port: wholeNumber(1).max(65535),
    keys: z.array(line),
    forwardAgent: z.union([z.literal(false), z.literal('git')]),
    // ssh would read it as part of the user name
    proxyJump: line.refine(
      (jumps) => jumps.split(',').every((jump) => !/:.*@/.test(jump.replace(/^\s*ssh:\/\//i, ''))),
      'has a password in it: use a key',
    ),
    hostKeys: z.enum(['yes', 'accept-new', 'no']),
    transport: z.enum(['ssh2', 'local']),
    configFile: line,
  } satisfies Record<keyof SshOptions, z.ZodType>),
)

/** The schema of `git`. */
export const gitOptions = strict(
  optional({
    hostKeys: z.enum(['accept-new', 'yes']),
    limit: wholeNumber(1),
    timeout: duration,
    transferTimeout: duration,
    submodules: flag,
    lfs: flag,
  } satisfies Record<keyof GitOptions, z.ZodType>),
)
