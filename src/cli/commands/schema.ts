import { readFileSync } from 'node:fs'
import { configSchemaFile } from '../../config/shipped-files.ts'
import { EXIT } from '../../values/errors.ts'

/** `shipit schema`: prints the JSON Schema of a config in YAML or JSON, for editors. `npm run settings` makes it. Needs no config. */
export const printSchema = (): number => {
  process.stdout.write(readFileSync(configSchemaFile(), 'utf8'))
  return EXIT.done
}
