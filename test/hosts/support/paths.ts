import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's root. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))
/** The lab's scripts. */
export const scripts = fileURLToPath(new URL('../lab/', import.meta.url))
const lab = Number(process.env['SHIPIT_LAB'] ?? 0)
const shared = process.env['SHIPIT_HOSTS'] ?? join(tmpdir(), 'shipit-hosts')
/** Where the lab keeps its files: `SHIPIT_HOSTS`, or `shipit-hosts` in the temporary directory; each lab after the first has a folder in it. */
export const labDir = lab === 0 ? shared : join(shared, `lab${lab}`)
/** The third number of its addresses, as in `lab/lib.sh`. */
const octet = [128, 192, 160, 224, 0, 32, 64, 96][lab] ?? 0
/** The first three numbers of its hosts' addresses, and of its farm's. */
export const labNet = `10.77.${octet}`
export const farmNet = `10.77.${octet + 1}`
export const labFile = (name: string): string => join(labDir, name)
/** Where the tests deploy to, on every host. */
export const deployTo = '/var/www/app'
