import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generated } from './settings/files.ts'

/** `npm run settings`: writes the files generated from the settings' schemas and comments. test/house fails if one is out of date. */
const root = join(import.meta.dirname, '..')
for (const { file, text } of generated()) writeFileSync(join(root, file), text)
