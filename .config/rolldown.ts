import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { defineConfig, type Plugin } from 'rolldown'
import { chunkOf, PARTS, RECIPES } from '../recipes/files.ts'
import { eagerFunctions } from './eager-functions.ts'

/** Programs in other languages are files next to the code that reads them; in the bundle, their text replaces the call that reads it. */
const texts: Plugin = {
  name: 'texts',
  transform(code, id) {
    const inlined = code.replaceAll(/readFileSync\(new URL\('(.+)', import\.meta\.url\), 'utf8'\)/g, (_, file: string) =>
      JSON.stringify(readFileSync(join(dirname(id), file), 'utf8')),
    )
    if (inlined.includes('new URL(') && id.includes('/recipes/')) this.error(`${id} reads a file that would not be in the bundle`)
    return inlined === code ? null : inlined
  },
}

const recipes = Object.values({ ...RECIPES, ...PARTS }).map((file) => [chunkOf(file), `recipes/${file}`])

// Puts everything into one flat folder: the code finds its neighbours (`index.js`, `recipes.js`, `../package.json`) from any chunk.
const shipit = defineConfig({
  input: {
    bin: 'src/cli/bin.ts',
    index: 'src/index.ts',
    kit: 'src/kit/index.ts',
    recipes: 'recipes/on-demand.ts',
    ...Object.fromEntries(recipes),
  },
  platform: 'node',
  plugins: [texts, eagerFunctions],
  // Dependencies stay outside, where `npm audit` and `npm update` reach them, except zod: every command needs it, and its package loads 95
  // files, most of them messages in other languages, which took a quarter of the time of `--tasks`.
  external: (id) => /^[^./]/.test(id) && id !== 'zod',
  // a recipe that imports one name from another's `services.ts` is not to load all that this file offers
  treeshake: { moduleSideEffects: [{ test: /\/recipes\//, sideEffects: false }] },
  output: {
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    minify: false,
    comments: false,
  },
})

// All of zod in one file, for recipes that import it (src/cli/module-hooks.ts): by its version, because a project may have another one.
const { version } = JSON.parse(readFileSync(new URL('../node_modules/zod/package.json', import.meta.url), 'utf8')) as { version: string }
const zod = defineConfig({
  input: { [`zod-${version}`]: 'zod' },
  platform: 'node',
  output: { format: 'esm', entryFileNames: '[name].js', minify: true },
})

export default [shipit, zod]
