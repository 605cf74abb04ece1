import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import type { Site } from './site.ts'

export interface ServeOptions {
  readonly make: () => Promise<Site>
  /** 0: any free port. */
  readonly port: number
  readonly report: (problems: readonly string[]) => void
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.gif': 'image/gif',
  '.html': 'text/html; charset=utf-8',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webp': 'image/webp',
}

/**
 * Shows the site on this machine alone. Each page that is asked for makes it anew, from the files as they are then. Throws if the port is in
 * use.
 */
export async function serve({ make, port, report }: ServeOptions): Promise<{ readonly url: string; readonly server: Server }> {
  let site = await make()
  report(site.problems)
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost')
      const path = decodeURIComponent(pathname)
        .slice(1)
        .replace(/(^|\/)$/, '$1index.html')
      if (path.endsWith('.html')) {
        site = await make()
        report(site.problems)
      }
      const file = site.files.get(path)
      response.writeHead(file === undefined ? 404 : 200, {
        'content-type': TYPES[file === undefined ? '.html' : extname(path)] ?? 'application/octet-stream',
        'cache-control': 'no-store',
      })
      response.end(file ?? site.files.get('404.html'))
    }
    answer().catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' })
      response.end(String(error))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server }
}
