import { fileURLToPath } from 'node:url'

/** A file that shipit ships, at its path in the package and in a checkout. */
const shipped = (path: string): string =>
  fileURLToPath(new URL(`${import.meta.url.endsWith('.ts') ? '../../' : '../'}${path}`, import.meta.url))

/** The types of a config, as `shipit types` writes them. The build makes it. */
export const typesFile = (): string => shipped('dist/shipit.d.ts')

/** The JSON Schema of a config in YAML or JSON. */
export const configSchemaFile = (): string => shipped('docs/deploy.schema.json')
