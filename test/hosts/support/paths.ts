import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's root. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))
/** The lab's scripts. */
export const scripts = fileURLToPath(new URL('../lab/', import.meta.url))
const second = process.env['SHIPIT_LAB'] === '1'
const shared = process.env['SHIPIT_HOSTS'] ?? join(tmpdir(), 'shipit-hosts')
/** Where the lab keeps everything: `SHIPIT_HOSTS`, or `shipit-hosts` in the temporary directory; the second lab in a folder there. */
export const labDir = second ? join(shared, 'second') : shared
/** The first three numbers of its addresses. */
export const labNet = second ? '10.77.192' : '10.77.128'
export const labFile = (name: string): string => join(labDir, name)
/** Where the tests deploy to, on every host. */
export const deployTo = '/var/www/app'
