import { fileURLToPath } from 'node:url'

/** The example config that shipit ships: at the root of the package, and of a checkout. */
export const exampleConfig = (): string =>
  fileURLToPath(new URL(`${import.meta.url.endsWith('.ts') ? '../../' : '../'}deploy.config.example.ts`, import.meta.url))
