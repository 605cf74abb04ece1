import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's root. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))
/** The lab's scripts. */
export const scripts = fileURLToPath(new URL('../lab/', import.meta.url))
/** Where the lab keeps everything: `SHIPIT_HOSTS`, or `shipit-hosts` in the temporary directory. */
export const labDir = process.env.SHIPIT_HOSTS ?? join(tmpdir(), 'shipit-hosts')
export const labFile = (name: string): string => join(labDir, name)
/** Where the tests deploy to, on every host. */
export const deployTo = '/var/www/app'
