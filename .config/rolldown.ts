import { defineConfig } from 'rolldown'

// Everything in one flat folder: the code finds its neighbours (`index.js`, `recipes.js`, `../package.json`) from any chunk.
export default defineConfig({
  input: { bin: 'src/cli/bin.ts', index: 'src/index.ts', recipes: 'recipes/index.ts' },
  platform: 'node',
  // Dependencies stay outside: one zod for us and a user's recipes, ssh2 that `npm audit` and `npm update` can reach. Bundling them
  // would save 25 ms of the 150 ms that a task without a network takes.
  external: /^[^./]/,
  output: {
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    minify: false,
  },
})
