import { absolute } from '../../absolute.ts'
import { whoseOf, type Whose } from '../../systemd/whose/verdict.ts'
import { notOf } from '../../foreign.ts'
import type { Context } from '../manager.ts'
import { files } from './files.ts'

/** Jobs under our names that belong to another application, by their first line, their chdir and the paths in them. */
export const foreignJobs = (c: Context): readonly string[] =>
  files(c).flatMap(({ name, now }) => {
    const whose = jobOf(c, now)
    if (whose.kind === 'release') return [`${name}.conf runs in ${whose.dir}, which is one release: what you deploy would never run`]
    return whose.kind === 'foreign' ? [notOf(c, `${name}.conf`, whose.whose)] : []
  })

/** Who owns a job, by its file alone. Links are not followed, so only a deploy's folder counts as evidence. */
export const jobOf = (c: Context, text: string): Whose => {
  const mark = text.split('\n')[0] ?? ''
  const body = text.replaceAll(/^\s*#.*$/gm, '')
  const dir = /^\s*chdir\s+["']?([^"'\n]+?)["']?\s*$/m.exec(body)?.[1] ?? ''
  const top = absolute(c, c.paths.deployTo)
  const inside = `${dir}/`.startsWith(`${top}/`)
  const known = inside || /\/(current|releases\/\d{14})(\/|$)/.test(dir)
  const place = known ? dir : ''
  return whoseOf(c, { mark, dir: place, within: inside ? `.${dir.slice(top.length)}` : place, exec: body, cwd: '', file: '' }, [top])
}
