import { defineConfig } from 'rolldown'

// Everything in one flat folder: the code finds its neighbours (`index.js`, `recipes.js`, `../package.json`) from any chunk.
export default defineConfig({
  input: { bin: 'src/cli/bin.ts', index: 'src/index.ts', recipes: 'recipes/index.ts' },
  platform: 'node',
  external: /^[^./]/,
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    minify: false,
  },
})
