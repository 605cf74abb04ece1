import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { NAVIGATION } from './site/navigation.ts'
import { serve } from './site/serve.ts'
import { makeSite } from './site/site.ts'

/**
 * `npm run docs`: the pages of `docs/` and of the top folder as a site in `site/`, or in `--out FOLDER`. It fails if a link leads nowhere.
 * `--base /shipit/`: where the site will be on its server, for the page that the server shows for a wrong address. `--serve` shows the site
 * on this machine, on `--port`, and reads the pages again at each reload.
 */
const root = resolve(import.meta.dirname, '..')
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'site') },
    base: { type: 'string', default: '/' },
    serve: { type: 'boolean', default: false },
    port: { type: 'string', default: '4000' },
  },
})
const options = { root, navigation: NAVIGATION, base: `/${values.base}/`.replaceAll(/\/+/g, '/') }
const out = resolve(values.out)
const warn = (lines: readonly string[]): void => {
  for (const line of lines) process.stderr.write(`${line}\n`)
}

process.exitCode = await (values.serve ? preview(Number(values.port)) : build())

async function preview(port: number): Promise<number> {
  try {
    const { url } = await serve({ make: () => makeSite({ ...options, base: '/' }), port, report: warn })
    process.stdout.write(`The docs are at ${url} until Ctrl-C. Edit a page, and reload.\n`)
    return 0
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    warn([`Port ${port} is in use. Choose another one: npm run docs -- --serve --port ${port + 1}`])
    return 1
  }
}

async function build(): Promise<number> {
  const refused = refusal(out)
  const { files, pages, problems } = refused === undefined ? await makeSite(options) : { files: new Map(), pages: [], problems: [refused] }
  warn(problems)
  if (problems.length > 0) {
    warn(['The site was not written.'])
    return 1
  }
  write(out, files)
  process.stdout.write(`${pages.length} pages are in ${out}. Open index.html there, or run: npm run docs -- --serve\n`)
  return 0
}

/** Why a folder cannot be replaced by the site: it has files in it, and is not a site of ours. */
function refusal(out: string): string | undefined {
  const existing = existsSync(out) ? readdirSync(out) : []
  if (existing.length === 0 || existing.includes('search-index.js')) return undefined
  return `${out} has files in it and is not a site of ours. Choose a folder that is empty or new: --out FOLDER`
}

function write(out: string, files: ReadonlyMap<string, string | Buffer>): void {
  rmSync(out, { recursive: true, force: true })
  for (const [path, content] of files) {
    mkdirSync(dirname(join(out, path)), { recursive: true })
    writeFileSync(join(out, path), content)
  }
}
