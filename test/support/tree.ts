import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Everything below a folder, by path: `/` for a directory, `-> TARGET` for a link, a file's text. */
export const tree = (root: string, skip: (path: string) => boolean = () => false): Record<string, string> => {
  const found: Record<string, string> = {}
  const walk = (below: string): void => {
    for (const name of readdirSync(join(root, below)).sort()) {
      const path = below === '' ? name : `${below}/${name}`
      if (skip(path)) continue
      const at = join(root, path)
      const kind = lstatSync(at)
      if (kind.isSymbolicLink()) found[path] = `-> ${readlinkSync(at)}`
      else if (kind.isDirectory()) {
        found[path] = '/'
        walk(path)
      } else found[path] = readFileSync(at, 'utf8')
    }
  }
  walk('')
  return found
}
