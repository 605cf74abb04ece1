import { defineRecipe, fail, inside, path, sh, write } from '../../src/index.ts'
import type { Command, StepList } from '../../src/index.ts'
import { sidekiq } from '../sidekiq/index.ts'
import { unexportable } from './exportable.ts'
import { MARK, markOf, planOf, type Context, type EbFile } from './plan.ts'
import { settings } from './settings.ts'
import { systemdFiles } from './systemd.ts'
import { upstartFiles } from './upstart.ts'

/**
 * Runs Sidekiq on Elastic Beanstalk, which does its own deploys: `eb:export` writes the files for that into the project, for you to commit.
 * It connects to no host.
 */
export const eb = defineRecipe({
  name: 'eb',
  settings,
  tasks: {
    export: {
      description: 'Write the hooks and units of Elastic Beanstalk into the project',
      on: 'local' as const,
      steps: (c: Context) => exported(c),
    },
  },
})

const exported = (c: Context): StepList => {
  const plan = planOf(c)
  const { dir, platform, inspeqtor } = c.settings
  const wrong = unexportable(c.settingsOf(sidekiq), c.settings)
  if (wrong.length > 0) return [fail(wrong).title('look at what is to be exported').hint('nothing was written')]
  if (inspeqtor && plan.processes > 1)
    return [
      fail(`inspeqtor asks Upstart for one process of ${plan.serviceUnitName}, and there are ${plan.processes}`).hint(
        'inspeqtor: false; or processes: 1 for eb()',
      ),
    ]
  const files = platform === 'al1' ? upstartFiles(plan) : systemdFiles(plan)
  return [ours(c, dir, files), ...files.map((file) => put(dir, file)), leftOver(dir, files, markOf(c))]
}

/** Refuses to overwrite files that are not ours: reports all of them, and writes nothing. */
const ours = (c: Context, dir: string, files: readonly EbFile[]): Command => {
  // a link in the project may lead out of it, like one in a release
  const project = { linkedFiles: [], linkedDirs: [], repoTree: undefined, paths: { release: path('.'), shared: c.paths.shared } }
  const targets = files.map((file) => ({ path: file.path, why: 'and eb:export writes files there' }))
  return inside(project, targets, look(dir, files, markOf(c)))
}

const look = (dir: string, files: readonly EbFile[], mark: string): Command =>
  sh.in(dir)`
foreign=
for file in ${files.map((file) => file.path)}; do
  [ -e "$file" ] || continue
  if grep -qF -e ${mark} -e ${`${MARK}: `} "$file"; then continue; fi
  who=$(sed -n ${`s/.*${MARK} for \\(.*\\): eb:export\\..*/\\1/p`} "$file")
  if [ -n "$who" ]; then echo "$file is there and was exported for $who" >&2; else echo "$file is there and was not written by shipit" >&2; fi
  foreign=1
done
[ -z "$foreign" ]
`
    .title('look for files of somebody else')
    .hint('nothing was written. Move it away (git rm), or give eb() another prefix and serviceUnitName')

const put = (dir: string, { path: file, text, executable }: EbFile): Command =>
  write(dir === '.' ? path(file) : path(dir).join(file), text, { mode: executable === true ? '0755' : '0644' })

/** Warns about files that an earlier export wrote and this one does not: Elastic Beanstalk would still run them. */
const leftOver = (dir: string, files: readonly EbFile[], mark: string): Command =>
  sh.in(dir)`
left=
for file in $(grep -rlsF -e ${mark} -e ${`${MARK}: `} .ebextensions .platform); do
  wanted=
  for one in ${files.map((file) => file.path)}; do if [ "$one" = "$file" ]; then wanted=1; fi; done
  if [ -z "$wanted" ]; then echo "$file is no longer exported" >&2; left=1; fi
done
[ -z "$left" ]
`
    .title('look for files of an earlier export')
    .allowFailure({ codes: [1] })
    .hint(({ stderr }) => {
      const left = Array.from(stderr.matchAll(/^(.+) is no longer exported$/gm), ([, file]) => (dir === '.' ? file! : `${dir}/${file}`))
      return `Elastic Beanstalk would still get them: rm ${left.join(' ')}, and commit that`
    })
