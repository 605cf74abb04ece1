import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Case } from './case.ts'

/** Creates a host as after many deploys: a full shared, a live release, and files of others beside deployTo. */
export const makePlace = (root: string, { linkedFiles, linkedDirs, prefix }: Case): void => {
  const put = (path: string, text = `precious ${path}`) => {
    try {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text, { flag: 'wx' })
    } catch {
      // a file where a folder is wanted, or the other way round: the first one stays
    }
  }
  for (const file of linkedFiles) put(`srv/shared/${file}`)
  for (const dir of linkedDirs) put(`srv/shared/${dir}/user's`)
  if (prefix !== undefined) {
    put(`srv/shared/public/${prefix}/.manifest.json`)
    put(`srv/shared/public/${prefix}/app-0123456789abcdef.css`)
    put(`srv/shared/public/${prefix}/robots.txt`)
  }
  for (const name of ['config', 'public', 'a', 'b c', '-rf', '.bundle', 'static']) {
    put(`srv/shared/${name}/file`)
    put(`srv/shared/${name}/config`)
    put(`srv/shared/${name}/deep/er/file`)
    put(`srv/releases/20260101000000/${name}/file`)
  }
  put('srv/shared/file')
  put('srv/releases/20260101000000/REVISION')
  put(
    'srv/releases/20260101000000/assets_manifest_backup/.manifest.json',
    prefix === undefined ? 'kept' : `precious srv/shared/public/${prefix}/.manifest.json`,
  )
  put('srv/.shipit/releases/20260101000000', 'good\n')
  put('outside/file')
  put('outside/dir/file')
  symlinkSync(join(root, 'srv/releases/20260101000000'), join(root, 'srv/current'))
  // the live release has its assets where every release has them
  if (prefix === undefined) return
  const live = join(root, 'srv/releases/20260101000000/public', prefix)
  mkdirSync(dirname(live), { recursive: true })
  symlinkSync(join(root, 'srv/shared/public', prefix), live)
}

/** All repositories as branches of one mirror, by one process; their commits, in order. */
export const makeMirror = (dir: string, cases: readonly Case[], rootOf: (one: Case) => string): readonly string[] => {
  execFileSync('git', ['init', '-q', '--bare', dir])
  const out: string[] = []
  for (const one of cases) {
    out.push(`commit refs/heads/c${one.number}`, `mark :${one.number + 1}`, 'committer t <t@example.com> 0 +0000', 'data 1', 'x')
    for (const [path, entry] of one.entries) {
      const text = 'file' in entry ? entry.file : entry.link.replace('ROOT', rootOf(one))
      out.push(`M ${'file' in entry ? '100644' : '120000'} inline ${quoted(path)}`, `data ${Buffer.byteLength(text)}`, text)
    }
    out.push('')
  }
  const marks = join(dir, 'marks')
  execFileSync('git', ['--git-dir', dir, 'fast-import', '--quiet', `--export-marks=${marks}`], { input: `${out.join('\n')}\n` })
  const known = new Map(
    execFileSync('cat', [marks], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((line) => [Number(line.slice(1, line.indexOf(' '))), line.slice(line.indexOf(' ') + 1)] as const),
  )
  return cases.map(({ number }) => known.get(number + 1)!)
}

const quoted = (path: string): string => `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
