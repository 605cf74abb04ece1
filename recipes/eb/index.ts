import { defineRecipe, fail, inside, path, sh, write } from '../../src/index.ts'
import type { Command, StepList } from '../../src/index.ts'
import { SIDEKIQ } from '../by-name.ts'
import { unexportable } from './exportable.ts'
import { WRITTEN, headerOf, planOf, type Context, type EbFile } from './plan.ts'
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
      steps: (c: Context) => exportFiles(c),
    },
  },
})

const exportFiles = (c: Context): StepList => {
  const plan = planOf(c)
  const { dir, platform, inspeqtor } = c.settings
  const problems = [
    ...unexportable(c.settingsOf(SIDEKIQ), c.settings),
    ...(inspeqtor && plan.processes > 1
      ? [`inspeqtor: true works with one process of ${plan.serviceUnitName}, and there are ${plan.processes}: set processes: 1 for eb()`]
      : []),
  ]
  if (problems.length > 0) return [fail(problems).title('check the settings for the export').hint('nothing was written')]
  const files = platform === 'al1' ? upstartFiles(plan) : systemdFiles(plan)
  return [refuseForeign(c, files), ...files.map((file) => put(dir, file)), warnLeftOver(c, files)]
}

/** Refuses to overwrite files that this stage did not export: names all of them, and writes nothing. */
const refuseForeign = (c: Context, files: readonly EbFile[]): Command => {
  // a link in the project may lead out of it, like one in a release
  const project = { linkedFiles: [], linkedDirs: [], repoTree: undefined, paths: { release: path('.'), shared: c.paths.shared } }
  const targets = files.map((file) => ({ path: file.path, why: 'and eb:export writes files there' }))
  const command = sh.in(c.settings.dir)`
foreign=
for file in ${files.map((file) => file.path)}; do
  [ -e "$file" ] || continue
  if grep -qF -e ${headerOf(c)} -e ${`${WRITTEN}: `} "$file"; then continue; fi
  owner=$(sed -n ${`s/.*${WRITTEN} for \\(.*\\): eb:export\\..*/\\1/p`} "$file")
  if [ -n "$owner" ]; then echo "$file exists and was exported for $owner" >&2; else echo "$file exists and was not written by shipit" >&2; fi
  foreign=1
done
[ -z "$foreign" ]
`
    .title('look for files that this stage did not export')
    .hint('nothing was written. Move them away (git rm), or set another prefix and serviceUnitName in eb()')
  return inside(project, targets, command)
}

const put = (dir: string, { path: file, text, executable }: EbFile): Command =>
  write(dir === '.' ? path(file) : path(dir).join(file), text, { mode: executable === true ? '0755' : '0644' })

/** Warns about files that an earlier export wrote and this one does not: Elastic Beanstalk would still run them. */
const warnLeftOver = (c: Context, files: readonly EbFile[]): Command =>
  sh.in(c.settings.dir)`
left=
for file in $(grep -rlsF -e ${headerOf(c)} -e ${`${WRITTEN}: `} .ebextensions .platform); do
  wanted=
  for one in ${files.map((file) => file.path)}; do if [ "$one" = "$file" ]; then wanted=1; fi; done
  if [ -z "$wanted" ]; then echo "$file is no longer exported" >&2; left=1; fi
done
[ -z "$left" ]
`
    .title('look for files of an earlier export')
    .allowFailure({ codes: [1] })
    .hint(({ stderr }) => {
      const { dir } = c.settings
      const left = Array.from(stderr.matchAll(/^(.+) is no longer exported$/gm), ([, file]) => (dir === '.' ? file! : `${dir}/${file}`))
      return `Elastic Beanstalk would still use them: rm ${left.join(' ')}, and commit that`
    })
